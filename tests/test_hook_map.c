/* SPDX-License-Identifier: Apache-2.0 */
/* test_hook_map.c: a library that maps and unmaps, in the place of the JVM's libnio. The hooks are installed once and stay, as
 * in a JVM; each case has new books. The last case shuts them. */
#include "native/hook_map.h"

#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc_watch.h"
#include "core/acct.h"
#include "core/door.h"
#include "crew.h"
#include "fake_capture.h"
#include "gotlib.h"
#include "native/elfgot.h"
#include "suite.h"

#define LIBRARY "libgotmap.so" /* stays loaded: not one that test_elfgot.c unloads */

enum { MAX_LIVE = 1 << 14, ODD = 12347, THREADS = 8, ROUNDS = 4000, AT_ONCE = 16 };

static struct gotlib     lib; /* stays loaded */
static struct weir_sheet sheet;
static char              name[] = "Flat Map (1/2)#0";
static bool              java = true;
static const char       *why;

static void *calling_thread(void)
{
    errno = 77;
    return java ? name : NULL;
}

static void fresh(void)
{
    fake_reset();
    java = true;
    CU_ASSERT_EQUAL_FATAL(acct_init(&fake_ops, MAX_LIVE), WEIR_OK);
    if (lib.handle != NULL)
        return;
    door_shut_in_children();
    CU_ASSERT_EQUAL(hook_map_install(LIBRARY, calling_thread, &why), WEIR_ENOENT);
    CU_ASSERT_STRING_EQUAL(why, "the JVM's NIO library is not loaded: mapped files are not counted");
    CU_ASSERT_EQUAL(hook_map_install("libcunit.so.1", calling_thread, &why), WEIR_EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "in no way we know"));
    lib = gotlib_load(LIBRARY);
    CU_ASSERT_EQUAL_FATAL(hook_map_install(LIBRARY, calling_thread, &why), WEIR_OK);
}

static void gone(void)
{
    acct_close();
}

static void holds(uint64_t bytes, uint64_t blocks)
{
    memset(&sheet, 0, sizeof sheet);
    acct_snapshot(&sheet, WEIR_COMPONENT_COUNT, 0);
    CU_ASSERT_TRUE(sheet.rows[WEIR_MAPPED].measured);
    CU_ASSERT_EQUAL(sheet.rows[WEIR_MAPPED].used, bytes);
    CU_ASSERT_EQUAL(sheet.rows[WEIR_MAPPED].blocks, blocks);
    CU_ASSERT_EQUAL(sheet.rows[WEIR_MAPPED].kind_bytes[WEIR_KIND_MAPPED], bytes);
    CU_ASSERT_EQUAL(sheet.rows[WEIR_TASK_OFF_HEAP].used, 0);
    CU_ASSERT_EQUAL(sheet.rows[WEIR_UNDECIDED].used, 0);
    CU_ASSERT_EQUAL(sheet.agent.stale, 0);
}

/* Not what the kernel makes of it: whole pages. */
static void hook_map_books_the_length_asked_for(void)
{
    void *a = lib.map(ODD), *b = lib.map(1);
    CU_ASSERT_PTR_NOT_EQUAL_FATAL(a, MAP_FAILED);
    holds(ODD + 1, 2);
    CU_ASSERT_EQUAL(lib.unmap(a, ODD), 0);
    holds(1, 1);
    CU_ASSERT_EQUAL(lib.unmap(b, 1), 0);
    holds(0, 0);
    CU_ASSERT_EQUAL(sheet.agent.unknown_frees, 0);
}

/* The walk found a frame that decides for task.off-heap: the bytes are mapped all the same, the frame is their owner. */
static void hook_map_keeps_the_deciding_frame(void)
{
    uint32_t frame = stacks_frame(acct_stacks(), stacks_name(acct_stacks(), "com.example.Index", 17), 0, 0, 41);
    fake_finds(WEIR_TASK_OFF_HEAP, WEIR_KIND_UNSAFE, stacks_put(acct_stacks(), &frame, 1));
    fake.key.source = stacks_name(acct_stacks(), "index.jar", 9);
    void *a = lib.map(ODD);
    holds(ODD, 1);
    CU_ASSERT_EQUAL(fake.walks, 1);
    CU_ASSERT_EQUAL_FATAL(sheet.owner_count, 1);
    CU_ASSERT_EQUAL(sheet.owners[0].component, WEIR_MAPPED);
    CU_ASSERT_EQUAL(sheet.owners[0].kind, WEIR_KIND_MAPPED);
    CU_ASSERT_EQUAL(sheet.owners[0].bytes, ODD);
    CU_ASSERT_STRING_EQUAL(sheet.owners[0].stack.source, "index.jar");
    CU_ASSERT_EQUAL_FATAL(sheet.owners[0].stack.count, 1);
    CU_ASSERT_STRING_EQUAL(sheet.owners[0].stack.frames[0].class_name, "com.example.Index");
    lib.unmap(a, ODD);
    holds(0, 0);
}

