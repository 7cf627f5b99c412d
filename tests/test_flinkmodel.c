/* SPDX-License-Identifier: Apache-2.0 */
/* test_flinkmodel.c: the derivation against vectors that Flink's own classes produced, for every version they name. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_text.h"
#include "model/component.h"
#include "model/flinkmodel.h"
#include "suite.h"
#include "tsv.h"

#define MIB(n) ((uint64_t)(n) << 20)
#define TM     "taskmanager.memory."
#define JM     "jobmanager.memory."

static const struct flink_version versions[] = {
    { 1, 10, -1 }, { 1, 11, -1 }, { 1, 12, -1 }, { 1, 13, -1 }, { 1, 14, -1 }, { 1, 15, -1 },
    { 1, 16, -1 }, { 1, 17, -1 }, { 1, 18, -1 }, { 1, 19, -1 }, { 1, 20, -1 }, { 2, 0, -1 },
    { 2, 1, -1 },  { 2, 2, -1 },  { 2, 3, -1 },  { 2, 4, -1 },
};
enum { VERSIONS = sizeof versions / sizeof versions[0] };

static struct flinkconf        conf;
static struct flinkmodel       model;
static struct flinkmodel_error err;

static void setup(void)
{
    flinkconf_init(&conf);
    memset(&model, 0, sizeof model);
    memset(&err, 0, sizeof err);
}

/* "key=value;key=value", as dynamic properties. */
static void configure(const char *options)
{
    setup();
    conf_text(&conf, options);
}

/* "1.10-1.16" or "1.10" */
static bool in_versions(const char *range, struct flink_version v)
{
    char                 text[32];
    struct flink_version from, to;
    snprintf(text, sizeof text, "%s", range);
    char *dash = strchr(text, '-');
    if (dash != NULL)
        *dash++ = '\0';
    CU_ASSERT_EQUAL_FATAL(flink_version_parse(text, &from), WEIR_OK);
    CU_ASSERT_EQUAL_FATAL(flink_version_parse(dash != NULL ? dash : text, &to), WEIR_OK);
    return flink_version_least(v, from.major, from.minor) &&
           flink_version_least(to, v.major, v.minor);
}

static void expect(uint64_t got, const char *wanted, const char *id, const char *what,
                   struct flink_version v)
{
    CU_ASSERT_PTR_NOT_NULL(wanted);
    if (wanted == NULL) /* a row of the vectors that lacks a column */
        return;
    if (got != strtoull(wanted, NULL, 10))
        fprintf(stderr, "%s on %d.%d: %s is %llu, not %s\n", id, v.major, v.minor, what,
                (unsigned long long)got, wanted);
    CU_ASSERT_EQUAL(got, strtoull(wanted, NULL, 10));
}

static void expect_derived(enum weir_rc rc, const char *id, struct flink_version v)
{
    if (rc != WEIR_OK)
        fprintf(stderr, "%s on %d.%d: %s\n", id, v.major, v.minor, err.message);
    CU_ASSERT_EQUAL(rc, WEIR_OK);
}

static void taskmanager_row(char **f)
{
    static const enum weir_component columns[] = { WEIR_FRAMEWORK_HEAP, WEIR_FRAMEWORK_OFF_HEAP,
                                                   WEIR_TASK_HEAP,      WEIR_TASK_OFF_HEAP,
                                                   WEIR_NETWORK,        WEIR_MANAGED,
                                                   WEIR_JVM_METASPACE,  WEIR_JVM_OVERHEAD };
    int                              ran = 0;
    for (int i = 0; i < VERSIONS; i++) {
        if (!in_versions(f[1], versions[i]))
            continue;
        configure(f[2]);
        expect_derived(flinkmodel_taskmanager(&conf, versions[i], &model, &err), f[0], versions[i]);
        for (int k = 0; k < 8; k++)
            expect(model.rows[columns[k]].bytes, f[3 + k], f[0], component_id(columns[k]),
                   versions[i]);
        expect(model.flink.bytes, f[11], f[0], "total flink", versions[i]);
        expect(model.process.bytes, f[12], f[0], "total process", versions[i]);
        expect(model.xmx, f[13], f[0], "Xmx", versions[i]);
        expect(model.max_direct, f[14], f[0], "MaxDirectMemorySize", versions[i]);
        CU_ASSERT_TRUE(model.complete && model.has_direct && model.has_metaspace);
        CU_ASSERT_EQUAL(model.max_metaspace, model.rows[WEIR_JVM_METASPACE].bytes);
        ran++;
    }
    CU_ASSERT_TRUE(ran > 0);
}

