/* SPDX-License-Identifier: Apache-2.0 */
/* torture_arena.c: every start with its nth mapping failing, for each n until it succeeds: a clean error, nothing written
 * through the out pointer, every mapping given back (by number: slots left in the arena; by bytes: the size of our
 * address space), and the start that then succeeds works. After + curl's torture tests. */
#include "base/arena.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

#include "base/sysfs.h"
#include "core/acct.h"
#include "core/intern.h"
#include "fake_capture.h"
#include "suite.h"

enum { MANY = 1024, MAX_LIVE = 1 << 16 };

/* How many mappings the arena would still make. */
static int slots_left(void)
{
    void *p[MANY];
    int   n = 0;
    while (n < MANY && (p[n] = arena_map(1)) != NULL)
        n++;
    for (int i = 0; i < n; i++)
        arena_unmap(p[i], 1);
    return n;
}

static unsigned long long address_space_pages(void)
{
    char text[256];
    CU_ASSERT_EQUAL_FATAL(sysfs_read("/proc/self/statm", text, sizeof text, NULL), WEIR_OK);
    return strtoull(text, NULL, 10);
}

struct start {
    enum weir_rc (*make)(void **out);
    void (*use)(void *made); /* asserts that it works */
    void (*drop)(void *made);
};

/* make() must leave *out alone when it fails; afterwards all is as it was. */
static int torture(const struct start *s)
{
    int                slots = slots_left(), n;
    unsigned long long pages = address_space_pages();
    char               untouched;
    for (n = 1; n < MANY; n++) {
        void *made = &untouched;
        arena_fail_at(n);
        enum weir_rc rc = s->make(&made);
        arena_fail_at(0);
        if (rc == WEIR_OK) {
            CU_ASSERT_EQUAL(slots - slots_left(),
                            n - 1); /* so each of its mappings has failed once */
            s->use(made);
            s->drop(made);
            break;
        }
        CU_ASSERT_EQUAL(rc, WEIR_ENOMEM);
        CU_ASSERT_PTR_EQUAL(made, &untouched);
        CU_ASSERT_EQUAL(slots_left(), slots);
        CU_ASSERT_EQUAL(address_space_pages(), pages);
    }
    CU_ASSERT_TRUE(n > 1 && n < MANY);
    CU_ASSERT_EQUAL(slots_left(), slots);
    CU_ASSERT_EQUAL(address_space_pages(), pages);
    return n - 1;
}

/* ---- arena */

static struct arena arena;

static enum weir_rc make_arena(void **out)
{
    enum weir_rc rc = arena_init(&arena, 1 << 20);
    if (rc == WEIR_OK)
        *out = &arena;
    return rc;
}

static void use_arena(void *made)
{
    CU_ASSERT_PTR_NOT_NULL(arena_alloc(made, 100));
}

static void drop_arena(void *made)
{
    arena_destroy(made);
}

static void torture_arena_init(void)
{
    CU_ASSERT_EQUAL(torture(&(struct start){ make_arena, use_arena, drop_arena }), 1);
}

/* ---- live */

static enum weir_rc make_live(void **out)
{
    struct live *live = *out;
    enum weir_rc rc = live_new(&live, MAX_LIVE);
    *out = live;
    return rc;
}

static void use_live(void *made)
{
    struct live_rec rec = { 5, 6, 0 }, old;
    bool            stale;
    CU_ASSERT_EQUAL(live_put(made, 4096, rec, &stale, &old), WEIR_OK);
    CU_ASSERT_TRUE(live_take(made, 4096, &old));
    CU_ASSERT_EQUAL(old.bytes, 5);
}

static void drop_live(void *made)
{
    live_delete(made);
}

static void torture_live_new(void)
{
    torture(&(struct start){ make_live, use_live, drop_live });
}

/* ---- intern */

static enum weir_rc make_intern(void **out)
{
    struct intern *table = *out;
    enum weir_rc   rc = intern_new(&table, 1 << 20, 1 << 12);
    *out = table;
    return rc;
}

static void use_intern(void *made)
{
    uint32_t id = intern_put(made, "abc", 3);
    CU_ASSERT_NOT_EQUAL_FATAL(id, 0);
    CU_ASSERT_EQUAL(memcmp(intern_get(made, id, NULL), "abc", 3), 0);
}

static void drop_intern(void *made)
{
    intern_delete(made);
}

static void torture_intern_new(void)
{
    torture(&(struct start){ make_intern, use_intern, drop_intern });
}

/* ---- stacks */

