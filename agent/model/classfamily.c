/* SPDX-License-Identifier: Apache-2.0 */
/* classfamily.c: the name is brought into one form, dotted and without the address that the VM gives a hidden class; then the
 * first row that knows it says how much of it is the family's.
 *   to the mark     com.acme.Order$$EnhancerByCGLIB$$1f2e   com.acme.Order$$EnhancerByCGLIB*
 *   of the package  com.acme.Job$$Lambda$14                 com.acme.*$$Lambda*
 *   digits folded   com.acme.$Proxy12                       com.acme.$Proxy*
 * Flink's code generator and Janino put their classes into no package and number them: StreamExecCalc$27. What nobody
 * numbers is told by its package, so that the families of a large program are hundreds, not thousands. */
#include "model/classfamily.h"

#include <stdbool.h>
#include <string.h>

#include "base/poison.h"

enum fold { TO_MARK, OF_PACKAGE, DIGITS };

/* A mark in the simple name, from its first '$' on: nearly all names have none, or one that no mark has its next letter in common
 * with. */
static const struct mark {
    const char           *text;
    enum classfamily_kind kind;
    enum fold             fold;
} marks[] = {
    { "$$Lambda", CLASSFAMILY_LAMBDA, OF_PACKAGE },
    { "$$StringConcat", CLASSFAMILY_METHOD_HANDLE, OF_PACKAGE },
    { "$$InjectedInvoker", CLASSFAMILY_METHOD_HANDLE, OF_PACKAGE },
    { "$Species_", CLASSFAMILY_METHOD_HANDLE, TO_MARK },
    { "$$EnhancerBy", CLASSFAMILY_WOVEN, TO_MARK },
    { "$$FastClassBy", CLASSFAMILY_WOVEN, TO_MARK },
    { "$$KeyFactoryBy", CLASSFAMILY_WOVEN, TO_MARK },
    { "$$SpringCGLIB$$", CLASSFAMILY_WOVEN, TO_MARK },
    { "$ByteBuddy$", CLASSFAMILY_WOVEN, TO_MARK },
    { "$HibernateProxy$", CLASSFAMILY_WOVEN, TO_MARK },
    { "$MockitoMock$", CLASSFAMILY_WOVEN, TO_MARK },
    { "$$_javassist", CLASSFAMILY_WOVEN, TO_MARK },
    { "$$_jvst", CLASSFAMILY_WOVEN, TO_MARK },
    { "$_run_closure", CLASSFAMILY_GROOVY, TO_MARK },
    { "$_closure", CLASSFAMILY_GROOVY, TO_MARK },
};

/* A beginning of the whole name. */
static const struct {
    const char           *text;
    enum classfamily_kind kind;
} beginnings[] = {
    { "jdk.internal.reflect.Generated", CLASSFAMILY_REFLECTION },
    { "sun.reflect.Generated", CLASSFAMILY_REFLECTION },
    { "groovy.runtime.metaclass.", CLASSFAMILY_GROOVY },
    { "jdk.proxy", CLASSFAMILY_PROXY },
    { "jdk.MHProxy", CLASSFAMILY_METHOD_HANDLE },
};

