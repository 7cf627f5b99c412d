/* SPDX-License-Identifier: Apache-2.0 */
/* test_hook_malloc.c: libraries that are really loaded, and whose calls are really replaced. Sizes are odd and prime, so that a
 * sum says which blocks it is made of. What one library takes another gives back. */
#define _GNU_SOURCE /* RTLD_NOLOAD, MREMAP_MAYMOVE, memfd_create */
#include "native/hooked.h"

#include <CUnit/CUnit.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/acct.h"
#include "core/door.h"
#include "core/sample.h"
#include "crew.h"
#include "fake_capture.h"
#include "heaplib.h"
#include "gotlib.h"
#include "native/elfgot.h"
#include "native/hook_malloc.h"
#include "suite.h"

enum { MAX_LIVE = 1 << 16, PAGE = 4096, THREADS = 8, ROUNDS = 20000 / CREW_SCALE, SLOTS = 64 };

static const struct heaplib   *one, *two;
static const struct heaplibxx *xx, *own;
static void                   *handle[4];
static const struct libs_wanted wanted = { "libheapone+libheaptwo+libheapxx+libheapown", "", "heaptwo+heapxx" };

/* ---- what a walk finds */

static _Thread_local struct {
    bool     walks, blind;
    uint32_t stack;
    uint8_t  component; /* WEIR_COMPONENT_COUNT: no Java frame */
} walk;
static atomic_uint walked;

static bool native(struct owner_key *key, struct capture_native *found)
{
    if (!walk.walks)
        return false;
    atomic_fetch_add(&walked, 1);
    key->stack = walk.stack;
    found->frames = 3;
    found->blind = walk.blind;
    found->java = walk.component != WEIR_COMPONENT_COUNT;
    found->component = walk.component;
    errno = 77;
    return true;
}

static struct capture_ops ops;

static enum library_by decide(const char *path, bool cxx, enum weir_component *component, const char **why)
{
    crew_check(cxx == (strstr(path, "stdc++") != NULL));
    if (strstr(path, "two") == NULL)
        return LIBRARY_OPEN;
    *component = WEIR_MANAGED;
    *why = "the test says so";
    return LIBRARY_BY_CONFIG;
}

static void *load(int i, const char *name, const char *all)
{
    char path[4096];
    gotlib_path(name, path, sizeof path);
    handle[i] = crew_need(dlopen(path, RTLD_LAZY | RTLD_LOCAL));
    void *found = crew_need(dlsym(handle[i], all));
    const void *(*get)(void);
    memcpy(&get, (const void *)&found, sizeof get);
    const void *table = get();
    void       *result;
    memcpy(&result, (const void *)&table, sizeof result);
    return result;
}

static void fresh(void)
{
    fake_reset();
    memset(&walk, 0, sizeof walk);
    atomic_store(&walked, 0);
    ops = fake_ops;
    ops.native = native;
    CU_ASSERT_EQUAL_FATAL(acct_init(&ops, MAX_LIVE), WEIR_OK);
    one = load(0, "libheapone.so", "heaplib");
    two = load(1, "libheaptwo.so", "heaplib");
    xx = load(2, "libheapxx.so", "heaplibxx_all");
    if (own == NULL) /* stays loaded: its libstdc++ keeps a pool for exceptions that it never gives back */
        own = load(3, "libheapown.so", "heaplibxx_all");
    hooked_install(&wanted, decide);
}

static void gone(void)
{
    hooked_close();
    for (int i = 0; i < 3; i++)
        if (handle[i] != NULL)
            dlclose(handle[i]);
    memset((void *)handle, 0, 3 * sizeof handle[0]);
    door_set(DOOR_OPEN);
    acct_close();
}

/* ---- looking */

static unsigned library(const char *name)
{
    for (unsigned i = 1; i <= libraries_top(acct_libraries()); i++) {
        struct library l = libraries_read(acct_libraries(), i);
        if (l.used && strstr(stacks_text(acct_stacks(), l.name), name) != NULL)
            return i;
    }
    return 0;
}

static bool holds(const char *name, uint64_t bytes, uint64_t blocks)
{
    uint64_t b, n;
    acct_native_sum(library(name), &b, &n);
    return library(name) != 0 && b == bytes && n == blocks;
}

static void nothing_odd(void)
{
    static struct weir_sheet sheet;
    acct_snapshot(&sheet, WEIR_COMPONENT_COUNT, 0);
    CU_ASSERT_EQUAL(sheet.agent.stale, 0);
    CU_ASSERT_EQUAL(sheet.agent.untracked_bytes, 0);
    CU_ASSERT_EQUAL(acct_native_unknown_frees(), 0);
}

