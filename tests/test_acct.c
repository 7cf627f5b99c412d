/* SPDX-License-Identifier: Apache-2.0 */
/* test_acct.c: the books as hooks and the reporter use them, with capture functions that say what the test told them. */
#include "core/acct.h"

#include <CUnit/CUnit.h>
#include <string.h>

#include "core/sample.h"
#include "crew.h"
#include "fake_capture.h"
#include "suite.h"

enum { MAX_LIVE = 1 << 14, T0 = 1000000, MINUTE = 60 * 1000 };

static struct weir_sheet sheet;
static struct ring_event event;
static unsigned          wakes;
static char              thread[] = "Flat Map (1/2)#0";

static void fresh(void)
{
    fake_reset();
    wakes = 0;
    memset(&event, 0, sizeof event);
    CU_ASSERT_EQUAL_FATAL(acct_init(&fake_ops, MAX_LIVE), WEIR_OK);
}

static void gone(void)
{
    acct_close();
}

static void wake(void)
{
    wakes++;
}

/* Opens with task.off-heap limited. */
static void open_with(uint64_t bytes, bool declared)
{
    struct policy_limits limits = fake_limits();
    fake_limit(&limits, WEIR_TASK_OFF_HEAP, bytes, declared);
    acct_open(&limits, wake, T0);
}

