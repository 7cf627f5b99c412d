/* SPDX-License-Identifier: Apache-2.0 */
/* acct.c: the books.
 * Order of a booking:  owner, totals, attempt, address record; of a free: record, totals, attempt, owner. So a record
 *                      always points to an owner that counts it, and a reused address cannot meet its old record.
 * Deciding to speak:   `quiet` holds, per component, the highest use at which policy certainly says nothing: one compare
 *                      in the normal case. Above it policy is asked under its lock; its answer goes to the ring.
 * Time:                no clock here; the reporter stores a coarse one every tick. */
#include "core/acct.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "base/arena.h"
#include "base/guard.h"
#include "base/lock.h"
#include "core/counters.h"
#include "core/ranges.h"
#include "core/sample.h"
#include "core/tombs.h"
#include "model/component.h"
#include "base/poison.h"

static struct {
    const struct capture_ops *ops;
    struct live              *live;
    struct stacks            *stacks;
    struct owners            *owners;
    struct attempts          *attempts;
    struct jobs              *jobs;
    struct threads           *threads;
    struct ring              *ring;
    struct libraries         *libraries;
    struct ranges            *ranges;
    atomic_bool               native_deny;
    atomic_ullong             native_seen[WEIR_COMPONENT_COUNT]; /* at the last tick: hooks of others keep off that much */
    struct lock               native_lock;
    uint64_t                  native_held[WEIR_COMPONENT_COUNT]; /* claimed and not settled yet; protected by native_lock */
    atomic_ullong             native_walks, native_frames, native_unknown;
    struct native_peak {
        atomic_ullong used;
        atomic_llong  ms;
    } native_peak[WEIR_COMPONENT_COUNT]; /* of components that native libraries are in: as the reporter saw it */
    struct counters           totals;
    atomic_ullong             untracked, stale, unknown_frees;
    atomic_ullong             undecided_peak; /* as the reporter saw it: the hooks keep no sum of it */
    atomic_llong              undecided_peak_ms;
    atomic_ullong             ended_attempts;
    atomic_llong              coarse_ms;
    struct lock               policy_lock;
    struct policy             policy; /* protected by policy_lock */
    /* Written by acct_open() before `open`, and by acct_relimit(); a hook may go by the old ones for one more call. */
    atomic_ullong             quiet[WEIR_COMPONENT_COUNT];
    atomic_ullong             quiet_budget;
    bool                      in_budget[WEIR_COMPONENT_COUNT];
    bool                      may_deny[WEIR_COMPONENT_COUNT]; /* asked for; of those, deny has the ones with a limit */
    atomic_bool               deny[WEIR_COMPONENT_COUNT];
    atomic_ullong             limit[WEIR_COMPONENT_COUNT];
    atomic_bool               limited[WEIR_COMPONENT_COUNT];
    atomic_ullong             frees[WEIR_COMPONENT_COUNT]; /* of components that may be denied */
    void (*wake)(void);
    atomic_bool               open;
    struct {
        atomic_llong last_ms; /* coarse time of the last one told; 0 none yet */
        atomic_uint  suppressed;
    } oom[ACCT_OOM_KINDS], denied[WEIR_COMPONENT_COUNT];
} books;

enum { OOM_QUIET_MS = 10000 };

enum weir_rc acct_init(const struct capture_ops *ops, uint32_t max_live)
{
    enum weir_rc rc = live_new(&books.live, max_live);
    if (rc == WEIR_OK)
        rc = stacks_new(&books.stacks);
    if (rc == WEIR_OK)
        rc = owners_new(&books.owners);
    if (rc == WEIR_OK)
        rc = attempts_new(&books.attempts);
    if (rc == WEIR_OK)
        rc = jobs_new(&books.jobs);
    if (rc == WEIR_OK)
        rc = threads_new(&books.threads, books.attempts);
    if (rc == WEIR_OK)
        rc = ring_new(&books.ring);
    if (rc == WEIR_OK)
        rc = libraries_new(&books.libraries);
    if (rc == WEIR_OK)
        rc = ranges_new(&books.ranges);
    if (rc != WEIR_OK) {
        acct_close();
        return rc;
    }
    owners_follow(books.owners, books.libraries);
    books.ops = ops;
    lock_init(&books.policy_lock, LOCK_RANK_POLICY);
    lock_init(&books.native_lock, LOCK_RANK_POLICY);
    return WEIR_OK;
}

void acct_close(void)
{
    if (books.live != NULL)
        live_delete(books.live);
    if (books.stacks != NULL)
        stacks_delete(books.stacks);
    if (books.owners != NULL)
        owners_delete(books.owners);
    if (books.attempts != NULL)
        attempts_delete(books.attempts);
    if (books.jobs != NULL)
        jobs_delete(books.jobs);
    if (books.threads != NULL)
        threads_delete(books.threads);
    if (books.ring != NULL)
        ring_delete(books.ring);
    if (books.libraries != NULL)
        libraries_delete(books.libraries);
    if (books.ranges != NULL)
        ranges_delete(books.ranges);
    sample_reset();
    memset(&books, 0, sizeof books);
}

void acct_relimit(const struct policy_limits *limits)
{
    lock_take(&books.policy_lock);
    policy_init(&books.policy, limits);
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++) {
        atomic_store_explicit(&books.quiet[c], policy_quiet(&books.policy, (enum weir_component)c), memory_order_relaxed);
        atomic_store_explicit(&books.limit[c], limits->limit[c].bytes, memory_order_relaxed);
        atomic_store_explicit(&books.limited[c], limits->limit[c].set, memory_order_relaxed);
        atomic_store_explicit(&books.deny[c], books.may_deny[c] && limits->limit[c].set, memory_order_relaxed);
    }
    atomic_store_explicit(&books.quiet_budget, policy_quiet_budget(&books.policy), memory_order_relaxed);
    lock_drop(&books.policy_lock);
}

void acct_forget_peaks(void)
{
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        counters_forget_peak(&books.totals, (enum weir_component)c);
    atomic_store_explicit(&books.undecided_peak, 0, memory_order_relaxed);
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        atomic_store_explicit(&books.native_peak[c].used, 0, memory_order_relaxed);
    libraries_forget_peaks(books.libraries);
}