static void taskmanager_vectors_hold(void)
{
    CU_ASSERT_EQUAL(tsv_each("derive_taskmanager.tsv", 15, taskmanager_row), 33);
}

static void jobmanager_row(char **f)
{
    int ran = 0;
    for (int i = 0; i < VERSIONS; i++) {
        if (!in_versions(f[1], versions[i]))
            continue;
        configure(f[2]);
        expect_derived(flinkmodel_jobmanager(&conf, versions[i], &model, &err), f[0], versions[i]);
        expect(model.rows[WEIR_HEAP].bytes, f[3], f[0], "heap", versions[i]);
        expect(model.rows[WEIR_OFF_HEAP].bytes, f[4], f[0], "off-heap", versions[i]);
        expect(model.rows[WEIR_JVM_METASPACE].bytes, f[5], f[0], "metaspace", versions[i]);
        expect(model.rows[WEIR_JVM_OVERHEAD].bytes, f[6], f[0], "overhead", versions[i]);
        expect(model.flink.bytes, f[7], f[0], "total flink", versions[i]);
        expect(model.process.bytes, f[8], f[0], "total process", versions[i]);
        expect(model.xmx, f[3], f[0], "Xmx", versions[i]);
        CU_ASSERT_TRUE(model.complete && !model.has_direct && model.has_metaspace);
        ran++;
    }
    CU_ASSERT_TRUE(ran > 0);
}

static void jobmanager_vectors_hold(void)
{
    CU_ASSERT_EQUAL(tsv_each("derive_jobmanager.tsv", 9, jobmanager_row), 13);
}

static enum weir_role role_of(const char *word)
{
    return strcmp(word, "jm") == 0 ? WEIR_ROLE_JOBMANAGER : WEIR_ROLE_TASKMANAGER;
}

/* The exception of the table is the outermost; wrappers of 1.11 and newer are ICE around ICE. */
static bool outermost_is(const char *classes, const char *wanted)
{
    return strncmp(classes, wanted, strlen(wanted)) == 0 && strcspn(classes, "<") == strlen(wanted);
}

static void error_row(char **f)
{
    int ran = 0;
    for (int i = 0; i < VERSIONS; i++) {
        if (!in_versions(f[1], versions[i]))
            continue;
        configure(f[3]);
        CU_ASSERT_EQUAL(flinkmodel_derive(&conf, role_of(f[2]), versions[i], &model, &err),
                        WEIR_EINVAL);
        if (strcmp(flinkmodel_code_name(err.code), f[4]) != 0)
            fprintf(stderr, "%s on %d.%d: %s %s\n", f[0], versions[i].major, versions[i].minor,
                    flinkmodel_code_name(err.code), err.message);
        CU_ASSERT_STRING_EQUAL(flinkmodel_code_name(err.code), f[4]);
        CU_ASSERT_TRUE(outermost_is(err.classes, f[6]));
        CU_ASSERT_TRUE(f[5][0] == '\0' || strcmp(err.key, f[5]) == 0);
        CU_ASSERT_TRUE(err.key[0] != '\0' && err.message[0] != '\0' && err.hint[0] != '\0');
        ran++;
    }
    CU_ASSERT_TRUE(ran > 0);
}

static void error_vectors_hold(void)
{
    CU_ASSERT_EQUAL(tsv_each("derive_errors.tsv", 7, error_row), 35);
}

