/* SPDX-License-Identifier: Apache-2.0 */
/* test_metaspace.c: verdicts on a full metaspace from hand-made loaders, the size advised by deriving it again, and how both
 * are written: text, JSON, ledger. */
#include <CUnit/CUnit.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "json_check.h"
#include "model/diagnose_metaspace.h"
#include "model/flinkmodel.h"
#include "model/loadersum.h"
#include "model/memsize.h"
#include "oom_fixture.h"
#include "out/ledger_classes.h"
#include "out/out.h"
#include "out/out_classes.h"
#include "out_fixture.h"
#include "suite.h"

#define TM_1728 "taskmanager.memory.process.size=1728m"

static struct weir_oom       oom;
static struct weir_breach    breach;
static struct weir_classes   classes;
static struct weir_loader    loaders[256];
static size_t                count;
static struct weir_pins      pins;
static struct flinkconf      conf;
static struct diagnose_flink flink;
static char                  text[65536];

static struct weir_loader *add(uint32_t tag, uint32_t of, const char *name, uint64_t bytes)
{
    struct weir_loader *l = &loaders[count++];
    *l = (struct weir_loader){ .count = 1, .tag = tag, .of = of, .user = of != 0 && of == tag, .child = of != 0 && of != tag,
                               .classes = 100, .held = bytes, .used = bytes / 2, .class_name = name, .source = "",
                               .since_ms = 1795240740000, .job = { .job_name = "", .vertex = "" } };
    return l;
}

/* A job's loader with so many MiB; ended: its fate. */
static void add_job(uint32_t tag, enum weir_loader_fate fate, uint64_t mib)
{
    struct weir_loader *l = add(tag, tag, "org.apache.flink.util.ChildFirstClassLoader", mib * MIB);
    l->source = "blob_p-0123456789abcdef0123456789abcdef01234567-1";
    l->fate = fate;
    l->ended_ms = fate == WEIR_LOADER_RUNNING ? 0 : 1795240790000;
    l->job = (struct weir_attempt){ .known = true, .job_id = { (uint64_t)tag << 48, 0x9e2a }, .job_name = "orders", .vertex = "" };
}

static void sum(void)
{
    classes.known = classes.joined = classes.families_known = true;
    classes.note = "";
    classes.time_ms = 1795240800000;
    classes.loaders = count;
    for (size_t i = 0; i < count; i++) {
        classes.classes += loaders[i].classes;
        classes.held += loaders[i].held;
    }
    loadersum_fill(loaders, count, &classes);
}

static void setup(void)
{
    static const struct weir_metaspace full = { true, 250 * MIB, 255 * MIB, true, 256 * MIB };
    static const struct weir_metaspace space = { true, 30 * MIB, 31 * MIB, true, 204 * MIB };
    memset(&classes, 0, sizeof classes);
    memset(&breach, 0, sizeof breach);
    memset(&pins, 0, sizeof pins);
    count = 0;
    oom_metaspace(&oom);
    oom.message = "Metaspace";
    oom_flink(&flink, &conf, WEIR_ROLE_TASKMANAGER, TM_1728);
    out_breach_plain(&breach, WEIR_REASON_ROW, WEIR_JVM_METASPACE);
    oom.sheet.metaspace = breach.sheet.metaspace = full;
    oom.sheet.class_space = breach.sheet.class_space = space;
    oom.sheet.classes = breach.sheet.classes = &classes;
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        oom.sheet.rows[c].limit.set = false; /* those of another configuration */
    oom.sheet.rows[WEIR_JVM_METASPACE].limit = out_limit(256 * MIB, "command line", false);
    add(900, 0, "", 20 * MIB);
    add(901, 0, "jdk.internal.loader.ClassLoaders$AppClassLoader", 100 * MIB);
}

static const struct weir_diagnosis *verdict(void)
{
    sum();
    oom.diagnosis_count = 0;
    diagnose_metaspace(&oom, &flink);
    CU_ASSERT_EQUAL_FATAL(oom.diagnosis_count, 1);
    return &oom.diagnosis[0];
}