void acct_open(const struct policy_limits *limits, void (*wake)(void), int64_t wall_ms)
{
    acct_relimit(limits);
    atomic_store_explicit(&books.coarse_ms, wall_ms, memory_order_relaxed);
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        books.in_budget[c] = policy_in_budget(&books.policy, (enum weir_component)c);
    acct_forget_peaks(); /* of our own self-check */
    books.wake = wake;
    /* Release: the thresholds above. Pairs with the acquire in speak_if_due(). */
    atomic_store_explicit(&books.open, true, memory_order_release);
}

int64_t acct_coarse_ms(void)
{
    return atomic_load_explicit(&books.coarse_ms, memory_order_relaxed);
}

void acct_native_sum(unsigned library, uint64_t *bytes, uint64_t *blocks)
{
    struct library l = libraries_read(books.libraries, library);
    live_pile(books.live, library, bytes, blocks);
    *bytes += l.owned_bytes;
    *blocks += l.owned_blocks;
}

/* What native libraries hold, each in its component. */
static void native_used(uint64_t used[WEIR_COMPONENT_COUNT], uint64_t blocks[WEIR_COMPONENT_COUNT])
{
    unsigned top = libraries_top(books.libraries);
    memset(used, 0, WEIR_COMPONENT_COUNT * sizeof *used);
    memset(blocks, 0, WEIR_COMPONENT_COUNT * sizeof *blocks);
    for (unsigned i = 1; i <= top; i++) {
        uint64_t one, count;
        acct_native_sum(i, &one, &count);
        enum weir_component c = libraries_component(books.libraries, i);
        used[c] += one;
        blocks[c] += count;
    }
}

uint64_t acct_native_used(enum weir_component component)
{
    uint64_t used[WEIR_COMPONENT_COUNT], blocks[WEIR_COMPONENT_COUNT];
    if (libraries_top(books.libraries) == 0)
        return 0;
    native_used(used, blocks);
    return used[component];
}

static void read_used(uint64_t used[WEIR_COMPONENT_COUNT])
{
    uint64_t bytes, blocks[WEIR_COMPONENT_COUNT];
    native_used(used, blocks);
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        used[c] += atomic_load_explicit(&books.totals.used[c], memory_order_relaxed);
    live_undecided(books.live, &bytes, blocks);
    used[WEIR_UNDECIDED] += bytes;
}

static uint64_t budget_used(const uint64_t used[WEIR_COMPONENT_COUNT])
{
    uint64_t sum = 0;
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        sum += books.in_budget[c] ? used[c] : 0;
    return sum;
}

static bool post(void *thread, const struct owner_key *key, struct ring_event *e)
{
    e->attempt = key->attempt;
    e->shared = key->shared;
    e->stack = key->stack;
    e->source = key->source;
    e->loader_tag = key->loader_tag;
    e->decider = key->decider;
    e->component = key->component;
    e->kind = key->kind;
    e->thread[0] = '\0';
    books.ops->thread_name(thread, e->thread, sizeof e->thread);
    e->direct_known = books.ops->direct_used(thread, &e->direct_used);
    bool kept = ring_put(books.ring, e);
    if (kept && books.wake != NULL)
        books.wake();
    return kept;
}

static void post_whole(void *thread, const struct owner_key *key, struct ring_event *e)
{
    struct owner_key whole = *key;
    books.ops->whole(thread, &whole);
    post(thread, &whole, e);
}

/* before: what the component held without these bytes; booked: how many of them are in the rows by now. */
static void speak_if_due(void *thread, const struct owner_key *key, uint64_t bytes, uint64_t before, uint64_t booked)
{
    struct ring_event e;
    if (!atomic_load_explicit(&books.open, memory_order_acquire))
        return;
    bool quiet = before + bytes <= atomic_load_explicit(&books.quiet[key->component], memory_order_relaxed);
    uint64_t quiet_budget = atomic_load_explicit(&books.quiet_budget, memory_order_relaxed);
    if (quiet && (!books.in_budget[key->component] || quiet_budget == UINT64_MAX))
        return;
    read_used(e.used);
    if (quiet && budget_used(e.used) <= quiet_budget)
        return;
    e.type = RING_BREACH;
    e.requested = bytes;
    /* Other threads may have freed since: never below zero, never with our own bytes in it. */
    uint64_t *own = &e.used[key->component];
    *own = *own > booked ? *own - booked : 0;
    lock_take(&books.policy_lock);
    e.verdict = policy_request(&books.policy, e.used, key->component, bytes, acct_coarse_ms());
    lock_drop(&books.policy_lock);
    /* A notice is said once per JVM: from then on the component is past its share and nobody need ask again. */
    if (e.verdict.level == WEIR_LEVEL_NOTICE && e.verdict.reason == WEIR_REASON_SHARE)
        atomic_store_explicit(&books.quiet[key->component], UINT64_MAX, memory_order_relaxed);
    if (e.verdict.level != WEIR_LEVEL_NONE)
        post_whole(thread, key, &e);
}

/* At most one of a thing in OOM_QUIET_MS; the others are counted. */
static bool due(atomic_llong *last_ms, atomic_uint *suppressed)
{
    long long now = acct_coarse_ms(), last = atomic_load_explicit(last_ms, memory_order_relaxed);
    bool mine = (last == 0 || now - last >= OOM_QUIET_MS) &&
                atomic_compare_exchange_strong_explicit(last_ms, &last, now, memory_order_relaxed,
                                                        memory_order_relaxed);
    if (!mine)
        atomic_fetch_add_explicit(suppressed, 1, memory_order_relaxed);
    return mine;
}

bool acct_oom_due(enum acct_oom_kind kind)
{
    return due(&books.oom[kind].last_ms, &books.oom[kind].suppressed);
}

void acct_oom_suppress(enum acct_oom_kind kind)
{
    atomic_fetch_add_explicit(&books.oom[kind].suppressed, 1, memory_order_relaxed);
}