static void hook_map_books_without_owner_where_nobody_can_be_asked(void)
{
    java = false;
    void *a = lib.map(ODD);
    CU_ASSERT_EQUAL(fake.walks, 0);
    holds(ODD, 1);
    java = true;
    fake.decided = false;
    void *b = lib.map(ODD);
    CU_ASSERT_EQUAL(fake.walks, 1);
    holds(2 * ODD, 2);
    CU_ASSERT_EQUAL(sheet.owner_count, 1);
    CU_ASSERT_EQUAL(sheet.owners[0].stack.count, 0);
    lib.unmap(a, ODD);
    lib.unmap(b, ODD);
    holds(0, 0);
}

static unsigned wakes;
static void wake(void)
{
    wakes++;
}

/* limit.mapped is a declared share: one line when it is exceeded, none below, and none of the direct budget. */
static void hook_map_speaks_of_a_limit(void)
{
    struct policy_limits limits = fake_limits();
    struct ring_event    event;
    limits.grace = 0;
    fake_limit(&limits, WEIR_MAPPED, 2 * ODD, true);
    fake_limit(&limits, WEIR_TASK_OFF_HEAP, 1, true);
    acct_open(&limits, wake, 1000);
    void *a = lib.map(ODD), *b = lib.map(ODD);
    CU_ASSERT_FALSE(acct_take_event(&event));
    void *c = lib.map(ODD);
    CU_ASSERT_TRUE_FATAL(acct_take_event(&event));
    CU_ASSERT_EQUAL(event.verdict.level, WEIR_LEVEL_WARN);
    CU_ASSERT_EQUAL(event.verdict.reason, WEIR_REASON_SHARE);
    CU_ASSERT_EQUAL(event.component, WEIR_MAPPED);
    CU_ASSERT_EQUAL(event.kind, WEIR_KIND_MAPPED);
    CU_ASSERT_EQUAL(event.requested, ODD);
    CU_ASSERT_EQUAL(event.used[WEIR_MAPPED], 2 * ODD);
    CU_ASSERT_STRING_EQUAL(event.thread, name);
    CU_ASSERT_FALSE(acct_take_event(&event));
    lib.unmap(a, ODD);
    lib.unmap(b, ODD);
    lib.unmap(c, ODD);
}

/* As jvm/deny.c asks, with a stack that may be spared. */
static bool       spared;
static atomic_int asked, told;
static bool ask(void *thread, uint64_t bytes, bool again, struct acct_claim *claim)
{
    asked++;
    errno = 5;
    if (acct_claim_as(thread, bytes, WEIR_MAPPED, WEIR_KIND_MAPPED, claim) == ACCT_FITS || spared)
        return true;
    told += again ? 1 : 0;
    return false;
}

static void enforce(uint64_t limit)
{
    const bool           deny[WEIR_COMPONENT_COUNT] = { [WEIR_MAPPED] = true };
    struct policy_limits limits = fake_limits();
    limits.mode = WEIR_MODE_ENFORCE;
    fake_limit(&limits, WEIR_MAPPED, limit, true);
    acct_enforce(deny);
    acct_open(&limits, wake, 1000);
    hook_map_enforce(ask);
    asked = told = 0;
    spared = false;
}

static void is_refused(size_t bytes)
{
    errno = 0;
    CU_ASSERT_PTR_EQUAL(lib.map(bytes), MAP_FAILED);
    CU_ASSERT_EQUAL(errno, ENOMEM);
}

/* To the byte; and a refusal is final when the library asks for the same again, not before. */
static void hook_map_refuses_beyond_the_limit(void)
{
    enforce(3 * ODD);
    void *a = lib.map(2 * ODD);
    is_refused(ODD + 1);
    CU_ASSERT_EQUAL(told, 0);
    is_refused(ODD + 1);
    CU_ASSERT_EQUAL(told, 1);
    is_refused(ODD + 1); /* the next call's first */
    CU_ASSERT_EQUAL(told, 1);
    is_refused(ODD + 2); /* another call */
    CU_ASSERT_EQUAL(told, 1);
    void *b = lib.map(ODD); /* fits: its pair is broken */
    holds(3 * ODD, 2);
    is_refused(ODD + 2);
    CU_ASSERT_EQUAL(told, 1);
    is_refused(1);
    is_refused(1);
    CU_ASSERT_EQUAL(told, 2);
    CU_ASSERT_EQUAL(lib.unmap(a, 2 * ODD), 0);
    void *c = lib.map(1);
    holds(ODD + 1, 2);
    lib.unmap(b, ODD);
    lib.unmap(c, 1);
    holds(0, 0);
    hook_map_enforce(NULL);
}