static void allocate(uintptr_t addr, uint64_t bytes)
{
    acct_allocated(thread, addr, bytes);
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

static void books_are_empty(void)
{
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        if (acct_books((enum weir_component)c))
            holds((enum weir_component)c, 0, 0);
    CU_ASSERT_EQUAL(sheet.owner_count, 0);
}

/* ---- booking */

static void acct_books_an_allocation_until_it_is_freed(void)
{
    fake_finds(WEIR_MANAGED, WEIR_KIND_UNSAFE, 0);
    allocate(4096, 1000);
    allocate(8192, 24);
    holds(WEIR_MANAGED, 1024, 2);
    CU_ASSERT_EQUAL(sheet.rows[WEIR_MANAGED].kind_bytes[WEIR_KIND_UNSAFE], 1024);
    CU_ASSERT_TRUE(acct_holds(4096));
    CU_ASSERT_TRUE(acct_freed(4096));
    CU_ASSERT_FALSE(acct_holds(4096));
    holds(WEIR_MANAGED, 24, 1);
    CU_ASSERT_TRUE(acct_freed(8192));
    books_are_empty();
    CU_ASSERT_EQUAL(sheet.agent.unknown_frees, 0);
}

static void acct_free_goes_to_the_account_of_the_record(void)
{
    fake_finds(WEIR_MANAGED, WEIR_KIND_UNSAFE, 0);
    allocate(4096, 100);
    fake_finds(WEIR_NETWORK, WEIR_KIND_DIRECT, 0);
    allocate(8192, 7);
    CU_ASSERT_TRUE(acct_freed(4096)); /* whoever frees it */
    holds(WEIR_MANAGED, 0, 0);
    holds(WEIR_NETWORK, 7, 1);
}

static void acct_books_undecided_what_could_not_be_walked(void)
{
    fake.decided = false;
    allocate(4096, 100);
    CU_ASSERT_EQUAL(fake.walks, 1);
    holds(WEIR_UNDECIDED, 100, 1);
    CU_ASSERT_EQUAL(acct_used(WEIR_UNDECIDED), 100);
    CU_ASSERT_TRUE(acct_freed(4096));
    CU_ASSERT_EQUAL(acct_used(WEIR_UNDECIDED), 0);
    books_are_empty();
}

/* M of 2^40 bytes: as good as no call is walked. */
static void acct_leaves_calls_undecided_while_sampling(void)
{
    fake_finds(WEIR_MANAGED, WEIR_KIND_UNSAFE, 0);
    allocate(4096, 1000);
    sample_set(40);
    allocate(8192, 100);
    allocate(8200, 24);
    CU_ASSERT_EQUAL(fake.walks, 1);
    holds(WEIR_MANAGED, 1000, 1);
    holds(WEIR_UNDECIDED, 124, 2);
    CU_ASSERT_EQUAL(sheet.rows[WEIR_UNDECIDED].peak, 124);
    CU_ASSERT_EQUAL(sheet.rows[WEIR_UNDECIDED].kind_bytes[WEIR_KIND_UNSAFE], 0); /* which kind, nobody looked */
    CU_ASSERT_TRUE(acct_freed(8192));
    CU_ASSERT_TRUE(acct_freed(4096));
    holds(WEIR_UNDECIDED, 24, 1);
    CU_ASSERT_TRUE(acct_freed(8200));
    books_are_empty();
    CU_ASSERT_EQUAL(row(WEIR_UNDECIDED)->peak, 124);
}

/* 10,000 blocks of 4 KiB under a mean of 64 KiB: one in 16 is walked, and stands for the others. */
static void acct_estimates_sum_to_the_undecided_row(void)
{
    enum { BLOCKS = 10000, SIZE = 4096 };
    sample_set(16);
    for (int i = 0; i < BLOCKS; i++) {
        fake_finds(i % 4 == 0 ? WEIR_MANAGED : WEIR_TASK_OFF_HEAP, WEIR_KIND_DIRECT, 0);
        allocate(4096 + 64 * (uintptr_t)i, SIZE);
    }
    uint64_t open = row(WEIR_UNDECIDED)->used;
    uint64_t task = sheet.rows[WEIR_TASK_OFF_HEAP].estimated, managed = sheet.rows[WEIR_MANAGED].estimated;
    CU_ASSERT_EQUAL(open + sheet.rows[WEIR_TASK_OFF_HEAP].used + sheet.rows[WEIR_MANAGED].used, (uint64_t)BLOCKS * SIZE);
    CU_ASSERT_EQUAL(task + managed, open);
    CU_ASSERT(task > open / 100 * 60 && task < open / 100 * 90); /* true: 75 %, standard deviation 1.8 */
    for (int i = 0; i < BLOCKS; i++)
        acct_freed(4096 + 64 * (uintptr_t)i);
    books_are_empty();
    CU_ASSERT_EQUAL(row(WEIR_TASK_OFF_HEAP)->estimated, 0);
}

static void acct_walks_every_claim_also_while_sampling(void)
{
    struct acct_claim claim;
    sample_set(40);
    fake_finds(WEIR_TASK_OFF_HEAP, WEIR_KIND_DIRECT, 0);
    CU_ASSERT_EQUAL(acct_claim(thread, 100, &claim), ACCT_FITS);
    acct_claimed(thread, 4096, 100, &claim);
    CU_ASSERT_EQUAL(fake.walks, 1);
    holds(WEIR_TASK_OFF_HEAP, 100, 1);
    CU_ASSERT_EQUAL(sheet.rows[WEIR_TASK_OFF_HEAP].estimated, 0);
}

static void acct_counts_frees_of_unknown_blocks(void)
{
    struct live_rec rec;
    CU_ASSERT_FALSE(acct_freed(4096));
    CU_ASSERT_FALSE(acct_suspend(8192, &rec));
    CU_ASSERT_FALSE(acct_holds(4096)); /* only asked */
    books_are_empty();
    CU_ASSERT_EQUAL(sheet.agent.unknown_frees, 2);
}

static void acct_holds_counts_nothing(void)
{
    allocate(4096, 100);
    for (int i = 0; i < 3; i++)
        CU_ASSERT_TRUE(acct_holds(4096));
    holds(WEIR_TASK_OFF_HEAP, 100, 1);
    CU_ASSERT_EQUAL(sheet.agent.stale, 0);
    CU_ASSERT_EQUAL(sheet.agent.unknown_frees, 0);
}

static void acct_reused_address_replaces_its_stale_record(void)
{
    fake_finds(WEIR_MANAGED, WEIR_KIND_UNSAFE, 0);
    allocate(4096, 100);
    fake_finds(WEIR_NETWORK, WEIR_KIND_DIRECT, 0);
    allocate(4096, 30); /* the free was not seen */
    holds(WEIR_MANAGED, 0, 0);
    holds(WEIR_NETWORK, 30, 1);
    CU_ASSERT_EQUAL(sheet.agent.stale, 1);
    CU_ASSERT_TRUE(acct_freed(4096));
    books_are_empty();
}

/* ---- realloc */

static void acct_suspend_keeps_the_bytes_until_they_are_replaced(void)
{
    struct live_rec rec;
    allocate(4096, 100);
    CU_ASSERT_TRUE(acct_suspend(4096, &rec));
    CU_ASSERT_EQUAL(rec.bytes, 100);
    CU_ASSERT_FALSE(acct_holds(4096));
    holds(WEIR_TASK_OFF_HEAP, 100, 1);
    acct_replaced(rec);
    holds(WEIR_TASK_OFF_HEAP, 0, 0);
    allocate(8192, 300);
    holds(WEIR_TASK_OFF_HEAP, 300, 1);
    CU_ASSERT_EQUAL(sheet.rows[WEIR_TASK_OFF_HEAP].peak, 300); /* never both at once */
    CU_ASSERT_TRUE(acct_freed(8192));
    books_are_empty();
}

static void acct_restore_puts_back_what_a_failed_realloc_left(void)
{
    struct live_rec rec;
    allocate(4096, 100);
    CU_ASSERT_TRUE(acct_suspend(4096, &rec));
    acct_restore(4096, rec);
    CU_ASSERT_TRUE(acct_holds(4096));
    holds(WEIR_TASK_OFF_HEAP, 100, 1);
    CU_ASSERT_TRUE(acct_freed(4096));
    books_are_empty();
    CU_ASSERT_EQUAL(sheet.agent.unknown_frees + sheet.agent.stale + sheet.agent.untracked_bytes, 0);
}

static void acct_realloc_in_place_moves_the_record_to_its_new_owner(void)
{
    struct live_rec rec;
    fake_finds(WEIR_MANAGED, WEIR_KIND_UNSAFE, 0);
    allocate(4096, 100);
    CU_ASSERT_TRUE(acct_suspend(4096, &rec));
    acct_replaced(rec);
    fake_finds(WEIR_NETWORK, WEIR_KIND_DIRECT, 0);
    allocate(4096, 200);
    holds(WEIR_MANAGED, 0, 0);
    holds(WEIR_NETWORK, 200, 1);
    CU_ASSERT_EQUAL(sheet.agent.stale, 0);
}

/* ---- nested calls, memory from before */

static void allocate_and_free_nested(void)
{
    acct_allocated(thread, 70000, 11);
    acct_allocated(thread, 80000, 13);
    CU_ASSERT_TRUE(acct_freed(80000));
}

static void acct_books_a_nested_call_undecided_and_does_not_walk(void)
{
    fake.inside = allocate_and_free_nested;
    allocate(4096, 100);
    CU_ASSERT_EQUAL(fake.walks, 1); /* of the outer one */
    holds(WEIR_TASK_OFF_HEAP, 100, 1);
    holds(WEIR_UNDECIDED, 11, 1);
    fake.inside = NULL;
    allocate(8192, 1);
    CU_ASSERT_EQUAL(fake.walks, 2); /* the guard was left */
    holds(WEIR_TASK_OFF_HEAP, 101, 2);
    CU_ASSERT_TRUE(acct_freed(70000));
    holds(WEIR_UNDECIDED, 0, 0);
}

static void acct_seed_books_before_weir_once(void)
{
    acct_seed(4096, 100, WEIR_BEFORE_WEIR, WEIR_KIND_DIRECT);
    acct_seed(4096, 100, WEIR_BEFORE_WEIR, WEIR_KIND_DIRECT);
    CU_ASSERT_EQUAL(fake.walks, 0);
    holds(WEIR_BEFORE_WEIR, 100, 1);
    CU_ASSERT_EQUAL(sheet.rows[WEIR_BEFORE_WEIR].kind_bytes[WEIR_KIND_DIRECT], 100);
    CU_ASSERT_EQUAL(sheet.agent.stale, 0);
    allocate(8192, 7);
    acct_seed(8192, 8, WEIR_BEFORE_WEIR, WEIR_KIND_DIRECT); /* a hook saw it already */
    holds(WEIR_BEFORE_WEIR, 100, 1);
    holds(WEIR_TASK_OFF_HEAP, 7, 1);
    CU_ASSERT_TRUE(acct_freed(4096));
    CU_ASSERT_TRUE(acct_freed(8192));
    books_are_empty();
}

/* ---- the table of addresses is full */

/* Blocks of 100 bytes until one is not followed; its address. */
static uintptr_t fill_addresses(void)
{
    uintptr_t addr = 1 << 20;
    for (acct_snapshot(&sheet, WEIR_COMPONENT_COUNT, T0); sheet.agent.untracked_bytes == 0;
         acct_snapshot(&sheet, WEIR_COMPONENT_COUNT, T0))
        allocate(addr += 16, 100);
    return addr;
}

static void acct_full_counts_untracked_bytes_and_takes_them_off_the_rows(void)
{
    acct_close();
    CU_ASSERT_EQUAL_FATAL(acct_init(&fake_ops, 1024), WEIR_OK);
    uintptr_t last = fill_addresses();
    CU_ASSERT_EQUAL(sheet.agent.untracked_bytes, 100);
    uint64_t followed = (last - (1 << 20)) / 16 - 1;
    CU_ASSERT_TRUE(followed > 0 && followed <= 1024);
    holds(WEIR_TASK_OFF_HEAP, followed * 100, followed);
    CU_ASSERT_FALSE(acct_freed(last));
    for (uintptr_t addr = (1 << 20) + 16; addr < last; addr += 16)
        CU_ASSERT_TRUE(acct_freed(addr));
    books_are_empty();
    CU_ASSERT_EQUAL(sheet.agent.untracked_bytes, 100); /* cumulative */
}

/* An allocation that could not be followed is in no row, so the event must not take it off once more. */
static void acct_event_of_an_untracked_block_has_the_vector_without_it(void)
{
    acct_close();
    CU_ASSERT_EQUAL_FATAL(acct_init(&fake_ops, 1024), WEIR_OK);
    uintptr_t last = fill_addresses();
    uint64_t  used = row(WEIR_TASK_OFF_HEAP)->used;
    open_with(used + 50, true); /* with its grace of 1 MiB */
    allocate(last, 2 * MIB);
    CU_ASSERT_TRUE(acct_take_event(&event));
    CU_ASSERT_EQUAL(event.used[WEIR_TASK_OFF_HEAP], used);
    CU_ASSERT_EQUAL(event.requested, 2 * MIB);
    holds(WEIR_TASK_OFF_HEAP, used, used / 100);
}

/* ---- speaking */

static void acct_says_nothing_up_to_the_declared_limit_and_its_grace(void)
{
    open_with(32 * MIB, true);
    for (uintptr_t i = 1; i <= 33; i++)
        allocate(i * MIB, MIB);
    CU_ASSERT_FALSE(acct_take_event(&event));
    CU_ASSERT_EQUAL(wakes, 0);
    CU_ASSERT_EQUAL(fake.names, 0);
}

static void acct_posts_a_breach_with_the_vector_without_the_request(void)
{
    open_with(32 * MIB, true);
    fake_finds(WEIR_MANAGED, WEIR_KIND_UNSAFE, 0);
    allocate(8, 5 * MIB);
    fake_finds(WEIR_TASK_OFF_HEAP, WEIR_KIND_DIRECT, 77);
    fake.key.source = 5;
    fake.key.decider = 3;
    fake.direct_known = true;
    fake.direct = 123456;
    allocate(16, 30 * MIB);
    CU_ASSERT_FALSE(acct_take_event(&event));
    allocate(24, 16 * MIB);
    CU_ASSERT_TRUE_FATAL(acct_take_event(&event));
    CU_ASSERT_EQUAL(event.verdict.level, WEIR_LEVEL_WARN);
    CU_ASSERT_EQUAL(event.verdict.reason, WEIR_REASON_SHARE);
    CU_ASSERT_EQUAL(event.type, RING_BREACH);
    CU_ASSERT_EQUAL(event.component, WEIR_TASK_OFF_HEAP);
    CU_ASSERT_EQUAL(event.kind, WEIR_KIND_DIRECT);
    CU_ASSERT_EQUAL(event.requested, 16 * MIB);
    CU_ASSERT_EQUAL(event.used[WEIR_TASK_OFF_HEAP], 30 * MIB);
    CU_ASSERT_EQUAL(event.used[WEIR_MANAGED], 5 * MIB);
    CU_ASSERT_EQUAL(event.used[WEIR_NETWORK], 0);
    CU_ASSERT_TRUE(event.stack == 77 && event.source == 5 && event.decider == 3);
    CU_ASSERT_STRING_EQUAL(event.thread, "Flat Map (1/2)#0");
    CU_ASSERT_TRUE(event.direct_known);
    CU_ASSERT_EQUAL(event.direct_used, 123456);
    CU_ASSERT_EQUAL(wakes, 1);
    CU_ASSERT_FALSE(acct_take_event(&event)); /* one */
}

static void acct_event_says_when_the_direct_figure_is_not_known(void)
{
    open_with(0, true);
    allocate(8, 2 * MIB);
    CU_ASSERT_TRUE(acct_take_event(&event));
    CU_ASSERT_FALSE(event.direct_known);
    CU_ASSERT_EQUAL(event.used[WEIR_TASK_OFF_HEAP], 0);
}

static void acct_notices_an_undeclared_share_once(void)
{
    struct policy_limits limits = fake_limits();
    fake_limit(&limits, WEIR_FRAMEWORK_OFF_HEAP, 128 * MIB, false);
    fake_limit(&limits, WEIR_TASK_OFF_HEAP, 0, false);
    acct_open(&limits, wake, T0);
    for (uintptr_t i = 1; i <= 10; i++)
        allocate(i * 4096, 4096);
    CU_ASSERT_TRUE(acct_take_event(&event));
    CU_ASSERT_EQUAL(event.verdict.level, WEIR_LEVEL_NOTICE);
    CU_ASSERT_EQUAL(event.requested, 4096);
    CU_ASSERT_EQUAL(event.used[WEIR_TASK_OFF_HEAP], 0);
    CU_ASSERT_FALSE(acct_take_event(&event));
}

static void acct_speaks_of_the_budget_that_two_rows_share(void)
{
    struct policy_limits limits = fake_limits();
    fake_limit(&limits, WEIR_FRAMEWORK_OFF_HEAP, 100 * MIB, false);
    fake_limit(&limits, WEIR_TASK_OFF_HEAP, 100 * MIB, false);
    acct_open(&limits, wake, T0);
    fake_finds(WEIR_FRAMEWORK_OFF_HEAP, WEIR_KIND_DIRECT, 0);
    allocate(8, 90 * MIB);
    fake_finds(WEIR_TASK_OFF_HEAP, WEIR_KIND_DIRECT, 0);
    allocate(16, 60 * MIB);
    CU_ASSERT_FALSE(acct_take_event(&event)); /* 150 of 200 */
    allocate(24, 12 * MIB);                   /* each within its share, together beyond 80 % */
    CU_ASSERT_TRUE_FATAL(acct_take_event(&event));
    CU_ASSERT_EQUAL(event.verdict.reason, WEIR_REASON_BUDGET);
    CU_ASSERT_EQUAL(event.verdict.level, WEIR_LEVEL_WARN);
    CU_ASSERT_EQUAL(event.verdict.budget_used, 150 * MIB);
    CU_ASSERT_EQUAL(event.verdict.budget_limit, 200 * MIB);
}

static void acct_says_nothing_before_it_is_opened_or_in_observe(void)
{
    allocate(8, 1ULL << 40);
    CU_ASSERT_FALSE(acct_take_event(&event));
    struct policy_limits limits = fake_limits();
    limits.mode = WEIR_MODE_OBSERVE;
    fake_limit(&limits, WEIR_TASK_OFF_HEAP, 1, true);
    acct_open(&limits, wake, T0);
    allocate(16, 1ULL << 40);
    CU_ASSERT_FALSE(acct_take_event(&event));
    CU_ASSERT_EQUAL(wakes, 0);
}

static void allocate_much_nested(void)
{
    acct_allocated(thread, 70000, 100 * MIB);
}

/* In the books the few frames that decided; for the reader of a line all that are kept, and walked for that alone. */
static void acct_asks_for_the_whole_stack_only_to_say_something(void)
{
    open_with(32 * MIB, true);
    fake_finds(WEIR_TASK_OFF_HEAP, WEIR_KIND_DIRECT, 0);
    uint32_t ids[] = { 1, 2 };
    fake.whole = stacks_put(acct_stacks(), ids, 2);
    allocate(8, 100);
    CU_ASSERT_EQUAL(fake.wholes, 0);
    allocate(16, 100 * MIB);
    CU_ASSERT_EQUAL(fake.wholes, 1);
    CU_ASSERT_TRUE_FATAL(acct_take_event(&event));
    CU_ASSERT_EQUAL(event.stack, fake.whole);
    row(WEIR_TASK_OFF_HEAP);
    CU_ASSERT_EQUAL(sheet.owner_count, 1);
}

static void acct_nested_call_makes_no_event_however_large(void)
{
    open_with(32 * MIB, true);
    fake.inside = allocate_much_nested;
    allocate(8, 100);
    holds(WEIR_UNDECIDED, 100 * MIB, 1);
    CU_ASSERT_FALSE(acct_take_event(&event));
    CU_ASSERT_EQUAL(wakes, 0);
}

static void acct_counts_events_that_found_the_ring_full(void)
{
    struct policy_verdict budget;
    int64_t               now = T0;
    open_with(MIB, true);
    for (int i = 0; i < 300; i++) {
        allocate(8, 10 * MIB);
        CU_ASSERT_TRUE(acct_freed(8));
        acct_tick(now += 11 * MINUTE, &budget); /* armed again */
    }
    int kept = 0;
    while (acct_take_event(&event))
        kept++;
    row(WEIR_TASK_OFF_HEAP);
    CU_ASSERT_EQUAL(kept + sheet.agent.dropped_events, 300);
    CU_ASSERT_EQUAL(sheet.agent.dropped_events, 300 - 192);
    CU_ASSERT_EQUAL(wakes, 192);
}

static void acct_tick_judges_the_slope_of_the_budget(void)
{
    struct policy_limits  limits = fake_limits();
    struct policy_verdict budget = { .level = WEIR_LEVEL_NONE };
    fake_limit(&limits, WEIR_FRAMEWORK_OFF_HEAP, 100 * MIB, false);
    fake_limit(&limits, WEIR_TASK_OFF_HEAP, 100 * MIB, false);
    acct_open(&limits, wake, T0);
    int said = 0;
    for (uintptr_t i = 1; i <= 6; i++) { /* 20 MiB a minute, 80 left after the sixth */
        allocate(i * 8, 20 * MIB);
        acct_tick(T0 + (int64_t)i * MINUTE, &budget);
        said += budget.level != WEIR_LEVEL_NONE;
    }
    CU_ASSERT_EQUAL(said, 1);
    CU_ASSERT_EQUAL(budget.reason, WEIR_REASON_SLOPE);
    CU_ASSERT_EQUAL(budget.budget_used, 120 * MIB);
}

static void acct_tick_reclaims_owners_that_hold_nothing(void)
{
    struct policy_verdict budget;
    for (uint32_t i = 1; i <= 150000; i++) { /* more than the table of owners holds */
        fake.key.stack = i;
        allocate(8, 1);
        CU_ASSERT_TRUE(acct_freed(8));
        if (i % 1000 == 0)
            acct_tick(T0 + i, &budget);
    }
    books_are_empty();
    CU_ASSERT_EQUAL(sheet.agent.dropped_stacks, 0);
}

static void acct_row_judges_what_the_vm_bounds(void)
{
    open_with(MIB, true);
    CU_ASSERT_EQUAL(acct_row(WEIR_JVM_METASPACE, 79, 100, T0).level, WEIR_LEVEL_NONE);
    struct policy_verdict v = acct_row(WEIR_JVM_METASPACE, 80, 100, T0);
    CU_ASSERT_EQUAL(v.level, WEIR_LEVEL_WARN);
    CU_ASSERT_EQUAL(v.reason, WEIR_REASON_ROW);
    CU_ASSERT_EQUAL(acct_row(WEIR_JVM_METASPACE, 81, 100, T0 + 1).level, WEIR_LEVEL_NONE);
}

/* ---- what the reporter reads */

static void acct_peak_carries_its_time_and_starts_anew_when_opened(void)
{
    struct policy_verdict budget;
    allocate(8, 1000); /* the self-check */
    CU_ASSERT_TRUE(acct_freed(8));
    open_with(MIB, true);
    CU_ASSERT_EQUAL(row(WEIR_TASK_OFF_HEAP)->peak, 0);
    CU_ASSERT_EQUAL(sheet.rows[WEIR_TASK_OFF_HEAP].peak_time_ms, 0);
    allocate(8, 500);
    acct_tick(T0 + 1000, &budget);
    allocate(16, 300);
    CU_ASSERT_TRUE(acct_freed(8));
    acct_tick(T0 + 2000, &budget);
    allocate(24, 400);
    CU_ASSERT_EQUAL(row(WEIR_TASK_OFF_HEAP)->used, 700);
    CU_ASSERT_EQUAL(sheet.rows[WEIR_TASK_OFF_HEAP].peak, 800);
    CU_ASSERT_EQUAL(sheet.rows[WEIR_TASK_OFF_HEAP].peak_time_ms, T0 + 1000);
}

static void acct_snapshot_fills_the_booked_rows_and_leaves_the_rest(void)
{
    struct weir_sheet before;
    memset(&sheet, 0xa5, sizeof sheet);
    before = sheet;
    acct_snapshot(&sheet, WEIR_COMPONENT_COUNT, T0);
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++) {
        if (acct_books((enum weir_component)c)) {
            CU_ASSERT_TRUE(sheet.rows[c].measured);
            CU_ASSERT_EQUAL(sheet.rows[c].used, 0);
        } else {
            CU_ASSERT_TRUE(crew_same(&sheet.rows[c], &before.rows[c], sizeof before.rows[c]));
        }
    }
    CU_ASSERT_TRUE(crew_same(sheet.pools, before.pools, sizeof before.pools));
    CU_ASSERT_TRUE(crew_same(&sheet.process, &before.process, sizeof before.process));
    CU_ASSERT_TRUE(sheet.agent.bytes > 0);
}

