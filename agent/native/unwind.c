/* SPDX-License-Identifier: Apache-2.0 */
/* unwind.c: a walk reads its own stack and nothing else; how far each frame reaches is a rule, learnt once per instruction.
 *
 * A rule says where the caller's stack pointer, return address and saved frame pointer are, relative to the stack or the frame
 * pointer. libunwind finds it: it is made to step out of a frame whose registers hold made-up numbers, one range of addresses
 * for each register, and what comes out tells what it computed from what. So it never sees a real stack, and where its result is
 * anything but such a sum the walk ends: nothing is guessed (it would guess by a frame pointer where tables are missing, and so
 * step through compiled Java).
 *
 * Why not its own local unwinding, read in 1.6.2 (Debian 12) and 1.8: each miss of its cache calls dl_iterate_phdr under the
 * linker's lock; each step locks a mutex with all signals blocked; and it proves memory readable by writing a byte of it into a
 * pipe of its own, whose descriptors a program that closes what it does not know may have given to another file since. With an
 * address space of our own (libunwind-ARCH.so.8) none of this is used: there is no cache to lock, tables are found by
 * native/module, memory is read by us. What remains per new instruction is its pool of 100 byte objects: a mutex with signals
 * blocked, and a page from mmap now and then; it allocates from no malloc but in unwind_init(). That mutex is held for some
 * instructions and across no call but mmap; in a child of fork nobody comes here (core/door).
 *
 * Bounds: reads go upwards from the stack pointer and end at the thread's own control block, which glibc keeps above each
 * thread's stack, or at the end of the first thread's stack. SETS of WAYS instructions are known (RocksDB in a TaskManager: some
 * 4,000); one of another library than lies there now is learnt anew. Concurrent: a cache entry is copied under a short
 * lock. */
#define _GNU_SOURCE /* RTLD_DEFAULT */
#include "native/unwind.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#if defined(__x86_64__)
#include <libunwind-x86_64.h>
#endif

#include "base/arena.h"
#include "base/hash.h"
#include "base/lock.h"
#include "native/module.h"
#include "native/symbols.h"
#include "snapshot.h"
#include "base/poison.h"

enum { SETS = 1 << 12, WAYS = 4, CACHE_LOCKS = 64, MODULES = 256, STEPS = 256 };
/* No frame, and no way from a frame to the thread's end, is longer; what is has a stack of its own making (coroutines). */
static const uintptr_t stack_max = 64 << 20;

/* FROM_NOTHING: where the rule is all zero the walk ends. */
enum base { FROM_NOTHING, FROM_SP, FROM_BP, FROM_MEMORY, KEPT };

struct place {
    uint8_t base;
    int32_t offset;
};

struct rule {
    struct place cfa;     /* the caller's stack pointer; KEPT never */
    struct place memory;  /* where the word lies that FROM_MEMORY goes out from */
    struct place address; /* of the return address */
    struct place bp;      /* of the saved frame pointer; KEPT: it was not touched */
};

struct known {
    uintptr_t   ip;
    uint32_t    module; /* its number; 0 none */
    uint32_t    frame;
    struct rule rule;
};

struct cache {
    struct lock  lock[CACHE_LOCKS];
    struct known entry[SETS][WAYS]; /* the latest comes first, the last one goes */
    struct lock  modules_lock;
    uint32_t     modules; /* so many were numbered, from 1; the last MODULES of them are known */
    struct {
        uint32_t         number;
        struct module_id id;
    } module[MODULES]; /* protected by modules_lock */
};

static struct {
    struct stacks   *stacks;
    struct cache    *cache; /* NULL: not asked for yet, or no memory */
    uintptr_t        omit_from, omit_to;
    bool             whole; /* libunwind is there */
    struct module_id own, libc;
    uintptr_t        first_stack; /* end of the first thread's */
} me;

struct registers {
    uintptr_t ip, sp, bp;
};

/* ---- rules: libunwind and its made-up registers */

#if defined(__x86_64__)

#define FUNCTION(name) "_Ux86_64_" name