static void hook_map_lets_the_spared_and_the_foreign_pass(void)
{
    enforce(ODD);
    spared = true;
    void *a = lib.map(2 * ODD);
    holds(2 * ODD, 1);
    spared = false;
    is_refused(1);
    java = false; /* no Java thread: nobody who could be told */
    void *b = lib.map(ODD);
    holds(3 * ODD, 2);
    java = true;
    lib.unmap(a, 2 * ODD);
    lib.unmap(b, ODD);
    holds(0, 0);
    hook_map_enforce(NULL);
}

static void hook_map_releases_what_the_kernel_refused(void)
{
    enforce(ODD);
    errno = 0;
    CU_ASSERT_PTR_EQUAL(lib.map_nothing(), MAP_FAILED);
    CU_ASSERT_EQUAL(errno, EINVAL);
    CU_ASSERT_EQUAL(asked, 1);
    errno = 7;
    void *a = lib.map(ODD);
    CU_ASSERT_EQUAL(errno, 7);
    holds(ODD, 1);
    lib.unmap(a, ODD);
    hook_map_enforce(NULL);
}

/* Never a byte above the limit, and none left of what was refused. */
static void map_at_the_limit(int member)
{
    uint64_t seed = (uint64_t)member + 1;
    fake_reset();
    for (int i = 0; i < ROUNDS / CREW_SCALE; i++) {
        size_t bytes = 1 + crew_below(&seed, 3 * 4096);
        void  *a = lib.map(bytes);
        crew_check(acct_used(WEIR_MAPPED) <= 4 * ODD);
        crew_check(a == MAP_FAILED || lib.unmap(a, bytes) == 0);
    }
}

static void hook_map_never_passes_the_limit_under_threads(void)
{
    enforce(4 * ODD);
    CU_ASSERT_EQUAL(crew_run(THREADS, map_at_the_limit), 0);
    holds(0, 0);
    CU_ASSERT_TRUE(sheet.rows[WEIR_MAPPED].peak > 2 * ODD);
    CU_ASSERT_TRUE(sheet.rows[WEIR_MAPPED].peak <= 4 * ODD);
    hook_map_enforce(NULL);
}

static void hook_map_books_no_failure(void)
{
    errno = 0;
    CU_ASSERT_PTR_EQUAL(lib.map_nothing(), MAP_FAILED);
    CU_ASSERT_EQUAL(errno, EINVAL);
    holds(0, 0);
    void *a = lib.map(ODD);
    errno = 0;
    CU_ASSERT_EQUAL(lib.unmap(a, 0), -1);
    CU_ASSERT_EQUAL(errno, EINVAL);
    holds(ODD, 1); /* still mapped */
    CU_ASSERT_EQUAL(lib.unmap(a, ODD), 0);
    holds(0, 0);
}

