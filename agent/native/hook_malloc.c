/* SPDX-License-Identifier: Apache-2.0 */
/* hook_malloc.c: what a native library's calls of malloc and its like come to.
 * Which library: its slots hold functions of its own number; a return address would name the wrong one after a tail call.
 * Nesting:  operator new calls malloc, operator delete calls free, through slots of libstdc++ that are ours too: the outermost
 *           books. `taking` is set while an original that cannot throw runs; `freeing` names the block that is being deleted,
 *           so that its inner free is not asked for again. An exception passes through these functions with neither set:
 *           operator new is first tried in its nothrow form, and only when that answers NULL the throwing one is called.
 * Order:    book after the real call, take out before the real free, put back when a realloc or munmap failed; errno is the
 *           real function's. No lock of ours is held across a real call.
 * libstdc++: a malloc that comes from its operator new while `taking` is not set, or a call that comes from elsewhere by a tail
 *           call of it, is one of a library that is not hooked, and is not booked: what is left is what libstdc++ takes of
 *           its own accord (std::string grows in there), for the library that the thread was in last.
 * realloc(p, 0) frees where it answers NULL, and is an allocation of 0 bytes where not; both happen, by allocator.
 * mmap:     whole pages, as the kernel counts. Memory that cannot be touched (PROT_NONE) is address space, and not counted. */
#define _GNU_SOURCE /* MAP_FIXED_NOREPLACE, MREMAP_, dladdr1 */
#include "native/hook_malloc.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#include "core/acct.h"
#include "core/door.h"
#include "base/poison.h"

enum { MAKERS = 8 };
enum quiet_form { QUIET_NEW, QUIET_NEW_ARRAY, QUIET_NEW_ALIGN, QUIET_NEW_ARRAY_ALIGN, QUIET_FORMS, CANNOT_THROW };

/* The first cache line is what C++ needs, which calls most often. */
static struct set {
    atomic_bool     cxx, deniable, loaded;
    _Atomic(void *) direct_take, direct_give; /* what libstdc++'s operators end in, where the originals are libstdc++'s; else NULL */
    _Atomic(void *) quiet[QUIET_FORMS]; /* the nothrow form beside the original; NULL: there is none */
    _Atomic(void *) real[HOOK_SYMBOL_COUNT];
} __attribute__((aligned(64))) sets[LIBRARIES];

/* libstdc++ as it lies in memory, and its operators new. */
static struct {
    unsigned  set; /* 0: it is not hooked */
    uintptr_t from, to;
    struct {
        uintptr_t from, to;
    } make[MAKERS], makers; /* each, and from the first to the last of them */
} cxx;

/* 8 bytes of the 64 that all our TLS may take. */
static _Thread_local struct {
    uint32_t freeing; /* of the block that an operator delete is giving back; 0 none */
    uint8_t  taking;  /* inside an operator new */
    uint8_t  last;    /* the library this thread was in last, not counting libstdc++ */
} mine __attribute__((tls_model("initial-exec")));

static void *real(unsigned set, enum hook_symbol symbol)
{
    return atomic_load_explicit(&sets[set].real[symbol], memory_order_relaxed);
}

static unsigned whose(unsigned set)
{
    if (!atomic_load_explicit(&sets[set].cxx, memory_order_relaxed))
        mine.last = (uint8_t)set;
    else if (mine.last != 0 && atomic_load_explicit(&sets[mine.last].loaded, memory_order_relaxed))
        return mine.last;
    return set;
}

static bool is_of_cxx(const void *caller)
{
    uintptr_t at = (uintptr_t)caller;
    for (int i = 0; i < MAKERS && at >= cxx.makers.from && at < cxx.makers.to; i++)
        if (at >= cxx.make[i].from && at < cxx.make[i].to)
            return false;
    return at >= cxx.from && at < cxx.to;
}

/* Is this a call of libstdc++'s own, as opposed to one that it does for a library that is not hooked? */
static inline bool is_own(unsigned set, const void *caller)
{
    return !atomic_load_explicit(&sets[set].cxx, memory_order_relaxed) || is_of_cxx(caller);
}

