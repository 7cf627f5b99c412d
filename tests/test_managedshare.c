/* SPDX-License-Identifier: Apache-2.0 */
/* test_managedshare.c: a slot's managed memory by consumer, RocksDB's capacities of it, and `weir derive --slot`. */
#include "model/managedshare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_text.h"
#include "json_check.h"
#include "model/statememory.h"
#include "suite.h"
#include "tool_run.h"
#include "tsv.h"

#define TM      "taskmanager.memory."
#define WEIGHTS TM "managed.consumer-weights="
#define ROCKS   "state.backend.rocksdb.memory."

static struct flinkconf conf;
static char             why[256];

static struct flink_version version(const char *text)
{
    struct flink_version v = FLINK_VERSION_NEWEST;
    CU_ASSERT_EQUAL_FATAL(flink_version_parse(text, &v), WEIR_OK);
    return v;
}

/* "key=value;key=value" */
static void configure(const char *options)
{
    conf_text(&conf, options);
}

static enum weir_rc read_weights(const char *v, const char *options, struct managed_weights *w)
{
    struct buf b;
    buf_init(&b, why, sizeof why);
    configure(options);
    return managedshare_weights(&conf, version(v), w, &b);
}

static void vector(char **f)
{
    struct managed_weights w;
    unsigned               present = (unsigned)strtoul(f[2], NULL, 10);
    CU_ASSERT_EQUAL_FATAL(read_weights(f[0], f[1], &w), WEIR_OK);
    for (int use = 0; use < MANAGED_USE_COUNT; use++) {
        if (strcmp(f[4 + use], "-") == 0)
            continue;
        double   fraction = managedshare_fraction(&w, present, (enum managed_use)use);
        uint64_t got = managedshare_part(strtoull(f[3], NULL, 10), fraction);
        if (got != strtoull(f[4 + use], NULL, 10))
            fprintf(stderr, "%s %s %s %s: %llu, not %s\n", f[0], f[1], f[2], f[3],
                    (unsigned long long)got, f[4 + use]);
        CU_ASSERT_EQUAL(got, strtoull(f[4 + use], NULL, 10));
    }
}

static void shares_are_flinks(void)
{
    CU_ASSERT_EQUAL(tsv_each("managed_shares.tsv", 7, vector), 180);
}

static void fractions_are_rounded_down_at_16_decimals(void)
{
    struct managed_weights w;
    CU_ASSERT_EQUAL(read_weights("2.3", "", &w), WEIR_OK);
    CU_ASSERT_TRUE(managedshare_fraction(&w, 6, MANAGED_STATE) == 0.7);
    CU_ASSERT_TRUE(managedshare_fraction(&w, 6, MANAGED_PYTHON) == 0.3);
    CU_ASSERT_TRUE(managedshare_fraction(&w, 3, MANAGED_STATE) == 0.5);
    CU_ASSERT_TRUE(managedshare_fraction(&w, 7, MANAGED_STATE) == 0.4117647058823529);
    CU_ASSERT_TRUE(managedshare_fraction(&w, 2, MANAGED_STATE) == 1);
}

static void weights_flink_would_not_take_are_refused(void)
{
    struct managed_weights   w;
    static const char *const bad[] = { WEIGHTS "OPERATOR:-1", WEIGHTS "OPERATOR", WEIGHTS "a:b:c",
                                       WEIGHTS "OPERATOR:x",
                                       WEIGHTS "a-name-that-is-longer-than-any-known-one:1" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CU_ASSERT_EQUAL(read_weights("1.20", bad[i], &w), WEIR_EINVAL);
        CU_ASSERT_PTR_NOT_NULL(strstr(why, "consumer-weights"));
    }
    CU_ASSERT_EQUAL(read_weights("2.3", WEIGHTS "{PYTHON: 5, OPERATOR: 6}", &w), WEIR_OK);
    CU_ASSERT_TRUE(w.weight[MANAGED_PYTHON] == 5 && w.weight[MANAGED_OPERATOR] == 6 &&
                   w.weight[MANAGED_STATE] == 0);
    CU_ASSERT_EQUAL(read_weights("1.12", WEIGHTS "DATAPROC:40,STATE_BACKEND:9", &w), WEIR_OK);
    CU_ASSERT_TRUE(w.weight[MANAGED_STATE] == 40 && w.weight[MANAGED_OPERATOR] == 40);
}

