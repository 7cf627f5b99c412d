/* SPDX-License-Identifier: Apache-2.0 */
/* test_handles.c: native objects opened and closed: counts per class, who holds what is open, what has a capacity. */
#include "core/handles.h"

#include <CUnit/CUnit.h>

#include "crew.h"
#include "suite.h"

enum { LIBRARY = 1, OPTIONS = 2, ITERATOR = 3, FAR_TOO_MANY = 300, ROUNDS = 20000, CREW = 4 };

static struct handles *h;

static void fresh(void)
{
    CU_ASSERT_EQUAL_FATAL(handles_new(&h), WEIR_OK);
}

static void gone(void)
{
    handles_delete(h);
}

static struct owner_key at(uint32_t stack)
{
    return (struct owner_key){ .stack = stack, .decider = -1 };
}

static void counts(uint32_t number, uint64_t opened, uint64_t closed)
{
    struct handles_class c;
    CU_ASSERT_TRUE_FATAL(handles_read(h, number, &c));
    CU_ASSERT_EQUAL(c.opened, opened);
    CU_ASSERT_EQUAL(c.closed, closed);
}

static void handles_class_is_one_number_per_name(void)
{
    uint32_t a = handles_class(h, OPTIONS, LIBRARY), b = handles_class(h, ITERATOR, LIBRARY);
    struct handles_class c;
    CU_ASSERT_NOT_EQUAL(a, HANDLES_NO_CLASS);
    CU_ASSERT_NOT_EQUAL(a, b);
    CU_ASSERT_EQUAL(handles_class(h, OPTIONS, LIBRARY), a);
    CU_ASSERT_NOT_EQUAL(handles_class(h, OPTIONS, LIBRARY + 1), a);
    CU_ASSERT_TRUE(handles_read(h, b, &c));
    CU_ASSERT_EQUAL(c.name, ITERATOR);
    CU_ASSERT_FALSE(handles_read(h, HANDLES_NO_CLASS, &c));
    CU_ASSERT_FALSE(handles_read(h, 4, &c));
}

static void handles_class_has_a_bound(void)
{
    uint32_t last = 0;
    for (uint32_t i = 1; i <= FAR_TOO_MANY; i++)
        last = handles_class(h, i, LIBRARY);
    CU_ASSERT_EQUAL(last, HANDLES_NO_CLASS);
    CU_ASSERT_EQUAL(handles_class(h, 7, LIBRARY), 7);
}

static uint64_t seen_open, seen_owners;

static void see(void *stack, const struct owner_view *v)
{
    seen_owners++;
    if (v->key.stack == *(const uint32_t *)stack)
        seen_open += v->count;
}

static uint64_t open_at(uint32_t stack)
{
    seen_open = seen_owners = 0;
    handles_each(h, see, &stack);
    return seen_open;
}

static void an_open_handle_is_its_creators_until_it_is_closed(void)
{
    uint32_t         number = handles_class(h, OPTIONS, LIBRARY);
    struct owner_key one = at(11), two = at(12);
    handles_opened(h, number, 0x1000, &one, 5);
    handles_opened(h, number, 0x2000, &one, 6);
    handles_opened(h, number, 0x3000, &two, 7);
    handles_opened(h, number, 0x4000, NULL, 8);
    CU_ASSERT_EQUAL(open_at(11), 2);
    CU_ASSERT_EQUAL(open_at(12), 1);
    CU_ASSERT_EQUAL(open_at(0), 1);
    CU_ASSERT_TRUE(handles_closed(h, 0x2000));
    CU_ASSERT_EQUAL(open_at(11), 1);
    CU_ASSERT_FALSE(handles_closed(h, 0x2000));
    CU_ASSERT_EQUAL(handles_losses(h).unknown, 1);
    counts(number, 4, 1);
}

static void one_stack_that_opens_two_classes_is_two_owners(void)
{
    struct owner_key key = at(11);
    handles_opened(h, handles_class(h, OPTIONS, LIBRARY), 0x1000, &key, 5);
    handles_opened(h, handles_class(h, ITERATOR, LIBRARY), 0x2000, &key, 5);
    CU_ASSERT_EQUAL(open_at(11), 2);
    CU_ASSERT_EQUAL(seen_owners, 2);
}

