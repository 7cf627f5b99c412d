/* SPDX-License-Identifier: Apache-2.0 */
/* test_cgroup.c: groups of both versions as kernels and container runtimes lay them out, in a directory of our own. */
#include "base/cgroup.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crew.h"
#include "suite.h"

#define MIB ((uint64_t)1 << 20)

static char                  root[64];
static struct cgroup_place   place;
static struct weir_container got;

static void setup(void)
{
    strcpy(root, "/tmp/weir-cgroup-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(root));
}

static void teardown(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", root);
    CU_ASSERT_EQUAL(system(command), 0); /* NOLINT(cert-env33-c): of this test's own directory */
}

static void group(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", root, name);
    CU_ASSERT_EQUAL_FATAL(mkdir(path, 0755), 0);
}

static void file(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", root, name);
    FILE *f = crew_need(fopen(path, "w"));
    CU_ASSERT_EQUAL(fputs(text, f) < 0, 0);
    fclose(f);
}

static void at(const char *dir, int version)
{
    place = (struct cgroup_place){ .top = strlen(root), .version = version };
    snprintf(place.dir, sizeof place.dir, "%s%s", root, dir);
}

/* ---- where ---- */

static const char mounts_v1[] =
    "22 28 0:20 / /sys rw,nosuid - sysfs sysfs rw\n"
    "30 22 0:26 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
    "31 22 0:27 / /sys/fs/cgroup/memory rw,nosuid shared:9 - cgroup cgroup rw,memory\n";
static const char mounts_v2[] = "30 22 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
static const char mounts_docker[] = "40 22 0:27 /docker/4711 /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";

static bool finds(const char *controller, const char *groups, const char *mounts, const char *dir, int version)
{
    return cgroup_find(controller, groups, mounts, &place) && strcmp(place.dir, dir) == 0 && place.version == version;
}

static void own_group_is_found_in_each_layout(void)
{
    static const char v1[] = "11:cpu,cpuacct:/a\n4:memory:/a/b\n0::/x\n";
    CU_ASSERT_TRUE(finds("memory", v1, mounts_v1, "/sys/fs/cgroup/memory/a/b", 1));
    CU_ASSERT_EQUAL(place.top, strlen("/sys/fs/cgroup/memory"));
    CU_ASSERT_TRUE(finds("cpu", v1, mounts_v1, "/sys/fs/cgroup/cpu,cpuacct/a", 1));
    CU_ASSERT_TRUE(finds("memory", "0::/system.slice/tm.service\n", mounts_v2, "/sys/fs/cgroup/system.slice/tm.service", 2));
    CU_ASSERT_TRUE(finds("memory", "0::/\n", mounts_v2, "/sys/fs/cgroup", 2));
    /* a container that sees its own group as the mount's root, with the name it has outside or as "/" */
    CU_ASSERT_TRUE(finds("memory", "4:memory:/docker/4711\n", mounts_docker, "/sys/fs/cgroup/memory", 1));
    CU_ASSERT_TRUE(finds("memory", "4:memory:/docker/4711/x\n", mounts_docker, "/sys/fs/cgroup/memory/x", 1));
    CU_ASSERT_TRUE(finds("memory", "4:memory:/\n", mounts_docker, "/sys/fs/cgroup/memory", 1));
    CU_ASSERT_TRUE(finds("memory", "4:memory:/docker/47110\n", mounts_docker, "/sys/fs/cgroup/memory", 1));
    CU_ASSERT_TRUE(finds("memory", "0::/../../x\n", mounts_v2, "/sys/fs/cgroup", 2));
}

static void hybrid_takes_the_version_that_has_the_controller(void)
{
    char both[1024];
    snprintf(both, sizeof both, "%s%s", mounts_v2, mounts_v1);
    CU_ASSERT_TRUE(finds("memory", "0::/u\n4:memory:/m\n", both, "/sys/fs/cgroup/memory/m", 1));
    CU_ASSERT_TRUE(finds("memory", "4:memory:/m\n0::/u\n", both, "/sys/fs/cgroup/memory/m", 1));
    CU_ASSERT_TRUE(finds("io", "4:memory:/m\n0::/u\n", both, "/sys/fs/cgroup/u", 2));
}

static void no_group_is_not_found(void)
{
    CU_ASSERT_FALSE(cgroup_find("memory", "", mounts_v1, &place));
    CU_ASSERT_FALSE(cgroup_find("memory", "4:memory:/a\n", "", &place));
    CU_ASSERT_FALSE(cgroup_find("memory", "4:memory:/a\n", mounts_v2, &place));
    CU_ASSERT_FALSE(cgroup_find("memory", "0::/a\n", mounts_v1, &place));
    CU_ASSERT_FALSE(cgroup_find("memory", ":::\n\n:\nmemory\n4:memory", mounts_v1, &place));
    CU_ASSERT_FALSE(cgroup_find("memory", "4:memory:/a\n", "1 2 3\n - cgroup\n31 22 0:27 / \n", &place));
}

static void texts_cut_anywhere_harm_nothing(void)
{
    static const char groups[] = "11:cpu,cpuacct:/a\n4:memory:/a/b\n0::/x\n";
    char cut[sizeof mounts_v1];
    for (size_t len = 0; len < sizeof mounts_v1; len++) {
        snprintf(cut, len + 1, "%s", mounts_v1);
        cgroup_find("memory", groups, cut, &place);
    }
    for (size_t len = 0; len < sizeof groups; len++) {
        snprintf(cut, len + 1, "%s", groups);
        cgroup_find("memory", cut, mounts_v1, &place);
    }
    static char huge[70000];
    static const char begin[] = "4:memory:/";
    memset(huge, 'a', sizeof huge - 1);
    memcpy(huge, begin, sizeof begin - 1);
    CU_ASSERT_FALSE(cgroup_find("memory", huge, mounts_v1, &place));
}

/* ---- what ---- */

static void v2_says_limit_usage_and_kinds(void)
{
    group("tm");
    file("tm/memory.max", "1073741824\n");
    file("tm/memory.current", "943718400\n");
    file("tm/memory.stat", "anon 734003200\nfile 157286400\nkernel 20971520\nshmem 52428800\ninactive_file 83886080\n");
    file("tm/memory.swap.current", "4096\n");
    file("tm/memory.events", "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n");
    at("/tm", 2);
    cgroup_memory(&place, &got);
    CU_ASSERT_TRUE(got.known && got.limited && got.stat_known && got.swap_known && got.kills_known && !got.above);
    CU_ASSERT_EQUAL(got.limit, 1024 * MIB);
    CU_ASSERT_EQUAL(got.usage, 900 * MIB);
    CU_ASSERT_EQUAL(got.anon, 700 * MIB);
    CU_ASSERT_EQUAL(got.charge, 800 * MIB); /* shared memory is no page cache that could be dropped */
    CU_ASSERT_EQUAL(got.kernel, 20 * MIB);
    CU_ASSERT_EQUAL(got.inactive_file, 80 * MIB);
    CU_ASSERT_EQUAL(got.swap, 4096);
    CU_ASSERT_EQUAL(got.oom_kills, 2);
}

static void v1_counts_the_groups_below(void)
{
    group("tm");
    file("tm/memory.limit_in_bytes", "1073741824\n");
    file("tm/memory.usage_in_bytes", "943718400\n");
    file("tm/memory.stat", "cache 1\nrss 2\nshmem 0\ntotal_cache 157286400\ntotal_rss 734003200\ntotal_shmem 52428800\n"
                           "total_inactive_file 83886080\ntotal_swap 8192\n");
    file("tm/memory.kmem.usage_in_bytes", "20971520\n");
    file("tm/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");
    at("/tm", 1);
    cgroup_memory(&place, &got);
    CU_ASSERT_EQUAL(got.charge, 800 * MIB);
    CU_ASSERT_EQUAL(got.anon, 700 * MIB);
    CU_ASSERT_EQUAL(got.kernel, 20 * MIB);
    CU_ASSERT_EQUAL(got.swap, 8192);
    CU_ASSERT_EQUAL(got.oom_kills, 1);
    file("tm/memory.stat", "cache 157286400\nrss 734003200\n"); /* use_hierarchy 0 */
    cgroup_memory(&place, &got);
    CU_ASSERT_TRUE(got.stat_known);
    CU_ASSERT_EQUAL(got.charge, 750 * MIB);
}

/* The group that leaves least kills, wherever it is. */
static void smallest_rest_of_nested_limits_counts(void)
{
    group("pod");
    group("pod/tm");
    file("pod/tm/memory.max", "max\n");
    file("pod/tm/memory.current", "104857600\n");
    file("pod/memory.max", "1073741824\n");
    file("pod/memory.current", "524288000\n");
    at("/pod/tm", 2);
    cgroup_memory(&place, &got);
    CU_ASSERT_TRUE(got.limited && got.above);
    CU_ASSERT_EQUAL(got.usage, 500 * MIB);
    file("pod/tm/memory.max", "209715200\n"); /* leaves 100 MiB, the pod 524 */
    cgroup_memory(&place, &got);
    CU_ASSERT_FALSE(got.above);
    CU_ASSERT_EQUAL(got.limit, 200 * MIB);
    file("pod/memory.current", "1063256064\n"); /* leaves 10 */
    cgroup_memory(&place, &got);
    CU_ASSERT_TRUE(got.above);
    CU_ASSERT_EQUAL(got.limit, 1024 * MIB);
}

static void no_limit_is_none(void)
{
    file("memory.limit_in_bytes", "9223372036854771712\n");
    file("memory.usage_in_bytes", "104857600\n");
    at("", 1);
    cgroup_memory(&place, &got);
    CU_ASSERT_TRUE(got.known && !got.limited && !got.stat_known);
    CU_ASSERT_EQUAL(got.charge, 100 * MIB);
    file("memory.current", "104857600\n");
    at("", 2);
    cgroup_memory(&place, &got);
    CU_ASSERT_TRUE(got.known && !got.limited);
}

static void nonsense_is_not_known(void)
{
    static const char *const texts[] = { "", "\n", "-5\n", "0x10\n", "99999999999999999999999\n", "12MiB\n", "max 3\n", "nan" };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        file("memory.current", texts[i]);
        file("memory.max", texts[i]);
        file("memory.stat", texts[i]);
        file("memory.events", texts[i]);
        file("cpu.max", texts[i]);
        at("", 2);
        cgroup_memory(&place, &got);
        CU_ASSERT_FALSE(got.known);
        CU_ASSERT_FALSE(got.limited);
        CU_ASSERT_EQUAL(cgroup_cpus(&place), 0);
    }
    file("memory.current", "100\n");
    file("memory.stat", "anon\nfile x\nanon 5 6 7\nanonymous 9\nfile 18446744073709551615\nshmem 3\n");
    cgroup_memory(&place, &got);
    CU_ASSERT_TRUE(got.known);
    CU_ASSERT_EQUAL(got.charge <= 100, 1);
    at("/gone/below", 2);
    cgroup_memory(&place, &got); /* the mount itself is there */
    CU_ASSERT_TRUE(got.known);
}