static void *booked(void *p, size_t bytes, unsigned set)
{
    unsigned library = whose(set);
    if (p != NULL && door_takes() && mine.taking == 0)
        acct_native_allocated(library, (uintptr_t)p, bytes);
    return p;
}

static uint32_t tag_of(const void *p)
{
    uint32_t tag = (uint32_t)((uintptr_t)p >> 3);
    return tag != 0 ? tag : 1;
}

static void given(const void *p, unsigned set)
{
    bool within = mine.freeing != 0 || mine.taking != 0 || atomic_load_explicit(&sets[set].cxx, memory_order_relaxed);
    if (p != NULL && door_gives() && mine.freeing != tag_of(p))
        acct_native_freed((uintptr_t)p, within);
}

static inline bool may_be_denied(unsigned set)
{
    return atomic_load_explicit(&sets[set].deniable, memory_order_relaxed) && mine.taking == 0 && door_takes();
}

/* deny=native. False: errno says that there is no memory. */
static inline bool may_take(unsigned set, uint64_t bytes, struct acct_native_claim *claim)
{
    claim->held = false;
    if (!may_be_denied(set))
        return true;
    int e = errno;
    bool fits = acct_native_claim(set, bytes, claim);
    errno = fits ? e : ENOMEM;
    return fits;
}

/* ---- C */

static void *on_malloc(size_t bytes, unsigned set, enum hook_symbol symbol, const void *caller)
{
    void *(*original)(size_t) = (void *(*)(size_t))real(set, symbol);
    struct acct_native_claim claim;
    if (!may_take(set, bytes, &claim))
        return NULL;
    void *p = original(bytes);
    if (is_own(set, caller))
        booked(p, bytes, set);
    acct_native_settle(&claim);
    return p;
}

static void *on_calloc(size_t count, size_t bytes, unsigned set)
{
    void *(*original)(size_t, size_t) = (void *(*)(size_t, size_t))real(set, HOOK_CALLOC);
    struct acct_native_claim claim;
    size_t product;
    if (__builtin_mul_overflow(count, bytes, &product))
        return original(count, bytes);
    if (!may_take(set, product, &claim))
        return NULL;
    void *p = booked(original(count, bytes), product, set);
    acct_native_settle(&claim);
    return p;
}

static void *on_aligned(size_t align, size_t bytes, unsigned set, enum hook_symbol symbol, const void *caller)
{
    void *(*original)(size_t, size_t) = (void *(*)(size_t, size_t))real(set, symbol);
    struct acct_native_claim claim;
    if (!may_take(set, bytes, &claim))
        return NULL;
    void *p = original(align, bytes);
    if (is_own(set, caller))
        booked(p, bytes, set);
    acct_native_settle(&claim);
    return p;
}

static int on_posix_memalign(void **out, size_t align, size_t bytes, unsigned set, const void *caller)
{
    int (*original)(void **, size_t, size_t) = (int (*)(void **, size_t, size_t))real(set, HOOK_POSIX_MEMALIGN);
    struct acct_native_claim claim;
    int e = errno;
    if (!may_take(set, bytes, &claim)) {
        errno = e; /* it answers its error */
        return ENOMEM;
    }
    int rc = original(out, align, bytes);
    if (rc == 0 && is_own(set, caller))
        booked(*out, bytes, set);
    acct_native_settle(&claim);
    return rc;
}

static char *on_strdup(const char *s, unsigned set, enum hook_symbol symbol)
{
    char *(*original)(const char *) = (char *(*)(const char *))real(set, symbol);
    struct acct_native_claim claim;
    size_t bytes = strlen(s) + 1;
    if (!may_take(set, bytes, &claim))
        return NULL;
    char *copy = original(s);
    booked(copy, bytes, set);
    acct_native_settle(&claim);
    return copy;
}

static char *on_strndup(const char *s, size_t most, unsigned set, enum hook_symbol symbol)
{
    char *(*original)(const char *, size_t) = (char *(*)(const char *, size_t))real(set, symbol);
    struct acct_native_claim claim;
    size_t bytes = strnlen(s, most) + 1;
    if (!may_take(set, bytes, &claim))
        return NULL;
    char *copy = original(s, most);
    booked(copy, bytes, set);
    acct_native_settle(&claim);
    return copy;
}

