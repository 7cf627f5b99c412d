/* SPDX-License-Identifier: Apache-2.0 */
/* hooked.c: the libraries whose slots are ours, by their number (= their index in core/libraries).
 * A library is held open only while its tables are read or written, so that the program can unload it as before; its slots are
 * looked at through a handle of our own.
 * Writing: what gives back first, then realloc and its like, then what takes: no block is booked whose end goes unseen. A library
 *          in which not all can be written gets its own functions back. One that calls malloc and never free is hooked too:
 *          what it takes may be given back by another one.
 * Gone:    not in the list any more; or in it with none of our functions: unloaded, and loaded anew in the same place.
 * Concurrent: one thread looks at a time; a second one tells it to look once more and goes on. */
#include "native/hooked.h"

#include <stdatomic.h>
#include <string.h>

#include "base/hash.h"
#include "core/acct.h"
#include "native/elfmany.h"
#include "native/elftables.h"
#include "native/hook_malloc.h"
#include "base/poison.h"

enum { PATH_KEPT = 512 };

static const char *const names[HOOK_SYMBOL_COUNT] = {
#define NAME(n, sym, name, shape, does) name,
    HOOK_SYMBOLS(NAME, )
#undef NAME
};

enum does { GIVE, CHANGE, TAKE };
static const uint8_t does[HOOK_SYMBOL_COUNT] = {
#define DOES(n, sym, name, shape, what) what,
    HOOK_SYMBOLS(DOES, )
#undef DOES
};

struct one {
    bool      used, overwritten;
    uintptr_t base;
    char      path[PATH_KEPT];
    int       count;
    struct {
        void  **slot, *original;
        uint8_t symbol;
    } slot[ELFMANY_IMPORTS];
};

static struct {
    struct libs_wanted   wanted;
    hooked_decide       *decide;
    struct libs_mark     mark;
    atomic_bool          ready, busy, again;
    struct libs          libs;
    struct elfmany       found;
    struct one           one[LIBRARIES];
    uint64_t             judged[LIBS_MAX]; /* libraries that are not ours */
    size_t               judged_count;
    _Atomic unsigned     libraries, slots, left_out, refused, overwritten;
} me;

static uint64_t id_of(const char *path, uintptr_t base)
{
    return hash_bytes(path, strlen(path)) ^ hash_u64(base);
}

static bool is_judged(uint64_t id)
{
    for (size_t i = 0; i < me.judged_count; i++)
        if (me.judged[i] == id)
            return true;
    return false;
}

static unsigned find(const char *path, uintptr_t base)
{
    for (unsigned i = 1; i < LIBRARIES; i++)
        if (me.one[i].used && me.one[i].base == base && strcmp(me.one[i].path, path) == 0)
            return i;
    return 0;
}

/* ---- hooking one */

/* One original for each function, none of them ours. */
static bool is_plain(const struct elfmany *found)
{
    const void *original[HOOK_SYMBOL_COUNT] = { NULL };
    for (int i = 0; i < found->count; i++) {
        const struct elfmany_import *at = &found->at[i];
        if (hook_malloc_owns(at->original) || (original[at->name] != NULL && original[at->name] != at->original))
            return false;
        original[at->name] = at->original;
    }
    return true;
}

static void prepare(const struct elfgot *lib, unsigned set, const char *path, bool cxx)
{
    const struct elfmany *found = &me.found;
    hook_malloc_prepare(set);
    if (!cxx && libs_deniable(path, &me.wanted))
        hook_malloc_deny(set);
    if (cxx)
        hook_malloc_cxx(set, lib);
    for (int i = 0; i < found->count; i++)
        hook_malloc_original(set, (enum hook_symbol)found->at[i].name, found->at[i].original);
}

static bool write_all(const struct elfgot *lib, unsigned set, const struct elfmany *found)
{
    for (int phase = GIVE; phase <= TAKE; phase++)
        for (int i = 0; i < found->count; i++)
            if (does[found->at[i].name] == phase &&
                !elfmany_write(lib, &found->at[i], hook_malloc_function(set, (enum hook_symbol)found->at[i].name)))
                return false;
    return true;
}

/* Its own functions again, what takes first. */
static void take_back(const struct elfgot *lib, const struct elfmany *found)
{
    for (int phase = TAKE; phase >= GIVE; phase--)
        for (int i = 0; i < found->count; i++)
            if (does[found->at[i].name] == phase)
                elfmany_write(lib, &found->at[i], found->at[i].original);
}