static bool derives_with(const char *key, const char *value, enum weir_role role,
                         struct flink_version v)
{
    static struct flinkconf changed;
    struct flinkmodel       m;
    struct flinkmodel_error e;
    char                    option[160];
    snprintf(option, sizeof option, "%s=%s", key, value);
    changed = conf;
    CU_ASSERT_TRUE(flinkconf_set_dynamic(&changed, option));
    return flinkmodel_derive(&changed, role, v, &m, &e) == WEIR_OK;
}

static int hints_with_a_change, hints_without;

/* A change that is named derives; a total that was searched is the smallest whole MiB. */
static void hint_row(char **f)
{
    for (int i = 0; i < VERSIONS; i++) {
        if (!in_versions(f[1], versions[i]))
            continue;
        configure(f[3]);
        CU_ASSERT_EQUAL(flinkmodel_derive(&conf, role_of(f[2]), versions[i], &model, &err),
                        WEIR_EINVAL);
        if (err.fix_key[0] == '\0') {
            hints_without++;
            continue;
        }
        hints_with_a_change++;
        CU_ASSERT_TRUE(derives_with(err.fix_key, err.fix_value, role_of(f[2]), versions[i]));
        CU_ASSERT_PTR_NOT_NULL(strstr(err.hint, err.fix_key));
        CU_ASSERT_PTR_NOT_NULL(strstr(err.hint, err.fix_value));
        char          less[40];
        char         *unit = NULL;
        unsigned long mebibytes = strtoul(err.fix_value, &unit, 10);
        bool          searched = err.code == FLINKMODEL_SUM_T || err.code == FLINKMODEL_JVMSUM ||
                        err.code == FLINKMODEL_JMOFF;
        if (!searched || strcmp(unit, "m") != 0)
            continue;
        snprintf(less, sizeof less, "%lum", mebibytes - 1);
        CU_ASSERT_FALSE(derives_with(err.fix_key, less, role_of(f[2]), versions[i]));
    }
}

static void hints_derive(void)
{
    hints_with_a_change = hints_without = 0;
    (void)tsv_each("derive_errors.tsv", 7, hint_row);
    CU_ASSERT_TRUE(hints_with_a_change > 450);
    /* E15 is empty, E17 beyond 63 bits: nothing can be guessed. */
    CU_ASSERT_EQUAL(hints_without, 2 * VERSIONS);
}

static void hints_say_what_to_write(void)
{
    static const struct {
        const char *options, *role, *version, *key, *value;
    } rows[] = {
        { TM "process.size=1.5g", "tm", "2.3", TM "process.size", "1536m" },
        { TM "process.size=1728 MiB", "tm", "1.20", TM "process.size", "1728m" },
        { TM "process.size=2_000m", "tm", "1.20", TM "process.size", "2000m" },
        { TM "process.size=600m", "tm", "2.3", TM "process.size", "982m" },
        { TM "task.heap.size=512m", "tm", "2.3", TM "process.size", "1835m" },
        { TM "process.size=1728m;taskmanager.network.memory.min=x", "tm", "2.3", "", "" },
        { TM "flink.size=1280m;taskmanager.network.memory.min=1.5m", "tm", "2.3",
          "taskmanager.network.memory.min", "1536k" },
        { TM "flink.size=1280m;" TM "process.size=1280m", "tm", "1.10", TM "process.size", "1728m" },
        { TM "flink.size=1280m;taskmanager.network.numberOfBuffers=-1", "tm", "1.20",
          "taskmanager.network.numberOfBuffers", "2048" },
        { TM "flink.size=1280m;taskmanager.network.numberOfBuffers=1;" TM "segment-size=5000", "tm",
          "1.20", TM "segment-size", "32k" },
        { TM "task.heap.size=100m;" TM "managed.size=100m;" TM
             "flink.size=556m;taskmanager.network.numberOfBuffers=10",
          "tm", "1.20", "taskmanager.network.numberOfBuffers", "3200" },
        { TM "flink.size=1280m;taskmanager.cpu.cores=-1", "tm", "2.3", "taskmanager.cpu.cores",
          "1.0" },
        { JM "heap.size=1g;" JM "enable-jvm-direct-memory-limit=maybe", "jm", "2.3",
          JM "enable-jvm-direct-memory-limit", "true" },
        { JM "heap.size=2g;" JM "process.size=1600m", "jm", "2.3", JM "process.size", "2624m" },
        { JM "heap.size=1g;" JM "process.size=3g", "jm", "2.3", JM "jvm-overhead.max", "1664m" },
        { JM "process.size=9223372036854775807;" JM "jvm-metaspace.size=9223372036854775807", "jm",
          "2.3", "", "" },
        { "jobmanager.heap.mb=-5", "jm", "1.20", "jobmanager.heap.mb", "1024" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct flink_version v = FLINK_VERSION_NEWEST;
        (void)flink_version_parse(rows[i].version, &v);
        configure(rows[i].options);
        CU_ASSERT_EQUAL(flinkmodel_derive(&conf, role_of(rows[i].role), v, &model, &err),
                        WEIR_EINVAL);
        if (strcmp(err.fix_value, rows[i].value) != 0)
            fprintf(stderr, "%s: %s\n  %s\n", rows[i].options, err.message, err.hint);
        CU_ASSERT_STRING_EQUAL(err.fix_key, rows[i].key);
        CU_ASSERT_STRING_EQUAL(err.fix_value, rows[i].value);
    }
    configure("taskmanager.heap.size=1g");
    CU_ASSERT_EQUAL(flinkmodel_taskmanager(&conf, FLINK_VERSION_NEWEST, &model, &err), WEIR_EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.hint, "taskmanager.heap.size is not read since Flink 2.0"));
}

