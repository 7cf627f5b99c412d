/* SPDX-License-Identifier: Apache-2.0 */
/* allocator.c: the object that defines the process's `malloc` decides, wherever it came from (preloaded, linked, the C library):
 * a library that carries an allocator of its own beside it is not asked. Everything is found by name at run time, so that the
 * agent needs none of it. */
#define _GNU_SOURCE /* RTLD_DEFAULT, dladdr, fopencookie */
#include "native/allocator.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mallocinfo.h"

typedef int mallctl_function(const char *name, void *old, size_t *old_len, void *new, size_t new_len);
typedef int tcmalloc_function(const char *name, size_t *value);
typedef int malloc_info_function(int options, FILE *to);

struct figures2 { /* glibc's struct mallinfo2, which older headers lack */
    size_t arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks, fordblks, keepcost;
};
typedef struct figures2 mallinfo2_function(void);

static struct {
    bool                     looked;
    enum weir_allocator_kind kind;
    mallctl_function        *mallctl;
    tcmalloc_function       *tcmalloc;
    mallinfo2_function      *mallinfo2;
    malloc_info_function    *malloc_info;
} me;

/* A function of the object that `malloc` comes from; NULL: it has none of that name. */
static void *beside_malloc(const char *name)
{
    Dl_info of_malloc, of_this;
    void   *f = dlsym(RTLD_DEFAULT, name), *m = dlsym(RTLD_DEFAULT, "malloc");
    if (f == NULL || m == NULL || dladdr(m, &of_malloc) == 0 || dladdr(f, &of_this) == 0)
        return NULL;
    return of_malloc.dli_fbase == of_this.dli_fbase ? f : NULL;
}

static void look(void)
{
    void *f;
    if (me.looked)
        return;
    me.looked = true;
    if ((f = beside_malloc("mallctl")) != NULL) {
        me.kind = WEIR_ALLOCATOR_JEMALLOC;
        memcpy(&me.mallctl, &f, sizeof f); /* ISO C has no cast from an object to a function */
    } else if ((f = beside_malloc("MallocExtension_GetNumericProperty")) != NULL) {
        me.kind = WEIR_ALLOCATOR_TCMALLOC;
        memcpy(&me.tcmalloc, &f, sizeof f);
    } else if (beside_malloc("gnu_get_libc_version") != NULL) {
        me.kind = WEIR_ALLOCATOR_GLIBC;
        f = beside_malloc("mallinfo2");
        memcpy(&me.mallinfo2, &f, sizeof f);
        f = beside_malloc("malloc_info");
        memcpy(&me.malloc_info, &f, sizeof f);
    }
}

enum weir_allocator_kind allocator_kind(void)
{
    look();
    return me.kind;
}

/* ---- jemalloc ---- */

static bool je_size(const char *name, uint64_t *out)
{
    size_t value = 0, len = sizeof value;
    if (me.mallctl(name, &value, &len, NULL, 0) != 0 || len != sizeof value)
        return false;
    *out = value;
    return true;
}

/* Figures of before the last epoch are kept by it; without statistics compiled in there are none. */
static void read_jemalloc(struct weir_allocator *a)
{
    uint64_t epoch = 1;
    size_t   len = sizeof epoch;
    unsigned arenas = 0;
    size_t   arenas_len = sizeof arenas;
    if (me.mallctl("arenas.narenas", &arenas, &arenas_len, NULL, 0) == 0 && arenas_len == sizeof arenas)
        a->arenas = arenas;
    if (me.mallctl("epoch", &epoch, &len, &epoch, sizeof epoch) != 0)
        return;
    a->known = je_size("stats.allocated", &a->live) && je_size("stats.mapped", &a->held);
    a->resident_known = a->known && je_size("stats.resident", &a->resident);
}

/* ---- tcmalloc ---- */

static bool tc_size(const char *name, uint64_t *out)
{
    size_t value = 0;
    if (me.tcmalloc(name, &value) == 0)
        return false;
    *out = value;
    return true;
}

static void read_tcmalloc(struct weir_allocator *a)
{
    uint64_t unmapped = 0;
    a->known = tc_size("generic.current_allocated_bytes", &a->live) && tc_size("generic.heap_size", &a->held);
    a->resident_known = a->known && tc_size("tcmalloc.pageheap_unmapped_bytes", &unmapped);
    if (a->resident_known)
        a->resident = a->held > unmapped ? a->held - unmapped : 0;
}

/* ---- glibc ---- */

enum { LINE_CAP = 256 };
struct lines {
    struct mallocinfo info;
    char              line[LINE_CAP];
    size_t            len;
};

