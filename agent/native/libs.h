/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NATIVE_LIBS_H
#define NATIVE_LIBS_H
/* The loaded libraries, and which of them are the user's or Flink's, as opposed to the JDK's, the system's and other agents'.
 * Not for hooks: takes the dynamic linker's lock. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "native/elfgot.h"

enum { LIBS_MAX = 1024, LIBS_TEXT = 256 * 1024 };

/* Counts of the dynamic linker. */
struct libs_mark {
    unsigned long long adds, subs;
};

/* Did libraries come or go since the mark? Then it is the present one. */
bool libs_changed(struct libs_mark *mark);

struct libs {
    size_t    count, left_out; /* more than fit */
    struct {
        uintptr_t base;
        uint32_t  path; /* offset in text */
    } at[LIBS_MAX];
    size_t len;
    char   text[LIBS_TEXT];
};

/* Those that are loaded now. */
void        libs_read(struct libs *libs);
const char *libs_path(const struct libs *libs, size_t i);
/* The JDK's folder, from where libjvm was loaded; "" where it is not. */
void        libs_java_home(char *out, size_t cap);
/* "librocksdbjni123.so" of a path. */
const char *libs_file(const char *path);

struct libs_wanted {
    const char *names;     /* parts of file names joined by '+', in place of the default list; "" the default, "off" none */
    const char *java_home; /* the JDK's own libraries; "" unknown */
    const char *deny;      /* as names: those that deny=native applies to; "" none */
};

enum libs_kind {
    LIBS_NOT,   /* not to be touched */
    LIBS_OURS,
    LIBS_CXX,   /* libstdc++: what it takes is its callers' */
};

/* Is it one of the state backends that take managed memory, or Python's? */
enum libs_family { LIBS_OTHER, LIBS_ROCKSDB, LIBS_PYTHON, LIBS_CODEC };
enum libs_family libs_family(const char *path);
/* By the path alone: may it be wanted at all? Cheap; false for most. */
bool             libs_may(const char *path, const struct libs_wanted *wanted);
bool             libs_is_cxx(const char *path); /* libstdc++ */
bool             libs_deniable(const char *path, const struct libs_wanted *wanted);
/* Of one that may: by what it defines. It is open. */
enum libs_kind   libs_judge(const char *path, const struct elfgot *lib, const struct libs_wanted *wanted);

#endif