#define WEIGHT TM "managed.consumer-weights."

/* As Flink's classes of 1.16.3, 1.20.5 and 2.3.0 answer. */
static void weights_may_be_keys_of_their_own(void)
{
    static const struct {
        const char *version, *options;
        int32_t     operators, state, python;
    } rows[] = {
        { "2.3", WEIGHT "PYTHON=10", 0, 0, 10 },
        { "1.20", WEIGHT "PYTHON=10;" WEIGHT "DATAPROC=5", 5, 5, 10 },
        { "2.3", WEIGHT "PYTHON=10;" WEIGHT "DATAPROC=5", 0, 0, 10 },
        { "1.20", WEIGHT "PYTHON=10;" WEIGHTS "OPERATOR:3", 3, 0, 0 },
    };
    struct managed_weights w;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CU_ASSERT_EQUAL(read_weights(rows[i].version, rows[i].options, &w), WEIR_OK);
        CU_ASSERT_EQUAL(w.weight[MANAGED_OPERATOR], rows[i].operators);
        CU_ASSERT_EQUAL(w.weight[MANAGED_STATE], rows[i].state);
        CU_ASSERT_EQUAL(w.weight[MANAGED_PYTHON], rows[i].python);
    }
    CU_ASSERT_EQUAL(read_weights("2.3", WEIGHT "PYTHON=x", &w), WEIR_EINVAL);
}

static struct statememory state(const char *v, const char *options,
                                enum statememory_backend backend, uint64_t managed)
{
    struct statememory s = { 0 };
    struct buf         b;
    buf_init(&b, why, sizeof why);
    configure(options);
    CU_ASSERT_EQUAL(statememory_of(&conf, version(v), backend, managed, &s, &b), WEIR_OK);
    return s;
}

static void rocksdb_gets_cache_and_write_buffers(void)
{
    static const struct {
        uint64_t managed, cache, write_buffers;
    } rows[] = { { 536870920, 447392433, 178956973 },
                 { 268435460, 223696216, 89478486 },
                 { 375809644, 313174703, 125269881 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct statememory s = state("1.20", "", STATEMEMORY_ROCKSDB, rows[i].managed);
        CU_ASSERT_EQUAL(s.source, STATEMEMORY_MANAGED);
        CU_ASSERT_EQUAL(s.cache, rows[i].cache);
        CU_ASSERT_EQUAL(s.write_buffers, rows[i].write_buffers);
        CU_ASSERT_EQUAL(state("2.3", "", STATEMEMORY_FORST, rows[i].managed).cache, rows[i].cache);
    }
}

static void the_source_of_state_memory_has_an_order(void)
{
    const char        *off = ROCKS "managed=false;" ROCKS "fixed-per-tm=300m";
    struct statememory s = state("1.20", ROCKS "fixed-per-slot=30m", STATEMEMORY_ROCKSDB, 77);
    CU_ASSERT_TRUE(s.source == STATEMEMORY_PER_SLOT && s.bytes == 30 << 20);
    s = state("1.20", ROCKS "fixed-per-tm=300m", STATEMEMORY_ROCKSDB, 77);
    CU_ASSERT_TRUE(s.source == STATEMEMORY_MANAGED && s.bytes == 77);
    s = state("1.17", off, STATEMEMORY_ROCKSDB, 77);
    CU_ASSERT_TRUE(s.source == STATEMEMORY_PER_TM && s.bytes == 300 << 20);
    s = state("1.16", off, STATEMEMORY_ROCKSDB, 77);
    CU_ASSERT_TRUE(s.source == STATEMEMORY_NO_BOUND && s.cache == 0 && s.write_buffers == 0);
}

/* The arena block of the default write buffer is 8 MiB; write buffers of 27.5 MiB managed are 9.2 MiB. */
static void too_small_a_slot_is_told(void)
{
    CU_ASSERT_FALSE(state("1.20", "", STATEMEMORY_ROCKSDB, 28835840).arena_too_large);
    CU_ASSERT_TRUE(state("1.20", "", STATEMEMORY_ROCKSDB, 26214400).arena_too_large);
    CU_ASSERT_FALSE(
        state("1.20", "state.backend.rocksdb.writebuffer.size=4m", STATEMEMORY_ROCKSDB, 26214400)
            .arena_too_large);
    CU_ASSERT_EQUAL(
        state("1.20", "state.backend.rocksdb.writebuffer.size=33000", STATEMEMORY_ROCKSDB, 26214400)
            .arena,
        8192);
}

static void ratios_out_of_range_are_refused(void)
{
    static const char *const bad[] = { ROCKS "write-buffer-ratio=0", ROCKS "write-buffer-ratio=1",
                                       ROCKS "write-buffer-ratio=x",
                                       ROCKS "high-prio-pool-ratio=0.7",
                                       ROCKS "fixed-per-slot=1.5g" };
    struct statememory       s = { 0 };
    struct buf               b;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        buf_init(&b, why, sizeof why);
        configure(bad[i]);
        CU_ASSERT_EQUAL(statememory_of(&conf, version("1.20"), STATEMEMORY_ROCKSDB, 1 << 30, &s, &b),
                        WEIR_EINVAL);
        CU_ASSERT_PTR_NOT_NULL(strstr(why, ROCKS));
    }
}