enum { REGISTERS = 17, MEMORY_WORD = 40, TAG = 0x40, TAG_SHIFT = 56 };

struct probe {
    const struct module *module;
    uintptr_t            ip;
    unw_word_t           read; /* the first made-up address that was read; 0 none */
};

static struct {
    unw_addr_space_t space;
    unw_addr_space_t (*create)(unw_accessors_t *, int);
    int (*init)(unw_cursor_t *, unw_addr_space_t, void *);
    int (*step)(unw_cursor_t *);
    int (*get_reg)(unw_cursor_t *, int, unw_word_t *);
    int (*get_save_loc)(unw_cursor_t *, int, unw_save_loc_t *);
    int (*search)(unw_addr_space_t, unw_word_t, unw_dyn_info_t *, unw_proc_info_t *, int, void *);
} lib;

static unw_word_t made_up(unsigned n)
{
    return (unw_word_t)(TAG + n) << TAG_SHIFT | 1ULL << 40;
}

static bool is_made_up(unw_word_t value)
{
    return value >> TAG_SHIFT >= TAG && value >> TAG_SHIFT <= TAG + MEMORY_WORD;
}

static struct place place_of(unw_word_t value)
{
    struct place nowhere = { FROM_NOTHING, 0 };
    if (!is_made_up(value))
        return nowhere;
    unsigned n = (unsigned)(value >> TAG_SHIFT) - TAG;
    int64_t  offset = (int64_t)(value - made_up(n));
    uint8_t  base = n == UNW_X86_64_RSP ? FROM_SP : n == UNW_X86_64_RBP ? FROM_BP : n == MEMORY_WORD ? FROM_MEMORY : FROM_NOTHING;
    if (base == FROM_NOTHING || offset < -(int64_t)stack_max || offset > (int64_t)stack_max)
        return nowhere;
    return (struct place){ base, (int32_t)offset };
}

static int read_word(unw_addr_space_t space, unw_word_t addr, unw_word_t *value, int write, void *with)
{
    struct probe *p = with;
    (void)space;
    if (write)
        return -UNW_EREADONLYREG;
    if (is_made_up(addr)) {
        p->read = p->read != 0 ? p->read : addr;
        *value = made_up(MEMORY_WORD);
        return 0;
    }
    if (!module_has(p->module, addr, 1)) /* libunwind reads aligned words: the rest of it is in the same page */
        return -UNW_EINVAL;
    memcpy(value, (const void *)addr, sizeof *value);
    return 0;
}

static int read_register(unw_addr_space_t space, unw_regnum_t reg, unw_word_t *value, int write, void *with)
{
    const struct probe *p = with;
    (void)space;
    if (write || reg < 0 || reg >= REGISTERS)
        return -UNW_EBADREG;
    *value = reg == UNW_X86_64_RIP ? p->ip : made_up((unsigned)reg);
    return 0;
}

static int read_float(unw_addr_space_t space, unw_regnum_t reg, unw_fpreg_t *value, int write, void *with)
{
    (void)space;
    (void)reg;
    (void)value;
    (void)write;
    (void)with;
    return -UNW_EBADREG;
}

/* .eh_frame_hdr: version 1, encodings of a pointer, of the count (udata4) and of the table (datarel, sdata4), as every linker
 * writes it. */
static bool read_header(const struct probe *p, unw_dyn_info_t *di)
{
    static const unsigned char known[4] = { 1, 0x1b, 0x03, 0x3b };
    const struct module       *m = p->module;
    uintptr_t                  at = m->id.frame_header;
    uint32_t                   count;
    if (at == 0 || !module_has(m, at, 12) || memcmp((const void *)at, known, sizeof known) != 0)
        return false;
    memcpy(&count, (const void *)(at + 8), sizeof count);
    memset(di, 0, sizeof *di);
    di->start_ip = m->id.from;
    di->end_ip = m->id.to;
    di->format = UNW_INFO_FORMAT_REMOTE_TABLE;
    di->u.rti.segbase = at;
    di->u.rti.table_data = at + 12;
    di->u.rti.table_len = count; /* in words of eight bytes: an entry has two of four */
    return p->ip >= m->id.from && p->ip < m->id.to && module_has(m, at + 12, (size_t)count * 8);
}

