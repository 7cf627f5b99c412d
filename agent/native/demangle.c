/* SPDX-License-Identifier: Apache-2.0 */
/* demangle.c: __cxa_demangle of libstdc++, which is never loaded for our sake, and not held: it is the program's. What it takes for
 * a text it gives back itself, as long as the text fits into a buffer of ours: libstdc++ may be hooked, and a block that it takes
 * and we free would stay in the books. */
#define _GNU_SOURCE /* RTLD_NOLOAD */
#include "native/demangle.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "base/guard.h"

enum { ROOM = 64 * 1024 };

typedef char *demangler(const char *, char *, size_t *, int *);

/* What std::string is to the compiler; in half of RocksDB's signatures. */
static const char string_long[] = "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >";
static const char string_short[] = "std::string";

static void shorten(char *text)
{
    for (char *at = strstr(text, string_long); at != NULL; at = strstr(at, string_long)) {
        const char *rest = at + sizeof string_long - 1;
        memcpy(at, string_short, sizeof string_short - 1);
        at += sizeof string_short - 1;
        memmove(at, rest, strlen(rest) + 1);
    }
}

static bool demangle_by(demangler *f, const char *name, char *out, size_t cap)
{
    static char  *room; /* the reporter's; libstdc++ puts a larger one in its place where it must */
    static size_t room_bytes = ROOM;
    int           status = -1;
    if (room == NULL)
        room = malloc(ROOM);
    if (room == NULL)
        return false;
    guard_enter(); /* no stack is walked for what it takes meanwhile */
    char *text = f(name, room, &room_bytes, &status);
    guard_leave();
    if (text == NULL || status != 0)
        return false;
    room = text;
    shorten(text);
    size_t len = strlen(text);
    if (len < cap)
        memcpy(out, text, len + 1);
    return len < cap;
}

bool demangle(const char *name, char *out, size_t cap)
{
    demangler *f = NULL;
    if (strncmp(name, "_Z", 2) != 0)
        return false;
    void *library = dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_NOLOAD);
    if (library == NULL)
        return false;
    void *found = dlsym(library, "__cxa_demangle");
    memcpy(&f, &found, sizeof f);
    bool fine = f != NULL && demangle_by(f, name, out, cap);
    dlclose(library);
    return fine;
}