bool acct_oom(void *thread, const struct owner_key *key, enum acct_oom_kind kind, uint32_t ticket)
{
    int err = errno;
    struct ring_event e;
    memset(&e, 0, sizeof e);
    e.type = RING_OOM;
    e.oom_kind = kind;
    e.oom_ticket = ticket;
    e.oom_ms = acct_coarse_ms();
    e.oom_suppressed = atomic_exchange_explicit(&books.oom[kind].suppressed, 0, memory_order_relaxed);
    read_used(e.used);
    bool kept = post(thread, key, &e);
    errno = err;
    return kept;
}

/* Of the attempt's share of the direct pool? What a thread that outlived it takes serves whoever runs then. */
static bool is_pooled(const struct owner_key *key)
{
    return key->kind == WEIR_KIND_DIRECT && key->shared == 0;
}

/* Everything but `used`. */
static void unbook(struct live_rec rec)
{
    struct owner_key key = owners_key(books.owners, rec.owner);
    sample_discharge(key.component, rec.bytes, rec.mean);
    counters_uncommit(&books.totals, key.component, key.kind, rec.bytes);
    attempts_discharge(books.attempts, key.attempt, rec.bytes, is_pooled(&key));
    owners_discharge(books.owners, rec.owner, rec.bytes);
}

static void forget_native(struct live_rec rec, const struct owner_key *key)
{
    uint64_t weight = sample_weight(rec.bytes, rec.mean);
    libraries_disown(books.libraries, key->pile, rec.bytes, weight);
    attempts_discharge(books.attempts, key->attempt, rec.bytes, false);
    if (weight != 0)
        owners_lighten(books.owners, rec.owner, weight);
    owners_discharge(books.owners, rec.owner, rec.bytes);
}

static void forget(struct live_rec rec)
{
    if (live_ownerless(rec))
        return; /* the table has taken it off its own sum */
    struct owner_key key = owners_key(books.owners, rec.owner);
    if (key.pile != 0) {
        forget_native(rec, &key);
        return;
    }
    enum weir_component c = key.component;
    counters_release(&books.totals, c, rec.bytes);
    if (atomic_load_explicit(&books.deny[c], memory_order_relaxed))
        atomic_fetch_add_explicit(&books.frees[c], 1, memory_order_relaxed);
    unbook(rec);
}

/* False: the table is full, the bytes are untracked and off the rows again. */
static bool remember(uintptr_t addr, struct live_rec rec)
{
    struct live_rec old;
    bool stale;
    if (live_put(books.live, addr, rec, &stale, &old) != WEIR_OK) {
        atomic_fetch_add_explicit(&books.untracked, rec.bytes, memory_order_relaxed);
        forget(rec);
        return false;
    }
    if (stale) {
        atomic_fetch_add_explicit(&books.stale, 1, memory_order_relaxed);
        forget(old);
    }
    return true;
}

/* Exact bytes whose stack nobody walked: nested calls, and what stacks=auto leaves out. The only book is the table. */
static void book_undecided(uintptr_t addr, uint64_t bytes)
{
    remember(addr, (struct live_rec){ bytes, LIVE_NO_OWNER, 0 });
}

/* Owner, attempt and record of bytes that the component's `used` holds already. False: untracked, taken off again. */
static bool book(uintptr_t addr, uint64_t bytes, const struct owner_key *key, bool walked, uint8_t mean)
{
    uint32_t owner = walked ? owners_charge(books.owners, key, bytes, acct_coarse_ms())
                             : owners_charge_plain(books.owners, key->component, key->kind, bytes, acct_coarse_ms());
    struct owner_key charged = owners_key(books.owners, owner);
    attempts_charge(books.attempts, charged.attempt, bytes, is_pooled(&charged));
    sample_charge(key->component, bytes, mean);
    return remember(addr, (struct live_rec){ bytes, owner, mean });
}

/* Native memory that no frame decided is not Flink's off-heap memory. */
static void set_kind(struct owner_key *key, enum weir_kind kind)
{
    bool decided = key->source != 0 || key->loader != 0 || key->loader_tag != 0;
    key->kind = (uint8_t)kind;
    if (kind == WEIR_KIND_NATIVE && key->component == WEIR_FRAMEWORK_OFF_HEAP && !decided)
        key->component = WEIR_JVM_OVERHEAD;
}

/* kind WEIR_KIND_COUNT: what the stack says. */
static void allocated_walked(void *thread, uintptr_t addr, uint64_t bytes, uint8_t mean, enum weir_kind kind)
{
    int e = errno;
    struct owner_key key;
    if (guard_enter() && books.ops->site(thread, &key)) {
        if (kind != WEIR_KIND_COUNT)
            set_kind(&key, kind);
        uint64_t before = counters_add(&books.totals, key.component, key.kind, bytes, acct_coarse_ms());
        bool kept = book(addr, bytes, &key, true, mean);
        speak_if_due(thread, &key, bytes, before, kept ? bytes : 0);
    } else {
        book_undecided(addr, bytes);
    }
    guard_leave();
    errno = e;
}

void acct_allocated(void *thread, uintptr_t addr, uint64_t bytes)
{
    uint8_t mean;
    if (sample_due(bytes, &mean))
        allocated_walked(thread, addr, bytes, mean, WEIR_KIND_COUNT);
    else
        book_undecided(addr, bytes);
}

void acct_allocated_kind(void *thread, uintptr_t addr, uint64_t bytes, enum weir_kind kind)
{
    uint8_t mean;
    if (thread != NULL && sample_due(bytes, &mean))
        allocated_walked(thread, addr, bytes, mean, kind);
    else
        book_undecided(addr, bytes);
}

void acct_allocated_as(void *thread, uintptr_t addr, uint64_t bytes, enum weir_component component, enum weir_kind kind)
{
    int e = errno;
    bool asked = guard_enter() && thread != NULL;
    struct owner_key key = { .decider = -1 };
    bool walked = asked && books.ops->site(thread, &key);
    key.component = (uint8_t)component;
    key.kind = (uint8_t)kind;
    uint64_t before = counters_add(&books.totals, component, kind, bytes, acct_coarse_ms());
    bool kept = book(addr, bytes, &key, walked, 0);
    if (asked)
        speak_if_due(thread, &key, bytes, before, kept ? bytes : 0);
    guard_leave();
    errno = e;
}