/* Any answer but "no information": at that libunwind would guess. */
static int find_info(unw_addr_space_t space, unw_word_t ip, unw_proc_info_t *info, int need, void *with)
{
    unw_dyn_info_t di;
    if (!read_header(with, &di) || lib.search(space, ip, &di, info, need, with) < 0)
        return -UNW_EBADFRAME;
    return 0;
}

static void put_info(unw_addr_space_t space, unw_proc_info_t *info, void *with)
{
    (void)space;
    (void)info;
    (void)with;
}

static int no_dynamic_list(unw_addr_space_t space, unw_word_t *list, void *with)
{
    (void)space;
    (void)list;
    (void)with;
    return -UNW_ENOINFO;
}

static struct place saved(unw_cursor_t *cursor, int reg)
{
    unw_save_loc_t loc;
    memset(&loc, 0, sizeof loc);
    if (lib.get_save_loc(cursor, reg, &loc) < 0)
        return (struct place){ FROM_NOTHING, 0 };
    if (loc.type == UNW_SLT_REG && loc.u.regnum == (unw_regnum_t)reg)
        return (struct place){ KEPT, 0 };
    return loc.type == UNW_SLT_MEMORY ? place_of(loc.u.addr) : (struct place){ FROM_NOTHING, 0 };
}

/* How the function around ip - 1, a call in it, is left. */
static struct rule learn(const struct module *m, uintptr_t ip)
{
    struct probe      probe = { .module = m, .ip = ip - 1 };
    static const struct rule end;
    struct rule       rule;
    unw_cursor_t      cursor;
    unw_word_t        cfa = 0;
    if (lib.init(&cursor, lib.space, &probe) < 0 || lib.step(&cursor) <= 0 ||
        lib.get_reg(&cursor, UNW_X86_64_RSP, &cfa) < 0)
        return end;
    rule.cfa = place_of(cfa);
    rule.memory = place_of(rule.cfa.base == FROM_MEMORY ? probe.read : 0);
    rule.address = saved(&cursor, UNW_X86_64_RIP);
    rule.bp = saved(&cursor, UNW_X86_64_RBP);
    bool clear = rule.cfa.base != FROM_NOTHING && rule.address.base != FROM_NOTHING && rule.address.base != KEPT &&
                 rule.bp.base != FROM_NOTHING && rule.memory.base != FROM_MEMORY &&
                 (rule.cfa.base == FROM_MEMORY) == (rule.memory.base != FROM_NOTHING);
    return clear ? rule : end;
}

static bool take(void *from, const char *name, void *function)
{
    void *f = dlsym(from, name);
    memcpy(function, &f, sizeof f);
    return f != NULL;
}

/* What it needs is looked for by its own run path, of which it has none: from beside us only we can open it. */
static void *open_beside(const char *file)
{
    void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (handle != NULL)
        return handle;
    dlopen("liblzma.so.5", RTLD_NOW | RTLD_LOCAL);
    dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
    return dlopen(file, RTLD_NOW | RTLD_LOCAL);
}

/* Newer versions have more accessors than the header we were built with: they read on into zeroes. */
static bool open_libunwind(const char *file)
{
    union {
        unw_accessors_t accessors;
        char            room[256];
    } with;
    memset(&with, 0, sizeof with);
    with.accessors = (unw_accessors_t){ .find_proc_info = find_info, .put_unwind_info = put_info,
                                        .get_dyn_info_list_addr = no_dynamic_list, .access_mem = read_word,
                                        .access_reg = read_register, .access_fpreg = read_float };
    void *handle = open_beside(file);
    if (handle != NULL && lib.space != NULL)
        return true; /* tests: once more */
    if (handle == NULL || !take(handle, FUNCTION("create_addr_space"), &lib.create) ||
        !take(handle, FUNCTION("init_remote"), &lib.init) || !take(handle, FUNCTION("step"), &lib.step) ||
        !take(handle, FUNCTION("get_reg"), &lib.get_reg) || !take(handle, FUNCTION("get_save_loc"), &lib.get_save_loc) ||
        !take(handle, FUNCTION("dwarf_search_unwind_table"), &lib.search))
        return false;
    lib.space = lib.create(&with.accessors, 0);
    return lib.space != NULL;
}

