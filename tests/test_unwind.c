/* SPDX-License-Identifier: Apache-2.0 */
/* test_unwind.c: walks through libraries whose call chains are known (fixture/chainlib.c, chainpp.cc). This program stands for
 * the agent's library: its frames on top are left out. */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "alloc_watch.h"
#include "core/stacks.h"
#include "crew.h"
#include "gotlib.h"
#include "native/unwind.h"
#include "snapshot.h"
#include "suite.h"

enum { MAX = 40, TEXT = 4096 };

typedef int chain_end(void *);

struct walk {
    size_t   count, max;
    uint32_t frames[MAX];
};

static struct stacks *names;
static void          *chain, *chainpp;

static void *load(const char *name)
{
    char path[4096];
    gotlib_path(name, path, sizeof path);
    return crew_need(dlopen(path, RTLD_NOW | RTLD_LOCAL));
}

static void open_with(const char *library)
{
    const char *why = NULL;
    CU_ASSERT_EQUAL_FATAL(stacks_new(&names), WEIR_OK);
    unwind_init(names, library, &why);
    CU_ASSERT_PTR_NOT_NULL_FATAL(why);
    chain = load("libchain.so");
    chainpp = load("libchainpp.so");
}

static void setup(void)
{
    open_with(NULL);
}

static void teardown(void)
{
    dlclose(chain);
    dlclose(chainpp);
    unwind_close();
    stacks_delete(names);
}

__attribute__((noinline)) static int here(void *with)
{
    struct walk *w = with;
    w->count = unwind_here(w->frames, w->max);
    return 1;
}

static void find(void *lib, const char *name, void *function)
{
    void *f = crew_need(dlsym(lib, name));
    memcpy(function, &f, sizeof f);
}

/* "library`function" of each frame, but this program's own, a line each. */
static void tell(const struct walk *w, char text[TEXT])
{
    size_t            len = 0;
    struct weir_stack s;
    stacks_get(names, stacks_put(names, w->frames, w->count), &s);
    text[0] = '\0';
    for (int i = 0; i < s.count && strcmp(s.frames[i].class_name, "weir-tests") != 0; i++) {
        CU_ASSERT_EQUAL(s.frames[i].line, WEIR_LINE_NATIVE);
        len += (size_t)snprintf(text + len, TEXT - len, "%s`%s\n", s.frames[i].class_name, s.frames[i].method);
    }
}

static void call(const char *function, struct walk *w, char text[TEXT])
{
    int (*f)(chain_end *, void *);
    w->max = MAX;
    find(chain, function, &f);
    f(here, w);
    tell(w, text);
}

static void unwind_names_each_caller(void)
{
    struct walk w;
    char        text[TEXT];
    for (int again = 0; again < 3; again++) { /* first sight, then known */
        call("chain_outer", &w, text);
        CU_ASSERT_STRING_EQUAL(text, "libchain.so`chain_inner\nlibchain.so`chain_middle\nlibchain.so`chain_outer\n");
    }
}

static void unwind_gives_the_offset_of_a_function_without_a_name(void)
{
    struct walk w;
    char        text[TEXT], expected[TEXT];
    Dl_info     known;
    call("chain_hidden", &w, text);
    unsigned long at = 0;
    CU_ASSERT_EQUAL_FATAL(sscanf(text, "libchain.so`+0x%lx\n", &at), 1);
    snprintf(expected, sizeof expected, "libchain.so`+0x%lx\nlibchain.so`chain_hidden\n", at);
    CU_ASSERT_STRING_EQUAL(text, expected);
    /* the address lies in the file, near the function that is named */
    void *f = crew_need(dlsym(chain, "chain_hidden"));
    CU_ASSERT_NOT_EQUAL_FATAL(dladdr(f, &known), 0);
    unsigned long named = (unsigned long)((uintptr_t)f - (uintptr_t)known.dli_fbase);
    CU_ASSERT_TRUE(at > named - 4096 && at < named + 4096);
}