static const struct flink_version v1_20 = { 1, 20, 5 };

static void legacy_totals_come_in_flinks_order(void)
{
    configure("taskmanager.heap.size=2g;taskmanager.heap.mb=3000");
    flinkconf_set_env(&conf, FLINKKEY_ENV_TM_HEAP, "1024m");
    CU_ASSERT_EQUAL(flinkmodel_taskmanager(&conf, v1_20, &model, &err), WEIR_OK);
    CU_ASSERT_EQUAL(model.flink.bytes, MIB(1024));
    CU_ASSERT_EQUAL(model.flink.key, FLINKKEY_ENV_TM_HEAP);
    configure("taskmanager.heap.size=2g;taskmanager.heap.mb=3000");
    CU_ASSERT_EQUAL(flinkmodel_taskmanager(&conf, v1_20, &model, &err), WEIR_OK);
    CU_ASSERT_EQUAL(model.flink.bytes, MIB(2048));
    configure("taskmanager.heap.mb=3000");
    CU_ASSERT_EQUAL(flinkmodel_taskmanager(&conf, v1_20, &model, &err), WEIR_OK);
    CU_ASSERT_EQUAL(model.flink.bytes, MIB(3000));
    configure("taskmanager.heap.size=1000000000"); /* a bare number is bytes */
    CU_ASSERT_EQUAL(flinkmodel_taskmanager(&conf, v1_20, &model, &err), WEIR_OK);
    CU_ASSERT_EQUAL(model.flink.bytes, 1000000000);
}

static void legacy_environment_stands_beside_a_process_size(void)
{
    configure(TM "process.size=1728m");
    flinkconf_set_env(&conf, FLINKKEY_ENV_TM_HEAP, "1024m");
    CU_ASSERT_EQUAL(flinkmodel_taskmanager(&conf, v1_20, &model, &err), WEIR_OK);
    CU_ASSERT_EQUAL(model.flink.bytes, 1073741824);
    CU_ASSERT_EQUAL(model.rows[WEIR_JVM_OVERHEAD].bytes, 469762048);
    CU_ASSERT_EQUAL(model.process.bytes, 1811939328);
    configure(TM "flink.size=1280m");
    flinkconf_set_env(&conf, FLINKKEY_ENV_TM_HEAP, "1024m");
    CU_ASSERT_EQUAL(flinkmodel_taskmanager(&conf, v1_20, &model, &err), WEIR_OK);
    CU_ASSERT_EQUAL(model.flink.bytes, MIB(1280));
    configure(JM "process.size=1600m");
    flinkconf_set_env(&conf, FLINKKEY_ENV_JM_HEAP, "512m");
    CU_ASSERT_EQUAL(flinkmodel_jobmanager(&conf, v1_20, &model, &err), WEIR_OK);
    CU_ASSERT_EQUAL(model.rows[WEIR_HEAP].bytes, 536870912);
    CU_ASSERT_EQUAL(model.rows[WEIR_JVM_OVERHEAD].bytes, 738197504);
}