static void on_free(void *p, unsigned set)
{
    void (*original)(void *) = (void (*)(void *))real(set, HOOK_FREE);
    given(p, set);
    original(p);
}

/* A block that stands aside while its fate is decided; only what it grows by is claimed. */
struct aside {
    struct live_rec          rec;
    bool                     known;
    struct acct_native_claim claim;
};

/* False: it may not grow, and is as it was. */
static bool stand_aside(struct aside *a, const void *p, size_t bytes, unsigned set)
{
    a->known = false;
    if (p == NULL)
        return may_take(set, bytes, &a->claim);
    a->claim.held = false;
    if (!may_be_denied(set)) {
        a->known = door_gives() && acct_native_suspend((uintptr_t)p, &a->rec);
        return true;
    }
    int e = errno;
    bool fits = acct_native_claim_change(set, (uintptr_t)p, bytes, &a->rec, &a->known, &a->claim);
    errno = fits ? e : ENOMEM;
    return fits;
}

static void *settled(void *fresh, const void *p, size_t bytes, const struct aside *a, unsigned set)
{
    bool kept = fresh == NULL && bytes != 0;
    if (a->known && kept)
        acct_restore((uintptr_t)p, a->rec);
    else if (a->known)
        acct_replaced(a->rec);
    booked(fresh, bytes, set);
    acct_native_settle(&a->claim);
    return fresh;
}

static void *on_realloc(void *p, size_t bytes, unsigned set)
{
    void *(*original)(void *, size_t) = (void *(*)(void *, size_t))real(set, HOOK_REALLOC);
    struct aside a;
    return stand_aside(&a, p, bytes, set) ? settled(original(p, bytes), p, bytes, &a, set) : NULL;
}

static void *on_reallocarray(void *p, size_t count, size_t bytes, unsigned set)
{
    void *(*original)(void *, size_t, size_t) = (void *(*)(void *, size_t, size_t))real(set, HOOK_REALLOCARRAY);
    struct aside a;
    size_t product;
    if (__builtin_mul_overflow(count, bytes, &product))
        return original(p, count, bytes);
    return stand_aside(&a, p, product, set) ? settled(original(p, count, bytes), p, product, &a, set) : NULL;
}

/* ---- C++: the further arguments are alignment, size or a reference to std::nothrow, a register each */

typedef void *new_function(size_t, uintptr_t, uintptr_t);
typedef void  delete_function(void *, uintptr_t, uintptr_t);

struct making {
    int         arguments;
    size_t      bytes;
    uintptr_t   x, y;
    const void *caller;
};

static void *call_new(void *function, const struct making *m)
{
    if (m->arguments == 1)
        return ((void *(*)(size_t))function)(m->bytes);
    if (m->arguments == 2)
        return ((void *(*)(size_t, uintptr_t))function)(m->bytes, m->x);
    return ((new_function *)function)(m->bytes, m->x, m->y);
}

static void call_delete(void *function, int arguments, void *p, uintptr_t x, uintptr_t y)
{
    if (arguments == 1)
        ((void (*)(void *))function)(p);
    else if (arguments == 2)
        ((void (*)(void *, uintptr_t))function)(p, x);
    else
        ((delete_function *)function)(p, x, y);
}

static enum quiet_form form_of(enum hook_symbol symbol)
{
    switch (symbol) {
    case HOOK_NEW: return QUIET_NEW;
    case HOOK_NEW_ARRAY: return QUIET_NEW_ARRAY;
    case HOOK_NEW_ALIGN: return QUIET_NEW_ALIGN;
    case HOOK_NEW_ARRAY_ALIGN: return QUIET_NEW_ARRAY_ALIGN;
    default: return CANNOT_THROW;
    }
}

static void *call_quietly(void *function, const struct making *m)
{
    mine.taking = 1;
    void *p = call_new(function, m);
    mine.taking = 0;
    return p;
}