/* ---- native libraries */

/* The calling stack of a library's allocation; the key is the owner's. False: nobody's. */
static bool walk_native(unsigned library, enum weir_kind kind, struct owner_key *key)
{
    struct capture_native found = { .component = WEIR_COMPONENT_COUNT };
    *key = (struct owner_key){ .source = libraries_read(books.libraries, library).name, .pile = (uint16_t)library,
                               .component = WEIR_UNDECIDED, .kind = (uint8_t)kind, .decider = -1 };
    if (books.ops->native == NULL || !books.ops->native(key, &found))
        return false;
    atomic_fetch_add_explicit(&books.native_walks, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&books.native_frames, found.frames, memory_order_relaxed);
    if (!found.blind)
        libraries_walked(books.libraries, library, found.java, found.component);
    return true;
}

void acct_native_walks(uint64_t *walks, uint64_t *frames)
{
    *walks = atomic_load_explicit(&books.native_walks, memory_order_relaxed);
    *frames = atomic_load_explicit(&books.native_frames, memory_order_relaxed);
}

static void book_pile(unsigned library, uintptr_t addr, uint64_t bytes)
{
    remember(addr, (struct live_rec){ bytes, LIVE_NO_OWNER - library, 0 });
}

static void native_walked(unsigned library, uintptr_t addr, uint64_t bytes, uint8_t mean)
{
    int              e = errno;
    uint32_t         owner;
    uint64_t         weight = sample_weight(bytes, mean);
    struct owner_key key;
    if (guard_enter() && walk_native(library, WEIR_KIND_NATIVE, &key) &&
        owners_charge_if(books.owners, &key, bytes, weight, acct_coarse_ms(), &owner)) {
        libraries_own(books.libraries, library, bytes, weight);
        attempts_charge(books.attempts, key.attempt, bytes, false);
        remember(addr, (struct live_rec){ bytes, owner, mean });
    } else {
        book_pile(library, addr, bytes);
    }
    guard_leave();
    errno = e;
}

void acct_native_allocated(unsigned library, uintptr_t addr, uint64_t bytes)
{
    uint8_t mean;
    if (sample_native_due(bytes, &mean))
        native_walked(library, addr, bytes, mean);
    else if (libraries_asks(books.libraries, library))
        native_walked(library, addr, bytes, 0); /* not by chance: it stands for nobody else */
    else
        book_pile(library, addr, bytes);
}

bool acct_native_suspend(uintptr_t addr, struct live_rec *rec)
{
    if (live_take(books.live, addr, rec))
        return true;
    atomic_fetch_add_explicit(&books.native_unknown, 1, memory_order_relaxed);
    return false;
}

void acct_native_freed(uintptr_t addr, bool within)
{
    struct live_rec rec;
    if (live_take(books.live, addr, &rec))
        forget(rec);
    else if (!within)
        atomic_fetch_add_explicit(&books.native_unknown, 1, memory_order_relaxed);
}

uint64_t acct_native_unknown_frees(void)
{
    return atomic_load_explicit(&books.native_unknown, memory_order_relaxed);
}

/* One block of an owner came: in the books that such an owner is in. */
static void add_mapping(const struct owner_key *key, uint64_t bytes)
{
    if (key->pile != 0)
        libraries_own(books.libraries, key->pile, bytes, 0);
    else
        counters_add(&books.totals, key->component, key->kind, bytes, acct_coarse_ms());
    attempts_charge(books.attempts, key->attempt, bytes, false);
}

static void drop_mapping(uint32_t owner, uint64_t bytes)
{
    struct owner_key key = owners_key(books.owners, owner);
    if (key.pile != 0)
        libraries_disown(books.libraries, key.pile, bytes, 0);
    else
        counters_sub(&books.totals, key.component, key.kind, bytes);
    attempts_discharge(books.attempts, key.attempt, bytes, false);
    owners_discharge(books.owners, owner, bytes);
}

/* The owner has the block already. */
static void store_mapping(uintptr_t addr, uint64_t bytes, uint32_t owner)
{
    if (ranges_put(books.ranges, (struct range){ addr, addr + bytes, owner }) == WEIR_OK)
        return;
    atomic_fetch_add_explicit(&books.untracked, bytes, memory_order_relaxed);
    drop_mapping(owner, bytes);
}

static void drop_cut(const struct acct_cut *cut);

/* Pages that were stored here were given back where no hook saw it. */
static void clear_way(uintptr_t addr, uint64_t bytes)
{
    struct acct_cut cut[ACCT_CUTS];
    size_t          count = acct_native_cut(addr, bytes, cut);
    for (size_t i = 0; i < count; i++)
        drop_cut(&cut[i]);
    atomic_fetch_add_explicit(&books.stale, count, memory_order_relaxed);
}

void acct_native_mapped(unsigned library, uintptr_t addr, uint64_t bytes, bool file)
{
    int              e = errno;
    struct owner_key key;
    uint32_t         owner;
    clear_way(addr, bytes);
    bool             walked = guard_enter() && walk_native(library, WEIR_KIND_NATIVE, &key);
    if (!walked) /* within another hook: the library is known all the same */
        key = (struct owner_key){ .source = libraries_read(books.libraries, library).name, .pile = (uint16_t)library,
                                  .component = WEIR_UNDECIDED, .kind = WEIR_KIND_NATIVE, .decider = -1 };
    if (file) {
        key.pile = 0;
        key.component = WEIR_MAPPED;
        key.kind = WEIR_KIND_MAPPED;
    }
    if (owners_charge_if(books.owners, &key, bytes, 0, acct_coarse_ms(), &owner)) {
        add_mapping(&key, bytes);
        store_mapping(addr, bytes, owner);
    } else {
        atomic_fetch_add_explicit(&books.untracked, bytes, memory_order_relaxed);
    }
    guard_leave();
    errno = e;
}