static void all_given_back(void)
{
    CU_ASSERT_TRUE(holds("one", 0, 0));
    CU_ASSERT_TRUE(holds("two", 0, 0));
    CU_ASSERT_TRUE(holds("xx", 0, 0));
    nothing_odd();
}

/* ---- C */

static void each_way_to_take_books_what_was_asked_for(void)
{
    char *text = one->copy("abcdef"), *part = one->copy_part("abcdef", 3);
    void *blocks[] = { one->take(1009),          one->take_zeroed(7, 149),      one->take_posix(64, 2003), one->take_aligned(64, 1984),
                       one->take_memalign(32, 4001), one->take_pages(5003),     one->take_whole_pages(6007), one->change(NULL, 7001),
                       one->change_array(NULL, 11, 13), text, part };
    CU_ASSERT_STRING_EQUAL(text, "abcdef");
    CU_ASSERT_STRING_EQUAL(part, "abc");
    CU_ASSERT_TRUE(holds("one", 1009 + 7 * 149 + 2003 + 1984 + 4001 + 5003 + 6007 + 7001 + 11 * 13 + 7 + 4, 11));
    CU_ASSERT_TRUE(holds("two", 0, 0));
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
        one->give(blocks[i]);
    one->give(NULL);
    all_given_back();
}

static void what_one_library_took_another_gives_back(void)
{
    void *a = one->take(1009), *b = two->take(2003);
    CU_ASSERT_TRUE(holds("one", 1009, 1));
    CU_ASSERT_TRUE(holds("two", 2003, 1));
    two->give(a);
    CU_ASSERT_TRUE(holds("one", 0, 0));
    b = one->change(b, 4001); /* and is the other's then */
    CU_ASSERT_TRUE(holds("two", 0, 0));
    CU_ASSERT_TRUE(holds("one", 4001, 1));
    two->give(b);
    all_given_back();
}

static void a_realloc_replaces_and_to_nothing_frees(void)
{
    void *p = one->take(1009);
    p = one->change(p, 5003);
    CU_ASSERT_TRUE(holds("one", 5003, 1));
    p = one->change_array(p, 3, 7);
    CU_ASSERT_TRUE(holds("one", 21, 1));
    p = one->change(p, 0); /* glibc frees; another allocator may answer a block of nothing */
    CU_ASSERT_TRUE(holds("one", 0, p == NULL ? 0 : 1));
    one->give(p);
    all_given_back();
}

static void a_block_from_before_is_unknown_and_no_error(void)
{
    void *p = malloc(1009); /* this program's own call is not hooked */
    one->give(p);
    CU_ASSERT_EQUAL(acct_native_unknown_frees(), 1);
    p = one->change(malloc(17), 2003);
    CU_ASSERT_EQUAL(acct_native_unknown_frees(), 2);
    CU_ASSERT_TRUE(holds("one", 2003, 1));
    one->give(p);
    CU_ASSERT_TRUE(holds("one", 0, 0));
}

#if !CREW_SANITIZED /* whose allocators end the process instead */
static void a_failed_realloc_leaves_the_block_and_errno(void)
{
    void *p = one->take(1009);
    errno = 0;
    CU_ASSERT_PTR_NULL(one->change(p, PTRDIFF_MAX));
    CU_ASSERT_EQUAL(errno, ENOMEM);
    CU_ASSERT_PTR_NULL(one->change_array(p, SIZE_MAX, 3));
    CU_ASSERT_TRUE(holds("one", 1009, 1));
    errno = 0;
    CU_ASSERT_PTR_NULL(one->take(PTRDIFF_MAX));
    CU_ASSERT_EQUAL(errno, ENOMEM);
    CU_ASSERT_PTR_NULL(one->take_zeroed(SIZE_MAX, 3));
    CU_ASSERT_TRUE(holds("one", 1009, 1));
    one->give(p);
    all_given_back();
}

/* bad_alloc passes through, and what comes after is booked as before. */
static void bad_alloc_passes_and_leaves_nothing_behind(void)
{
    int before = xx->thrown();
    for (int form = 0; form < HEAPLIB_NEW; form++)
        CU_ASSERT_PTR_NULL(xx->make(form, PTRDIFF_MAX));
    CU_ASSERT_EQUAL(xx->thrown(), before + 4); /* the other four say it by NULL */
    CU_ASSERT_TRUE(holds("xx", 0, 0));
    void *p = xx->make(0, 1009), *q = one->take(17);
    CU_ASSERT_TRUE(holds("xx", 1009, 1));
    CU_ASSERT_TRUE(holds("one", 17, 1));
    xx->drop(0, p, 1009);
    one->give(q);
    all_given_back();
}
#endif