static void acct_books_what_hooks_decide_and_no_row_of_the_vm(void)
{
    const enum weir_component yes[] = { WEIR_MANAGED,   WEIR_FRAMEWORK_OFF_HEAP, WEIR_TASK_OFF_HEAP,
                                        WEIR_NETWORK,   WEIR_OFF_HEAP,           WEIR_JVM_OVERHEAD,
                                        WEIR_UNDECIDED, WEIR_BEFORE_WEIR,        WEIR_MAPPED };
    const enum weir_component no[] = { WEIR_FRAMEWORK_HEAP, WEIR_TASK_HEAP, WEIR_HEAP,
                                       WEIR_JVM_METASPACE };
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        CU_ASSERT_TRUE(acct_books(yes[i]));
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        CU_ASSERT_FALSE(acct_books(no[i]));
}

static uint32_t a_stack(const char *class_name)
{
    struct stacks *s = acct_stacks();
    uint32_t       name = stacks_name(s, class_name, strlen(class_name));
    uint32_t       frame = stacks_frame(s, name, stacks_name(s, "flatMap", 7), 0, 41);
    return stacks_put(s, &frame, 1);
}

static void acct_snapshot_names_the_largest_owners_with_stack_and_age(void)
{
    open_with(100 * MIB, true);
    fake_finds(WEIR_TASK_OFF_HEAP, WEIR_KIND_DIRECT, a_stack("com.example.Small"));
    allocate(8, 10);
    fake_finds(WEIR_TASK_OFF_HEAP, WEIR_KIND_DIRECT, a_stack("com.example.Leak"));
    fake.key.source = stacks_name(acct_stacks(), "leak.jar", 8);
    fake.key.loader = stacks_name(acct_stacks(), "ChildFirst", 10);
    allocate(16, 500);
    allocate(24, 500);
    acct_snapshot(&sheet, WEIR_TASK_OFF_HEAP, T0 + 7000);
    CU_ASSERT_EQUAL_FATAL(sheet.owner_count, 2);
    const struct weir_owner *o = &sheet.owners[0];
    CU_ASSERT_TRUE(o->component == WEIR_TASK_OFF_HEAP && o->kind == WEIR_KIND_DIRECT);
    CU_ASSERT_TRUE(o->bytes == 1000 && o->count == 2 && o->age_ms == 7000);
    CU_ASSERT_STRING_EQUAL(o->loader, "ChildFirst");
    CU_ASSERT_EQUAL_FATAL(o->stack.count, 1);
    CU_ASSERT_STRING_EQUAL(o->stack.frames[0].class_name, "com.example.Leak");
    CU_ASSERT_STRING_EQUAL(o->stack.source, "leak.jar");
    CU_ASSERT_EQUAL(o->stack.decider, 0);
    CU_ASSERT_EQUAL(sheet.owners[1].bytes, 10);
    CU_ASSERT_STRING_EQUAL(sheet.owners[1].loader, "");
    acct_snapshot(&sheet, WEIR_NETWORK, T0);
    CU_ASSERT_EQUAL(sheet.owner_count, 0);
}

