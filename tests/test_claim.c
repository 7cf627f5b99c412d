/* SPDX-License-Identifier: Apache-2.0 */
/* test_claim.c: the books in mode=enforce: a claim holds its bytes within the limit before the real call, and adds nothing
 * that it refuses (DESIGN.md 2.4, 5). */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <string.h>

#include "base/guard.h"
#include "core/acct.h"
#include "crew.h"
#include "fake_capture.h"
#include "suite.h"

enum { MAX_LIVE = 1 << 14, T0 = 1000000, LIMIT = 1000, QUIET = 10000 };

static struct weir_sheet sheet;
static struct ring_event event;
static struct acct_claim claim;
static unsigned          wakes;
static char              thread[] = "Flat Map (1/2)#0";

static void wake(void)
{
    wakes++;
}

static void deny_task_off_heap(void)
{
    const bool deny[WEIR_COMPONENT_COUNT] = { [WEIR_TASK_OFF_HEAP] = true };
    acct_enforce(deny);
}

static void fresh(void)
{
    fake_reset();
    wakes = 0;
    memset(&event, 0, sizeof event);
    memset(&claim, 0xa5, sizeof claim);
    CU_ASSERT_EQUAL_FATAL(acct_init(&fake_ops, MAX_LIVE), WEIR_OK);
}

static void gone(void)
{
    acct_close();
}

static void open_with(uint64_t limit)
{
    struct policy_limits limits = fake_limits();
    limits.mode = WEIR_MODE_ENFORCE;
    fake_limit(&limits, WEIR_TASK_OFF_HEAP, limit, true);
    acct_open(&limits, wake, T0);
}

/* mode=enforce as it is by default, task.off-heap limited to LIMIT. */
static void fresh_at_limit(void)
{
    fresh();
    deny_task_off_heap();
    open_with(LIMIT);
}

static bool fits(uint64_t bytes)
{
    return acct_claim(thread, bytes, &claim) == ACCT_FITS;
}

static bool take(uintptr_t addr, uint64_t bytes)
{
    bool good = fits(bytes);
    if (good)
        acct_claimed(thread, addr, bytes, &claim);
    return good;
}

static struct weir_row *row(enum weir_component component)
{
    acct_snapshot(&sheet, WEIR_COMPONENT_COUNT, T0);
    return &sheet.rows[component];
}

static void holds(enum weir_component component, uint64_t bytes, uint64_t blocks)
{
    CU_ASSERT_EQUAL(row(component)->used, bytes);
    CU_ASSERT_EQUAL(sheet.rows[component].blocks, blocks);
}

static void says_nothing(void)
{
    CU_ASSERT_FALSE(acct_take_event(&event));
    CU_ASSERT_EQUAL(wakes, 0);
}

/* ---- within the limit */

static void claim_fits_up_to_the_limit_to_the_byte(void)
{
    CU_ASSERT_TRUE(take(8, LIMIT - 1));
    CU_ASSERT_FALSE(fits(2));
    CU_ASSERT_TRUE(take(16, 1));
    CU_ASSERT_FALSE(fits(1));
    holds(WEIR_TASK_OFF_HEAP, LIMIT, 2);
    CU_ASSERT_TRUE(acct_freed(16));
    CU_ASSERT_TRUE(take(24, 1)); /* room again */
    says_nothing();
}

static void claim_beyond_the_limit_adds_nothing(void)
{
    const uint64_t too_much[] = { LIMIT + 1, 1ULL << 40, UINT64_MAX, UINT64_MAX - LIMIT,
                                  UINT64_MAX - 6 };
    CU_ASSERT_TRUE(take(8, 7));
    for (size_t i = 0; i < sizeof too_much / sizeof too_much[0]; i++) {
        CU_ASSERT_FALSE(fits(too_much[i]));
        CU_ASSERT_FALSE(claim.reserved);
        holds(WEIR_TASK_OFF_HEAP, 7, 1);
        acct_unclaimed(too_much[i], &claim); /* nothing was held, nothing is given back */
        holds(WEIR_TASK_OFF_HEAP, 7, 1);
    }
    CU_ASSERT_EQUAL(sheet.rows[WEIR_TASK_OFF_HEAP].peak, 7);
    CU_ASSERT_EQUAL(sheet.rows[WEIR_TASK_OFF_HEAP].kind_bytes[WEIR_KIND_DIRECT], 7);
    CU_ASSERT_EQUAL(sheet.owner_count, 1);
}

