/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_ACCT_H
#define CORE_ACCT_H
/* The books: the process-wide instance that hooks report to. A hook calls acct_allocated() after the real call succeeded,
 * acct_take() before the real free; everything between (owner, totals, level, event) happens here. */
#include <stdbool.h>
#include <stdint.h>

#include "core/attempts.h"
#include "core/capture.h"
#include "core/jobs.h"
#include "core/libraries.h"
#include "core/live.h"
#include "core/ring.h"
#include "core/stacks.h"
#include "core/threads.h"
#include "model/policy.h"
#include "snapshot.h"
#include "weir.h"

/* Makes all tables; nothing is kept when it fails. max_live: records of the address table. Once per process (tests call
 * acct_close() between). Until acct_open() nothing is spoken about; limits come with it. */
enum weir_rc acct_init(const struct capture_ops *ops, uint32_t max_live);
void         acct_open(const struct policy_limits *limits, void (*wake)(void), int64_t wall_ms);
/* The components that mode=enforce may deny, if they have a limit; before acct_open() or acct_relimit(). */
void         acct_enforce(const bool deny[WEIR_COMPONENT_COUNT]);
/* Other limits; levels start anew. A claim made before goes by the old ones. Reporter. */
void         acct_relimit(const struct policy_limits *limits);
/* Peaks begin again at what is used now. */
void         acct_forget_peaks(void);
/* Tests: drops all tables. No thread may be inside. */
void         acct_close(void);

/* Inside hooks, any thread. `thread` goes to the capture functions; errno is kept; nothing allocates or blocks. */
void acct_allocated(void *thread, uintptr_t addr, uint64_t bytes);
/* The same where the way it was taken decides the kind alone. WEIR_KIND_NATIVE that no frame decided is jvm-overhead's. thread NULL:
 * nobody could be asked, undecided. */
void acct_allocated_kind(void *thread, uintptr_t addr, uint64_t bytes, enum weir_kind kind);
/* The same where the way it was taken decides component and kind: the walk only names the owner. thread NULL: nobody's. */
void acct_allocated_as(void *thread, uintptr_t addr, uint64_t bytes, enum weir_component component, enum weir_kind kind);
/* enforce: first acct_claim(), then the real call, then exactly one of acct_claimed() and acct_unclaimed(). A claim has walked
 * the stack and, where its component may be denied, holds its bytes within the limit. ACCT_OVER: they do not fit, nothing
 * is held: claim again after a collection, let the call pass all the same, or refuse it and say so by acct_denied(). */
enum acct_answer { ACCT_FITS, ACCT_OVER };
struct acct_claim {
    struct owner_key key;
    bool             outermost, decided, reserved;
};
enum acct_answer acct_claim(void *thread, uint64_t bytes, struct acct_claim *claim);
/* The same where the way it is taken decides component and kind. thread NULL: nobody's, never over. */
enum acct_answer acct_claim_as(void *thread, uint64_t bytes, enum weir_component component, enum weir_kind kind,
                               struct acct_claim *claim);
/* The same stack again: only the reservation. */
enum acct_answer acct_reclaim(uint64_t bytes, struct acct_claim *claim);
void acct_claimed(void *thread, uintptr_t addr, uint64_t bytes, const struct acct_claim *claim);
/* After a realloc whose growth was claimed: the new record takes the place of the old one (NULL: it was unknown). What the
 * limit counts goes from old + growth to bytes without a gap in between. */
void acct_reclaimed(void *thread, uintptr_t addr, uint64_t bytes, uint64_t growth, const struct live_rec *old,
                    struct acct_claim *claim);