#else

static bool open_libunwind(const char *file)
{
    (void)file;
    return false;
}

static struct rule learn(const struct module *m, uintptr_t ip)
{
    (void)m;
    (void)ip;
    return (struct rule){ .cfa = { FROM_NOTHING, 0 } };
}

#endif

/* ---- what is known of an instruction */

static uint32_t frame_of(const struct module *m, uintptr_t ip)
{
    char name[SYMBOLS_NAME];
    symbols_name(m, ip - 1, name);
    return stacks_frame(me.stacks, stacks_name(me.stacks, m->name, strlen(m->name)),
                        stacks_name(me.stacks, name, strlen(name)), 0, WEIR_LINE_NATIVE);
}

/* The same library has the same number as long as it is loaded, and no other ever has it. */
static uint32_t number_of(const struct module_id *id)
{
    struct cache *c = me.cache;
    uint32_t      number = 0;
    lock_take(&c->modules_lock);
    for (uint32_t i = 0; i < MODULES && i <= c->modules && number == 0; i++)
        if (c->module[i].number != 0 && module_same(&c->module[i].id, id))
            number = c->module[i].number;
    if (number == 0) {
        number = ++c->modules;
        c->module[number % MODULES].number = number;
        c->module[number % MODULES].id = *id;
    }
    lock_drop(&c->modules_lock);
    return number;
}

static struct known learn_all(uintptr_t ip, uint32_t module, const struct module_id *id)
{
    struct known  k = { .ip = ip, .module = module };
    struct module m;
    if (module_open(id, &m)) {
        k.frame = frame_of(&m, ip);
        if (me.whole)
            k.rule = learn(&m, ip);
    }
    return k;
}

static struct known look_up(uintptr_t ip, uint32_t module, const struct module_id *id)
{
    uint64_t      hash = hash_u64(ip);
    struct known *set = me.cache->entry[hash % SETS], k = { .ip = 0 };
    struct lock  *lock = &me.cache->lock[hash % CACHE_LOCKS];
    lock_take(lock);
    for (int i = 0; i < WAYS && k.ip == 0; i++)
        if (set[i].ip == ip && set[i].module == module)
            k = set[i];
    lock_drop(lock);
    if (k.ip != 0)
        return k;
    k = learn_all(ip, module, id);
    lock_take(lock);
    memmove(set + 1, set, (WAYS - 1) * sizeof *set);
    set[0] = k;
    lock_drop(lock);
    return k;
}

/* ---- the walk */

struct bounds {
    uintptr_t low, high;
};

static struct bounds stack_of_thread(uintptr_t sp)
{
    uintptr_t self = (uintptr_t)pthread_self();
    uintptr_t high = self > sp ? self : me.first_stack;
    if (high < sp || high - sp > stack_max)
        high = sp;
    return (struct bounds){ sp, high };
}

static bool stack_word(const struct bounds *b, uintptr_t at, uintptr_t *out)
{
    if (at < b->low || at >= b->high || b->high - at < sizeof *out || at % sizeof *out != 0)
        return false;
    memcpy(out, (const void *)at, sizeof *out);
    return true;
}

static uintptr_t address(struct place p, const struct registers *r, uintptr_t memory)
{
    uintptr_t from = p.base == FROM_SP ? r->sp : p.base == FROM_BP ? r->bp : memory;
    return from + (uintptr_t)(intptr_t)p.offset;
}