static enum weir_rc make_stacks(void **out)
{
    struct stacks *stacks = *out;
    enum weir_rc   rc = stacks_new(&stacks);
    *out = stacks;
    return rc;
}

static void use_stacks(void *made)
{
    struct weir_stack out;
    uint32_t name = stacks_name(made, "Leak", 4), frame = stacks_frame(made, name, name, 0, 1);
    stacks_get(made, stacks_put(made, &frame, 1), &out);
    CU_ASSERT_EQUAL_FATAL(out.count, 1);
    CU_ASSERT_STRING_EQUAL(out.frames[0].class_name, "Leak");
}

static void drop_stacks(void *made)
{
    stacks_delete(made);
}

static void torture_stacks_new(void)
{
    torture(&(struct start){ make_stacks, use_stacks, drop_stacks });
}

/* ---- owners */

static enum weir_rc make_owners(void **out)
{
    struct owners *owners = *out;
    enum weir_rc   rc = owners_new(&owners);
    *out = owners;
    return rc;
}

static void use_owners(void *made)
{
    struct owner_key  key = { .stack = 1 };
    struct owner_view top;
    owners_charge(made, &key, 100, 1);
    CU_ASSERT_EQUAL(owners_top(made, WEIR_COMPONENT_COUNT, &top, 1), 1);
    CU_ASSERT_EQUAL(top.bytes, 100);
}

static void drop_owners(void *made)
{
    owners_delete(made);
}

static void torture_owners_new(void)
{
    torture(&(struct start){ make_owners, use_owners, drop_owners });
}

/* ---- attempts */

static enum weir_rc make_attempts(void **out)
{
    struct attempts *attempts = *out;
    enum weir_rc     rc = attempts_new(&attempts);
    *out = attempts;
    return rc;
}

static void use_attempts(void *made)
{
    struct attempt_identity who = { .attempt = 1 };
    uint32_t                id = attempts_begin(made, &who, 1);
    CU_ASSERT_NOT_EQUAL(id, 0);
    CU_ASSERT_TRUE(attempts_running(made, id));
}

static void drop_attempts(void *made)
{
    attempts_delete(made);
}

static void torture_attempts_new(void)
{
    torture(&(struct start){ make_attempts, use_attempts, drop_attempts });
}

/* ---- ring */

static enum weir_rc make_ring(void **out)
{
    struct ring *ring = *out;
    enum weir_rc rc = ring_new(&ring);
    *out = ring;
    return rc;
}

static void use_ring(void *made)
{
    struct ring_event e;
    memset(&e, 0, sizeof e);
    e.requested = 9;
    CU_ASSERT_TRUE(ring_put(made, &e));
    CU_ASSERT_TRUE(ring_take(made, &e));
    CU_ASSERT_EQUAL(e.requested, 9);
}

static void drop_ring(void *made)
{
    ring_delete(made);
}

static void torture_ring_new(void)
{
    torture(&(struct start){ make_ring, use_ring, drop_ring });
}

/* ---- the books as a whole */

static enum weir_rc make_books(void **out)
{
    (void)out; /* one per process */
    return acct_init(&fake_ops, MAX_LIVE);
}

static void use_books(void *made)
{
    static struct weir_sheet sheet;
    (void)made;
    fake_reset();
    acct_allocated(NULL, 4096, 100);
    acct_snapshot(&sheet, WEIR_COMPONENT_COUNT, 1);
    CU_ASSERT_EQUAL(sheet.rows[WEIR_TASK_OFF_HEAP].used, 100);
    CU_ASSERT_TRUE(acct_freed(4096));
}

static void drop_books(void *made)
{
    (void)made;
    acct_close();
}

static void torture_acct_init(void)
{
    CU_ASSERT_TRUE(torture(&(struct start){ make_books, use_books, drop_books }) >= 10);
}

static void torture_acct_init_refuses_a_bad_bound_cleanly(void)
{
    int slots = slots_left();
    CU_ASSERT_EQUAL(acct_init(&fake_ops, 1), WEIR_EINVAL);
    CU_ASSERT_EQUAL(slots_left(), slots);
}

SUITE(torture_arena, NULL, NULL, CASE(torture_arena_init), CASE(torture_live_new),
      CASE(torture_intern_new), CASE(torture_stacks_new), CASE(torture_owners_new),
      CASE(torture_attempts_new), CASE(torture_ring_new), CASE(torture_acct_init),
      CASE(torture_acct_init_refuses_a_bad_bound_cleanly));
