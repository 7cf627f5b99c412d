/* SPDX-License-Identifier: Apache-2.0 */
/* test_netbuffers.c: buffers of partitions and gates against what Flink's own classes count, and `weir network`. */
#include "model/netbuffers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_check.h"
#include "suite.h"
#include "tool_run.h"
#include "tsv.h"

#define TM  "taskmanager.memory."
#define NET "taskmanager.network."

static struct flinkconf           conf;
static struct netbuffers_settings settings;
static char                       why[256];

static enum weir_rc read_settings(const char *version, const char *options)
{
    char                 text[1024], *parts[TSV_FIELDS];
    struct buf           b;
    struct flink_version v;
    flinkconf_init(&conf);
    buf_init(&b, why, sizeof why);
    snprintf(text, sizeof text, "%s", options);
    int count = text[0] == '\0' ? 0 : tsv_split(text, ';', parts);
    for (int i = 0; i < count; i++)
        CU_ASSERT_TRUE(flinkconf_set_dynamic(&conf, parts[i]));
    CU_ASSERT_EQUAL_FATAL(flink_version_parse(version, &v), WEIR_OK);
    return netbuffers_settings_read(&conf, v, &settings, &b);
}

static void expect(uint64_t got, const char *wanted, char **f, const char *what)
{
    uint64_t n = strcmp(wanted, "-") == 0 ? NETBUFFERS_NO_MAX : strtoull(wanted, NULL, 10);
    if (got != n)
        fprintf(stderr, "%s %s %s %s: %s is %llu, not %s\n", f[0], f[1], f[2], f[3], what,
                (unsigned long long)got, wanted);
    CU_ASSERT_EQUAL(got, n);
}

static void vector(char **f)
{
    enum netbuffers_shuffle shuffle = netbuffers_shuffle_find(f[1]);
    uint32_t                size = (uint32_t)strtoul(f[2], NULL, 10);
    CU_ASSERT_EQUAL_FATAL(read_settings(f[0], f[3]), WEIR_OK);
    CU_ASSERT_TRUE_FATAL(netbuffers_has(settings.version, shuffle));
    struct netbuffers_partition p = netbuffers_partition(&settings, shuffle, size);
    struct netbuffers_gate      g = netbuffers_gate(&settings, shuffle, size);
    expect(p.min, f[4], f, "min");
    expect(p.max, f[5], f, "max");
    expect(g.exclusive, f[6], f, "exclusive");
    expect(g.floating_min, f[7], f, "floating min");
    expect(g.floating_max, f[8], f, "floating max");
    CU_ASSERT_EQUAL(g.required, g.exclusive + g.floating_min);
    CU_ASSERT_EQUAL(g.target, g.exclusive + g.floating_max);
}

static void counts_are_flinks(void)
{
    CU_ASSERT_EQUAL(tsv_each("network_buffers.tsv", 9, vector), 191);
}