static void claim_holds_its_bytes_against_others_before_they_are_booked(void)
{
    struct acct_claim other;
    CU_ASSERT_TRUE(fits(600));
    CU_ASSERT_TRUE(claim.reserved && claim.decided && claim.outermost);
    CU_ASSERT_EQUAL(acct_claim(thread, 401, &other), ACCT_OVER);
    CU_ASSERT_EQUAL(acct_claim(thread, 400, &other), ACCT_FITS);
    CU_ASSERT_EQUAL(acct_used(WEIR_TASK_OFF_HEAP), 1000);
    holds(WEIR_TASK_OFF_HEAP, 1000, 0); /* held, no block yet */
    CU_ASSERT_EQUAL(sheet.owner_count, 0);
    acct_unclaimed(400, &other);
    acct_claimed(thread, 8, 600, &claim);
    holds(WEIR_TASK_OFF_HEAP, 600, 1);
}

/* The real call failed. */
static void claim_given_back_leaves_no_trace(void)
{
    CU_ASSERT_TRUE(fits(LIMIT));
    acct_unclaimed(LIMIT, &claim);
    holds(WEIR_TASK_OFF_HEAP, 0, 0);
    CU_ASSERT_EQUAL(sheet.rows[WEIR_TASK_OFF_HEAP].peak, 0);
    CU_ASSERT_EQUAL(sheet.owner_count, 0);
    CU_ASSERT_TRUE(take(8, LIMIT)); /* all of it is there again */
}

static void claim_again_needs_no_second_walk(void)
{
    CU_ASSERT_TRUE(take(8, LIMIT));
    CU_ASSERT_FALSE(fits(10));
    unsigned walks = fake.walks;
    CU_ASSERT_EQUAL(acct_reclaim(10, &claim), ACCT_OVER);
    CU_ASSERT_TRUE(acct_freed(8)); /* a collection did */
    CU_ASSERT_EQUAL(acct_reclaim(10, &claim), ACCT_FITS);
    CU_ASSERT_EQUAL(fake.walks, walks);
    acct_claimed(thread, 16, 10, &claim);
    holds(WEIR_TASK_OFF_HEAP, 10, 1);
}

static void claim_of_a_limit_of_nothing_fits_nothing(void)
{
    acct_close();
    fresh();
    deny_task_off_heap();
    open_with(0);
    CU_ASSERT_FALSE(fits(1));
    CU_ASSERT_FALSE(fits(UINT64_MAX));
    CU_ASSERT_TRUE(fits(0));
    holds(WEIR_TASK_OFF_HEAP, 0, 0);
    CU_ASSERT_EQUAL(acct_limit(WEIR_TASK_OFF_HEAP), 0);
}

/* Let pass though it does not fit: a spared stack. Booked all the same, and others see the room gone. */
static void claim_let_pass_is_booked_beyond_the_limit(void)
{
    CU_ASSERT_FALSE(fits(3 * LIMIT));
    acct_claimed(thread, 8, 3 * LIMIT, &claim);
    holds(WEIR_TASK_OFF_HEAP, 3 * LIMIT, 1);
    CU_ASSERT_EQUAL(sheet.rows[WEIR_TASK_OFF_HEAP].peak, 3 * LIMIT);
    CU_ASSERT_FALSE(fits(1));
    CU_ASSERT_TRUE(acct_freed(8));
    holds(WEIR_TASK_OFF_HEAP, 0, 0);
    CU_ASSERT_TRUE(fits(LIMIT));
}