static void expect(const char *id, const char *headline)
{
    const struct weir_diagnosis *d = verdict();
    if (strcmp(d->id, id) != 0 || strncmp(d->text, headline, strlen(headline)) != 0)
        fprintf(stderr, "\n%s: %s\n", d->id, d->text);
    CU_ASSERT_STRING_EQUAL(d->id, id);
    CU_ASSERT_NSTRING_EQUAL(d->text, headline, strlen(headline));
}

#define LEAK   "LEAK of ended jobs' class loaders, not a small limit; "
#define BUDGET "BUDGET too small, no leak; "

static void leak_is_named_by_its_jobs(void)
{
    add_job(1, WEIR_LOADER_RUNNING, 12);
    for (uint32_t tag = 2; tag < 9; tag++)
        add_job(tag, WEIR_LOADER_LEAKED, 6);
    expect("metaspace-leak", LEAK "42.0 of 256.0 MiB are held by 7 class loaders of 7 ended jobs, 6.0 MiB a job, 1 class loader of "
                                  "1 running job holds 12.0 MiB");
}

static void sixteen_mib_or_a_quarter_weigh(void)
{
    add_job(1, WEIR_LOADER_LEAKED, 15);
    expect("metaspace-budget", BUDGET);
    setup();
    add_job(1, WEIR_LOADER_LEAKED, 16);
    expect("metaspace-leak", LEAK);
    setup();
    oom.sheet.metaspace.limit = 60 * MIB;
    oom.sheet.metaspace.committed = 59 * MIB;
    add_job(1, WEIR_LOADER_LEAKED, 15);
    expect("metaspace-leak", LEAK);
}

static void not_yet_collected_is_open(void)
{
    add_job(1, WEIR_LOADER_NOT_COLLECTED, 20);
    expect("metaspace-open", "open: 20.0 MiB of ended jobs' class loaders not yet collected; ");
}

static void caches_and_running_jobs_are_no_leak(void)
{
    add_job(1, WEIR_LOADER_CACHED, 40);
    add_job(2, WEIR_LOADER_RUNNING, 40);
    expect("metaspace-budget", BUDGET "255.0 of 256.0 MiB in 400 classes of 4 class loaders");
}

static void generated_classes_are_named(void)
{
    classes.family_count = 2;
    snprintf(classes.families[0].name, sizeof classes.families[0].name, "jdk.proxy*.$Proxy*");
    classes.families[0].classes = 9412;
    snprintf(classes.families[1].name, sizeof classes.families[1].name, "StreamExecCalc$*");
    classes.families[1].classes = 3100;
    classes.generated = 40; /* of 200: less than a quarter is in every program */
    CU_ASSERT_PTR_NULL(strstr(verdict()->text, "match"));
    classes.generated = 12512;
    const struct weir_diagnosis *d = verdict();
    CU_ASSERT_PTR_NOT_NULL(strstr(d->text, "; of the classes 9412 match jdk.proxy*.$Proxy*, 3100 match StreamExecCalc$*"));
}

static void crowd_of_unknown_loaders_is_open(void)
{
    for (uint32_t tag = 1; tag <= 130; tag++)
        add(tag, 0, "com.acme.ScriptLoader", MIB);
    expect("metaspace-open", "open: many class loaders of one class hold most of it; 130 of com.acme.ScriptLoader hold 130.0 MiB");
    setup();
    for (uint32_t tag = 1; tag <= 7; tag++) /* too few to be a crowd */
        add(tag, 0, "com.acme.ScriptLoader", 30 * MIB);
    expect("metaspace-budget", BUDGET);
}

static void what_was_let_go_is_not_judged(void)
{
    oom.sheet.metaspace.committed = 90 * MIB;
    expect("metaspace-open", "open: what filled it was let go when it failed; 90.0 of 256.0 MiB are in use now");
}