/* ---- attempts */

static uint32_t an_attempt(void)
{
    struct attempt_identity who = { .job_id = { 1, 2 }, .subtask = 3, .attempt = 4 };
    return attempts_begin(acct_attempts(), &who, T0);
}

static void attempt_holds(uint32_t id, uint64_t bytes, uint64_t blocks)
{
    struct weir_attempt a = { .known = false };
    CU_ASSERT_TRUE(attempts_get(acct_attempts(), acct_stacks(), id, &a));
    CU_ASSERT_EQUAL(a.bytes, bytes);
    CU_ASSERT_EQUAL(a.blocks, blocks);
}

static void acct_books_to_the_attempt_of_the_owner(void)
{
    struct live_rec rec;
    uint32_t        id = an_attempt();
    fake.key.attempt = id;
    allocate(4096, 100);
    allocate(8192, 20);
    attempt_holds(id, 120, 2);
    CU_ASSERT_TRUE(acct_suspend(4096, &rec));
    acct_restore(4096, rec);
    attempt_holds(id, 120, 2);
    CU_ASSERT_TRUE(acct_freed(4096));
    attempt_holds(id, 20, 1);
    fake.key.attempt = 0;
    allocate(8192, 7); /* stale: the old record goes, the new one has no attempt */
    attempt_holds(id, 0, 0);
}