static void hook_map_lets_pass_what_it_does_not_know(void)
{
    void *a = mmap(NULL, ODD, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CU_ASSERT_EQUAL(lib.unmap(a, ODD), 0);
    holds(0, 0);
    CU_ASSERT_EQUAL(sheet.agent.unknown_frees, 1);
}

static void hook_map_keeps_errno_and_allocates_nothing(void)
{
    fake.errno_after = 5;
    lib.unmap(lib.map(ODD), ODD);
    alloc_watch_start();
    errno = 7;
    void *a = lib.map(ODD);
    int   after_map = errno;
    errno = 8;
    lib.unmap(a, ODD);
    int after_unmap = errno;
    CU_ASSERT_EQUAL(alloc_watch_stop(), 0);
    CU_ASSERT_EQUAL(after_map, 7);
    CU_ASSERT_EQUAL(after_unmap, 8);
}

/* The kernel gives an address that one thread returned to the next at once. */
static void map_and_unmap(int member)
{
    uint64_t seed = (uint64_t)member + 1;
    void    *held[AT_ONCE] = { NULL };
    size_t   size[AT_ONCE];
    fake_reset();
    for (int i = 0; i < ROUNDS / CREW_SCALE; i++) {
        uint32_t at = crew_below(&seed, AT_ONCE);
        if (held[at] != NULL) {
            crew_check(lib.unmap(held[at], size[at]) == 0);
            held[at] = NULL;
            continue;
        }
        size[at] = 1 + crew_below(&seed, 3 * 4096);
        held[at] = lib.map(size[at]);
        crew_check(held[at] != MAP_FAILED);
    }
    for (int i = 0; i < AT_ONCE; i++)
        if (held[i] != NULL)
            crew_check(lib.unmap(held[i], size[i]) == 0);
}

static void hook_map_is_exact_under_threads(void)
{
    CU_ASSERT_EQUAL(crew_run(THREADS, map_and_unmap), 0);
    holds(0, 0);
    CU_ASSERT_EQUAL(sheet.agent.unknown_frees, 0);
    CU_ASSERT_EQUAL(sheet.agent.untracked_bytes, 0);
    CU_ASSERT_TRUE(sheet.rows[WEIR_MAPPED].peak > 0);
}

static void hook_map_notices_who_writes_over_it(void)
{
    struct elfgot        got;
    struct elfgot_symbol unmap;
    CU_ASSERT_TRUE(hook_map_intact());
    CU_ASSERT_EQUAL_FATAL(elfgot_open(&got, LIBRARY), WEIR_OK);
    CU_ASSERT_EQUAL_FATAL(elfgot_find(&got, "munmap", &unmap), WEIR_OK);
    CU_ASSERT_EQUAL(elfgot_put(&unmap, (void *)munmap), WEIR_OK);
    CU_ASSERT_FALSE(hook_map_intact());
    CU_ASSERT_EQUAL(elfgot_put(&unmap, unmap.original), WEIR_OK);
    CU_ASSERT_TRUE(hook_map_intact());
    elfgot_close(&got);
}

static uint64_t used_now(void)
{
    acct_snapshot(&sheet, WEIR_COMPONENT_COUNT, 0);
    return sheet.rows[WEIR_MAPPED].used;
}

static void hook_map_does_nothing_in_a_forked_child(void)
{
    int   status = -1;
    pid_t child = fork();
    if (child == 0) {
        void *a = lib.map(ODD);
        _exit(a != MAP_FAILED && used_now() == 0 && lib.unmap(a, ODD) == 0 ? 0 : 1);
    }
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_EQUAL(status, 0);
    void *a = lib.map(ODD); /* the parent goes on */
    holds(ODD, 1);
    lib.unmap(a, ODD);
}

static void hook_map_only_calls_through_when_shut(void)
{
    void *a = lib.map(ODD);
    door_set(DOOR_SHUT);
    void *b = lib.map(ODD);
    CU_ASSERT_PTR_NOT_EQUAL(b, MAP_FAILED);
    holds(ODD, 1);
    CU_ASSERT_EQUAL(lib.unmap(a, ODD), 0);
    CU_ASSERT_EQUAL(lib.unmap(b, ODD), 0);
    holds(ODD, 1);
    door_set(DOOR_OPEN);
}

static void hook_map_lets_go_but_takes_nothing_while_idle(void)
{
    void *a = lib.map(ODD);
    door_set(DOOR_IDLE);
    void *b = lib.map(ODD);
    holds(ODD, 1);
    CU_ASSERT_EQUAL(lib.unmap(a, ODD), 0);
    holds(0, 0);
    door_set(DOOR_OPEN);
    CU_ASSERT_EQUAL(lib.unmap(b, ODD), 0);
    holds(0, 0);
}

SUITE(hook_map, fresh, gone, CASE(hook_map_books_the_length_asked_for),
      CASE(hook_map_keeps_the_deciding_frame),
      CASE(hook_map_books_without_owner_where_nobody_can_be_asked), CASE(hook_map_speaks_of_a_limit),
      CASE(hook_map_refuses_beyond_the_limit), CASE(hook_map_lets_the_spared_and_the_foreign_pass),
      CASE(hook_map_releases_what_the_kernel_refused), CASE(hook_map_never_passes_the_limit_under_threads),
      CASE(hook_map_books_no_failure), CASE(hook_map_lets_pass_what_it_does_not_know),
      CASE(hook_map_keeps_errno_and_allocates_nothing), CASE(hook_map_is_exact_under_threads),
      CASE(hook_map_notices_who_writes_over_it), CASE(hook_map_does_nothing_in_a_forked_child),
      CASE(hook_map_only_calls_through_when_shut),
      CASE(hook_map_lets_go_but_takes_nothing_while_idle));