/* The nothrow form, which has a reference to std::nothrow, an empty object, as its last argument. */
static void *call_nothrow(void *quiet, const struct making *m)
{
    static const char tag = 0;
    struct making     form = { m->arguments + 1, m->bytes, m->x, (uintptr_t)&tag, m->caller };
    if (m->arguments == 1)
        form.x = (uintptr_t)&tag;
    return call_quietly(quiet, &form);
}

/* May not come back: then nothing of ours is left behind, and what it took inside was booked by who took it. */
static void *call_loudly(void *function, const struct making *m)
{
    void *p = call_new(function, m);
    if (p != NULL)
        acct_native_freed((uintptr_t)p, true);
    return p;
}

static void *on_new(const struct making *m, unsigned set, enum hook_symbol symbol)
{
    enum quiet_form form = form_of(symbol);
    void *original = real(set, symbol), *p = NULL;
    if (mine.taking != 0 || !door_takes() || !is_own(set, m->caller))
        return call_new(original, m);
    whose(set); /* before libstdc++'s slots ask */
    if (form == CANNOT_THROW) {
        struct acct_native_claim claim;
        if (!may_take(set, m->bytes, &claim))
            return NULL;
        p = booked(call_quietly(original, m), m->bytes, set);
        acct_native_settle(&claim);
        return p;
    }
    void *quiet = atomic_load_explicit(&sets[set].quiet[form], memory_order_relaxed);
    if (quiet != NULL)
        p = call_nothrow(quiet, m);
    if (p == NULL)
        p = call_loudly(original, m);
    return booked(p, m->bytes, set);
}

/* libstdc++'s operator new is malloc, and what to do when that has nothing: three of our functions would lie between the two. */
static void *on_plain_new(size_t bytes, unsigned set, enum hook_symbol symbol, const void *caller)
{
    void *take = atomic_load_explicit(&sets[set].direct_take, memory_order_relaxed);
    if (take != NULL && mine.taking == 0 && door_takes() && is_own(set, caller)) {
        void *p = ((void *(*)(size_t))take)(bytes != 0 ? bytes : 1);
        if (p != NULL)
            return booked(p, bytes, set);
    }
    return on_new(&(struct making){ 1, bytes, 0, 0, caller }, set, symbol);
}

/* Those that libstdc++ hands on to free() as they are; an aligned block may need more. */
static bool is_plain_delete(enum hook_symbol symbol)
{
    return symbol == HOOK_DELETE || symbol == HOOK_DELETE_SIZED || symbol == HOOK_DELETE_ARRAY || symbol == HOOK_DELETE_ARRAY_SIZED;
}

static void on_delete(int arguments, void *p, uintptr_t x, uintptr_t y, unsigned set, enum hook_symbol symbol)
{
    uint32_t outer = mine.freeing;
    void *give = is_plain_delete(symbol) ? atomic_load_explicit(&sets[set].direct_give, memory_order_relaxed) : NULL;
    given(p, set);
    if (give != NULL) {
        ((void (*)(void *))give)(p);
        return;
    }
    if (p != NULL)
        mine.freeing = tag_of(p);
    call_delete(real(set, symbol), arguments, p, x, y);
    mine.freeing = outer;
}

/* ---- pages */

struct mapping {
    void  *hint;
    size_t bytes;
    int    protection, flags, fd;
    off_t  offset;
};

struct moving {
    void  *from;
    size_t bytes, wanted;
    int    flags;
    void  *to; /* only with MREMAP_FIXED */
};

static uint64_t pages(size_t bytes)
{
    static _Atomic uint64_t size;
    uint64_t page = atomic_load_explicit(&size, memory_order_relaxed);
    if (page == 0) {
        page = (uint64_t)sysconf(_SC_PAGESIZE);
        atomic_store_explicit(&size, page, memory_order_relaxed);
    }
    return (bytes + page - 1) & ~(page - 1);
}

static void settle_cut(const struct acct_cut *cut, size_t count, bool gone)
{
    if (gone)
        acct_native_unmapped(cut, count);
    else
        acct_native_uncut(cut, count);
}