static void unwind_passes_frames_of_a_size_known_at_run_time(void)
{
    int (*f)(chain_end *, void *, unsigned);
    struct walk w = { .max = MAX };
    char        text[TEXT];
    find(chain, "chain_sized", &f);
    for (unsigned bytes = 16; bytes < 40000; bytes = bytes * 3 + 1) {
        f(here, &w, bytes);
        tell(&w, text);
        CU_ASSERT_STRING_EQUAL(text, "libchain.so`chain_inner\nlibchain.so`chain_sized\n");
    }
}

static void unwind_passes_frames_that_are_aligned(void)
{
    struct walk w;
    char        text[TEXT];
    call("chain_aligned", &w, text);
    CU_ASSERT_STRING_EQUAL(text, "libchain.so`chain_inner\nlibchain.so`chain_aligned\n");
}

static void unwind_stops_at_as_many_as_are_asked_for(void)
{
    int (*f)(chain_end *, void *, unsigned);
    struct walk w = { .max = 7 };
    find(chain, "chain_deep", &f);
    f(here, &w, 500);
    CU_ASSERT_EQUAL(w.count, 7);
    w.max = MAX;
    f(here, &w, 3);
    char text[TEXT];
    tell(&w, text);
    CU_ASSERT_STRING_EQUAL(text, "libchain.so`chain_inner\nlibchain.so`chain_deep\nlibchain.so`chain_deep\n"
                                 "libchain.so`chain_deep\nlibchain.so`chain_deep\n");
}

static void unwind_keeps_cxx_names_as_they_are(void)
{
    int (*f)(chain_end *, void *);
    struct walk w = { .max = MAX };
    char        text[TEXT];
    find(chainpp, "chain_put", &f);
    f(here, &w);
    tell(&w, text);
    CU_ASSERT_STRING_EQUAL(text, "libchainpp.so`_ZN5chain5Arena16AllocateNewBlockEmPFiPvES1_\n"
                                 "libchainpp.so`_ZN5chain3putINS_5ArenaEEEiRT_PFiPvES4_\n"
                                 "libchainpp.so`chain_put\n");
}

static void unwind_of_a_thread_ends_at_its_first_function(void)
{
    struct walk       w;
    struct weir_stack s;
    char              text[TEXT];
    call("chain_thread", &w, text);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "`chain_inner\nlibchain.so`chain_middle\nlibchain.so`chain_outer\nlibchain.so`+0x"));
    stacks_get(names, stacks_put(names, w.frames, w.count), &s);
    if (CREW_SANITIZED) /* a thread begins in the sanitizer's library then */
        return;
    CU_ASSERT_EQUAL(w.count, 4);
    CU_ASSERT_STRING_EQUAL(s.frames[s.count - 1].class_name, "libchain.so");
}

#if defined(__x86_64__)
/* push %rbp; mov %rsp,%rbp; call *%rdx; pop %rbp; ret: in no library, as compiled Java is, and with a frame pointer, by which
 * whoever guesses would go on. */
static void unwind_ends_at_code_that_is_in_no_library(void)
{
    static const unsigned char stub[] = { 0x55, 0x48, 0x89, 0xe5, 0xff, 0xd2, 0x5d, 0xc3 };
    int (*outer)(chain_end *, void *);
    int (*jump)(chain_end *, void *, int (*)(chain_end *, void *));
    struct walk w = { .max = MAX };
    char        text[TEXT];
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CU_ASSERT_PTR_NOT_EQUAL_FATAL(page, MAP_FAILED);
    memcpy(page, stub, sizeof stub);
    CU_ASSERT_EQUAL_FATAL(mprotect(page, 4096, PROT_READ | PROT_EXEC), 0);
    memcpy(&jump, (const void *)&page, sizeof jump);
    find(chain, "chain_outer", &outer);
    jump(here, &w, outer);
    tell(&w, text);
    CU_ASSERT_EQUAL(w.count, 3);
    CU_ASSERT_STRING_EQUAL(text, "libchain.so`chain_inner\nlibchain.so`chain_middle\nlibchain.so`chain_outer\n");
    munmap(page, 4096);
}
#endif