static void errno_is_the_real_functions(void)
{
    walk.walks = true;
    sample_native_set(0);
    errno = 42;
    void *p = one->take(1009);
    CU_ASSERT_EQUAL(errno, 42);
    one->give(p);
    CU_ASSERT_EQUAL(errno, 42);
}

/* ---- C++ */

/* Which operator delete gives back what the operator new of this form took. */
static const int drops[HEAPLIB_NEW][3] = { { 0, 2, 4 }, { 1, 3, 5 }, { 0, 2, 4 }, { 1, 3, 5 },
                                           { 6, 8, 10 }, { 7, 9, 11 }, { 6, 8, 10 }, { 7, 9, 11 } };

static void books_each_once(const struct heaplibxx *lib, const char *name)
{
    for (int form = 0; form < HEAPLIB_NEW; form++)
        for (int d = 0; d < 3; d++) {
            uint64_t size = 1009 + (uint64_t)form * 2 + (uint64_t)d;
            void    *p = lib->make(form, size);
            CU_ASSERT_TRUE(holds(name, size, 1));
            lib->drop(drops[form][d], p, size);
            CU_ASSERT_TRUE(holds(name, 0, 0));
        }
    all_given_back();
}

static void every_operator_new_and_delete_is_booked_once(void)
{
    books_each_once(xx, "xx");
}

/* They call malloc and free through its own slots, which are ours too. */
static void also_where_the_operators_are_the_librarys_own(void)
{
    books_each_once(own, "own");
    void *text = own->text(5003);
    uint64_t bytes, blocks;
    acct_native_sum(library("own"), &bytes, &blocks);
    CU_ASSERT_EQUAL(blocks, 2);
    own->drop_text(text);
    CU_ASSERT_TRUE(holds("own", 0, 0));
    nothing_odd();
}

static void what_libstdcxx_takes_is_its_callers(void)
{
    void    *texts[8];
    uint64_t bytes, blocks;
    for (size_t i = 0; i < 8; i++)
        texts[i] = xx->text(5003);
    acct_native_sum(library("xx"), &bytes, &blocks);
    CU_ASSERT_EQUAL(blocks, 16); /* the object and its characters */
    CU_ASSERT_TRUE(bytes > 8ULL * 5003 && bytes < 8ULL * 16384);
    CU_ASSERT_NOT_EQUAL(library("stdc++"), 0);
    for (size_t i = 0; i < 8; i++)
        xx->drop_text(texts[i]);
    CU_ASSERT_TRUE(holds("stdc++", 0, 0));
    all_given_back();
}

/* Its operators lie in libstdc++, whose malloc is ours. */
static void what_a_library_that_is_not_hooked_takes_by_new_is_nobodys(void)
{
    static const struct libs_wanted few = { "libheapone", "", "" };
    uint64_t                        bytes, blocks, sum = 0;
    void                           *made[HEAPLIB_NEW];
    hooked_close();
    hooked_install(&few, decide);
    CU_ASSERT_NOT_EQUAL(library("stdc++"), 0);
    one->give(one->take(17)); /* this thread's last library */
    for (int form = 0; form < HEAPLIB_NEW; form++)
        made[form] = xx->make(form, 1009);
    for (unsigned i = 1; i <= libraries_top(acct_libraries()); i++) {
        acct_native_sum(i, &bytes, &blocks);
        sum += bytes;
    }
    CU_ASSERT_EQUAL(sum, 0);
    for (int form = 0; form < HEAPLIB_NEW; form++)
        xx->drop(drops[form][0], made[form], 1009);
    xx->drop_text(xx->text(5003)); /* grows in there, goes in there */
    CU_ASSERT_TRUE(holds("one", 0, 0));
    nothing_odd();
}

/* ---- whose */

static void a_library_of_the_configuration_is_in_its_component(void)
{
    void *p = two->take(1009);
    CU_ASSERT_EQUAL(acct_used(WEIR_MANAGED), 1009);
    CU_ASSERT_EQUAL(acct_native_used(WEIR_MANAGED), 1009);
    CU_ASSERT_EQUAL(acct_used(WEIR_UNDECIDED), 0);
    two->give(p);
    CU_ASSERT_EQUAL(acct_used(WEIR_MANAGED), 0);
}