/* On a machine without a memory controller there is none; where there is one its figures must fit together. */
static void group_of_this_process_makes_sense(void)
{
    if (!cgroup_own("memory", &place))
        return;
    cgroup_memory(&place, &got);
    CU_ASSERT_EQUAL(got.version, place.version);
    CU_ASSERT_TRUE(!got.known || got.charge <= got.usage);
    CU_ASSERT_TRUE(!got.known || got.usage <= (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE));
    CU_ASSERT_TRUE(!got.limited || (got.limit > 0 && got.limit < (uint64_t)INT64_MAX / 2));
}

/* ---- CPUs ---- */

static void least_quota_counts(void)
{
    group("pod");
    group("pod/tm");
    at("/pod/tm", 2);
    file("pod/tm/cpu.max", "max 100000\n");
    CU_ASSERT_EQUAL(cgroup_cpus(&place), 0);
    file("pod/cpu.max", "250000 100000\n");
    CU_ASSERT_DOUBLE_EQUAL(cgroup_cpus(&place), 2.5, 1e-9);
    file("pod/tm/cpu.max", "400000 100000\n");
    CU_ASSERT_DOUBLE_EQUAL(cgroup_cpus(&place), 2.5, 1e-9);
    at("/pod/tm", 1);
    file("pod/tm/cpu.cfs_quota_us", "-1\n");
    file("pod/tm/cpu.cfs_period_us", "100000\n");
    CU_ASSERT_EQUAL(cgroup_cpus(&place), 0);
    file("pod/tm/cpu.cfs_quota_us", "50000\n");
    CU_ASSERT_DOUBLE_EQUAL(cgroup_cpus(&place), 0.5, 1e-9);
    file("pod/tm/cpu.cfs_period_us", "0\n");
    CU_ASSERT_EQUAL(cgroup_cpus(&place), 0);
}