static void legacy_environment_that_is_no_size_fails(void)
{
    static const struct {
        const char *value, *classes;
    } rows[] = { { "", "ICE<ICE<IAE" }, { "x", "ICE<ICE<NFE" }, { "1.5g", "ICE<ICE<IAE" } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        configure(TM "process.size=1728m");
        flinkconf_set_env(&conf, FLINKKEY_ENV_TM_HEAP, rows[i].value);
        CU_ASSERT_EQUAL(flinkmodel_taskmanager(&conf, v1_20, &model, &err), WEIR_EINVAL);
        CU_ASSERT_EQUAL(err.code, FLINKMODEL_READ);
        CU_ASSERT_STRING_EQUAL(err.key, "FLINK_TM_HEAP");
        CU_ASSERT_STRING_EQUAL(err.classes, rows[i].classes);
        CU_ASSERT_EQUAL(flinkmodel_taskmanager(&conf, FLINK_VERSION_NEWEST, &model, &err), WEIR_OK);
    }
}

static void the_first_release_had_a_smaller_metaspace(void)
{
    configure(TM "process.size=1568m");
    CU_ASSERT_EQUAL(flinkmodel_taskmanager(&conf, (struct flink_version){ 1, 10, 0 }, &model, &err),
                    WEIR_OK);
    CU_ASSERT_EQUAL(model.rows[WEIR_JVM_METASPACE].bytes, MIB(96));
    CU_ASSERT_EQUAL(model.flink.bytes, MIB(1280));
    CU_ASSERT_EQUAL(flinkmodel_taskmanager(&conf, (struct flink_version){ 1, 10, 1 }, &model, &err),
                    WEIR_OK);
    CU_ASSERT_EQUAL(model.rows[WEIR_JVM_METASPACE].bytes, MIB(256));
}

static void other_versions_have_no_model(void)
{
    static const struct {
        struct flink_version v;
        enum weir_role       role;
    } rows[] = { { { 1, 9, 3 }, WEIR_ROLE_TASKMANAGER },
                 { { 3, 0, 0 }, WEIR_ROLE_TASKMANAGER },
                 { { 1, 10, 3 }, WEIR_ROLE_JOBMANAGER } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        configure(TM "process.size=1728m;" JM "process.size=1600m");
        CU_ASSERT_EQUAL(flinkmodel_derive(&conf, rows[i].role, rows[i].v, &model, &err),
                        WEIR_EINVAL);
        CU_ASSERT_EQUAL(err.code, FLINKMODEL_VERSION);
    }
}

static void a_failure_leaves_the_output_alone(void)
{
    configure("");
    model.xmx = 77;
    CU_ASSERT_EQUAL(flinkmodel_taskmanager(&conf, v1_20, &model, &err), WEIR_EINVAL);
    CU_ASSERT_EQUAL(model.xmx, 77);
    configure(TM "process.size=1728m");
    err.code = FLINKMODEL_OVF;
    CU_ASSERT_EQUAL(flinkmodel_taskmanager(&conf, v1_20, &model, &err), WEIR_OK);
    CU_ASSERT_EQUAL(err.code, FLINKMODEL_OVF);
}

static void check_how(enum weir_component c, const char *expected)
{
    char       text[160];
    struct buf b;
    buf_init(&b, text, sizeof text);
    flinkmodel_put_how(&b, &model.rows[c]);
    CU_ASSERT_STRING_EQUAL(text, expected);
}