/* What was undecided moves with it; who walks is not told twice. */
static void the_first_java_frame_decides_for_the_whole_library(void)
{
    void *before = one->take(1009);
    CU_ASSERT_EQUAL(acct_used(WEIR_UNDECIDED), 1009);
    walk.walks = true;
    walk.component = WEIR_COMPONENT_COUNT;
    void *open = one->take(2003);
    CU_ASSERT_EQUAL(acct_used(WEIR_UNDECIDED), 3012);
    walk.component = WEIR_TASK_OFF_HEAP;
    void *deciding = one->take(4001);
    CU_ASSERT_EQUAL(acct_used(WEIR_UNDECIDED), 0);
    CU_ASSERT_EQUAL(acct_used(WEIR_TASK_OFF_HEAP), 7013);
    unsigned seen = atomic_load(&walked);
    void    *after = one->take(17);
    CU_ASSERT_EQUAL(atomic_load(&walked), seen);
    CU_ASSERT_TRUE(holds("one", 7030, 4));
    one->give(before);
    one->give(open);
    one->give(deciding);
    one->give(after);
    CU_ASSERT_EQUAL(acct_used(WEIR_TASK_OFF_HEAP), 0);
    all_given_back();
}

static void without_any_java_frame_it_is_the_jvms_overhead(void)
{
    struct policy_limits  limits = fake_limits();
    struct policy_verdict v;
    walk.walks = true;
    walk.component = WEIR_COMPONENT_COUNT;
    acct_open(&limits, NULL, 1);
    walk.blind = true; /* which says nothing */
    for (int i = 0; i < 80; i++) {
        walk.blind = i < 40;
        one->give(one->take(1009));
        acct_tick(i, &v); /* a second, after which some calls are walked again */
        if (i == 39)
            CU_ASSERT_EQUAL(libraries_component(acct_libraries(), library("one")), WEIR_UNDECIDED);
    }
    void *p = one->take(1009);
    CU_ASSERT_EQUAL(acct_used(WEIR_JVM_OVERHEAD), 1009);
    walk.component = WEIR_TASK_OFF_HEAP; /* and yet there is one */
    acct_tick(81, &v);
    void *q = one->take(2003);
    CU_ASSERT_EQUAL(acct_used(WEIR_TASK_OFF_HEAP), 3012);
    one->give(p);
    one->give(q);
}

static void a_walked_block_has_an_owner_in_the_librarys_component(void)
{
    static struct weir_sheet sheet;
    uint32_t                 frame = stacks_frame(acct_stacks(), stacks_name(acct_stacks(), "Leak", 4), stacks_name(acct_stacks(), "x", 1), 0, 1);
    walk.walks = true;
    walk.stack = stacks_put(acct_stacks(), &frame, 1);
    walk.component = WEIR_COMPONENT_COUNT;
    sample_native_set(0);
    void *p = two->take(1009), *q = two->take(2003);
    acct_snapshot(&sheet, WEIR_MANAGED, 0);
    CU_ASSERT_EQUAL_FATAL(sheet.owner_count, 1);
    CU_ASSERT_EQUAL(sheet.owners[0].bytes, 3012);
    CU_ASSERT_EQUAL(sheet.owners[0].estimated, 0);
    CU_ASSERT_EQUAL(sheet.owners[0].component, WEIR_MANAGED);
    CU_ASSERT_EQUAL(sheet.owners[0].kind, WEIR_KIND_NATIVE);
    CU_ASSERT_STRING_EQUAL(sheet.owners[0].stack.source, "libheaptwo.so");
    CU_ASSERT_EQUAL(sheet.rows[WEIR_MANAGED].used, 3012);
    CU_ASSERT_EQUAL(sheet.rows[WEIR_MANAGED].kind_bytes[WEIR_KIND_NATIVE], 3012);
    CU_ASSERT_EQUAL(sheet.rows[WEIR_MANAGED].blocks, 2);
    two->give(p);
    two->give(q);
    acct_snapshot(&sheet, WEIR_MANAGED, 0);
    CU_ASSERT_EQUAL(sheet.owner_count, 0);
    CU_ASSERT_EQUAL(sheet.rows[WEIR_MANAGED].peak, 3012); /* as the reading above saw it */
    all_given_back();
}