static void lists_of_cpus_are_counted(void)
{
    CU_ASSERT_EQUAL(cgroup_cpu_list("0-3,5\n"), 5);
    CU_ASSERT_EQUAL(cgroup_cpu_list("0\n"), 1);
    CU_ASSERT_EQUAL(cgroup_cpu_list(""), 0);
    CU_ASSERT_EQUAL(cgroup_cpu_list("3-1"), 0);
    CU_ASSERT_EQUAL(cgroup_cpu_list("0-99999999999999999999"), 0);
    CU_ASSERT_TRUE(cgroup_host_cpus() >= 1);
    CU_ASSERT_TRUE(cgroup_affine_cpus() >= 1 && cgroup_affine_cpus() <= cgroup_host_cpus());
}

SUITE(cgroup, setup, teardown, CASE(own_group_is_found_in_each_layout), CASE(hybrid_takes_the_version_that_has_the_controller),
      CASE(no_group_is_not_found), CASE(texts_cut_anywhere_harm_nothing), CASE(v2_says_limit_usage_and_kinds),
      CASE(v1_counts_the_groups_below), CASE(smallest_rest_of_nested_limits_counts), CASE(no_limit_is_none),
      CASE(nonsense_is_not_known), CASE(group_of_this_process_makes_sense), CASE(least_quota_counts), CASE(lists_of_cpus_are_counted));