static void every_row_says_how_it_was_found(void)
{
    configure(TM "process.size=1728m;" TM "framework.heap.size=128m");
    CU_ASSERT_EQUAL(flinkmodel_taskmanager(&conf, v1_20, &model, &err), WEIR_OK);
    check_how(WEIR_FRAMEWORK_HEAP, TM "framework.heap.size");
    check_how(WEIR_FRAMEWORK_OFF_HEAP, "default");
    check_how(WEIR_TASK_HEAP, "what the others leave of total Flink memory");
    check_how(WEIR_MANAGED, "0.4 of total Flink memory");
    check_how(WEIR_JVM_OVERHEAD, "0.1 of total process memory = 172.8 MiB, raised to the minimum");
    check_how(WEIR_HEAP, "not known");
    configure(TM "task.heap.size=20g;taskmanager.memory.size=0;" TM "network.max=1g");
    CU_ASSERT_EQUAL(flinkmodel_taskmanager(&conf, v1_20, &model, &err), WEIR_OK);
    check_how(WEIR_MANAGED, "taskmanager.memory.size");
    check_how(WEIR_NETWORK, "0.1 of the total it is part of = 2304.0 MiB, cut to the maximum");
    configure(TM "flink.size=1280m;taskmanager.network.numberOfBuffers=2048");
    CU_ASSERT_EQUAL(flinkmodel_taskmanager(&conf, v1_20, &model, &err), WEIR_OK);
    check_how(WEIR_NETWORK, "pages of taskmanager.network.numberOfBuffers");
    CU_ASSERT_EQUAL(model.flink.how, FLINKMODEL_CONFIGURED);
    CU_ASSERT_EQUAL(model.process.how, FLINKMODEL_SUM);
}

static void flags_and_properties_are_flinks(void)
{
    char       text[2048];
    struct buf b;
    configure(TM "process.size=1184m");
    CU_ASSERT_EQUAL(flinkmodel_taskmanager(&conf, v1_20, &model, &err), WEIR_OK);
    buf_init(&b, text, sizeof text);
    flinkmodel_put_flags(&b, &model);
    CU_ASSERT_STRING_EQUAL(text, "-Xmx251658235 -Xms251658235 -XX:MaxDirectMemorySize=211392922 "
                                 "-XX:MaxMetaspaceSize=268435456");
    configure(JM "process.size=1600m;" JM "enable-jvm-direct-memory-limit=true");
    CU_ASSERT_EQUAL(flinkmodel_jobmanager(&conf, v1_20, &model, &err), WEIR_OK);
    buf_reset(&b);
    flinkmodel_put_flags(&b, &model);
    CU_ASSERT_STRING_EQUAL(text, "-Xmx1073741824 -Xms1073741824 -XX:MaxDirectMemorySize=134217728 "
                                 "-XX:MaxMetaspaceSize=268435456");
    buf_reset(&b);
    flinkmodel_put_dynamic(&b, &model);
    CU_ASSERT_STRING_EQUAL(
        text,
        "-D jobmanager.memory.heap.size=1073741824b -D jobmanager.memory.off-heap.size=134217728b "
        "-D jobmanager.memory.jvm-metaspace.size=268435456b "
        "-D jobmanager.memory.jvm-overhead.min=201326592b -D "
        "jobmanager.memory.jvm-overhead.max=201326592b");
}