static unsigned long asked;

__attribute__((noinline)) static int here_watched(void *with)
{
    alloc_watch_start();
    here(with);
    asked = alloc_watch_stop();
    return 1;
}

static void unwind_allocates_nothing_at_first_sight(void)
{
    struct walk w = { .max = MAX };
    int (*f)(chain_end *, void *);
    find(chainpp, "chain_put", &f);
    f(here_watched, &w);
    CU_ASSERT_TRUE(w.count > 3);
    CU_ASSERT_EQUAL(asked, 0);
}

static void unwind_without_libunwind_gives_the_calling_function(void)
{
    struct walk w;
    char        text[TEXT];
    teardown();
    open_with("libunwind-of-no-system.so.8");
    call("chain_outer", &w, text);
    CU_ASSERT_EQUAL(w.count, 1);
    CU_ASSERT_STRING_EQUAL(text, "libchain.so`chain_inner\n");
}

/* The second library lies where the first did: same size, other functions. */
static void unwind_forgets_a_library_that_is_gone(void)
{
    struct walk w;
    char        text[TEXT];
    for (int i = 0; i < 20; i++) {
        call("chain_outer", &w, text);
        CU_ASSERT_STRING_EQUAL(text, "libchain.so`chain_inner\nlibchain.so`chain_middle\nlibchain.so`chain_outer\n");
        dlclose(chain);
        unwind_keeps_cxx_names_as_they_are();
        dlclose(chainpp);
        chainpp = load("libchainpp.so");
        unwind_keeps_cxx_names_as_they_are();
        chain = load("libchain.so");
    }
}

/* Beside threads that load and unload libraries. */
static void *walk_on(void *stop)
{
    int (*f)(chain_end *, void *, unsigned);
    struct walk w = { .max = MAX };
    find(chain, "chain_deep", &f);
    uint64_t wrong = 0;
    for (unsigned i = 0; !atomic_load_explicit((atomic_bool *)stop, memory_order_relaxed); i++) {
        f(here, &w, i % 16);
        wrong += w.count < i % 16 + 2;
    }
    return (void *)(uintptr_t)wrong;
}

static void unwind_walks_on_all_threads_at_once(void)
{
    atomic_bool stop = false;
    pthread_t   threads[4];
    for (int i = 0; i < 4; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, walk_on, &stop), 0);
    for (int i = 0; i < 200; i++) {
        unwind_keeps_cxx_names_as_they_are();
        dlclose(chainpp);
        chainpp = load("libchainpp.so");
    }
    atomic_store_explicit(&stop, true, memory_order_relaxed);
    for (int i = 0; i < 4; i++) {
        void *wrong = NULL;
        pthread_join(threads[i], &wrong);
        CU_ASSERT_PTR_NULL(wrong);
    }
}

SUITE(unwind, setup, teardown, CASE(unwind_names_each_caller), CASE(unwind_gives_the_offset_of_a_function_without_a_name),
      CASE(unwind_passes_frames_of_a_size_known_at_run_time), CASE(unwind_passes_frames_that_are_aligned),
      CASE(unwind_stops_at_as_many_as_are_asked_for), CASE(unwind_keeps_cxx_names_as_they_are),
      CASE(unwind_of_a_thread_ends_at_its_first_function),
#if defined(__x86_64__)
      CASE(unwind_ends_at_code_that_is_in_no_library),
#endif
      CASE(unwind_allocates_nothing_at_first_sight), CASE(unwind_without_libunwind_gives_the_calling_function),
      CASE(unwind_forgets_a_library_that_is_gone), CASE(unwind_walks_on_all_threads_at_once));