static void overdraft_is_a_pipelined_partitions(void)
{
    static const struct {
        const char             *version;
        enum netbuffers_shuffle shuffle;
        uint32_t                buffers;
    } rows[] = {
        { "1.15", NETBUFFERS_PIPELINED, 0 }, { "1.16", NETBUFFERS_PIPELINED, 5 },
        { "1.20", NETBUFFERS_UNBOUNDED, 5 }, { "1.20", NETBUFFERS_BLOCKING, 0 },
        { "2.0", NETBUFFERS_PIPELINED, 20 }, { "2.3", NETBUFFERS_HYBRID, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CU_ASSERT_EQUAL(read_settings(rows[i].version, ""), WEIR_OK);
        CU_ASSERT_EQUAL(netbuffers_partition(&settings, rows[i].shuffle, 4).overdraft,
                        rows[i].buffers);
    }
    CU_ASSERT_EQUAL(read_settings("1.20", NET "memory.max-overdraft-buffers-per-gate=9"), WEIR_OK);
    CU_ASSERT_EQUAL(settings.overdraft, 9);
    CU_ASSERT_EQUAL(read_settings("2.0", NET "memory.max-overdraft-buffers-per-gate=9"), WEIR_OK);
    CU_ASSERT_EQUAL(settings.overdraft, 20);
}

static void numbers_flink_would_not_take_are_refused(void)
{
    static const struct {
        const char  *version, *options;
        enum weir_rc rc;
    } rows[] = {
        { "1.20", NET "memory.floating-buffers-per-gate=0", WEIR_EINVAL },
        { "1.16", NET "memory.floating-buffers-per-gate=0", WEIR_OK },
        { "1.16", NET "memory.floating-buffers-per-gate=-1", WEIR_EINVAL },
        { "1.20", NET "memory.buffers-per-channel=0", WEIR_OK },
        { "1.20", NET "memory.buffers-per-channel=two", WEIR_EINVAL },
        { "2.0", NET "memory.buffers-per-channel=two", WEIR_OK },
        { "2.0", NET "memory.read-buffer.required-per-gate.max=0", WEIR_EINVAL },
        { "1.16", NET "memory.read-buffer.required-per-gate.max=0", WEIR_OK },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CU_ASSERT_EQUAL(read_settings(rows[i].version, rows[i].options), rows[i].rc);
        CU_ASSERT_EQUAL(why[0] != '\0', rows[i].rc != WEIR_OK);
    }
}

static void fine_grained_resources_announce_more(void)
{
    CU_ASSERT_EQUAL(read_settings("1.20", ""), WEIR_OK);
    struct netbuffers_partition p = netbuffers_partition(&settings, NETBUFFERS_PIPELINED, 100);
    CU_ASSERT_EQUAL(netbuffers_announced_partition(&p), 208);
    p = netbuffers_partition(&settings, NETBUFFERS_BLOCKING, 1000);
    CU_ASSERT_EQUAL(netbuffers_announced_partition(&p), 512);
}

static void weir(const char *arguments)
{
    tool_flink("network", arguments);
}

static void the_tool_compares_with_the_derived_network(void)
{
    weir("--flink 1.20 --subpartitions 100 --channels 100 --json -D " TM "process.size=1728m");
    CU_ASSERT_EQUAL(tool_exit, 0);
    CU_ASSERT_STRING_EQUAL(
        tool_out,
        "{\"flink\":\"1.20\",\"segment\":32768,\"outputs\":[{\"shuffle\":\"pipelined\","
        "\"subpartitions\":100,\"min\":101,\"max\":208,\"overdraft\":5}],\"inputs\":[{"
        "\"shuffle\":\"pipelined\",\"channels\":100,\"exclusive\":200,\"floating_min\":1,"
        "\"floating_max\":8}],\"task\":{\"required\":302,\"max\":416,\"announced\":416,"
        "\"required_bytes\":9895936},\"tasks\":1,\"required\":302,\"required_bytes\":9895936,"
        "\"network\":{\"bytes\":134217730,\"buffers\":4096,\"unused_bytes\":2},\"fits\":true}\n");
    weir("--subpartitions 1 --json --flink 1.20 -D " TM "process.size=1184m");
    tool_expect(0, "\"buffers\":2355,\"unused_bytes\":6554}");
    weir("--subpartitions 1 --json --flink 1.17 -D " TM "process.size=20g");
    tool_expect(0, "\"buffers\":61440,\"unused_bytes\":30}");
    weir("--subpartitions 1 --json --flink 1.17 --network 64k -D " TM "segment-size=64k");
    tool_expect(1, "\"buffers\":1,\"unused_bytes\":0},\"fits\":false}");
    weir("--subpartitions 1 --flink 1.9 --json -D taskmanager.heap.size=1024m");
    tool_expect(0, "\"network\":{\"bytes\":107374182,\"buffers\":3276,");
    weir("--subpartitions 1 --flink 1.20 --json -D taskmanager.heap.size=1024m");
    tool_expect(0, "\"network\":{\"bytes\":");
    weir("--subpartitions 1 --flink 2.0 --json -D taskmanager.heap.size=1024m");
    tool_expect(0, "\"required_bytes\":65536}\n"); /* 2.0 knows the name no more: nothing to compare with */
    weir("--subpartitions 1 --flink 1.9");
    tool_expect(0, "task                         2         10   64.0 KiB to 0.3 MiB of 32.0 KiB each\n");
}

/* 13 tasks of 302 fit into 4096 buffers, 14 do not; with what the hint says they do, with a page less they do not. */
static void what_does_not_fit_exits_with_1_and_says_what_would(void)
{
    const char *task = "--flink 1.20 --subpartitions 100 --channels 100 ";
    char        arguments[512];
    snprintf(arguments, sizeof arguments, "%s --tasks 13 -D " TM "process.size=1728m", task);
    weir(arguments);
    tool_expect(0, "fits, 170 buffers left, 1312 fewer than may be used; room for 13 such tasks\n");
    snprintf(arguments, sizeof arguments, "%s --tasks 14 -D " TM "process.size=1728m", task);
    weir(arguments);
    tool_expect(1, "does not fit: 132 buffers (4.1 MiB) too few;");
    tool_expect(1, "  hint    fits with taskmanager.memory.network.min and .max: 133m; "
            "task.heap 384.0 -> 379.0 MiB, total process stays 1728.0 MiB\n");
    snprintf(arguments, sizeof arguments,
             "%s --tasks 14 -D " TM "process.size=1728m -D " TM "network.min=133m -D " TM
             "network.max=133m",
             task);
    weir(arguments);
    tool_expect(0, "fits, 28 buffers left");
    snprintf(arguments, sizeof arguments, "%s --tasks 14 --network %d", task, 14 * 302 * 32768 - 1);
    weir(arguments);
    tool_expect(1, "does not fit: 1 buffer (32.0 KiB) too few");
    CU_ASSERT_PTR_NULL(strstr(tool_out, "hint"));
}

static void shuffles_hold_for_what_follows(void)
{
    weir("--flink 2.3 --channels 4 --shuffle blocking --subpartitions 10 --channels 2000 --json");
    tool_expect(0, "\"outputs\":[{\"shuffle\":\"blocking\",\"subpartitions\":10,\"min\":512,\"max\":512,"
            "\"overdraft\":0}]");
    tool_expect(0, "\"inputs\":[{\"shuffle\":\"pipelined\",\"channels\":4,\"exclusive\":8,");
    tool_expect(0, "{\"shuffle\":\"blocking\",\"channels\":2000,\"exclusive\":0,\"floating_min\":1000,"
            "\"floating_max\":4008}]");
    CU_ASSERT_PTR_NULL(strstr(tool_out, "\"network\""));
    weir("--flink 1.20 --shuffle unbounded --subpartitions 10 --json");
    tool_expect(0, "\"max\":null,\"overdraft\":5}]");
    tool_expect(0, "\"max\":null,\"announced\":null,");
    tool_out[strcspn(tool_out, "\n")] = '\0';
    CU_ASSERT_TRUE(json_check(tool_out));
    weir("--flink 1.20 --shuffle unbounded --subpartitions 10 --network 1m");
    tool_expect(0, "and a task takes what it gets");
}

static void bad_input_exits_with_2(void)
{
    static const char *const rows[][2] = {
        { "", "nothing to count; it needs --subpartitions or --channels\n" },
        { "--subpartitions 0", "--subpartitions takes a number from 1 to 1000000" },
        { "--channels 1x", "--channels takes a number" },
        { "--shuffle round --channels 1",
          "--shuffle takes pipelined, unbounded, blocking or hybrid\n" },
        { "--channels 1 --network 1.5g", "--network takes a size such as 128m\n" },
        { "--channels 1 --flink 1.8", "VERSION: network buffers are known of Flink 1.9 to 2.x\n" },
        { "--flink 1.15 --shuffle hybrid --channels 1",
          "VERSION: hybrid shuffle came with Flink 1.16\n" },
        { "--channels 1 -D " TM "segment-size=5000",
          "SEG: taskmanager.memory.segment-size has to be" },
        { "--channels 1 -D " TM "process.size=100m", "JVMSUM: JVM metaspace" },
        { "--channels 1000000 --tasks 2000", "OVF: more buffers than Flink can count (2^31-1)\n" },
        { "--channels 1000000 --flink 1.20 -D " NET "memory.buffers-per-channel=2147483647",
          "OVF: more buffers" },
        { "--channels 1 --flink 1.20 -D " NET "memory.buffers-per-channel=x",
          "VALUE: " NET "memory.buffers-per-channel has to be a whole number, at least 0\n" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        weir(rows[i][0]);
        tool_expect(2, rows[i][1]);
    }
    weir("--help");
    tool_expect(0, "usage: weir network [--flink VERSION]");
}

SUITE(netbuffers, NULL, NULL, CASE(counts_are_flinks), CASE(overdraft_is_a_pipelined_partitions),
      CASE(numbers_flink_would_not_take_are_refused), CASE(fine_grained_resources_announce_more),
      CASE(the_tool_compares_with_the_derived_network),
      CASE(what_does_not_fit_exits_with_1_and_says_what_would),
      CASE(shuffles_hold_for_what_follows), CASE(bad_input_exits_with_2));
