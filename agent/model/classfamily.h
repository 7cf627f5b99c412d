/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_CLASSFAMILY_H
#define MODEL_CLASSFAMILY_H
/* Classes by the pattern of their names: what a program generates in numbers falls into few families. Pure; any thread, also
 * inside a hook. */
#include <stddef.h>

/* X(symbol, name). PLAIN: written by somebody, told by its package. NUMBERED: its name ends in a number. */
#define CLASSFAMILY_KINDS(X)          \
    X(PLAIN, "plain")                 \
    X(NUMBERED, "numbered")           \
    X(PROXY, "proxy")                 \
    X(LAMBDA, "lambda")               \
    X(METHOD_HANDLE, "method handle") \
    X(REFLECTION, "reflection")       \
    X(GENERATED, "generated")         \
    X(GROOVY, "groovy")               \
    X(WOVEN, "woven")                 \
    X(ARRAY, "array")

#define CLASSFAMILY_ENUM(sym, name) CLASSFAMILY_##sym,
enum classfamily_kind { CLASSFAMILY_KINDS(CLASSFAMILY_ENUM) CLASSFAMILY_KIND_COUNT };
#undef CLASSFAMILY_ENUM

enum { CLASSFAMILY_NAME_MAX = 192 };

struct classfamily {
    enum classfamily_kind kind;
    size_t                len; /* of name */
    char                  name[CLASSFAMILY_NAME_MAX]; /* "jdk.proxy*.$Proxy*"; a longer one is cut at its end */
};

/* name: "com.example.Foo", "com/example/Foo" or a signature, "Lcom/example/Foo;", with or without what the VM adds to the name
 * of a hidden class. */
void        classfamily_of(const char *name, struct classfamily *out);
const char *classfamily_kind_name(enum classfamily_kind kind);

#endif