static void class_space_has_its_own_verdict(void)
{
    oom.message = "Compressed class space";
    oom.sheet.class_space.committed = 203 * MIB;
    expect("class-space", "the compressed class space is full, not the metaspace; 203.0 of 204.0 MiB committed");
    CU_ASSERT_EQUAL(oom.diagnosis[0].advice_count, 0);
}

static void unknown_loaders_give_no_verdict(void)
{
    sum();
    classes.known = false;
    oom.diagnosis_count = 0;
    diagnose_metaspace(&oom, &flink);
    CU_ASSERT_EQUAL(oom.diagnosis_count, 0);
    oom.sheet.classes = NULL;
    diagnose_metaspace(&oom, &flink);
    CU_ASSERT_EQUAL(oom.diagnosis_count, 0);
}

/* The size that each way gives to the row, derived again. */
static void check_ways(const struct weir_diagnosis *d, uint64_t at_least)
{
    static const char key[] = "taskmanager.memory.jvm-metaspace.size";
    struct flinkmodel       m;
    struct flinkmodel_error err;
    size_t                  ways = 0;
    for (size_t i = 0; i < d->advice_count;) {
        struct flinkconf c = conf;
        char             option[160];
        do {
            snprintf(option, sizeof option, "%s=%s", d->advice[i].key, d->advice[i].value);
            CU_ASSERT_TRUE(flinkconf_set_dynamic(&c, option));
            i++;
        } while (i < d->advice_count && d->advice[i].changes[0] == '\0');
        ways++;
        CU_ASSERT_EQUAL_FATAL(flinkmodel_derive(&c, WEIR_ROLE_TASKMANAGER, flink.version, &m, &err), WEIR_OK);
        CU_ASSERT_TRUE(m.rows[WEIR_JVM_METASPACE].bytes >= at_least && m.rows[WEIR_JVM_METASPACE].bytes < at_least + 2 * MIB);
    }
    CU_ASSERT_EQUAL(ways, 2);
    CU_ASSERT_STRING_EQUAL(d->advice[0].key, key);
}

static void budget_advises_the_size_that_is_silent(void)
{
    const struct weir_diagnosis *d = verdict();
    CU_ASSERT_STRING_EQUAL(d->id, "metaspace-budget");
    check_ways(d, 255 * (uint64_t)MIB / 80 * 100);
    CU_ASSERT_STRING_EQUAL(d->advice[0].value, "319m");
}

static void leak_advises_what_buys_as_many_again(void)
{
    add_job(1, WEIR_LOADER_LEAKED, 40);
    check_ways(verdict(), 295 * (uint64_t)MIB);
}

static void foreign_configuration_is_no_base_for_advice(void)
{
    oom.sheet.rows[WEIR_JVM_METASPACE].limit = out_limit(300 * MIB, "command line", false);
    const struct weir_diagnosis *d = verdict();
    CU_ASSERT_EQUAL(d->advice_count, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(d->text, "; no size is advised: the configuration that was read does not give the limits in force"));
}

static void level_tells_how_many_more_jobs_fit(void)
{
    breach.sheet.metaspace.committed = 210 * MIB;
    for (uint32_t tag = 1; tag <= 4; tag++)
        add_job(tag, WEIR_LOADER_LEAKED, 10);
    sum();
    diagnose_metaspace_level(&breach, &flink);
    CU_ASSERT_EQUAL_FATAL(breach.diagnosis_count, 1);
    CU_ASSERT_STRING_EQUAL(breach.diagnosis[0].id, "metaspace-leak");
    CU_ASSERT_PTR_NOT_NULL(strstr(breach.diagnosis[0].text, "10.0 MiB a job; 4 more such jobs to the limit"));
}

/* ---- how it is written ---- */