static void sampled_blocks_speak_for_the_others(void)
{
    static struct weir_sheet sheet;
    static void             *blocks[20000];
    walk.walks = true;
    walk.component = WEIR_TASK_OFF_HEAP;
    sample_native_set(14);
    for (size_t i = 0; i < 20000; i++)
        blocks[i] = two->take(101);
    acct_snapshot(&sheet, WEIR_MANAGED, 0);
    CU_ASSERT_EQUAL(sheet.rows[WEIR_MANAGED].used, 20000 * 101);
    CU_ASSERT_EQUAL_FATAL(sheet.owner_count, 1);
    uint64_t all = sheet.owners[0].bytes + sheet.owners[0].estimated;
    CU_ASSERT_TRUE(sheet.owners[0].count < 400);
    CU_ASSERT_TRUE(all > 2020000 * 0.5 && all < 2020000 * 1.6);
    for (size_t i = 0; i < 20000; i++)
        two->give(blocks[i]);
    acct_snapshot(&sheet, WEIR_MANAGED, 0);
    CU_ASSERT_EQUAL(sheet.owner_count, 0);
    all_given_back();
}

/* ---- deny=native */

static void limited(uint64_t managed, uint64_t task)
{
    struct policy_limits limits = fake_limits();
    limits.mode = WEIR_MODE_ENFORCE;
    fake_limit(&limits, WEIR_MANAGED, managed, true);
    fake_limit(&limits, WEIR_TASK_OFF_HEAP, task, true);
    acct_open(&limits, NULL, 1);
    acct_native_enforce(true);
}

static void beyond_the_limit_malloc_answers_null(void)
{
    struct ring_event e = { .type = RING_BREACH };
    limited(10000, 10000);
    void *p = two->take(9000), *q;
    errno = 0;
    CU_ASSERT_PTR_NULL(two->take(1001));
    CU_ASSERT_EQUAL(errno, ENOMEM);
    CU_ASSERT_PTR_NULL(two->take_zeroed(13, 77));
    CU_ASSERT_PTR_NULL(two->take_posix(64, 1001));
    CU_ASSERT_EQUAL(errno, ENOMEM);
    CU_ASSERT_PTR_NULL(two->take_aligned(64, 1024));
    CU_ASSERT_PTR_NULL(two->change(p, 10001)); /* and is as it was */
    CU_ASSERT_PTR_NOT_NULL(q = two->take(999 - 1));
    two->give(q);
    p = two->change(p, 10000 - 1);
    CU_ASSERT_PTR_NOT_NULL(p);
    void *free_of_it = one->take(50000); /* is not named */
    CU_ASSERT_PTR_NOT_NULL(free_of_it);
    while (acct_take_event(&e) && e.type != RING_DENIAL)
        continue;
    CU_ASSERT_EQUAL(e.type, RING_DENIAL);
    CU_ASSERT_EQUAL(e.component, WEIR_MANAGED);
    CU_ASSERT_EQUAL(e.requested, 1001);
    acct_native_enforce(false);
    CU_ASSERT_PTR_NOT_NULL(q = two->take(20000));
    two->give(q);
    two->give(p);
    one->give(free_of_it);
    CU_ASSERT_TRUE(holds("one", 0, 0));
}

static void of_operator_new_only_the_nothrow_form_is_denied(void)
{
    int caught = xx->thrown();
    walk.walks = true;
    walk.component = WEIR_TASK_OFF_HEAP;
    xx->drop(0, xx->make(0, 17), 17); /* tells whose it is */
    limited(10000, 10000);
    for (int form = 0; form < HEAPLIB_NEW; form++) {
        void *p = xx->make(form, 10001);
        CU_ASSERT_EQUAL(p == NULL, form == 2 || form == 3 || form == 6 || form == 7);
        if (p != NULL)
            xx->drop(drops[form][0], p, 10001);
    }
    CU_ASSERT_EQUAL(xx->thrown(), caught);
    all_given_back();
}

enum { BOUND = 100000 };

/* What is denied and what is not together never pass the limit. */
static void rush(int member)
{
    uint64_t seed = (uint64_t)member + 1;
    for (int i = 0; i < ROUNDS; i++) {
        void *p = two->take(1 + crew_below(&seed, BOUND / 2));
        if (p != NULL) {
            void *q = two->change(p, 1 + crew_below(&seed, BOUND / 2));
            p = q != NULL ? q : p;
        }
        if (i % 64 == 0)
            crew_check(acct_used(WEIR_MANAGED) <= BOUND);
        two->give(p);
    }
}

static void the_limit_is_never_passed(void)
{
    limited(BOUND, 1);
    CU_ASSERT_EQUAL(crew_run(THREADS, rush), 0);
    CU_ASSERT_TRUE(holds("two", 0, 0));
    void *p = two->take(BOUND); /* nothing is held any more */
    CU_ASSERT_PTR_NOT_NULL(p);
    two->give(p);
}