static void keep(unsigned set, const char *path, uintptr_t base, const struct elfmany *found)
{
    struct one *o = &me.one[set];
    memset(o, 0, sizeof *o);
    memcpy(o->path, path, strlen(path) + 1);
    o->base = base;
    o->used = true;
    for (int i = 0; i < found->count; i++) {
        o->slot[o->count].slot = found->at[i].slot;
        o->slot[o->count].original = found->at[i].original;
        o->slot[o->count++].symbol = (uint8_t)found->at[i].name;
    }
    atomic_fetch_add_explicit(&me.libraries, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&me.slots, (unsigned)found->count, memory_order_relaxed);
}

static unsigned add(const char *path, bool cxx)
{
    enum weir_component component = WEIR_UNDECIDED;
    const char         *why = "nobody was seen calling it yet", *file = libs_file(path);
    enum library_by     by = me.decide(path, cxx, &component, &why);
    return libraries_add(acct_libraries(), stacks_name(acct_stacks(), file, strlen(file)), by, component, why);
}

/* A set for it, and its slots written. False: it stays as it is. */
static bool write_new(struct elfgot *lib, unsigned set, const char *path, bool cxx)
{
    prepare(lib, set, path, cxx);
    bool in = elfmany_unlock(lib, &me.found) && write_all(lib, set, &me.found);
    if (!in)
        take_back(lib, &me.found);
    elfmany_relock(lib);
    return in;
}

/* It is open and ours. */
static void hook(struct elfgot *lib, const char *path, bool cxx)
{
    enum weir_rc rc = elfmany_find(lib, names, HOOK_SYMBOL_COUNT, &me.found);
    if (rc == WEIR_OK && me.found.count == 0)
        return; /* it takes no memory */
    bool     fits = rc == WEIR_OK && strlen(path) < PATH_KEPT && is_plain(&me.found);
    unsigned set = fits ? add(path, cxx) : 0;
    if (set != 0 && write_new(lib, set, path, cxx)) {
        keep(set, path, lib->base, &me.found);
        hook_malloc_join();
        return;
    }
    if (set != 0)
        libraries_gone(acct_libraries(), set); /* a call may have come through in between: its number rests */
    atomic_fetch_add_explicit(fits && set == 0 ? &me.left_out : &me.refused, 1, memory_order_relaxed);
}

/* One libstdc++ is taken apart, the first. A second one, as Python wheels bring, is left alone. */
static bool has_cxx(void)
{
    for (unsigned i = 1; i < LIBRARIES; i++)
        if (me.one[i].used && libs_is_cxx(me.one[i].path))
            return true;
    return false;
}

static void judge(const char *path, uintptr_t base)
{
    struct elfgot  lib;
    if (elfgot_open_at(&lib, path, base) != WEIR_OK)
        return; /* gone already, or not to be understood: looked at again when the list changes */
    enum libs_kind kind = libs_judge(path, &lib, &me.wanted);
    bool later = kind == LIBS_CXX && atomic_load_explicit(&me.libraries, memory_order_relaxed) == 0;
    if (kind != LIBS_NOT && !later && !(kind == LIBS_CXX && has_cxx()))
        hook(&lib, path, kind == LIBS_CXX);
    elfgot_close(&lib);
    if (!later && me.judged_count < LIBS_MAX && find(path, base) == 0)
        me.judged[me.judged_count++] = id_of(path, base);
}

/* ---- those that went */

/* How many of its slots hold our functions; it is in the list. -1: it cannot be looked at. */
static int count_ours(unsigned set)
{
    const struct one *o = &me.one[set];
    struct elfgot     lib;
    int               ours = 0;
    if (elfgot_open_at(&lib, o->path, o->base) != WEIR_OK)
        return -1;
    for (int i = 0; i < o->count; i++)
        if (elftables_inside(&lib, (uintptr_t)o->slot[i].slot, sizeof(void *)) && /* it may be another library by now */
            __atomic_load_n(o->slot[i].slot, __ATOMIC_RELAXED) == hook_malloc_function(set, (enum hook_symbol)o->slot[i].symbol))
            ours++;
    elfgot_close(&lib);
    return ours;
}

static bool is_listed(const struct one *o)
{
    for (size_t i = 0; i < me.libs.count; i++)
        if (me.libs.at[i].base == o->base && strcmp(libs_path(&me.libs, i), o->path) == 0)
            return true;
    return false;
}

static void give_up(unsigned set)
{
    struct one *o = &me.one[set];
    atomic_fetch_sub_explicit(&me.libraries, 1, memory_order_relaxed);
    atomic_fetch_sub_explicit(&me.slots, (unsigned)o->count, memory_order_relaxed);
    if (o->overwritten)
        atomic_fetch_sub_explicit(&me.overwritten, 1, memory_order_relaxed);
    o->used = false;
    hook_malloc_rest(set);
    libraries_gone(acct_libraries(), set);
}