struct text {
    const char *name; /* dotted */
    size_t      len, simple; /* where the name without its package begins */
    size_t      dollar;      /* the first '$' of the simple name; len: none */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Dotted, without "L;" and without "/0x0000000800c03000", ".0x..." or, of older ones, "/1234": no package or class begins with a
 * digit. */
static struct text plain_text(const char *name, char out[CLASSFAMILY_NAME_MAX])
{
    struct text t = { .name = out };
    size_t      n = strlen(name);
    bool        signature = n > 2 && name[0] == 'L' && name[n - 1] == ';';
    const char *from = signature ? name + 1 : name;
    size_t      len = signature ? n - 2 : n, i;
    len = len < CLASSFAMILY_NAME_MAX - 1 ? len : CLASSFAMILY_NAME_MAX - 1;
    for (i = 0; i < len; i++) {
        char c = from[i];
        out[i] = c;
        if (c > '/') /* most: letters, '_' */
            continue;
        if ((c == '/' || c == '.' || c == '+') && i + 1 < len && is_digit(from[i + 1]))
            break;
        if (c == '/' || c == '.') {
            out[i] = '.';
            t.simple = i + 1;
        }
    }
    out[i] = '\0';
    t.len = i;
    const char *dollar = memchr(out + t.simple, '$', t.len - t.simple);
    t.dollar = dollar != NULL ? (size_t)(dollar - out) : t.len;
    return t;
}

static void put(struct classfamily *out, const char *s, size_t n)
{
    size_t room = CLASSFAMILY_NAME_MAX - 1 - out->len;
    n = n < room ? n : room;
    memcpy(out->name + out->len, s, n);
    out->len += n;
    out->name[out->len] = '\0';
}

/* Every run of digits becomes a '*', and so does what follows the last one. */
static void put_folded(struct classfamily *out, const char *s)
{
    while (*s != '\0') {
        size_t plain = 0, digits = 0;
        while (s[plain] != '\0' && !is_digit(s[plain]))
            plain++;
        while (is_digit(s[plain + digits]))
            digits++;
        put(out, s, plain);
        put(out, "*", digits > 0 ? 1 : 0);
        s += plain + digits;
    }
}

static const struct mark *mark_at(const char *at)
{
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (at[1] == marks[i].text[1] && strncmp(at, marks[i].text, strlen(marks[i].text)) == 0)
            return &marks[i];
    return NULL;
}

static bool by_mark(const struct text *t, struct classfamily *out)
{
    const struct mark *mark = NULL;
    size_t             at = t->dollar;
    while (at < t->len && (mark = mark_at(t->name + at)) == NULL)
        at += 1 + strcspn(t->name + at + 1, "$");
    if (mark == NULL)
        return false;
    out->kind = mark->kind;
    put(out, t->name, mark->fold == OF_PACKAGE ? t->simple : at);
    put(out, "*", mark->fold == OF_PACKAGE ? 1 : 0);
    put(out, mark->text, strlen(mark->text));
    put(out, "*", 1);
    return true;
}

static bool by_beginning(const struct text *t, struct classfamily *out)
{
    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
        if (t->name[0] == beginnings[i].text[0] && strncmp(t->name, beginnings[i].text, strlen(beginnings[i].text)) == 0) {
            out->kind = beginnings[i].kind;
            put_folded(out, t->name);
            return true;
        }
    return false;
}

/* java.lang.invoke.LambdaForm$MH, $DMH, $VH: generated; LambdaForm$Name is not. */
static bool is_lambda_form(const struct text *t)
{
    static const char stem[] = "java.lang.invoke.LambdaForm$";
    size_t            n = sizeof stem - 1;
    if (t->dollar + 1 != n || strncmp(t->name, stem, n) != 0 || t->len < n + 2 || t->len > n + 4 || t->name[t->len - 1] != 'H')
        return false;
    for (size_t i = n; i < t->len; i++)
        if (t->name[i] < 'A' || t->name[i] > 'Z')
            return false;
    return true;
}

static bool begins(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

/* Foo12, but not the anonymous Foo$12, which somebody wrote. */
static bool is_numbered(const struct text *t)
{
    size_t i = t->len;
    while (i > t->simple && is_digit(t->name[i - 1]))
        i--;
    return i < t->len && i > t->simple && t->name[i - 1] != '$';
}

/* StreamExecCalc$27 of no package. */
static bool is_generated(const struct text *t)
{
    return begins(t->name + t->simple, "GeneratedMetadata") || (t->simple == 0 && t->dollar < t->len && is_digit(t->name[t->dollar + 1]));
}

static enum classfamily_kind by_simple_name(const struct text *t)
{
    const char *simple = t->name + t->simple;
    if (begins(simple, "$Proxy") && is_digit(simple[6]))
        return CLASSFAMILY_PROXY;
    if (begins(simple, "Script") && is_digit(simple[6]))
        return CLASSFAMILY_GROOVY;
    if (is_generated(t))
        return CLASSFAMILY_GENERATED;
    return is_numbered(t) ? CLASSFAMILY_NUMBERED : CLASSFAMILY_PLAIN;
}

void classfamily_of(const char *name, struct classfamily *out)
{
    char        buffer[CLASSFAMILY_NAME_MAX];
    struct text t = plain_text(name, buffer);
    out->kind = CLASSFAMILY_PLAIN;
    out->len = 0;
    out->name[0] = '\0';
    if (name[0] == '[') {
        out->kind = CLASSFAMILY_ARRAY;
        put(out, "arrays", 6);
        return;
    }
    if (is_lambda_form(&t)) {
        out->kind = CLASSFAMILY_METHOD_HANDLE;
        put(out, "java.lang.invoke.LambdaForm$*", 29);
        return;
    }
    if (by_mark(&t, out) || by_beginning(&t, out))
        return;
    out->kind = by_simple_name(&t);
    put(out, t.name, t.simple);
    if (out->kind == CLASSFAMILY_PLAIN)
        put(out, "*", 1);
    else if (begins(t.name + t.simple, "GeneratedMetadata"))
        put(out, "GeneratedMetadata*", 18);
    else
        put_folded(out, t.name + t.simple);
}

const char *classfamily_kind_name(enum classfamily_kind kind)
{
#define NAME(sym, name) name,
    static const char *const names[] = { CLASSFAMILY_KINDS(NAME) };
#undef NAME
    return (unsigned)kind < CLASSFAMILY_KIND_COUNT ? names[kind] : "";
}