static void full_example(void)
{
    add_job(1, WEIR_LOADER_RUNNING, 12);
    add(20, 1, "org.codehaus.janino.ByteArrayClassLoader", MIB)->fate = WEIR_LOADER_RUNNING;
    for (uint32_t tag = 2; tag < 9; tag++)
        add_job(tag, WEIR_LOADER_LEAKED, 6);
    classes.family_count = 1;
    classes.generated = 812;
    snprintf(classes.families[0].name, sizeof classes.families[0].name, "jdk.proxy*.$Proxy*");
    classes.families[0].classes = 800;
    pins.pin_count = 1;
    pins.walks = 2;
    pins.pause_us = 250000;
    pins.longest_us = 200000;
    pins.pins[0] = (struct weir_pin){ .kind = WEIR_PIN_STATIC, .loaders = 7 };
    snprintf(pins.pins[0].what, sizeof pins.pins[0].what, "static org.apache.hadoop.util.ReflectionUtils.CONSTRUCTOR_CACHE");
    snprintf(pins.pins[0].source, sizeof pins.pins[0].source, "hadoop-common-3.3.6.jar");
    snprintf(pins.pins[0].path, sizeof pins.pins[0].path, "static CONSTRUCTOR_CACHE -> ConcurrentHashMap.table[] -> Class");
    sum();
    classes.pins = &pins;
    oom.diagnosis_count = 0;
    diagnose_metaspace(&oom, &flink);
}

static void report_is_as_promised(void)
{
    struct buf b;
    full_example();
    buf_init(&b, text, sizeof text);
    out_text_oom(&b, &oom);
    out_same_as_golden("oom_metaspace_leak.txt", text);
}

static void level_begins_with_the_verdict(void)
{
    struct buf b;
    breach.sheet.metaspace.committed = breach.used = 230 * (uint64_t)MIB;
    breach.limit = out_limit(256 * (uint64_t)MIB, "jvm flag", false);
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        breach.sheet.rows[c].limit.set = false;
    breach.sheet.rows[WEIR_JVM_METASPACE].limit = breach.limit;
    breach.sheet.owner_count = 0;
    sum();
    diagnose_metaspace_level(&breach, &flink);
    buf_init(&b, text, sizeof text);
    out_text_breach(&b, &breach);
    CU_ASSERT_PTR_EQUAL(strstr(text, "jvm-metaspace at 89 %: 230.0 of 256.0 MiB: no leak, what runs needs it\n  cause   230.0 of 256.0 MiB in "), text);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n  fix     taskmanager.memory.jvm-metaspace.size: 288m ("));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n  or      taskmanager.memory.process.size: "));
    buf_init(&b, text, sizeof text);
    out_json_breach(&b, &out_header, &breach);
    CU_ASSERT_TRUE(json_check(text));
    CU_ASSERT_STRING_EQUAL(json_at(text, "diagnosis/0/id"), "\"metaspace-budget\"");
    CU_ASSERT_STRING_EQUAL(json_at(text, "loaders/1/held"), "20971520");
}

static void survivors_begin_with_what_they_hold(void)
{
    struct buf b;
    breach.reason = WEIR_REASON_SURVIVED;
    breach.used = 120 * (uint64_t)MIB;
    breach.limit = out_limit(256 * (uint64_t)MIB, "jvm flag", false);
    for (uint32_t tag = 1; tag <= 4; tag++)
        add_job(tag, WEIR_LOADER_LEAKED, 5);
    sum();
    breach.survived = (struct weir_survived){ .bytes = 5 * MIB, .blocks = 1, .collections = 2, .other_jobs = 3,
                                              .other_bytes = 15 * MIB, .other_blocks = 3,
                                              .job = { .job_name = "", .vertex = "" } };
    diagnose_metaspace_survived(&breach);
    buf_init(&b, text, sizeof text);
    out_text_breach(&b, &breach);
    CU_ASSERT_PTR_EQUAL(strstr(text, "20.0 MiB of metaspace are held by 4 class loaders of 4 ended jobs, which survived 2 full GCs; "
                                  "jvm-metaspace 120.0 of 256.0 MiB: LEAK of ended jobs' class loaders\n"), text);
}