static void acct_untracked_block_is_of_no_attempt(void)
{
    acct_close();
    CU_ASSERT_EQUAL_FATAL(acct_init(&fake_ops, 1024), WEIR_OK);
    uint32_t  id = an_attempt();
    uintptr_t last = fill_addresses();
    fake.key.attempt = id;
    allocate(last, 100);
    attempt_holds(id, 0, 0);
}

static void acct_snapshot_shows_the_attempt_of_an_owner(void)
{
    uint32_t id = an_attempt();
    fake.key.attempt = id;
    allocate(8, 1000);
    fake.key.shared = 1;
    allocate(16, 500);
    fake.key.attempt = fake.key.shared = 0;
    allocate(24, 10);
    attempts_end(acct_attempts(), id, T0 + 1);
    acct_snapshot(&sheet, WEIR_COMPONENT_COUNT, T0);
    CU_ASSERT_EQUAL_FATAL(sheet.owner_count, 3);
    CU_ASSERT_TRUE(sheet.owners[0].attempt.known &&
                   sheet.owners[0].attempt.state == WEIR_ATTEMPT_ENDED);
    CU_ASSERT_TRUE(sheet.owners[0].attempt.subtask == 3 && sheet.owners[0].attempt.attempt == 4);
    CU_ASSERT_TRUE(sheet.owners[1].attempt.known &&
                   sheet.owners[1].attempt.state == WEIR_ATTEMPT_SHARED);
    CU_ASSERT_FALSE(sheet.owners[2].attempt.known);
}