static void a_handle_met_again_was_closed_unseen(void)
{
    uint32_t         options = handles_class(h, OPTIONS, LIBRARY), iterator = handles_class(h, ITERATOR, LIBRARY);
    struct owner_key key = at(11);
    handles_opened(h, options, 0x1000, &key, 5);
    handles_opened(h, iterator, 0x1000, &key, 6);
    counts(options, 1, 1);
    counts(iterator, 1, 0);
    CU_ASSERT_EQUAL(handles_losses(h).stale, 1);
    CU_ASSERT_EQUAL(open_at(11), 1);
}

static void sizes_last_as_long_as_their_handles(void)
{
    struct handles_size size[HANDLES_SIZED];
    uint32_t            number = handles_class(h, OPTIONS, LIBRARY);
    handles_opened(h, number, 0x1000, NULL, 5);
    handles_sized(h, number, 0x1000, 64 << 20, 0, 5);
    handles_opened(h, number, 0x2000, NULL, 6);
    handles_sized(h, number, 0x2000, 32 << 20, 0x1000, 6);
    CU_ASSERT_EQUAL(handles_sizes(h, size), 2);
    CU_ASSERT_EQUAL(size[1].capacity, 32 << 20);
    CU_ASSERT_EQUAL(size[1].charges, 0x1000);
    CU_ASSERT_TRUE(handles_closed(h, 0x1000));
    CU_ASSERT_EQUAL_FATAL(handles_sizes(h, size), 1);
    CU_ASSERT_EQUAL(size[0].handle, 0x2000);
}

static void sizes_beyond_the_bound_are_counted(void)
{
    struct handles_size size[HANDLES_SIZED];
    uint32_t            number = handles_class(h, OPTIONS, LIBRARY);
    for (uintptr_t i = 1; i <= HANDLES_SIZED + 3; i++)
        handles_sized(h, number, i * 16, 1, 0, 5);
    CU_ASSERT_EQUAL(handles_sizes(h, size), HANDLES_SIZED);
    CU_ASSERT_EQUAL(handles_losses(h).dropped, 3);
}

static void walks_are_spent_once_a_second(void)
{
    uint32_t number = handles_class(h, OPTIONS, LIBRARY), other = handles_class(h, ITERATOR, LIBRARY);
    int      walks = 0;
    for (int i = 0; i < ROUNDS; i++)
        walks += handles_walk(h, number);
    CU_ASSERT_TRUE(walks > 0 && walks < ROUNDS / 10);
    CU_ASSERT_FALSE(handles_walk(h, number));
    CU_ASSERT_TRUE(handles_walk(h, other));
    handles_tick(h);
    CU_ASSERT_TRUE(handles_walk(h, number));
}

static uint32_t shared_class;

static void open_and_close(int member)
{
    struct owner_key key = at((uint32_t)member + 1);
    for (uintptr_t i = 1; i <= ROUNDS; i++) {
        uintptr_t handle = ((uintptr_t)member << 32) + i * 16;
        handles_opened(h, shared_class, handle, handles_walk(h, shared_class) ? &key : NULL, 5);
        crew_check(handles_closed(h, handle));
    }
}

static void counts_are_exact_under_threads(void)
{
    shared_class = handles_class(h, OPTIONS, LIBRARY);
    CU_ASSERT_EQUAL(crew_run(CREW, open_and_close), 0);
    counts(shared_class, CREW * ROUNDS, CREW * ROUNDS);
    uint32_t nobody = 0;
    seen_owners = 0;
    handles_each(h, see, &nobody);
    CU_ASSERT_EQUAL(seen_owners, 0);
}

SUITE(handles, fresh, gone, CASE(handles_class_is_one_number_per_name), CASE(handles_class_has_a_bound),
      CASE(an_open_handle_is_its_creators_until_it_is_closed), CASE(one_stack_that_opens_two_classes_is_two_owners),
      CASE(a_handle_met_again_was_closed_unseen), CASE(sizes_last_as_long_as_their_handles),
      CASE(sizes_beyond_the_bound_are_counted), CASE(walks_are_spent_once_a_second), CASE(counts_are_exact_under_threads));