static void derive(const char *arguments)
{
    tool_flink("derive -D " TM "process.size=1728m", arguments);
}

static void the_tool_shows_one_slot(void)
{
    derive("--flink 1.20 --json --slot rocksdb,python");
    tool_expect(0,
         "\"MaxMetaspaceSize\":268435456},\"slot\":{\"slots\":1,\"task.heap\":402653174,"
         "\"task.off-heap\":0,\"network\":134217730,\"managed\":536870920,\"managed_pages\":16384,"
         "\"consumers\":{\"rocksdb\":{\"bytes\":375809644,\"weight\":70,\"source\":\"managed\","
         "\"size\":375809644,\"block_cache\":313174703,\"high_priority\":31317470,"
         "\"write_buffers\":125269881,\"arena_too_large\":false},"
         "\"python\":{\"bytes\":161061276,\"weight\":30}}}}\n");
    tool_out[strcspn(tool_out, "\n")] = '\0';
    CU_ASSERT_TRUE(json_check(tool_out));
    derive("--flink 1.20 --slot rocksdb,python -D python.fn-execution.memory.managed=false "
           "-D taskmanager.numberOfTaskSlots=2");
    tool_expect(0, "\none of 2 slots\n  task.heap                    201326587            192.0 MiB\n");
    tool_expect(0,
         "  rocksdb                      268435460            256.0 MiB   of managed, weight 70\n");
    tool_expect(0,
         "  python                               0              0.0 MiB   takes no managed memory");
    tool_expect(0, "  block cache                  223696216            213.3 MiB ");
    derive("--flink 1.20 --slot rocksdb -D " ROCKS "managed=false");
    tool_expect(0, "RocksDB\n  no bound: each state has");
    derive("--flink 1.11 --slot rocksdb");
    tool_expect(0, "  rocksdb                      536870920            512.0 MiB   of managed\n");
}

static void bad_slots_exit_with_2(void)
{
    static const char *const rows[][2] = {
        { "--slot heap", "--slot takes any of operator,rocksdb,forst,python" },
        { "--slot rocksdb,forst", "--slot takes" },
        { "--slot rocksdb,", "--slot takes" },
        { "--slot forst --flink 1.19", "VERSION: ForSt came with Flink 1.20\n" },
        { "--slot rocksdb,python --flink 1.11", "VERSION: before Flink 1.12 consumers share" },
        { "--slot operator -D " WEIGHTS "OPERATOR:-1",
          "VALUE: " TM "managed.consumer-weights: a weight" },
        { "--slot none --role jm", "--slot is of a TaskManager\n" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        derive(rows[i][0]);
        tool_expect(2, rows[i][1]);
    }
}

SUITE(managedshare, NULL, NULL, CASE(shares_are_flinks),
      CASE(fractions_are_rounded_down_at_16_decimals),
      CASE(weights_flink_would_not_take_are_refused), CASE(weights_may_be_keys_of_their_own),
      CASE(rocksdb_gets_cache_and_write_buffers), CASE(the_source_of_state_memory_has_an_order),
      CASE(too_small_a_slot_is_told), CASE(ratios_out_of_range_are_refused),
      CASE(the_tool_shows_one_slot), CASE(bad_slots_exit_with_2));