/* What is stored of the range goes on as so many blocks of its owner. */
static void split_mapping(uint32_t owner, unsigned blocks)
{
    struct owner_key key = owners_key(books.owners, owner);
    for (; blocks > 0; blocks--) {
        owners_again(books.owners, owner, 0);
        add_mapping(&key, 0);
    }
}

static void drop_cut(const struct acct_cut *cut)
{
    split_mapping(cut->owner, cut->left);
    drop_mapping(cut->owner, cut->bytes);
}

size_t acct_native_cut(uintptr_t addr, uint64_t bytes, struct acct_cut cut[ACCT_CUTS])
{
    struct range piece;
    unsigned     left;
    size_t       count = 0;
    while (ranges_cut(books.ranges, addr, addr + bytes, &piece, &left)) {
        struct acct_cut one = { piece.from, piece.to - piece.from, piece.owner, left };
        if (count < ACCT_CUTS)
            cut[count++] = one;
        else
            drop_cut(&one);
    }
    return count;
}

void acct_native_uncut(const struct acct_cut *cut, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        split_mapping(cut[i].owner, cut[i].left);
        store_mapping(cut[i].addr, cut[i].bytes, cut[i].owner);
    }
}

void acct_native_unmapped(const struct acct_cut *cut, size_t count)
{
    for (size_t i = 0; i < count; i++)
        drop_cut(&cut[i]);
}

void acct_native_moved(const struct acct_cut *cut, uintptr_t addr, uint64_t bytes)
{
    struct owner_key key = owners_key(books.owners, cut->owner);
    owners_again(books.owners, cut->owner, bytes);
    add_mapping(&key, bytes);
    store_mapping(addr, bytes, cut->owner);
}

void acct_enforce(const bool deny[WEIR_COMPONENT_COUNT])
{
    memcpy(books.may_deny, deny, sizeof books.may_deny);
}

uint64_t acct_used(enum weir_component component)
{
    uint64_t bytes = 0, blocks;
    if (component == WEIR_UNDECIDED) /* the table alone knows them */
        live_undecided(books.live, &bytes, &blocks);
    return bytes + acct_native_used(component) + atomic_load_explicit(&books.totals.used[component], memory_order_relaxed);
}

bool acct_denies(enum weir_component component)
{
    /* Acquire: pairs with the release in acct_open(). */
    return atomic_load_explicit(&books.open, memory_order_acquire) &&
           atomic_load_explicit(&books.deny[component], memory_order_relaxed);
}

void acct_read(enum weir_component component, uint64_t used)
{
    atomic_store_explicit(&books.totals.used[component], used, memory_order_relaxed);
}

uint64_t acct_frees(enum weir_component component)
{
    return atomic_load_explicit(&books.frees[component], memory_order_relaxed);
}

uint64_t acct_limit(enum weir_component component)
{
    return atomic_load_explicit(&books.limit[component], memory_order_relaxed);
}

enum acct_answer acct_claim(void *thread, uint64_t bytes, struct acct_claim *claim)
{
    int e = errno;
    claim->outermost = guard_enter();
    claim->decided = claim->outermost && books.ops->site(thread, &claim->key);
    if (!claim->decided)
        claim->key = (struct owner_key){ .component = WEIR_UNDECIDED, .decider = -1 };
    guard_leave();
    errno = e;
    return acct_reclaim(bytes, claim);
}

enum acct_answer acct_claim_as(void *thread, uint64_t bytes, enum weir_component component, enum weir_kind kind,
                               struct acct_claim *claim)
{
    int e = errno;
    claim->outermost = guard_enter();
    claim->decided = claim->outermost && thread != NULL && books.ops->site(thread, &claim->key);
    if (!claim->decided)
        claim->key = (struct owner_key){ .decider = -1 };
    claim->key.component = (uint8_t)component;
    claim->key.kind = (uint8_t)kind;
    guard_leave();
    errno = e;
    return acct_reclaim(bytes, claim);
}

enum acct_answer acct_reclaim(uint64_t bytes, struct acct_claim *claim)
{
    enum weir_component c = claim->key.component;
    /* Acquire: pairs with the release in acct_open(). */
    bool open = atomic_load_explicit(&books.open, memory_order_acquire);
    claim->reserved = false;
    if (!open || !claim->decided || !atomic_load_explicit(&books.deny[c], memory_order_relaxed))
        return ACCT_FITS;
    /* A block that shrinks asks for nothing: it may also where spared calls took the component past its limit. */
    uint64_t limit = acct_limit(c), native = atomic_load_explicit(&books.native_seen[c], memory_order_relaxed);
    claim->reserved = bytes == 0 || counters_reserve(&books.totals, c, bytes, limit > native ? limit - native : 0);
    return claim->reserved ? ACCT_FITS : ACCT_OVER;
}

static void book_claim(void *thread, uintptr_t addr, uint64_t bytes, const struct acct_claim *claim)
{
    const struct owner_key *key = &claim->key;
    uint64_t before = atomic_load_explicit(&books.totals.used[key->component], memory_order_relaxed);
    if (claim->reserved) {
        before = before > bytes ? before - bytes : 0;
        counters_commit(&books.totals, key->component, key->kind, bytes, acct_coarse_ms());
    } else {
        before = counters_add(&books.totals, key->component, key->kind, bytes, acct_coarse_ms());
    }
    bool kept = book(addr, bytes, key, claim->decided, 0);
    if (claim->decided)
        speak_if_due(thread, key, bytes, before, kept ? bytes : 0);
}

void acct_claimed(void *thread, uintptr_t addr, uint64_t bytes, const struct acct_claim *claim)
{
    int e = errno;
    guard_enter();
    if (claim->key.component == WEIR_UNDECIDED)
        book_undecided(addr, bytes);
    else
        book_claim(thread, addr, bytes, claim);
    guard_leave();
    errno = e;
}