/* How many -D a version passes: flink-memory-model.md 5.2. */
static void versions_pass_different_properties(void)
{
    static const struct {
        const char    *version;
        enum weir_role role;
        int            count;
    } rows[] = { { "1.10", WEIR_ROLE_TASKMANAGER, 8 },  { "1.11", WEIR_ROLE_TASKMANAGER, 8 },
                 { "1.12", WEIR_ROLE_TASKMANAGER, 11 }, { "1.13", WEIR_ROLE_TASKMANAGER, 13 },
                 { "2.3", WEIR_ROLE_TASKMANAGER, 13 },  { "1.11", WEIR_ROLE_JOBMANAGER, 0 },
                 { "1.12", WEIR_ROLE_JOBMANAGER, 5 },   { "2.3", WEIR_ROLE_JOBMANAGER, 5 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char                 text[2048];
        struct buf           b;
        struct flink_version v = FLINK_VERSION_NEWEST;
        int                  count = 0;
        (void)flink_version_parse(rows[i].version, &v);
        configure(TM "process.size=1728m;" JM "process.size=1600m");
        CU_ASSERT_EQUAL(flinkmodel_derive(&conf, rows[i].role, v, &model, &err), WEIR_OK);
        buf_init(&b, text, sizeof text);
        flinkmodel_put_dynamic(&b, &model);
        for (const char *p = text; (p = strstr(p, "-D ")) != NULL; p++)
            count++;
        CU_ASSERT_EQUAL(count, rows[i].count);
    }
}

static void page_size_and_slots_are_told(void)
{
    configure(TM "process.size=1728m");
    CU_ASSERT_EQUAL(flinkmodel_taskmanager(&conf, v1_20, &model, &err), WEIR_OK);
    CU_ASSERT_EQUAL(model.page_size, 32768);
    CU_ASSERT_EQUAL(model.slots, 1);
    configure(TM "process.size=1728m;" TM "segment-size=64kb;taskmanager.numberOfTaskSlots=4");
    CU_ASSERT_EQUAL(flinkmodel_taskmanager(&conf, v1_20, &model, &err), WEIR_OK);
    CU_ASSERT_EQUAL(model.page_size, 65536);
    CU_ASSERT_EQUAL(model.slots, 4);
    CU_ASSERT_TRUE(model.cpu_cores == 4);
    configure(TM "process.size=1728m;" TM "segment-size=x");
    CU_ASSERT_EQUAL(flinkmodel_taskmanager(&conf, v1_20, &model, &err), WEIR_OK);
    CU_ASSERT_EQUAL(model.page_size, 0);
}

/* What the scripts derive and pass on is read back as the same numbers. */
static void derived_arguments_give_the_derivation_back(void)
{
    static const enum weir_role roles[] = { WEIR_ROLE_TASKMANAGER, WEIR_ROLE_JOBMANAGER };
    for (int i = 0; i < 2 * VERSIONS; i++) {
        struct flink_version v = versions[i / 2];
        enum weir_role       role = roles[i % 2];
        char                 text[2048], *argv[TSV_FIELDS];
        struct buf           b;
        struct flinkmodel    m;
        configure(TM "process.size=3000m;" JM "process.size=1600m");
        if (flinkmodel_derive(&conf, role, v, &model, &err) != WEIR_OK)
            continue; /* the JobManager of 1.10 */
        buf_init(&b, text, sizeof text);
        flinkmodel_put_dynamic(&b, &model);
        setup();
        model.version = v;
        int         argc = text[0] == '\0' ? 0 : tsv_split(text, ' ', argv);
        const char *args[TSV_FIELDS];
        for (int k = 0; k < argc; k++)
            args[k] = argv[k];
        (void)flinkconf_from_args(&conf, argc, args, NULL);
        enum weir_rc rc = flinkmodel_from_derived_args(&conf, role, v, &m, &err);
        CU_ASSERT_EQUAL(rc, argc > 0 ? WEIR_OK : WEIR_ENOENT);
        if (rc != WEIR_OK)
            continue;
        configure(TM "process.size=3000m;" JM "process.size=1600m");
        CU_ASSERT_EQUAL(flinkmodel_derive(&conf, role, v, &model, &err), WEIR_OK);
        bool whole = flink_version_least(v, 1, 12);
        CU_ASSERT_EQUAL(m.complete, whole);
        for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
            if (m.rows[c].how != FLINKMODEL_ABSENT) {
                CU_ASSERT_EQUAL(m.rows[c].how, FLINKMODEL_ARGUMENT);
                CU_ASSERT_EQUAL(m.rows[c].bytes, model.rows[c].bytes);
            }
        CU_ASSERT_EQUAL(m.flink.bytes, model.flink.bytes);
        CU_ASSERT_EQUAL(m.xmx, model.xmx);
        CU_ASSERT_TRUE(!whole || m.process.bytes == model.process.bytes);
        CU_ASSERT_TRUE(role == WEIR_ROLE_JOBMANAGER || m.max_direct == model.max_direct);
    }
}

static void derived_arguments_that_cannot_be_are_refused(void)
{
    configure("");
    CU_ASSERT_EQUAL(flinkmodel_from_derived_args(&conf, WEIR_ROLE_TASKMANAGER, v1_20, &model, &err),
                    WEIR_ENOENT);
    configure(TM "network.min=1b;" TM "network.max=2b");
    CU_ASSERT_EQUAL(flinkmodel_from_derived_args(&conf, WEIR_ROLE_TASKMANAGER, v1_20, &model, &err),
                    WEIR_EINVAL);
    CU_ASSERT_EQUAL(err.code, FLINKMODEL_NETRANGE);
    configure(TM "task.off-heap.size=zero");
    CU_ASSERT_EQUAL(flinkmodel_from_derived_args(&conf, WEIR_ROLE_TASKMANAGER, v1_20, &model, &err),
                    WEIR_EINVAL);
    CU_ASSERT_EQUAL(err.code, FLINKMODEL_READ);
    CU_ASSERT_STRING_EQUAL(err.key, TM "task.off-heap.size");
    configure(TM "task.off-heap.size=32m;" TM "jvm-overhead.min=1b;" TM "jvm-overhead.max=2b");
    CU_ASSERT_EQUAL(flinkmodel_from_derived_args(&conf, WEIR_ROLE_TASKMANAGER, v1_20, &model, &err),
                    WEIR_OK);
    CU_ASSERT_FALSE(model.complete);
    CU_ASSERT_EQUAL(model.rows[WEIR_TASK_OFF_HEAP].bytes, MIB(32));
    CU_ASSERT_EQUAL(model.rows[WEIR_JVM_OVERHEAD].how, FLINKMODEL_ABSENT);
    CU_ASSERT_FALSE(model.has_direct);
}

static void components_are_declared_by_any_of_their_options(void)
{
    static struct flinkconf args;
    flinkconf_init(&args);
    configure("taskmanager.network.memory.fraction=0.2;" TM "managed.size=1g;" JM
              "jvm-metaspace.size=1g");
    CU_ASSERT_TRUE(flinkmodel_declared(NULL, &conf, WEIR_ROLE_TASKMANAGER, WEIR_NETWORK));
    CU_ASSERT_TRUE(flinkmodel_declared(&conf, &args, WEIR_ROLE_TASKMANAGER, WEIR_MANAGED));
    CU_ASSERT_FALSE(flinkmodel_declared(&conf, &args, WEIR_ROLE_TASKMANAGER, WEIR_JVM_METASPACE));
    CU_ASSERT_TRUE(flinkmodel_declared(&conf, &args, WEIR_ROLE_JOBMANAGER, WEIR_JVM_METASPACE));
    CU_ASSERT_FALSE(flinkmodel_declared(&conf, &args, WEIR_ROLE_TASKMANAGER, WEIR_TASK_OFF_HEAP));
    CU_ASSERT_FALSE(flinkmodel_declared(&conf, &args, WEIR_ROLE_TASKMANAGER, WEIR_MAPPED));
}

SUITE(flinkmodel, setup, NULL, CASE(taskmanager_vectors_hold), CASE(jobmanager_vectors_hold),
      CASE(error_vectors_hold), CASE(hints_derive), CASE(hints_say_what_to_write),
      CASE(legacy_totals_come_in_flinks_order),
      CASE(legacy_environment_stands_beside_a_process_size),
      CASE(legacy_environment_that_is_no_size_fails),
      CASE(the_first_release_had_a_smaller_metaspace), CASE(other_versions_have_no_model),
      CASE(a_failure_leaves_the_output_alone), CASE(every_row_says_how_it_was_found),
      CASE(flags_and_properties_are_flinks), CASE(versions_pass_different_properties),
      CASE(page_size_and_slots_are_told), CASE(derived_arguments_give_the_derivation_back),
      CASE(derived_arguments_that_cannot_be_are_refused),
      CASE(components_are_declared_by_any_of_their_options));