/* ---- pages */

static void *take_pages(size_t bytes)
{
    return one->map(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static void a_mapping_loses_the_part_that_is_given_back(void)
{
    char *p = take_pages(8 * PAGE - 100);
    CU_ASSERT_TRUE(holds("one", 8 * PAGE, 1));
    CU_ASSERT_EQUAL(two->unmap(p + 2 * PAGE, PAGE), 0); /* a hole */
    CU_ASSERT_TRUE(holds("one", 7 * PAGE, 2));
    CU_ASSERT_EQUAL(one->unmap(p, PAGE), 0); /* its front */
    CU_ASSERT_TRUE(holds("one", 6 * PAGE, 2));
    CU_ASSERT_EQUAL(one->unmap(p + 7 * PAGE, 17), 0); /* its end; a part of a page is the page */
    CU_ASSERT_TRUE(holds("one", 5 * PAGE, 2));
    CU_ASSERT_EQUAL(one->unmap(p, 8 * PAGE), 0); /* all of it, with holes in between */
    all_given_back();
}

static void a_failed_munmap_changes_nothing(void)
{
    char *p = take_pages(3 * PAGE);
    errno = 0;
    CU_ASSERT_EQUAL(one->unmap(p + 1, PAGE), -1);
    CU_ASSERT_EQUAL(errno, EINVAL);
    CU_ASSERT_TRUE(holds("one", 3 * PAGE, 3)); /* in three pieces now: 1 + 1 + 1 */
    CU_ASSERT_EQUAL(one->unmap(p, 3 * PAGE), 0);
    all_given_back();
}

static void a_fixed_mapping_takes_the_place_of_what_was_there(void)
{
    char *p = take_pages(4 * PAGE);
    void *q = two->map(p + PAGE, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1);
    CU_ASSERT_PTR_EQUAL(q, p + PAGE);
    CU_ASSERT_TRUE(holds("one", 2 * PAGE, 2));
    CU_ASSERT_TRUE(holds("two", 2 * PAGE, 1));
    CU_ASSERT_EQUAL(one->unmap(p, 4 * PAGE), 0);
    all_given_back();
}

static void mremap_moves_grows_and_shrinks(void)
{
    char *p = take_pages(4 * PAGE), *goal = take_pages(16 * PAGE);
    p = two->remap(p, 4 * PAGE, 8 * PAGE, MREMAP_MAYMOVE, NULL);
    CU_ASSERT_TRUE(holds("one", 24 * PAGE, 2)); /* still of who took it */
    p = one->remap(p, 8 * PAGE, 2 * PAGE, 0, NULL);
    CU_ASSERT_TRUE(holds("one", 18 * PAGE, 2));
    CU_ASSERT_PTR_EQUAL(one->remap(p, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, goal), goal);
    CU_ASSERT_TRUE(holds("one", 16 * PAGE, 2)); /* it covers two pages of the other */
    CU_ASSERT_PTR_EQUAL(one->remap(goal, 2 * PAGE, 1ULL << 60, 0, NULL), MAP_FAILED);
    CU_ASSERT_TRUE(holds("one", 16 * PAGE, 2));
    CU_ASSERT_EQUAL(one->unmap(goal, 16 * PAGE), 0);
    all_given_back();
}

static void address_space_is_not_counted_and_files_are_mapped_files(void)
{
    void *space = one->map(NULL, 1 << 30, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
    CU_ASSERT_TRUE(holds("one", 0, 0));
    int   file = memfd_create("weir", MFD_CLOEXEC);
    CU_ASSERT_EQUAL(ftruncate(file, 3 * PAGE), 0);
    void *p = one->map(NULL, 3 * PAGE, PROT_READ, MAP_SHARED, file);
    CU_ASSERT_TRUE(holds("one", 0, 0));
    CU_ASSERT_EQUAL(acct_used(WEIR_MAPPED), 3 * PAGE);
    CU_ASSERT_EQUAL(one->unmap(p, 3 * PAGE), 0);
    CU_ASSERT_EQUAL(acct_used(WEIR_MAPPED), 0);
    close(file);
    one->unmap(space, 1 << 30);
    all_given_back();
}

/* ---- libraries that come and go */

static bool is_loaded(const char *name)
{
    char path[4096];
    gotlib_path(name, path, sizeof path);
    void *there = dlopen(path, RTLD_LAZY | RTLD_NOLOAD);
    if (there != NULL)
        dlclose(there);
    return there != NULL;
}

static void unload(int i)
{
    dlclose(handle[i]);
    handle[i] = NULL;
}

static void a_hooked_library_can_be_unloaded_and_comes_back(void)
{
    unsigned before = hooked_state().libraries;
    for (int i = 0; i < 100; i++) { /* more often than there are sets */
        unload(0);
        CU_ASSERT_FALSE_FATAL(is_loaded("libheapone.so"));
        one = load(0, "libheapone.so", "heaplib");
        hooked_look();
        void *p = one->take(1009);
        CU_ASSERT_TRUE(holds("one", 1009, 1));
        one->give(p);
        CU_ASSERT_EQUAL(hooked_state().libraries, before);
    }
    CU_ASSERT_EQUAL(hooked_state().left_out, 0);
    all_given_back();
}

static void what_an_unloaded_library_left_stays_its_own(void)
{
    void *p = one->take(1009);
    unsigned was = library("one");
    unload(0);
    hooked_look();
    struct library l = libraries_read(acct_libraries(), was);
    CU_ASSERT_TRUE(l.used && !l.loaded);
    CU_ASSERT_TRUE(holds("one", 1009, 1));
    one = load(0, "libheapone.so", "heaplib");
    hooked_look();
    void    *q = one->take(17);
    uint64_t bytes, blocks;
    acct_native_sum(was, &bytes, &blocks);
    CU_ASSERT_EQUAL(bytes, 1009);
    two->give(p);
    one->give(q);
    hooked_verify(); /* nothing is left: it is forgotten */
    CU_ASSERT_FALSE(libraries_read(acct_libraries(), was).used);
    nothing_odd();
}

static void slots_that_somebody_else_wrote_are_told(void)
{
    struct elfgot        lib;
    struct elfgot_symbol symbol;
    CU_ASSERT_EQUAL_FATAL(elfgot_open(&lib, "libheapone.so"), WEIR_OK);
    CU_ASSERT_EQUAL_FATAL(elfgot_find(&lib, "malloc", &symbol), WEIR_OK);
    CU_ASSERT_TRUE(hook_malloc_owns(symbol.original));
    hooked_verify();
    CU_ASSERT_EQUAL(hooked_state().overwritten, 0);
    CU_ASSERT_EQUAL(elfgot_put(&symbol, (void *)malloc), WEIR_OK);
    hooked_verify();
    CU_ASSERT_EQUAL(hooked_state().overwritten, 1);
    CU_ASSERT_EQUAL(elfgot_put(&symbol, symbol.original), WEIR_OK);
    hooked_verify();
    CU_ASSERT_EQUAL(hooked_state().overwritten, 0);
    elfgot_close(&lib);
}

/* ---- fork, idle */

static void a_child_of_fork_leaves_the_books_alone(void)
{
    static bool once;
    if (!once)
        door_shut_in_children();
    once = true;
    void *p = one->take(1009);
    pid_t child = fork();
    if (child == 0) {
        void *q = one->take(2003);
        bool  right = holds("one", 1009, 1);
        one->give(p);
        one->give(q);
        _exit(right && holds("one", 1009, 1) ? 0 : 1);
    }
    int status = 1;
    waitpid(child, &status, 0);
    CU_ASSERT_EQUAL(status, 0);
    one->give(p);
    all_given_back();
}

static void idle_books_nothing_new_and_lets_go_of_the_old(void)
{
    void *p = one->take(1009), *s = xx->make(0, 101);
    door_set(DOOR_IDLE);
    void *q = one->take(2003), *r = xx->make(0, 17);
    CU_ASSERT_TRUE(holds("one", 1009, 1));
    CU_ASSERT_TRUE(holds("xx", 101, 1));
    one->give(p);
    xx->drop(0, s, 101);
    one->give(q);
    xx->drop(0, r, 17);
    CU_ASSERT_TRUE(holds("one", 0, 0));
    CU_ASSERT_TRUE(holds("xx", 0, 0));
    door_set(DOOR_OPEN);
}

/* ---- threads */

static _Atomic(void *) shelf[SLOTS];
static atomic_bool     stop;

static void *take_some(uint64_t *seed)
{
    const struct heaplib *lib = crew_below(seed, 2) == 0 ? one : two;
    size_t                bytes = 1 + crew_below(seed, 3000);
    switch (crew_below(seed, 5)) {
    case 0: return lib->take_zeroed(3, bytes);
    case 1: return lib->take_posix(64, bytes);
    case 2: return lib->change(NULL, bytes);
    default: return lib->take(bytes);
    }
}

/* Blocks go from hand to hand: each is given back, or changed, by whoever finds it. */
static void juggle(int member)
{
    uint64_t seed = (uint64_t)member + 1;
    walk.walks = member % 2 == 0;
    walk.component = WEIR_COMPONENT_COUNT;
    for (int i = 0; i < ROUNDS; i++) {
        void *p = atomic_exchange(&shelf[crew_below(&seed, SLOTS)], NULL);
        if (p != NULL && crew_below(&seed, 3) == 0)
            p = two->change(p, 1 + crew_below(&seed, 5000));
        else if (p != NULL)
            one->give(p), p = NULL;
        if (p == NULL)
            p = take_some(&seed);
        p = atomic_exchange(&shelf[crew_below(&seed, SLOTS)], p);
        two->give(p);
        void *s = xx->make(member, 100);
        xx->drop(drops[member][i % 3], s, 100);
    }
}

static void sums_are_exact_whoever_gives_back(void)
{
    sample_native_set(14);
    CU_ASSERT_EQUAL(crew_run(THREADS, juggle), 0);
    for (int i = 0; i < SLOTS; i++)
        one->give(atomic_exchange(&shelf[i], NULL));
    all_given_back();
}

/* Loaded and unloaded while others allocate, and while two look. */
static void come_and_go(int member)
{
    uint64_t seed = (uint64_t)member;
    if (member < 2) {
        while (!atomic_load(&stop))
            hooked_look();
        return;
    }
    for (int i = 0; member > 2 && i < ROUNDS; i++)
        two->give(two->take(1 + crew_below(&seed, 1000)));
    for (int i = 0; member == 2 && i < 300 / CREW_SCALE; i++) {
        char path[4096];
        gotlib_path("libheapone.so", path, sizeof path);
        void *h = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
        void *found = dlsym(h, "heaplib");
        const struct heaplib *(*get)(void);
        memcpy(&get, (const void *)&found, sizeof get);
        void *p = get()->take(1009);
        get()->give(p);
        dlclose(h);
    }
    if (member == 2)
        atomic_store(&stop, true);
}

static void libraries_come_and_go_under_way(void)
{
    static struct weir_sheet sheet;
    unload(0);
    atomic_store(&stop, false);
    CU_ASSERT_EQUAL(crew_run(5, come_and_go), 0);
    CU_ASSERT_FALSE(is_loaded("libheapone.so"));
    CU_ASSERT_TRUE(holds("two", 0, 0));
    acct_snapshot(&sheet, WEIR_COMPONENT_COUNT, 0);
    CU_ASSERT_EQUAL(sheet.agent.stale, 0);
}

SUITE(hook_malloc, fresh, gone, CASE(each_way_to_take_books_what_was_asked_for), CASE(what_one_library_took_another_gives_back),
      CASE(a_realloc_replaces_and_to_nothing_frees), CASE(a_block_from_before_is_unknown_and_no_error),
#if !CREW_SANITIZED
      CASE(a_failed_realloc_leaves_the_block_and_errno), CASE(bad_alloc_passes_and_leaves_nothing_behind),
#endif
      CASE(errno_is_the_real_functions), CASE(every_operator_new_and_delete_is_booked_once), CASE(also_where_the_operators_are_the_librarys_own), CASE(what_libstdcxx_takes_is_its_callers),
      CASE(what_a_library_that_is_not_hooked_takes_by_new_is_nobodys),
      CASE(a_library_of_the_configuration_is_in_its_component), CASE(the_first_java_frame_decides_for_the_whole_library),
      CASE(without_any_java_frame_it_is_the_jvms_overhead), CASE(a_walked_block_has_an_owner_in_the_librarys_component),
      CASE(sampled_blocks_speak_for_the_others), CASE(beyond_the_limit_malloc_answers_null),
      CASE(of_operator_new_only_the_nothrow_form_is_denied), CASE(the_limit_is_never_passed), CASE(a_mapping_loses_the_part_that_is_given_back), CASE(a_failed_munmap_changes_nothing),
      CASE(a_fixed_mapping_takes_the_place_of_what_was_there), CASE(mremap_moves_grows_and_shrinks),
      CASE(address_space_is_not_counted_and_files_are_mapped_files), CASE(a_hooked_library_can_be_unloaded_and_comes_back),
      CASE(what_an_unloaded_library_left_stays_its_own), CASE(slots_that_somebody_else_wrote_are_told),
      CASE(a_child_of_fork_leaves_the_books_alone), CASE(idle_books_nothing_new_and_lets_go_of_the_old),
      CASE(sums_are_exact_whoever_gives_back), CASE(libraries_come_and_go_under_way));