void acct_reclaimed(void *thread, uintptr_t addr, uint64_t bytes, uint64_t growth, const struct live_rec *old,
                    struct acct_claim *claim)
{
    enum weir_component c = claim->key.component;
    if (claim->reserved && old != NULL && !live_ownerless(*old) && owners_key(books.owners, old->owner).component == c) {
        /* `used` holds old + growth: only what the new block does not need goes, so the limit is never passed, not even
         * for an instant, and nobody gets in between. */
        unbook(*old);
        counters_release(&books.totals, c, old->bytes + growth - bytes);
    } else {
        if (claim->reserved)
            counters_hold(&books.totals, c, bytes - growth);
        if (old != NULL)
            acct_replaced(*old);
    }
    acct_claimed(thread, addr, bytes, claim);
}

void acct_unclaimed(uint64_t bytes, const struct acct_claim *claim)
{
    if (claim->reserved)
        counters_release(&books.totals, claim->key.component, bytes);
}

/* Its event, without who asked; false: one of this component was told a moment ago, this one is counted. */
static bool begin_denial(struct ring_event *e, enum weir_component c, uint64_t requested)
{
    if (!due(&books.denied[c].last_ms, &books.denied[c].suppressed))
        return false;
    memset(e, 0, sizeof *e);
    e->type = RING_DENIAL;
    e->requested = requested;
    e->verdict = (struct policy_verdict){
        .level = WEIR_LEVEL_CRITICAL,
        .reason = WEIR_REASON_SHARE,
        .suppressed = atomic_exchange_explicit(&books.denied[c].suppressed, 0, memory_order_relaxed),
    };
    read_used(e->used);
    return true;
}

void acct_denied(void *thread, uint64_t bytes, const struct acct_claim *claim)
{
    int               err = errno;
    struct ring_event e;
    if (begin_denial(&e, claim->key.component, bytes))
        post_whole(thread, &claim->key, &e);
    errno = err;
}

/* Threads are counted, not booked: the event carries the count. */
void acct_thread_denied(void *thread, const struct owner_key *creator, uint64_t live, uint64_t limit)
{
    int               err = errno;
    struct owner_key  key = *creator;
    struct ring_event e;
    key.component = WEIR_JVM_OVERHEAD;
    key.kind = WEIR_KIND_STACK;
    if (begin_denial(&e, WEIR_JVM_OVERHEAD, 1)) {
        e.threads = live;
        e.threads_limit = limit;
        post(thread, &key, &e);
    }
    errno = err;
}

void acct_native_enforce(bool on)
{
    atomic_store_explicit(&books.native_deny, on, memory_order_relaxed);
}

/* The thread has no JNIEnv here that could be vouched for: its stack tells who it is. */
static void native_denied(unsigned library, enum weir_component c, uint64_t bytes)
{
    struct ring_event e;
    struct owner_key  key;
    if (guard_enter() && begin_denial(&e, c, bytes)) {
        walk_native(library, WEIR_KIND_NATIVE, &key);
        e.attempt = key.attempt;
        e.shared = key.shared;
        e.stack = key.stack;
        e.source = key.source;
        e.loader_tag = key.loader_tag;
        e.decider = key.decider;
        e.component = (uint8_t)c;
        e.kind = WEIR_KIND_NATIVE;
        if (ring_put(books.ring, &e) && books.wake != NULL)
            books.wake();
    }
    guard_leave();
}

/* Is anything denied in this component just now? */
static bool native_bounded(enum weir_component c)
{
    /* Acquire: pairs with the release in acct_open(). */
    return atomic_load_explicit(&books.native_deny, memory_order_relaxed) &&
           atomic_load_explicit(&books.limited[c], memory_order_relaxed) && /* also to 0: a task.off-heap nobody declared */
           atomic_load_explicit(&books.open, memory_order_acquire);
}

bool acct_native_claim(unsigned library, uint64_t bytes, struct acct_native_claim *claim)
{
    enum weir_component c = libraries_component(books.libraries, library);
    uint64_t            limit = acct_limit(c);
    *claim = (struct acct_native_claim){ .component = (uint8_t)c, .bytes = bytes };
    if (!native_bounded(c))
        return true;
    lock_take(&books.native_lock);
    /* A block that becomes booked is held a moment longer: what is read here is never too little. */
    uint64_t used = books.native_held[c] + acct_used(c);
    claim->held = bytes <= limit && used <= limit - bytes;
    if (claim->held)
        books.native_held[c] += bytes;
    lock_drop(&books.native_lock);
    if (!claim->held)
        native_denied(library, c, bytes);
    return claim->held;
}

bool acct_native_claim_change(unsigned library, uintptr_t addr, uint64_t bytes, struct live_rec *old, bool *known,
                              struct acct_native_claim *claim)
{
    enum weir_component c = libraries_component(books.libraries, library);
    uint64_t            limit = acct_limit(c);
    *claim = (struct acct_native_claim){ .component = (uint8_t)c };
    old->bytes = 0;
    if (!native_bounded(c)) {
        *known = acct_native_suspend(addr, old);
        return true;
    }
    lock_take(&books.native_lock);
    uint64_t used = books.native_held[c] + acct_used(c); /* the block is in it */
    *known = acct_native_suspend(addr, old);
    uint64_t growth = bytes > old->bytes ? bytes - old->bytes : 0;
    bool     fits = growth == 0 || (growth <= limit && used <= limit - growth);
    /* What nobody owns is off the sums while it stands aside. */
    claim->bytes = *known && live_ownerless(*old) ? old->bytes + growth : growth;
    claim->held = fits;
    if (fits)
        books.native_held[c] += claim->bytes;
    else if (*known)
        acct_restore(addr, *old);
    lock_drop(&books.native_lock);
    if (!fits)
        native_denied(library, c, growth);
    return fits;
}

void acct_native_settle(const struct acct_native_claim *claim)
{
    if (!claim->held)
        return;
    lock_take(&books.native_lock);
    books.native_held[claim->component] -= claim->bytes;
    lock_drop(&books.native_lock);
}

bool acct_freed(uintptr_t addr)
{
    struct live_rec rec;
    int e = errno;
    bool known = acct_suspend(addr, &rec);
    if (known)
        forget(rec);
    errno = e;
    return known;
}

bool acct_holds(uintptr_t addr)
{
    return live_has(books.live, addr);
}