void acct_unclaimed(uint64_t bytes, const struct acct_claim *claim);
void acct_denied(void *thread, uint64_t bytes, const struct acct_claim *claim);
uint64_t acct_used(enum weir_component component);
/* Open, and asked to deny this component, which has a limit. */
bool     acct_denies(enum weir_component component);
/* A row that no hook books, as read from the VM just now: what acct_used() and events then say of it. */
void     acct_read(enum weir_component component, uint64_t used);
/* Blocks given back so far, of a component that may be denied: did a collection free any? */
uint64_t acct_frees(enum weir_component component);
uint64_t acct_limit(enum weir_component component); /* as given to acct_open(); 0 if none */

/* Takes the record out and subtracts it. False: unknown address (counted unless expected). */
bool acct_freed(uintptr_t addr);
/* Is a block of this address in the books? Counts nothing. */
bool acct_holds(uintptr_t addr);
/* For realloc: take out without subtracting; then exactly one of the two. */
bool acct_suspend(uintptr_t addr, struct live_rec *rec);
void acct_restore(uintptr_t addr, struct live_rec rec);
void acct_replaced(struct live_rec rec);

/* A native library (core/libraries.h) took memory by its malloc or operator new; its component is the library's. Mostly nobody's:
 * the pile of the library has the bytes; one call in so many is walked. */
void acct_native_allocated(unsigned library, uintptr_t addr, uint64_t bytes);
/* As acct_freed() and acct_suspend(), with a count of unknown addresses of their own: libraries give back what the C library or
 * one that is not hooked took. within: another hook's real call gives it back, and an unknown address is nothing to count. */
void acct_native_freed(uintptr_t addr, bool within);
bool acct_native_suspend(uintptr_t addr, struct live_rec *rec);
uint64_t acct_native_unknown_frees(void);
/* The same by mmap: always walked. `file`: a file's pages, of the row mapped, not of the library's component. */
void acct_native_mapped(unsigned library, uintptr_t addr, uint64_t bytes, bool file);
/* Before munmap: the pages of it that are booked stand aside; a mapping may lose a part, and several may lose all. How many
 * pieces; then exactly one of the two. More pieces than fit are off the books at once. */
enum { ACCT_CUTS = 16 };
struct acct_cut {
    uintptr_t addr;
    uint64_t  bytes;
    uint32_t  owner, left;
};
size_t acct_native_cut(uintptr_t addr, uint64_t bytes, struct acct_cut cut[ACCT_CUTS]);
void   acct_native_uncut(const struct acct_cut *cut, size_t count);
void   acct_native_unmapped(const struct acct_cut *cut, size_t count);
/* mremap, before acct_native_unmapped(): the owner of this piece has these pages too. */
void   acct_native_moved(const struct acct_cut *cut, uintptr_t addr, uint64_t bytes);
/* deny=native: may this library take so many more bytes within its component's limit? True: go on, they are held for it until
 * acct_native_settle(), after the block is booked or was not to be had. False: it is told. Everything of the component counts. */
void   acct_native_enforce(bool on);
struct acct_native_claim {
    bool     held;
    uint8_t  component;
    uint64_t bytes;
};
bool   acct_native_claim(unsigned library, uint64_t bytes, struct acct_native_claim *claim);
/* realloc: the block stands aside as by acct_native_suspend(), and what is claimed covers it, whatever comes of the call. False:
 * it was put back. */
bool   acct_native_claim_change(unsigned library, uintptr_t addr, uint64_t bytes, struct live_rec *old, bool *known,
                                struct acct_native_claim *claim);
void   acct_native_settle(const struct acct_native_claim *claim);
/* Walks of native stacks so far, and the native frames they stepped over. */
void   acct_native_walks(uint64_t *walks, uint64_t *frames);
/* All bytes and blocks of a library. */
void   acct_native_sum(unsigned library, uint64_t *bytes, uint64_t *blocks);
/* Of all libraries of this component. */
uint64_t acct_native_used(enum weir_component component);

/* Memory taken before weir was loaded, or while it was idle: booked once, without owner. False: it is booked already, or was
 * freed since tombs_open() (core/tombs.h). Not inside a hook. */