static void drop_gone(void)
{
    for (unsigned i = 1; i < LIBRARIES; i++)
        if (me.one[i].used && (!is_listed(&me.one[i]) || count_ours(i) == 0))
            give_up(i);
    /* A path and place may be another library's by now: whoever is listed still is judged anew, once. */
    me.judged_count = 0;
    atomic_store_explicit(&me.refused, 0, memory_order_relaxed);
    atomic_store_explicit(&me.left_out, 0, memory_order_relaxed);
}

static void forget_empty(void)
{
    struct libraries *all = acct_libraries();
    for (unsigned i = 1; i <= libraries_top(all); i++) {
        uint64_t bytes, blocks;
        struct library l = libraries_read(all, i);
        acct_native_sum(i, &bytes, &blocks);
        if (l.used && !l.loaded && blocks == 0)
            libraries_forget(all, i);
    }
}

/* ---- looking */

static void look_once(void)
{
    unsigned long long subs = me.mark.subs;
    if (!libs_changed(&me.mark))
        return;
    libs_read(&me.libs);
    if (me.mark.subs != subs) {
        drop_gone();
        forget_empty();
    }
    for (int cxx = 0; cxx <= 1; cxx++) /* libstdc++ last: only where something else is hooked */
        for (size_t i = 0; i < me.libs.count; i++) {
            const char *path = libs_path(&me.libs, i);
            uintptr_t   base = me.libs.at[i].base;
            if (libs_may(path, &me.wanted) && libs_is_cxx(path) == (cxx == 1) && find(path, base) == 0 && !is_judged(id_of(path, base)))
                judge(path, base);
        }
}

static bool begin(void)
{
    return !atomic_exchange_explicit(&me.busy, true, memory_order_acquire);
}

static void end(void)
{
    atomic_store_explicit(&me.busy, false, memory_order_release);
}

void hooked_look(void)
{
    if (!atomic_load_explicit(&me.ready, memory_order_acquire))
        return;
    atomic_store_explicit(&me.again, true, memory_order_seq_cst);
    /* Whoever sees `again` after our store looks for us; else busy is free, and we do. */
    while (atomic_load_explicit(&me.again, memory_order_seq_cst) && begin()) {
        atomic_store_explicit(&me.again, false, memory_order_seq_cst);
        look_once();
        end();
    }
}

void hooked_install(const struct libs_wanted *wanted, hooked_decide *decide)
{
    me.wanted = *wanted;
    me.decide = decide;
    /* Release: the two above. Pairs with the acquire in hooked_look(). */
    atomic_store_explicit(&me.ready, true, memory_order_release);
    hooked_look();
}

void hooked_verify(void)
{
    if (!atomic_load_explicit(&me.ready, memory_order_acquire) || !begin())
        return;
    unsigned count = 0;
    for (unsigned i = 1; i < LIBRARIES; i++) {
        struct one *o = &me.one[i];
        int         ours = o->used ? count_ours(i) : -1;
        if (ours >= 0)
            o->overwritten = ours < o->count;
        count += o->used && o->overwritten;
    }
    atomic_store_explicit(&me.overwritten, count, memory_order_relaxed);
    forget_empty();
    end();
}

struct hooked_state hooked_state(void)
{
    return (struct hooked_state){
        .libraries = atomic_load_explicit(&me.libraries, memory_order_relaxed),
        .slots = atomic_load_explicit(&me.slots, memory_order_relaxed),
        .left_out = atomic_load_explicit(&me.left_out, memory_order_relaxed),
        .refused = atomic_load_explicit(&me.refused, memory_order_relaxed),
        .overwritten = atomic_load_explicit(&me.overwritten, memory_order_relaxed),
    };
}

static void take_back_kept(const struct one *o)
{
    struct elfgot lib;
    if (elfgot_open_at(&lib, o->path, o->base) != WEIR_OK)
        return;
    me.found.count = o->count;
    for (int i = 0; i < o->count; i++)
        me.found.at[i] = (struct elfmany_import){ o->slot[i].slot, o->slot[i].original, o->slot[i].symbol, -1 };
    if (elfmany_unlock(&lib, &me.found))
        take_back(&lib, &me.found);
    elfmany_relock(&lib);
    elfgot_close(&lib);
}

void hooked_close(void)
{
    atomic_store_explicit(&me.ready, false, memory_order_relaxed);
    for (unsigned i = 1; i < LIBRARIES; i++)
        if (me.one[i].used)
            take_back_kept(&me.one[i]);
    memset(&me, 0, sizeof me);
}