bool acct_suspend(uintptr_t addr, struct live_rec *rec)
{
    if (live_take(books.live, addr, rec))
        return true;
    if (tombs_wanted()) {
        tombs_put(addr);
        if (live_take(books.live, addr, rec)) /* seeded in between */
            return true;
    }
    atomic_fetch_add_explicit(&books.unknown_frees, 1, memory_order_relaxed);
    return false;
}

void acct_restore(uintptr_t addr, struct live_rec rec)
{
    remember(addr, rec);
}

void acct_replaced(struct live_rec rec)
{
    forget(rec);
}

static bool is_gone(uintptr_t addr)
{
    return tombs_wanted() && tombs_has(addr);
}

bool acct_seed(uintptr_t addr, uint64_t bytes, enum weir_component component, enum weir_kind kind)
{
    if (acct_holds(addr) || is_gone(addr)) /* taken after the hooks went in, or given back since */
        return false;
    uint32_t owner = owners_charge_plain(books.owners, component, kind, bytes, acct_coarse_ms());
    struct live_rec rec = { bytes, owner, 0 };
    counters_add(&books.totals, component, kind, bytes, acct_coarse_ms());
    if (!remember(addr, rec)) {
        if (atomic_load_explicit(&books.open, memory_order_relaxed)) /* a second search: the first one counted it */
            atomic_fetch_sub_explicit(&books.untracked, bytes, memory_order_relaxed);
        return false;
    }
    if (!is_gone(addr) || !live_take_same(books.live, addr, rec))
        return true;
    forget(rec);
    return false;
}

void acct_attempt_event(uint32_t attempt, bool ended)
{
    struct ring_event e;
    memset(&e, 0, sizeof e);
    e.type = ended ? RING_ATTEMPT_END : RING_ATTEMPT_BEGIN;
    e.attempt = attempt;
    atomic_fetch_add_explicit(&books.ended_attempts, ended ? 1 : 0, memory_order_relaxed);
    if (ring_put(books.ring, &e) && books.wake != NULL)
        books.wake();
}

uint64_t acct_attempts_ended(void)
{
    return atomic_load_explicit(&books.ended_attempts, memory_order_relaxed);
}

void acct_wake(void)
{
    if (atomic_load_explicit(&books.open, memory_order_acquire) && books.wake != NULL)
        books.wake();
}

struct libraries *acct_libraries(void)
{
    return books.libraries;
}

struct stacks *acct_stacks(void)
{
    return books.stacks;
}

struct attempts *acct_attempts(void)
{
    return books.attempts;
}

struct jobs *acct_jobs(void)
{
    return books.jobs;
}

struct threads *acct_threads(void)
{
    return books.threads;
}

static void see_undecided(uint64_t used, int64_t wall_ms)
{
    if (used > atomic_load_explicit(&books.undecided_peak, memory_order_relaxed)) {
        atomic_store_explicit(&books.undecided_peak, used, memory_order_relaxed);
        atomic_store_explicit(&books.undecided_peak_ms, wall_ms, memory_order_relaxed);
    }
}

/* Hooks keep no sum with what native libraries hold: its peak is what was read. */
static void see_native(enum weir_component c, uint64_t used, int64_t wall_ms)
{
    struct native_peak *peak = &books.native_peak[c];
    if (used > atomic_load_explicit(&peak->used, memory_order_relaxed)) {
        atomic_store_explicit(&peak->used, used, memory_order_relaxed);
        atomic_store_explicit(&peak->ms, wall_ms, memory_order_relaxed);
    }
}

/* Once a second: their peaks; and what was unloaded and left nothing. */
static void see_libraries(const uint64_t used[WEIR_COMPONENT_COUNT], int64_t wall_ms)
{
    unsigned top = libraries_top(books.libraries);
    for (unsigned i = 1; i <= top; i++) {
        uint64_t bytes, blocks;
        acct_native_sum(i, &bytes, &blocks);
        libraries_see(books.libraries, i, bytes, wall_ms);
        see_native(libraries_component(books.libraries, i), used[libraries_component(books.libraries, i)], wall_ms);
    }
    uint64_t native[WEIR_COMPONENT_COUNT], blocks[WEIR_COMPONENT_COUNT];
    native_used(native, blocks);
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        atomic_store_explicit(&books.native_seen[c], native[c], memory_order_relaxed);
}

void acct_tick(int64_t wall_ms, struct policy_verdict *budget)
{
    uint64_t used[WEIR_COMPONENT_COUNT];
    atomic_store_explicit(&books.coarse_ms, wall_ms, memory_order_relaxed);
    owners_reclaim(books.owners);
    *budget = (struct policy_verdict){ .level = WEIR_LEVEL_NONE };
    if (!atomic_load_explicit(&books.open, memory_order_acquire))
        return;
    read_used(used);
    see_undecided(used[WEIR_UNDECIDED], wall_ms);
    see_libraries(used, wall_ms);
    lock_take(&books.policy_lock);
    *budget = policy_tick(&books.policy, used, wall_ms);
    lock_drop(&books.policy_lock);
}

struct policy_verdict acct_row(enum weir_component row, uint64_t used, uint64_t limit, int64_t wall_ms)
{
    lock_take(&books.policy_lock);
    struct policy_verdict v = policy_row(&books.policy, row, used, limit, wall_ms);
    lock_drop(&books.policy_lock);
    return v;
}

struct policy_verdict acct_share(enum weir_component component, uint64_t used, int64_t wall_ms)
{
    lock_take(&books.policy_lock);
    struct policy_verdict v = policy_share(&books.policy, component, used, wall_ms);
    lock_drop(&books.policy_lock);
    return v;
}

bool acct_take_event(struct ring_event *event)
{
    return ring_take(books.ring, event);
}

/* A thread that outlived its attempt, or a library's, may run the code of another job than of the one that started it. */
void acct_who(struct weir_attempt *out, uint32_t attempt, bool shared, uint32_t loader_tag)
{
    struct weir_attempt job;
    out->known = attempts_get(books.attempts, books.stacks, attempt, out);
    if (out->known && !shared)
        return;
    if (out->known)
        out->state = WEIR_ATTEMPT_SHARED;
    if (jobs_get(books.jobs, books.stacks, loader_tag, &job) &&
        (!out->known || job.state == WEIR_ATTEMPT_ENDED || memcmp(out->job_id, job.job_id, sizeof job.job_id) != 0))
        *out = job;
}