static ssize_t take_text(void *with, const char *text, size_t size)
{
    struct lines *l = with;
    for (size_t i = 0; i < size; i++) {
        if (text[i] != '\n') {
            if (l->len < LINE_CAP - 1)
                l->line[l->len++] = text[i];
            continue;
        }
        l->line[l->len] = '\0';
        mallocinfo_line(&l->info, l->line);
        l->len = 0;
    }
    return (ssize_t)size;
}

/* Before 2.33, mallinfo() counts in int: the XML does not. The stream is the one thing here that comes from malloc. */
static bool read_malloc_info(struct weir_allocator *a, uint64_t *mapped)
{
    static char  buffer[4096];
    struct lines l = { .len = 0 };
    FILE        *f = me.malloc_info != NULL ? fopencookie(&l, "w", (cookie_io_functions_t){ .write = take_text }) : NULL;
    if (f == NULL)
        return false;
    setvbuf(f, buffer, _IOFBF, sizeof buffer);
    bool fine = me.malloc_info(0, f) == 0;
    fine = fclose(f) == 0 && fine && l.info.known;
    if (!fine)
        return false;
    a->arenas = l.info.arenas;
    a->held = l.info.system + l.info.mapped;
    a->live = l.info.system > l.info.unused ? l.info.system - l.info.unused + l.info.mapped : l.info.mapped;
    *mapped = l.info.mapped;
    return true;
}

/* Blocks that lie in a thread's cache count as live. */
static void read_glibc(struct weir_allocator *a, uint64_t *mapped)
{
    if (me.mallinfo2 == NULL) {
        a->known = read_malloc_info(a, mapped);
        return;
    }
    struct figures2 f = me.mallinfo2();
    a->known = true;
    a->held = f.arena + f.hblkhd;
    a->live = f.uordblks + f.hblkhd;
    *mapped = f.hblkhd;
}

void allocator_read(struct weir_allocator *out, uint64_t *mapped)
{
    int64_t begin = clock_own_us();
    look();
    memset(out, 0, sizeof *out);
    *mapped = 0;
    out->kind = me.kind;
    if (me.kind == WEIR_ALLOCATOR_JEMALLOC)
        read_jemalloc(out);
    else if (me.kind == WEIR_ALLOCATOR_TCMALLOC)
        read_tcmalloc(out);
    else if (me.kind == WEIR_ALLOCATOR_GLIBC)
        read_glibc(out, mapped);
    out->cost_us = (uint64_t)(clock_own_us() - begin);
}

/* glibc's struct heap_info, which has begun with these since 2.10: the arena, the heap before, sizes. */
struct heap_head {
    uintptr_t arena, before;
    size_t    size, usable;
};

/* Through the kernel: what lies there may be unmapped by now, or be somebody's guard page. */
static bool read_memory(uintptr_t at, void *out, size_t len)
{
    static int fd = -2; /* kept: many are read in a row */
    if (fd == -2)
        fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    return fd >= 0 && pread(fd, out, len, (off_t)at) == (ssize_t)len;
}

bool allocator_heads(void)
{
    uintptr_t here = 1, read = 0;
    return read_memory((uintptr_t)&here, &read, sizeof read) && read == here;
}

bool allocator_glibc_heap(uintptr_t at, size_t *bytes, uintptr_t *arena)
{
    struct heap_head head;
    size_t           page = (size_t)sysconf(_SC_PAGESIZE);
    if (!read_memory(at, &head, sizeof head))
        return false;
    bool sizes = head.size != 0 && head.size <= head.usable && head.usable <= ALLOCATOR_HEAP_ALIGN &&
                 head.size % page == 0 && head.usable % page == 0;
    bool owner = head.arena % sizeof(void *) == 0 && head.arena % ALLOCATOR_HEAP_ALIGN < page &&
                 head.arena >= ALLOCATOR_HEAP_ALIGN && (head.before == 0) == (head.arena / ALLOCATOR_HEAP_ALIGN == at / ALLOCATOR_HEAP_ALIGN) &&
                 head.before % ALLOCATOR_HEAP_ALIGN == 0;
    if (!sizes || !owner)
        return false;
    *bytes = head.usable;
    *arena = head.arena;
    return true;
}

/* In front of the block: nothing before it, its size, and the bit that says "mapped". */
bool allocator_glibc_chunk(uintptr_t at, size_t *bytes)
{
    enum { MAPPED = 2, FLAGS = 7 };
    size_t head[2], page = (size_t)sysconf(_SC_PAGESIZE);
    if (!read_memory(at, head, sizeof head) || head[0] != 0 || (head[1] & FLAGS) != MAPPED)
        return false;
    *bytes = head[1] & ~(size_t)FLAGS;
    return *bytes != 0 && *bytes % page == 0;
}