/* A loader's job, where the thread serves no attempt; and where it was started for another job. */
static void acct_snapshot_shows_the_job_of_an_owners_loader(void)
{
    struct attempt_identity other = { .job_id = { 70, 71 }, .subtask = 1, .attempt = 2 };
    uint32_t                id = an_attempt(), same = 5, strange = 6;
    struct weir_attempt     who;
    acct_who(&who, id, false, 0);
    struct attempt_identity own = { .job_id = { who.job_id[0], who.job_id[1] } };
    fake.key.loader_tag = strange;
    allocate(8, 1000);
    acct_who(&who, 0, false, strange);
    CU_ASSERT_FALSE(who.known);
    jobs_learn(acct_jobs(), strange, &other); /* later than the block came */
    jobs_learn(acct_jobs(), same, &own);
    acct_snapshot(&sheet, WEIR_COMPONENT_COUNT, T0);
    CU_ASSERT_TRUE(sheet.owners[0].attempt.known && sheet.owners[0].attempt.state == WEIR_ATTEMPT_SHARED);
    CU_ASSERT_TRUE(sheet.owners[0].attempt.job_id[0] == 70 && sheet.owners[0].attempt.subtask == -1);
    acct_who(&who, id, true, strange);
    CU_ASSERT_TRUE(who.job_id[0] == 70 && who.attempt == -1);
    acct_who(&who, id, true, same);
    CU_ASSERT_TRUE(who.job_id[0] == own.job_id[0] && who.attempt == 4 && who.state == WEIR_ATTEMPT_SHARED);
    acct_who(&who, id, false, strange); /* a task's own thread: what it runs it runs for that */
    CU_ASSERT_TRUE(who.job_id[0] == own.job_id[0] && who.state == WEIR_ATTEMPT_RUNNING);
}

