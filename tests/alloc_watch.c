/* SPDX-License-Identifier: Apache-2.0 */
/* alloc_watch.c: in the normal build the test program defines the malloc family itself, as glibc allows, and hands on to
 * glibc's own; calls from libc and libcunit come here too. Under a sanitizer, which has its own allocator, its hooks for
 * malloc and free do the counting. Either way prop_hooks.c first proves that the counting works. */
#include "alloc_watch.h"

#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "crew.h"

static _Thread_local unsigned long calls __attribute__((tls_model("initial-exec")));

void alloc_watch_start(void)
{
    calls = 0;
}

unsigned long alloc_watch_stop(void)
{
    return calls;
}

#if CREW_SANITIZED
/* Of the sanitizers' runtime; gcc ships no header for it. 0: not taken. */
extern int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *p,
                                                                       size_t               size),
                                                     void (*on_free)(const volatile void *p));

static void on_malloc(const volatile void *p, size_t size)
{
    (void)p;
    (void)size;
    calls++;
}

static void on_free(const volatile void *p)
{
    (void)p;
    calls++;
}

__attribute__((constructor)) static void install(void)
{
    if (__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) == 0)
        fprintf(stderr, "alloc_watch.c: the sanitizer took no hooks\n");
}

#else
/* glibc's allocator under the names by which it can be wrapped. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *p, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void  __libc_free(void *p);

#define VISIBLE __attribute__((visibility("default")))

VISIBLE void *malloc(size_t size)
{
    calls++;
    return __libc_malloc(size);
}

VISIBLE void *calloc(size_t count, size_t size)
{
    calls++;
    return __libc_calloc(count, size);
}

VISIBLE void *realloc(void *p, size_t size)
{
    calls++;
    return __libc_realloc(p, size);
}

VISIBLE void *memalign(size_t alignment, size_t size)
{
    calls++;
    return __libc_memalign(alignment, size);
}

VISIBLE void *aligned_alloc(size_t alignment, size_t size)
{
    calls++;
    return __libc_memalign(alignment, size);
}

VISIBLE int posix_memalign(void **out, size_t alignment, size_t size)
{
    calls++;
    void *p = __libc_memalign(alignment, size);
    if (p == NULL)
        return ENOMEM;
    *out = p;
    return 0;
}

VISIBLE void free(void *p)
{
    calls++;
    __libc_free(p);
}
#endif