static void *on_mmap(const struct mapping *m, unsigned set, enum hook_symbol symbol)
{
    void *(*original)(void *, size_t, int, int, int, off_t) = (void *(*)(void *, size_t, int, int, int, off_t))real(set, symbol);
    struct acct_cut cut[ACCT_CUTS];
    size_t count = 0;
    int e = errno;
    if ((m->flags & MAP_FIXED) != 0 && door_gives())
        count = acct_native_cut((uintptr_t)m->hint, pages(m->bytes), cut);
    errno = e;
    void *p = original(m->hint, m->bytes, m->protection, m->flags, m->fd, m->offset);
    e = errno;
    settle_cut(cut, count, p != MAP_FAILED);
    if (p != MAP_FAILED && m->protection != PROT_NONE && door_takes())
        acct_native_mapped(whose(set), (uintptr_t)p, pages(m->bytes), (m->flags & MAP_ANONYMOUS) == 0);
    errno = e;
    return p;
}

static int on_munmap(void *p, size_t bytes, unsigned set)
{
    int (*original)(void *, size_t) = (int (*)(void *, size_t))real(set, HOOK_MUNMAP);
    struct acct_cut cut[ACCT_CUTS];
    int e = errno;
    size_t count = door_gives() ? acct_native_cut((uintptr_t)p, pages(bytes), cut) : 0;
    errno = e;
    int rc = original(p, bytes);
    e = errno;
    settle_cut(cut, count, rc == 0);
    errno = e;
    return rc;
}

/* The pages go on under the owner of the first of them. What stood where they go is gone. */
static void *on_mremap(const struct moving *m, unsigned set)
{
    void *(*original)(void *, size_t, size_t, int, void *) = (void *(*)(void *, size_t, size_t, int, void *))real(set, HOOK_MREMAP);
    struct acct_cut cut[ACCT_CUTS], target[ACCT_CUTS];
    size_t count = 0, hit = 0;
    int e = errno;
    if (door_gives())
        count = acct_native_cut((uintptr_t)m->from, pages(m->bytes), cut);
    if (door_gives() && (m->flags & MREMAP_FIXED) != 0)
        hit = acct_native_cut((uintptr_t)m->to, pages(m->wanted), target);
    errno = e;
    void *p = original(m->from, m->bytes, m->wanted, m->flags, m->to);
    e = errno;
    if (p != MAP_FAILED && count > 0)
        acct_native_moved(&cut[0], (uintptr_t)p, pages(m->wanted));
    settle_cut(target, hit, p != MAP_FAILED);
    settle_cut(cut, count, p != MAP_FAILED);
    errno = e;
    return p;
}

/* ---- the sets */

#include "native/hook_sets.inc"

void hook_malloc_prepare(unsigned set)
{
    atomic_store_explicit(&sets[set].cxx, false, memory_order_relaxed);
    atomic_store_explicit(&sets[set].deniable, false, memory_order_relaxed);
    atomic_store_explicit(&sets[set].direct_take, NULL, memory_order_relaxed);
    atomic_store_explicit(&sets[set].direct_give, NULL, memory_order_relaxed);
    atomic_store_explicit(&sets[set].loaded, true, memory_order_relaxed);
}

void hook_malloc_rest(unsigned set)
{
    atomic_store_explicit(&sets[set].loaded, false, memory_order_relaxed);
}

void hook_malloc_deny(unsigned set)
{
    atomic_store_explicit(&sets[set].deniable, true, memory_order_relaxed);
}