/* Spared calls took the component past its limit: a block that shrinks must not be refused for that. */
static void claim_of_nothing_fits_beyond_the_limit_too(void)
{
    struct live_rec old;
    CU_ASSERT_TRUE(take(8, LIMIT));
    CU_ASSERT_FALSE(fits(LIMIT));
    acct_claimed(thread, 16, LIMIT, &claim); /* let pass */
    CU_ASSERT_TRUE(acct_suspend(8, &old));
    CU_ASSERT_TRUE_FATAL(fits(0));
    acct_reclaimed(thread, 8, 300, 0, &old, &claim);
    holds(WEIR_TASK_OFF_HEAP, LIMIT + 300, 2);
    CU_ASSERT_TRUE(acct_freed(8) && acct_freed(16));
    holds(WEIR_TASK_OFF_HEAP, 0, 0);
}

/* ---- what a settled claim books */

static void claimed_books_owner_kind_attempt_and_peak(void)
{
    struct attempt_identity who = { .job_id = { 1, 2 }, .subtask = 3, .attempt = 4 };
    struct weir_attempt     attempt;
    fake_finds(WEIR_TASK_OFF_HEAP, WEIR_KIND_FFM, 77);
    fake.key.attempt = attempts_begin(acct_attempts(), &who, T0);
    CU_ASSERT_TRUE_FATAL(take(8, 400) && take(16, 500));
    holds(WEIR_TASK_OFF_HEAP, 900, 2);
    CU_ASSERT_EQUAL(sheet.rows[WEIR_TASK_OFF_HEAP].peak, 900);
    CU_ASSERT_EQUAL(sheet.rows[WEIR_TASK_OFF_HEAP].peak_time_ms, T0);
    CU_ASSERT_EQUAL(sheet.rows[WEIR_TASK_OFF_HEAP].kind_bytes[WEIR_KIND_FFM], 900);
    CU_ASSERT_EQUAL(sheet.rows[WEIR_TASK_OFF_HEAP].kind_blocks[WEIR_KIND_FFM], 2);
    CU_ASSERT_EQUAL_FATAL(sheet.owner_count, 1);
    CU_ASSERT_TRUE(sheet.owners[0].bytes == 900 && sheet.owners[0].count == 2);
    CU_ASSERT_EQUAL(sheet.owners[0].kind, WEIR_KIND_FFM);
    CU_ASSERT_TRUE(sheet.owners[0].attempt.known && sheet.owners[0].attempt.subtask == 3);
    CU_ASSERT_TRUE(attempts_get(acct_attempts(), acct_stacks(), fake.key.attempt, &attempt));
    CU_ASSERT_TRUE(attempt.bytes == 900 && attempt.blocks == 2);
    CU_ASSERT_TRUE(acct_freed(8) && acct_freed(16));
    CU_ASSERT_TRUE(attempts_get(acct_attempts(), acct_stacks(), fake.key.attempt, &attempt));
    CU_ASSERT_TRUE(attempt.bytes == 0 && attempt.blocks == 0);
    holds(WEIR_TASK_OFF_HEAP, 0, 0);
    CU_ASSERT_EQUAL(sheet.rows[WEIR_TASK_OFF_HEAP].kind_blocks[WEIR_KIND_FFM], 0);
}

/* Law 6: the real call proceeds, the bytes are untracked and off the rows again. */
static void claimed_in_a_full_table_keeps_nothing(void)
{
    acct_close();
    fake_reset();
    CU_ASSERT_EQUAL_FATAL(acct_init(&fake_ops, 1024), WEIR_OK);
    deny_task_off_heap();
    open_with(1 << 20);
    uintptr_t addr = 1 << 20;
    do {
        CU_ASSERT_TRUE_FATAL(take(addr += 16, 100));
        row(WEIR_TASK_OFF_HEAP);
    } while (sheet.agent.untracked_bytes == 0);
    uint64_t followed = (addr - (1 << 20)) / 16 - 1;
    CU_ASSERT_EQUAL(sheet.agent.untracked_bytes, 100);
    holds(WEIR_TASK_OFF_HEAP, followed * 100, followed);
    for (uintptr_t a = (1 << 20) + 16; a < addr; a += 16)
        CU_ASSERT_TRUE(acct_freed(a));
    holds(WEIR_TASK_OFF_HEAP, 0, 0);
}