static void acct_tells_of_attempts_in_their_order(void)
{
    open_with(MIB, true);
    acct_attempt_event(7, false);
    acct_attempt_event(7, true);
    CU_ASSERT_TRUE(acct_take_event(&event));
    CU_ASSERT_TRUE(event.type == RING_ATTEMPT_BEGIN && event.attempt == 7);
    CU_ASSERT_TRUE(acct_take_event(&event));
    CU_ASSERT_TRUE(event.type == RING_ATTEMPT_END && event.attempt == 7);
    CU_ASSERT_EQUAL(wakes, 2);
}

static void acct_close_leaves_nothing_for_the_next_start(void)
{
    open_with(0, true);
    allocate(4096, 10 * MIB);
    acct_freed(1);
    acct_close();
    CU_ASSERT_EQUAL_FATAL(acct_init(&fake_ops, MAX_LIVE), WEIR_OK);
    books_are_empty();
    CU_ASSERT_EQUAL(sheet.agent.unknown_frees, 0);
    CU_ASSERT_FALSE(acct_holds(4096));
    CU_ASSERT_FALSE(acct_take_event(&event));
    allocate(4096, 10 * MIB); /* closed again: silent until opened */
    CU_ASSERT_FALSE(acct_take_event(&event));
}

static uint32_t told(enum acct_oom_kind kind)
{
    struct owner_key key = { .decider = -1 };
    CU_ASSERT_TRUE(acct_oom(thread, &key, kind, 0));
    CU_ASSERT_TRUE_FATAL(acct_take_event(&event));
    CU_ASSERT_EQUAL(event.oom_kind, (uint32_t)kind);
    return event.oom_suppressed;
}