static void json_holds_the_same(void)
{
    struct buf b;
    full_example();
    buf_init(&b, text, sizeof text);
    out_json_oom(&b, &out_header, &oom);
    CU_ASSERT_FALSE(b.cut);
    CU_ASSERT_TRUE(json_check(text));
    out_same_as_golden("oom_metaspace_leak.json", text);
}

static void render(struct buf *b)
{
    out_classes_lines(b, &oom.sheet, 4);
    out_classes_pins(b, oom.sheet.classes);
}

static void lines_are_cut_safely(void)
{
    full_example();
    out_fits_every_capacity(render);
}

static void ledger_gives_back_what_was_written(void)
{
    static struct ledger_sheet   in, out;
    static unsigned char         bytes[65536];
    static char                  again[65536];
    struct buf                   b;
    full_example();
    memset(&in, 0, sizeof in);
    memset(&out, 0, sizeof out);
    in.sheet = oom.sheet;
    struct wire w = wire_writer(bytes, sizeof bytes);
    ledger_classes(&w, &in);
    CU_ASSERT_FALSE(w.bad);
    struct wire r = wire_reader(bytes, (size_t)(w.at - bytes));
    ledger_classes(&r, &out);
    CU_ASSERT_FALSE(r.bad);
    CU_ASSERT_TRUE(r.at == r.end);
    CU_ASSERT_PTR_EQUAL_FATAL(out.sheet.classes, &out.classes);
    CU_ASSERT_EQUAL(out.classes.loader_count, WEIR_TOP_LOADERS);
    buf_init(&b, text, sizeof text);
    out_classes_lines(&b, &oom.sheet, WEIR_TOP_LOADERS);
    buf_init(&b, again, sizeof again);
    out_classes_lines(&b, &out.sheet, WEIR_TOP_LOADERS);
    CU_ASSERT_STRING_EQUAL(again, text);
    for (size_t len = 0; len < (size_t)(w.at - bytes); len += 7) { /* cut anywhere: refused, nothing points outside */
        struct wire cut = wire_reader(bytes, len);
        memset(&out, 0, sizeof out);
        ledger_classes(&cut, &out);
        CU_ASSERT_TRUE(cut.bad);
        CU_ASSERT_PTR_NULL(out.sheet.classes);
    }
}

static void ledger_without_a_reading_has_none(void)
{
    static struct ledger_sheet in, out;
    unsigned char              bytes[256];
    memset(&in, 0, sizeof in);
    memset(&out, 0, sizeof out);
    in.sheet.metaspace = oom.sheet.metaspace;
    struct wire w = wire_writer(bytes, sizeof bytes);
    ledger_classes(&w, &in);
    struct wire r = wire_reader(bytes, (size_t)(w.at - bytes));
    ledger_classes(&r, &out);
    CU_ASSERT_FALSE(r.bad);
    CU_ASSERT_PTR_NULL(out.sheet.classes);
    CU_ASSERT_EQUAL(out.sheet.metaspace.committed, 255 * MIB);
}

SUITE(metaspace, setup, NULL, CASE(leak_is_named_by_its_jobs), CASE(sixteen_mib_or_a_quarter_weigh), CASE(not_yet_collected_is_open),
      CASE(caches_and_running_jobs_are_no_leak), CASE(generated_classes_are_named), CASE(crowd_of_unknown_loaders_is_open),
      CASE(what_was_let_go_is_not_judged), CASE(class_space_has_its_own_verdict), CASE(unknown_loaders_give_no_verdict),
      CASE(budget_advises_the_size_that_is_silent), CASE(leak_advises_what_buys_as_many_again),
      CASE(foreign_configuration_is_no_base_for_advice), CASE(level_tells_how_many_more_jobs_fit), CASE(report_is_as_promised),
      CASE(level_begins_with_the_verdict), CASE(survivors_begin_with_what_they_hold),
      CASE(json_holds_the_same), CASE(lines_are_cut_safely), CASE(ledger_gives_back_what_was_written),
      CASE(ledger_without_a_reading_has_none));