static void claimed_speaks_of_the_budget_without_its_own_bytes(void)
{
    acct_close();
    fresh();
    deny_task_off_heap();
    struct policy_limits limits = fake_limits();
    limits.mode = WEIR_MODE_ENFORCE;
    fake_limit(&limits, WEIR_FRAMEWORK_OFF_HEAP, 0, false);
    fake_limit(&limits, WEIR_TASK_OFF_HEAP, LIMIT, true);
    acct_open(&limits, wake, T0);
    CU_ASSERT_TRUE(take(8, 700));
    CU_ASSERT_FALSE(acct_take_event(&event));
    CU_ASSERT_TRUE(take(16, 200));
    CU_ASSERT_TRUE_FATAL(acct_take_event(&event));
    CU_ASSERT_EQUAL(event.type, RING_BREACH); /* a line, no denial */
    CU_ASSERT_EQUAL(event.verdict.level, WEIR_LEVEL_WARN);
    CU_ASSERT_EQUAL(event.verdict.budget_used, 700);
    CU_ASSERT_EQUAL(event.used[WEIR_TASK_OFF_HEAP], 700);
    CU_ASSERT_EQUAL(event.requested, 200);
}

/* ---- never denied */

static void claim_inside_a_hook_is_never_denied_and_undecided(void)
{
    CU_ASSERT_TRUE(take(8, LIMIT));
    unsigned walks = fake.walks;
    CU_ASSERT_TRUE(guard_enter());
    CU_ASSERT_TRUE(fits(1ULL << 40));
    CU_ASSERT_FALSE(claim.outermost || claim.decided || claim.reserved);
    acct_claimed(thread, 16, 1ULL << 40, &claim);
    guard_leave();
    CU_ASSERT_EQUAL(fake.walks, walks);
    holds(WEIR_UNDECIDED, 1ULL << 40, 1);
    holds(WEIR_TASK_OFF_HEAP, LIMIT, 1);
    says_nothing();
    CU_ASSERT_FALSE(fits(1)); /* the guard was left as it was found */
    CU_ASSERT_EQUAL(fake.walks, walks + 1);
    CU_ASSERT_TRUE(acct_freed(16));
    holds(WEIR_UNDECIDED, 0, 0);
}

static void claim_that_cannot_be_walked_is_never_denied(void)
{
    fake.decided = false;
    CU_ASSERT_TRUE(take(8, 100 * LIMIT));
    CU_ASSERT_FALSE(claim.decided);
    holds(WEIR_UNDECIDED, 100 * LIMIT, 1);
    holds(WEIR_TASK_OFF_HEAP, 0, 0);
    says_nothing();
}

static void claim_of_a_component_outside_the_list_is_never_denied(void)
{
    acct_close();
    fresh();
    deny_task_off_heap();
    struct policy_limits limits = fake_limits();
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        fake_limit(&limits, (enum weir_component)c, 10, true);
    acct_open(&limits, wake, T0);
    fake_finds(WEIR_MANAGED, WEIR_KIND_UNSAFE, 0);
    CU_ASSERT_TRUE(take(8, 100));
    CU_ASSERT_FALSE(claim.reserved);
    holds(WEIR_MANAGED, 100, 1);
    fake_finds(WEIR_TASK_OFF_HEAP, WEIR_KIND_DIRECT, 0);
    CU_ASSERT_FALSE(fits(100));
}