/* To the caller. False: the walk ends here. */
static bool step(const struct rule *rule, const struct bounds *b, struct registers *r)
{
    struct registers next;
    uintptr_t        memory = 0;
    if (rule->cfa.base == FROM_NOTHING ||
        (rule->cfa.base == FROM_MEMORY && !stack_word(b, address(rule->memory, r, 0), &memory)))
        return false;
    next.sp = address(rule->cfa, r, memory);
    next.bp = r->bp;
    if (next.sp <= r->sp || next.sp > b->high || !stack_word(b, address(rule->address, r, memory), &next.ip) ||
        (rule->bp.base != KEPT && !stack_word(b, address(rule->bp, r, memory), &next.bp)))
        return false;
    *r = next;
    return true;
}

/* This library keeps frame pointers (-fno-omit-frame-pointer), so no rule is needed to leave it. */
static bool leave_own(const struct bounds *b, struct registers *r, struct module_id *id)
{
    static const struct rule framed = { .cfa = { FROM_BP, 16 }, .address = { FROM_BP, 8 }, .bp = { FROM_BP, 0 } };
    for (int i = 0; i < STEPS; i++) {
        if (!module_at(r->ip - 1, id))
            return false;
        if (!module_same(id, &me.own))
            return true;
        if (!step(&framed, b, r))
            return false;
    }
    return false;
}

__attribute__((noinline)) size_t unwind_here(uint32_t *frames, size_t max)
{
    const uintptr_t *own = __builtin_frame_address(0);
    struct registers r = { own[1], (uintptr_t)(own + 2), own[0] };
    struct bounds    b = stack_of_thread(r.sp);
    struct module_id id, last = { 0, 0, 0, 0 };
    uint32_t         module = 0;
    size_t           count = 0, inner = 0; /* inner: without the C library's on the outside */
    if (me.cache == NULL || !leave_own(&b, &r, &id))
        return 0;
    do {
        if (!module_same(&id, &last))
            module = number_of(&id);
        last = id;
        struct known k = look_up(r.ip, module, &id);
        if (r.ip < me.omit_from || r.ip >= me.omit_to)
            frames[count++] = k.frame;
        if (!module_same(&id, &me.libc))
            inner = count;
        if (!step(&k.rule, &b, &r))
            return inner > 0 ? inner : count; /* how a thread begins says nothing */
    } while (count < max && module_at(r.ip - 1, &id));
    return count;
}

static bool find_own(void)
{
    void *end = dlsym(RTLD_DEFAULT, "__libc_stack_end");
    if (end != NULL)
        memcpy(&me.first_stack, end, sizeof me.first_stack);
    return module_init() && module_at((uintptr_t)unwind_here, &me.own);
}

void unwind_omit(uintptr_t from, uintptr_t to)
{
    me.omit_from = from;
    me.omit_to = to;
}

enum weir_rc unwind_init(struct stacks *stacks, const char *library, const char **why)
{
    me.stacks = stacks;
    *why = "short: this C library does not say which library an address lies in (glibc 2.35 does)";
    if (!find_own())
        return WEIR_ENOENT;
    module_at((uintptr_t)dlsym(RTLD_DEFAULT, "gnu_get_libc_version"), &me.libc); /* nobody interposes that */
    struct cache *cache = arena_map(sizeof *cache);
    *why = "short: no memory for what is known of instructions";
    if (cache == NULL)
        return WEIR_ENOMEM;
    for (int i = 0; i < CACHE_LOCKS; i++)
        lock_init(&cache->lock[i], LOCK_RANK_FRAMES);
    lock_init(&cache->modules_lock, LOCK_RANK_FRAMES);
    me.whole = open_libunwind(library != NULL ? library : UNWIND_LIBRARY);
    me.cache = cache;
    *why = me.whole ? "ok" : "short, the calling function only: " UNWIND_LIBRARY " cannot be loaded from beside libweir.so or from the system";
    return me.whole ? WEIR_OK : WEIR_ENOENT;
}

void unwind_close(void)
{
    if (me.cache != NULL)
        arena_unmap(me.cache, sizeof *me.cache);
    memset(&me, 0, sizeof me);
}