bool acct_seed(uintptr_t addr, uint64_t bytes, enum weir_component component, enum weir_kind kind);

/* An OutOfMemoryError, and who made it: java.nio.Bits, a copy of Netty, other Java code, or the VM. Each has its own limit of
 * reports: a library that makes errors of its own hides nobody else's. */
enum acct_oom_kind { ACCT_OOM_DIRECT, ACCT_OOM_NETTY, ACCT_OOM_OTHER, ACCT_OOM_HEAP, ACCT_OOM_METASPACE, ACCT_OOM_THREADS, ACCT_OOM_CLASS_SPACE, ACCT_OOM_KINDS };
/* Is one of this kind to be told now? At most one in ten seconds; the others are counted. */
bool acct_oom_due(enum acct_oom_kind kind);
/* One that is not told, and no walk is spent on finding out whether it is due. */
void acct_oom_suppress(enum acct_oom_kind kind);
/* ticket: where its text can be asked for later; 0 none. */
/* False: the ring was full; the ticket is the caller's again. */
bool acct_oom(void *thread, const struct owner_key *key, enum acct_oom_kind kind, uint32_t ticket);
/* An attempt began or ended, told by the thread it happened on. */
void acct_attempt_event(uint32_t attempt, bool ended);
/* A thread's start was refused: so many were live, of so many. Told at most once in ten seconds, others are counted. */
void acct_thread_denied(void *thread, const struct owner_key *creator, uint64_t live, uint64_t limit);
/* How many have ended so far: may a collection find what an earlier one did not? */
uint64_t acct_attempts_ended(void);
/* The reporter's last reading of the clock; hooks read none. */
int64_t acct_coarse_ms(void);

/* From a hook: the reporter has something to do. */
void acct_wake(void);

/* The tables that other layers fill or read. */
struct stacks   *acct_stacks(void);
struct attempts *acct_attempts(void);
struct jobs     *acct_jobs(void);
struct threads  *acct_threads(void);
struct libraries *acct_libraries(void);

/* Reporter. */
void     acct_tick(int64_t wall_ms, struct policy_verdict *budget);
/* A row that the reporter reads from the VM: judged like the rest, under the same lock. */
struct policy_verdict acct_row(enum weir_component row, uint64_t used, uint64_t limit, int64_t wall_ms);
/* A share that the reporter reads: its own limit, as of a component that hooks book. */
struct policy_verdict acct_share(enum weir_component component, uint64_t used, int64_t wall_ms);
/* Do hooks book to this row? The other rows are read from the VM, or not measured. */
bool     acct_books(enum weir_component component);
bool     acct_take_event(struct ring_event *event);
/* The rows that hooks book, owners (of all components when component is WEIR_COMPONENT_COUNT) and the agent's own cost.
 * Rows, pools and process figures from elsewhere are left alone. */
void     acct_snapshot(struct weir_sheet *sheet, enum weir_component component, int64_t wall_ms);

/* Live blocks of at least so many bytes, each with the row and the kind it is booked to, outside all locks; some may be missed
 * or told twice, or be freed by then. */
typedef void acct_visit_block(void *with, uintptr_t addr, uint64_t bytes, enum weir_component component, enum weir_kind kind);
void     acct_each_block(uint64_t least, acct_visit_block *visit, void *with);
/* The same of anonymous mappings of native libraries. */
void     acct_each_mapping(acct_visit_block *visit, void *with);
/* Owners with a stack, one by one; the visitor takes no lock. acct_owner() makes one whole, outside the visit. */
void     acct_each_owner(void (*visit)(void *with, const struct owner_view *), void *with);
void     acct_owner(struct weir_owner *out, const struct owner_view *view, int64_t wall_ms);
/* Who works: an attempt, where the thread serves one; else the job whose code decided, as far as either is known. */
void     acct_who(struct weir_attempt *out, uint32_t attempt, bool shared, uint32_t loader_tag);

#endif