static void claim_without_a_limit_is_never_denied(void)
{
    acct_close();
    fresh();
    deny_task_off_heap();
    struct policy_limits limits = fake_limits();
    acct_open(&limits, wake, T0);
    CU_ASSERT_TRUE(take(8, 1ULL << 50));
    CU_ASSERT_FALSE(claim.reserved);
    holds(WEIR_TASK_OFF_HEAP, 1ULL << 50, 1);
}

static void claim_with_an_empty_list_is_never_denied(void)
{
    acct_close();
    fresh();
    open_with(LIMIT); /* limited, nothing may be denied */
    CU_ASSERT_TRUE(take(8, 100 * LIMIT));
    holds(WEIR_TASK_OFF_HEAP, 100 * LIMIT, 1);
}

/* The JVM is not live yet, limits are not known. */
static void claim_before_the_books_are_open_is_never_denied(void)
{
    acct_close();
    fresh();
    deny_task_off_heap();
    CU_ASSERT_TRUE(take(8, 100 * LIMIT));
    open_with(LIMIT);
    CU_ASSERT_FALSE(fits(1)); /* what was taken before counts */
    holds(WEIR_TASK_OFF_HEAP, 100 * LIMIT, 1);
}

/* ---- saying so */

static void denied_tells_who_asked_for_how_much_of_what(void)
{
    fake_finds(WEIR_MANAGED, WEIR_KIND_UNSAFE, 0);
    CU_ASSERT_TRUE(take(8, 55));
    fake_finds(WEIR_TASK_OFF_HEAP, WEIR_KIND_DIRECT, 77);
    fake.key.source = 5;
    fake.key.decider = 3;
    CU_ASSERT_TRUE(take(16, 900));
    CU_ASSERT_FALSE(fits(101));
    fake.direct_known = true;
    fake.direct = 123456;
    acct_denied(thread, 101, &claim);
    CU_ASSERT_EQUAL(wakes, 1);
    CU_ASSERT_TRUE_FATAL(acct_take_event(&event));
    CU_ASSERT_EQUAL(event.type, RING_DENIAL);
    CU_ASSERT_EQUAL(event.verdict.level, WEIR_LEVEL_CRITICAL);
    CU_ASSERT_EQUAL(event.verdict.suppressed, 0);
    CU_ASSERT_EQUAL(event.component, WEIR_TASK_OFF_HEAP);
    CU_ASSERT_EQUAL(event.kind, WEIR_KIND_DIRECT);
    CU_ASSERT_EQUAL(event.requested, 101);
    CU_ASSERT_EQUAL(event.used[WEIR_TASK_OFF_HEAP], 900);
    CU_ASSERT_EQUAL(event.used[WEIR_MANAGED], 55);
    CU_ASSERT_TRUE(event.stack == 77 && event.source == 5 && event.decider == 3);
    CU_ASSERT_TRUE(event.direct_known && event.direct_used == 123456);
    CU_ASSERT_STRING_EQUAL(event.thread, thread);
    CU_ASSERT_FALSE(acct_take_event(&event));
}

static void denied_often_is_told_once_in_ten_seconds_and_counted(void)
{
    struct policy_verdict budget;
    CU_ASSERT_FALSE(fits(LIMIT + 1));
    for (int i = 0; i < 8; i++)
        acct_denied(thread, LIMIT + 1, &claim);
    CU_ASSERT_TRUE(acct_take_event(&event));
    CU_ASSERT_FALSE(acct_take_event(&event));
    acct_tick(T0 + QUIET - 1, &budget);
    acct_denied(thread, LIMIT + 1, &claim);
    CU_ASSERT_FALSE(acct_take_event(&event));
    acct_tick(T0 + QUIET, &budget);
    acct_denied(thread, LIMIT + 1, &claim);
    CU_ASSERT_TRUE_FATAL(acct_take_event(&event));
    CU_ASSERT_EQUAL(event.verdict.suppressed, 8);
    acct_tick(T0 + 2 * QUIET, &budget);
    acct_denied(thread, LIMIT + 1, &claim);
    CU_ASSERT_TRUE_FATAL(acct_take_event(&event));
    CU_ASSERT_EQUAL(event.verdict.suppressed, 0); /* told once */
}