void hook_malloc_cxx(unsigned set, const struct elfgot *lib)
{
    static const char *const makers[MAKERS] = { "_Znwm", "_Znam", "_ZnwmRKSt9nothrow_t", "_ZnamRKSt9nothrow_t", "_ZnwmSt11align_val_t",
                                                "_ZnamSt11align_val_t", "_ZnwmSt11align_val_tRKSt9nothrow_t",
                                                "_ZnamSt11align_val_tRKSt9nothrow_t" };
    memset(&cxx, 0, sizeof cxx);
    cxx.set = set;
    cxx.from = lib->segment[0].from;
    cxx.to = lib->segment[lib->segments - 1].to;
    for (int i = 0; i < MAKERS; i++) {
        const ElfW(Sym) *symbol = NULL;
        Dl_info info;
        void *maker = dlsym(lib->handle, makers[i]);
        if (maker == NULL || dladdr1(maker, &info, (void **)(uintptr_t)&symbol, RTLD_DL_SYMENT) == 0 || symbol == NULL)
            continue;
        cxx.make[i].from = (uintptr_t)maker;
        cxx.make[i].to = (uintptr_t)maker + symbol->st_size;
        if (cxx.makers.from == 0 || cxx.make[i].from < cxx.makers.from)
            cxx.makers.from = cxx.make[i].from;
        if (cxx.make[i].to > cxx.makers.to)
            cxx.makers.to = cxx.make[i].to;
    }
    atomic_store_explicit(&sets[set].cxx, true, memory_order_relaxed);
}

/* The nothrow form, if the library that has the original defines it too: another one's would lead to another allocator. */
static void *quiet_beside(void *original, const char *name)
{
    Dl_info own, other;
    void *quiet = NULL;
    if (dladdr(original, &own) == 0 || own.dli_fname == NULL)
        return NULL;
    void *handle = dlopen(own.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
    if (handle != NULL) {
        quiet = dlsym(handle, name);
        dlclose(handle);
    }
    bool same = quiet != NULL && dladdr(quiet, &other) != 0 && other.dli_fbase == own.dli_fbase;
    return same ? quiet : NULL;
}

void hook_malloc_original(unsigned set, enum hook_symbol symbol, void *original)
{
    static const char *const quiet_names[QUIET_FORMS] = {
        [QUIET_NEW] = "_ZnwmRKSt9nothrow_t",
        [QUIET_NEW_ARRAY] = "_ZnamRKSt9nothrow_t",
        [QUIET_NEW_ALIGN] = "_ZnwmSt11align_val_tRKSt9nothrow_t",
        [QUIET_NEW_ARRAY_ALIGN] = "_ZnamSt11align_val_tRKSt9nothrow_t",
    };
    enum quiet_form form = form_of(symbol);
    atomic_store_explicit(&sets[set].real[symbol], original, memory_order_relaxed);
    if (form != CANNOT_THROW)
        atomic_store_explicit(&sets[set].quiet[form], quiet_beside(original, quiet_names[form]), memory_order_relaxed);
}

/* Do those of these symbols that the library calls lead to libstdc++ itself, at least one? */
static bool all_in_cxx(unsigned set, const enum hook_symbol *symbols, int count)
{
    int found = 0;
    for (int i = 0; i < count; i++) {
        uintptr_t at = (uintptr_t)real(set, symbols[i]);
        if (at != 0 && (at < cxx.from || at >= cxx.to))
            return false;
        found += at != 0;
    }
    return found > 0;
}

void hook_malloc_join(void)
{
    static const enum hook_symbol takes[] = { HOOK_NEW, HOOK_NEW_ARRAY },
                                  gives[] = { HOOK_DELETE, HOOK_DELETE_SIZED, HOOK_DELETE_ARRAY, HOOK_DELETE_ARRAY_SIZED };
    if (cxx.set == 0 || !all_in_cxx(cxx.set, takes, 1) || !all_in_cxx(cxx.set, gives, 1))
        return;
    for (unsigned set = 1; set < LIBRARIES; set++) {
        bool take = all_in_cxx(set, takes, 2), give = all_in_cxx(set, gives, 4);
        atomic_store_explicit(&sets[set].direct_take, take ? real(cxx.set, HOOK_MALLOC) : NULL, memory_order_relaxed);
        atomic_store_explicit(&sets[set].direct_give, give ? real(cxx.set, HOOK_FREE) : NULL, memory_order_relaxed);
    }
}

void *hook_malloc_function(unsigned set, enum hook_symbol symbol)
{
    return functions[set][symbol];
}

bool hook_malloc_owns(const void *function)
{
    for (unsigned set = 1; set < LIBRARIES; set++)
        for (int i = 0; i < HOOK_SYMBOL_COUNT; i++)
            if (functions[set][i] == function)
                return true;
    return false;
}