static void fill_owner(struct weir_owner *out, const struct owner_view *v, int64_t wall_ms)
{
    out->component = v->key.component;
    out->kind = v->key.kind;
    out->bytes = v->bytes;
    out->estimated = v->weight;
    out->count = v->count;
    out->age_ms = v->since_ms > 0 && wall_ms > v->since_ms ? wall_ms - v->since_ms : 0;
    out->loader = stacks_text(books.stacks, v->key.loader);
    acct_who(&out->attempt, v->key.attempt, v->key.shared != 0, v->key.loader_tag);
    stacks_show(books.stacks, v->key.stack, &out->stack);
    out->stack.decider = v->key.decider;
    out->stack.source = stacks_text(books.stacks, v->key.source);
}

bool acct_books(enum weir_component component)
{
    return component_bookable(component) || component == WEIR_MAPPED || component == WEIR_UNDECIDED ||
           component == WEIR_BEFORE_WEIR;
}

static void fill_undecided(struct weir_sheet *sheet, int64_t wall_ms)
{
    uint64_t         estimated[WEIR_COMPONENT_COUNT];
    struct weir_row *row = &sheet->rows[WEIR_UNDECIDED];
    uint64_t nobodys, blocks;
    live_undecided(books.live, &nobodys, &blocks);
    row->used += nobodys;
    row->blocks += blocks;
    see_undecided(row->used, wall_ms);
    row->peak = atomic_load_explicit(&books.undecided_peak, memory_order_relaxed);
    row->peak_time_ms = atomic_load_explicit(&books.undecided_peak_ms, memory_order_relaxed);
    sample_estimates(nobodys, estimated);
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        if (acct_books((enum weir_component)c))
            sheet->rows[c].estimated = estimated[c];
}

static void fill_native(struct weir_sheet *sheet, int64_t wall_ms)
{
    uint64_t used[WEIR_COMPONENT_COUNT], blocks[WEIR_COMPONENT_COUNT];
    native_used(used, blocks);
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++) {
        struct weir_row *row = &sheet->rows[c];
        if (used[c] == 0 && atomic_load_explicit(&books.native_peak[c].used, memory_order_relaxed) == 0)
            continue;
        row->used += used[c];
        row->blocks += blocks[c];
        row->kind_bytes[WEIR_KIND_NATIVE] += used[c];
        row->kind_blocks[WEIR_KIND_NATIVE] += blocks[c];
        see_native((enum weir_component)c, row->used, wall_ms);
        uint64_t peak = atomic_load_explicit(&books.native_peak[c].used, memory_order_relaxed);
        if (peak > row->peak) {
            row->peak = peak;
            row->peak_time_ms = atomic_load_explicit(&books.native_peak[c].ms, memory_order_relaxed);
        }
    }
}

void acct_snapshot(struct weir_sheet *sheet, enum weir_component component, int64_t wall_ms)
{
    struct owner_view top[WEIR_TOP_OWNERS];
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        if (acct_books((enum weir_component)c)) {
            sheet->rows[c].measured = true;
            counters_row(&books.totals, (enum weir_component)c, &sheet->rows[c]);
        }
    fill_native(sheet, wall_ms);
    fill_undecided(sheet, wall_ms);
    sheet->owner_count = owners_top(books.owners, component, top, WEIR_TOP_OWNERS);
    for (size_t i = 0; i < sheet->owner_count; i++)
        fill_owner(&sheet->owners[i], &top[i], wall_ms);
    sheet->agent = (struct weir_agent_cost){
        .bytes = arena_resident(),
        .dropped_events = ring_dropped(books.ring),
        .dropped_stacks = stacks_dropped(books.stacks) + owners_dropped(books.owners) + attempts_dropped(books.attempts) +
                          threads_dropped(books.threads),
        .untracked_bytes = atomic_load_explicit(&books.untracked, memory_order_relaxed),
        .stale = atomic_load_explicit(&books.stale, memory_order_relaxed),
        .unknown_frees = atomic_load_explicit(&books.unknown_frees, memory_order_relaxed),
    };
}

struct block_visit {
    acct_visit_block *visit;
    void             *with;
};

static void visit_block(void *with, uintptr_t addr, struct live_rec rec)
{
    const struct block_visit *v = with;
    struct owner_key          key = { .component = WEIR_UNDECIDED, .kind = WEIR_KIND_UNSAFE };
    if (!live_ownerless(rec))
        key = owners_key(books.owners, rec.owner);
    else
        key.pile = (uint16_t)(LIVE_NO_OWNER - rec.owner);
    if (key.pile != 0) {
        key.component = (uint8_t)libraries_component(books.libraries, key.pile);
        key.kind = WEIR_KIND_NATIVE;
    }
    if (key.component < WEIR_COMPONENT_COUNT && key.kind < WEIR_KIND_COUNT)
        v->visit(v->with, addr, rec.bytes, (enum weir_component)key.component, (enum weir_kind)key.kind);
}

void acct_each_block(uint64_t least, acct_visit_block *visit, void *with)
{
    struct block_visit v = { visit, with };
    live_each(books.live, least, visit_block, &v);
}

/* Those of files are of the row mapped, and no library's. */
static void visit_range(void *with, struct range range)
{
    const struct block_visit *v = with;
    struct owner_key          key = owners_key(books.owners, range.owner);
    if (key.pile != 0)
        v->visit(v->with, range.from, range.to - range.from, libraries_component(books.libraries, key.pile), WEIR_KIND_NATIVE);
}

void acct_each_mapping(acct_visit_block *visit, void *with)
{
    struct block_visit v = { visit, with };
    ranges_each(books.ranges, visit_range, &v);
}

void acct_each_owner(void (*visit)(void *with, const struct owner_view *), void *with)
{
    owners_each(books.owners, visit, with);
}

void acct_owner(struct weir_owner *out, const struct owner_view *view, int64_t wall_ms)
{
    fill_owner(out, view, wall_ms);
}