static void denied_of_one_component_does_not_silence_another(void)
{
    CU_ASSERT_FALSE(fits(LIMIT + 1));
    acct_denied(thread, LIMIT + 1, &claim);
    claim.key.component = WEIR_MANAGED;
    acct_denied(thread, 5, &claim);
    CU_ASSERT_TRUE(acct_take_event(&event));
    CU_ASSERT_TRUE_FATAL(acct_take_event(&event));
    CU_ASSERT_TRUE(event.component == WEIR_MANAGED && event.requested == 5);
}

static void claims_keep_errno(void)
{
    fake.errno_after = EBADF;
    errno = ENOENT;
    bool first = take(8, LIMIT), second = fits(1);
    acct_denied(thread, 1, &claim);
    CU_ASSERT_EQUAL(errno, ENOENT);
    CU_ASSERT_TRUE(first && !second);
}

static void denies_what_is_asked_for_and_has_a_limit(void)
{
    CU_ASSERT_TRUE(acct_denies(WEIR_TASK_OFF_HEAP));
    CU_ASSERT_FALSE(acct_denies(WEIR_MANAGED));
    CU_ASSERT_FALSE(acct_denies(WEIR_JVM_METASPACE));
    acct_close();
    fresh();
    deny_task_off_heap();
    CU_ASSERT_FALSE(acct_denies(WEIR_TASK_OFF_HEAP)); /* not open yet */
}

/* A row that no hook books. */
static void denied_says_what_was_read_of_its_row(void)
{
    acct_read(WEIR_JVM_METASPACE, 777);
    CU_ASSERT_EQUAL(acct_used(WEIR_JVM_METASPACE), 777);
    claim.key = (struct owner_key){ .component = WEIR_JVM_METASPACE, .kind = WEIR_KIND_CLASS, .decider = -1 };
    acct_denied(thread, 50, &claim);
    CU_ASSERT_TRUE_FATAL(acct_take_event(&event));
    CU_ASSERT_TRUE(event.type == RING_DENIAL && event.component == WEIR_JVM_METASPACE && event.kind == WEIR_KIND_CLASS);
    CU_ASSERT_EQUAL(event.used[WEIR_JVM_METASPACE], 777);
    CU_ASSERT_EQUAL(event.requested, 50);
}

SUITE(claim, fresh_at_limit, gone, CASE(claim_fits_up_to_the_limit_to_the_byte),
      CASE(claim_beyond_the_limit_adds_nothing),
      CASE(claim_holds_its_bytes_against_others_before_they_are_booked),
      CASE(claim_given_back_leaves_no_trace), CASE(claim_again_needs_no_second_walk),
      CASE(claim_of_a_limit_of_nothing_fits_nothing),
      CASE(claim_of_nothing_fits_beyond_the_limit_too),
      CASE(claim_let_pass_is_booked_beyond_the_limit),
      CASE(claimed_books_owner_kind_attempt_and_peak), CASE(claimed_in_a_full_table_keeps_nothing),
      CASE(claimed_speaks_of_the_budget_without_its_own_bytes),
      CASE(claim_inside_a_hook_is_never_denied_and_undecided),
      CASE(claim_that_cannot_be_walked_is_never_denied),
      CASE(claim_of_a_component_outside_the_list_is_never_denied),
      CASE(claim_without_a_limit_is_never_denied), CASE(claim_with_an_empty_list_is_never_denied),
      CASE(claim_before_the_books_are_open_is_never_denied),
      CASE(denied_tells_who_asked_for_how_much_of_what),
      CASE(denied_often_is_told_once_in_ten_seconds_and_counted),
      CASE(denied_of_one_component_does_not_silence_another),
      CASE(denies_what_is_asked_for_and_has_a_limit), CASE(denied_says_what_was_read_of_its_row), CASE(claims_keep_errno));
