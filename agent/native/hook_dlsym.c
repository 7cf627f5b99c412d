/* SPDX-License-Identifier: Apache-2.0 */
/* hook_dlsym.c: two sets of four functions, since two allocators may be there: that of libc, which the JVM's default lookup finds,
 * and a preloaded one, which dlsym(RTLD_DEFAULT) does. What one set hands out calls that set's own function, so nobody frees
 * with one what the other one took, unless the program does.
 * dlsym itself is handed out too: Netty looks it up and asks it for malloc. Who calls it there is no library, so that with
 * RTLD_NEXT it gets what comes after this library, where without us it got an error.
 * Order: book after the real call; take out before the real free, put back if a realloc failed. errno is the real one's. */
#define _GNU_SOURCE /* RTLD_DEFAULT, RTLD_NOLOAD */
#include "native/hook_dlsym.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/acct.h"
#include "core/door.h"
#include "native/elfgot.h"
#include "base/poison.h"

enum { FUNCTIONS = 4, SETS = 2 };

struct set {
    void *(*take)(size_t);
    void *(*take_zeroed)(size_t, size_t);
    void *(*resize)(void *, size_t);
    void (*give)(void *);
};

/* Written before the slot of dlsym is. */
static struct {
    hook_dlsym_thread *thread;
    void *(*look_up)(void *, const char *);
    struct set  real[SETS];
    void       *original[SETS][FUNCTIONS]; /* the same, as the lookup finds them; NULL: there is no such set */
    struct elfgot        lib; /* stays open */
    struct elfgot_symbol slot;
} me;

static void *booked(void *p, size_t bytes)
{
    int e = errno;
    if (p != NULL && door_takes())
        acct_allocated_kind(me.thread(), (uintptr_t)p, bytes, WEIR_KIND_NATIVE);
    errno = e;
    return p;
}

/* What was taken by other means is no news: a program may free what libc gave it. */
static bool suspended(void *p, struct live_rec *rec)
{
    int  e = errno;
    bool known = p != NULL && door_gives() && acct_holds((uintptr_t)p) && acct_suspend((uintptr_t)p, rec);
    errno = e;
    return known;
}

static void *resized(const struct set *s, void *old, size_t bytes)
{
    struct live_rec rec;
    bool            known = suspended(old, &rec);
    void           *p = s->resize(old, bytes);
    int             e = errno;
    if (known && p == NULL && bytes != 0)
        acct_restore((uintptr_t)old, rec);
    else if (known)
        acct_replaced(rec);
    errno = e;
    return booked(p, bytes);
}

static void freed(const struct set *s, void *p)
{
    struct live_rec rec;
    if (suspended(p, &rec)) {
        int e = errno;
        acct_replaced(rec);
        errno = e;
    }
    s->give(p);
}

#define SET(n)                                                                                   \
    static void *malloc_##n(size_t bytes)                                                        \
    {                                                                                            \
        return booked(me.real[n].take(bytes), bytes);                                            \
    }                                                                                            \
    static void *calloc_##n(size_t count, size_t size)                                           \
    {                                                                                            \
        return booked(me.real[n].take_zeroed(count, size), count * size); /* NULL if it overflows */ \
    }                                                                                            \
    static void *realloc_##n(void *p, size_t bytes)                                              \
    {                                                                                            \
        return resized(&me.real[n], p, bytes);                                                   \
    }                                                                                            \
    static void free_##n(void *p)                                                                \
    {                                                                                            \
        freed(&me.real[n], p);                                                                   \
    }
SET(0)
SET(1)

static const char *const names[FUNCTIONS] = { "malloc", "calloc", "realloc", "free" };

static void *ours(int set, int function)
{
    void *const all[SETS][FUNCTIONS] = { { (void *)malloc_0, (void *)calloc_0, (void *)realloc_0, (void *)free_0 },
                                         { (void *)malloc_1, (void *)calloc_1, (void *)realloc_1, (void *)free_1 } };
    return all[set][function];
}

static void *hook_dlsym(void *handle, const char *name);

static void *instead_of(void *found, const char *name)
{
    if (strcmp(name, "dlsym") == 0)
        return found == (void *)me.look_up ? (void *)hook_dlsym : found;
    for (int f = 0; f < FUNCTIONS; f++)
        for (int s = 0; s < SETS && strcmp(name, names[f]) == 0; s++)
            if (found == me.original[s][f])
                return ours(s, f);
    return found;
}

/* A lookup that fails leaves dlerror() as it was: nothing is asked of the linker after it. */
static void *hook_dlsym(void *handle, const char *name)
{
    void *found = me.look_up(handle, name);
    return found != NULL && name != NULL && door_gives() ? instead_of(found, name) : found;
}

/* All four in this scope, or none. */
static bool learn(int set, void *scope)
{
    void *found[FUNCTIONS];
    for (int f = 0; f < FUNCTIONS; f++)
        found[f] = dlsym(scope, names[f]);
    for (int f = 0; f < FUNCTIONS; f++)
        if (found[f] == NULL)
            return false;
    memcpy(me.original[set], found, sizeof found);
    memcpy(&me.real[set], found, sizeof found); /* the members are in the order of names */
    return true;
}

enum weir_rc hook_dlsym_install(const char *library, hook_dlsym_thread *thread, const char **why)
{
    void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    me.thread = thread;
    *why = "the C library's allocator is not found: what foreign functions take by malloc is not counted";
    bool known = libc != NULL && learn(0, libc) && learn(1, RTLD_DEFAULT);
    if (libc != NULL)
        dlclose(libc); /* loaded all the same */
    if (!known)
        return WEIR_EINVAL;
    enum weir_rc rc = elfgot_open(&me.lib, library);
    *why = "the JVM looks functions up in no way we know: what foreign functions take by malloc is not counted";
    if (rc != WEIR_OK)
        return rc;
    rc = elfgot_find(&me.lib, "dlsym", &me.slot);
    if (rc == WEIR_OK) {
        memcpy(&me.look_up, &me.slot.original, sizeof me.look_up);
        rc = elfgot_put(&me.slot, (void *)hook_dlsym);
    }
    if (rc != WEIR_OK)
        elfgot_close(&me.lib);
    return rc;
}