static void acct_errors_of_one_kind_hide_no_other(void)
{
    struct policy_verdict v;
    open_with(1000, true);
    for (int i = 0; i < 5; i++)
        CU_ASSERT_EQUAL(acct_oom_due(ACCT_OOM_OTHER), i == 0);
    for (enum acct_oom_kind k = 0; k < ACCT_OOM_KINDS; k++)
        CU_ASSERT_EQUAL(acct_oom_due(k), k != ACCT_OOM_OTHER);
    CU_ASSERT_EQUAL(told(ACCT_OOM_DIRECT), 0);
    CU_ASSERT_FALSE(acct_oom_due(ACCT_OOM_DIRECT));
    acct_tick(T0 + 10000, &v);
    CU_ASSERT_TRUE(acct_oom_due(ACCT_OOM_OTHER));
    CU_ASSERT_EQUAL(told(ACCT_OOM_OTHER), 5);
    CU_ASSERT_EQUAL(told(ACCT_OOM_DIRECT), 1);
    CU_ASSERT_EQUAL(told(ACCT_OOM_NETTY), 0);
}

static void acct_errors_not_told_apart_are_counted(void)
{
    open_with(1000, true);
    acct_oom_suppress(ACCT_OOM_DIRECT);
    acct_oom_suppress(ACCT_OOM_DIRECT);
    CU_ASSERT_TRUE(acct_oom_due(ACCT_OOM_DIRECT));
    CU_ASSERT_EQUAL(told(ACCT_OOM_DIRECT), 2);
    CU_ASSERT_EQUAL(told(ACCT_OOM_OTHER), 0);
}

SUITE(acct, fresh, gone, CASE(acct_books_an_allocation_until_it_is_freed),
      CASE(acct_free_goes_to_the_account_of_the_record),
      CASE(acct_books_undecided_what_could_not_be_walked), CASE(acct_leaves_calls_undecided_while_sampling),
      CASE(acct_estimates_sum_to_the_undecided_row), CASE(acct_walks_every_claim_also_while_sampling),
      CASE(acct_counts_frees_of_unknown_blocks), CASE(acct_holds_counts_nothing),
      CASE(acct_reused_address_replaces_its_stale_record),
      CASE(acct_suspend_keeps_the_bytes_until_they_are_replaced),
      CASE(acct_restore_puts_back_what_a_failed_realloc_left),
      CASE(acct_realloc_in_place_moves_the_record_to_its_new_owner),
      CASE(acct_books_a_nested_call_undecided_and_does_not_walk),
      CASE(acct_seed_books_before_weir_once),
      CASE(acct_full_counts_untracked_bytes_and_takes_them_off_the_rows),
      CASE(acct_event_of_an_untracked_block_has_the_vector_without_it),
      CASE(acct_says_nothing_up_to_the_declared_limit_and_its_grace),
      CASE(acct_posts_a_breach_with_the_vector_without_the_request),
      CASE(acct_event_says_when_the_direct_figure_is_not_known),
      CASE(acct_notices_an_undeclared_share_once),
      CASE(acct_speaks_of_the_budget_that_two_rows_share),
      CASE(acct_says_nothing_before_it_is_opened_or_in_observe),
      CASE(acct_nested_call_makes_no_event_however_large),
      CASE(acct_asks_for_the_whole_stack_only_to_say_something),
      CASE(acct_counts_events_that_found_the_ring_full),
      CASE(acct_tick_judges_the_slope_of_the_budget), CASE(acct_row_judges_what_the_vm_bounds),
      CASE(acct_tick_reclaims_owners_that_hold_nothing),
      CASE(acct_peak_carries_its_time_and_starts_anew_when_opened),
      CASE(acct_snapshot_fills_the_booked_rows_and_leaves_the_rest),
      CASE(acct_books_what_hooks_decide_and_no_row_of_the_vm),
      CASE(acct_snapshot_names_the_largest_owners_with_stack_and_age),
      CASE(acct_books_to_the_attempt_of_the_owner), CASE(acct_untracked_block_is_of_no_attempt),
      CASE(acct_snapshot_shows_the_attempt_of_an_owner),
      CASE(acct_snapshot_shows_the_job_of_an_owners_loader),
      CASE(acct_errors_of_one_kind_hide_no_other), CASE(acct_errors_not_told_apart_are_counted),
      CASE(acct_tells_of_attempts_in_their_order),
      CASE(acct_close_leaves_nothing_for_the_next_start));
