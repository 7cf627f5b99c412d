/* SPDX-License-Identifier: Apache-2.0 */
/* test_diagnose.c: each verdict from hand-made figures, at and beside its thresholds; advice by deriving it again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/diagnose.h"
#include "model/diagnose_unused.h"
#include "model/flinkmodel.h"
#include "model/memsize.h"
#include "model/mib.h"
#include "oom_fixture.h"
#include "out/figure.h"
#include "out_fixture.h"
#include "suite.h"
#include "tsv.h"

#define TM_1728 "taskmanager.memory.process.size=1728m"
#define TO      "taskmanager.memory.task.off-heap.size"

static struct weir_oom       oom;
static struct flinkconf      conf;
static struct diagnose_flink flink;

static void setup(void)
{
    oom_flink(&flink, &conf, WEIR_ROLE_TASKMANAGER, TM_1728);
}

static const struct weir_diagnosis *first(void)
{
    diagnose_oom(&oom, &flink);
    CU_ASSERT_TRUE_FATAL(oom.diagnosis_count > 0);
    return &oom.diagnosis[0];
}

static const struct weir_diagnosis *find(const char *id)
{
    for (size_t i = 0; i < oom.diagnosis_count; i++)
        if (strcmp(oom.diagnosis[i].id, id) == 0)
            return &oom.diagnosis[i];
    return NULL;
}

static void expect(const char *what, const char *id, const char *headline)
{
    const struct weir_diagnosis *d = first();
    size_t                       n = strcspn(d->text, ";");
    if (strcmp(d->id, id) != 0 || strlen(headline) != n || strncmp(d->text, headline, n) != 0)
        fprintf(stderr, "\n%s: %s: %s\n", what, d->id, d->text);
    CU_ASSERT_STRING_EQUAL(d->id, id);
    CU_ASSERT_EQUAL(strlen(headline), n);
    CU_ASSERT_NSTRING_EQUAL(d->text, headline, n);
}

/* ---- verdicts ---- */

#define LEAK   "LEAK of ended attempts, not a small budget"
#define BUDGET "BUDGET too small, no leak"
#define GC_OFF "open: explicit GC is disabled, so garbage was not collected before it failed"

/* The TaskManager of oom_budget(), 16 MiB asked with 0.9 left: 15.1 are lacking. Figures in MiB. */
static const struct {
    const char *what;
    int         ended, proven, unsafe, before; /* ended and proven by jobs; unsafe: of task.off-heap, beside its 112 */
    bool        gc_known, gc_off;
    int         requested; /* 0: not known */
    const char *id, *headline;
} verdicts[] = {
    { "all runs", 0, 0, 0, 0, true, false, 16, "direct-budget", BUDGET },
    { "16 of ended attempts, proven, are the lacking 15.1", 16, 16, 0, 0, true, false, 16, "direct-leak", LEAK },
    { "15 are too few to name", 15, 15, 0, 0, true, false, 16, "direct-budget", BUDGET },
    { "39 of 40 lacking are not the cause", 39, 39, 0, 0, true, false, 41, "direct-budget",
      "BUDGET too small, and ended attempts are not enough to explain it" },
    { "41 of 40 lacking are", 41, 41, 0, 0, true, false, 41, "direct-leak", LEAK },
    { "part proven is not enough", 50, 15, 0, 0, true, false, 16, "direct-open",
      "open: 50.0 MiB of ended attempts not yet collected" },
    { "no collection seen", 50, 0, 0, 0, false, false, 16, "direct-open",
      "open: 50.0 MiB of ended attempts not yet collected" },
    { "a proof without a collection is none", 50, 50, 0, 0, false, false, 16, "direct-open",
      "open: 50.0 MiB of ended attempts not yet collected" },
    { "what Unsafe took does not fill this pool", 50, 50, 40, 0, true, false, 16, "direct-open",
      "open: 50.0 MiB of ended attempts not yet collected" },
    { "34 of 50 are direct at least", 50, 50, 16, 0, true, false, 16, "direct-leak", LEAK },
    { "nothing of an attempt that ended, explicit GC off", 0, 0, 0, 0, true, true, 16, "explicit-gc-off", GC_OFF },
    { "a proven leak needs no explicit GC", 50, 50, 0, 0, true, true, 16, "direct-leak", LEAK },
    { "taken before Weir came", 0, 0, 0, 16, true, false, 16, "direct-open",
      "open: 16.0 MiB are held by nobody Weir can name" },
    { "too little of that to hide a leak", 0, 0, 0, 15, true, false, 32, "direct-budget", BUDGET },
    { "size not known, nothing ended", 0, 0, 0, 0, true, false, 0, "direct-budget", BUDGET },
    { "size not known, a leak all the same", 50, 50, 0, 0, true, false, 0, "direct-leak",
      "LEAK of ended attempts, open whether it is all" },
};

static void make(size_t i)
{
    uint64_t ended = (uint64_t)verdicts[i].ended * MIB, before = (uint64_t)verdicts[i].before * MIB;
    oom_budget(&oom);
    oom.gc_known = verdicts[i].gc_known;
    oom.explicit_gc_off = verdicts[i].gc_off;
    oom.requested = (uint64_t)verdicts[i].requested * MIB;
    struct weir_row *task = &oom.sheet.rows[WEIR_TASK_OFF_HEAP];
    task->kind_bytes[WEIR_KIND_UNSAFE] = (uint64_t)verdicts[i].unsafe * MIB;
    task->used += task->kind_bytes[WEIR_KIND_UNSAFE];
    task->used -= before; /* the pool is as full as ever, a part of it is nobody's */
    task->kind_bytes[WEIR_KIND_DIRECT] -= before;
    oom.jobs[0].running = task->used - ended;
    oom.jobs[0].ended = ended;
    oom.jobs[0].proven = (uint64_t)verdicts[i].proven * MIB;
    oom.jobs[0].attempts_ended = ended == 0 ? 0 : 2;
}

static void verdict_follows_from_the_figures(void)
{
    for (size_t i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++) {
        make(i);
        expect(verdicts[i].what, verdicts[i].id, verdicts[i].headline);
    }
}

/* The report had the JVM collect twice, and that freed enough: no leak, and nothing is open. */
static void garbage_that_a_second_collection_frees_is_no_leak(void)
{
    oom_budget(&oom);
    oom.gc_known = true;
    oom.requested = 16 * MIB;
    oom.jobs[0].ended = 50 * MIB;
    oom.jobs[0].running -= 50 * MIB;
    oom.jobs[0].attempts_ended = 2;
    oom.freed = 50 * MIB;
    expect("all of it", "direct-budget", BUDGET);
    CU_ASSERT_PTR_NOT_NULL(strstr(oom.diagnosis[0].text, "50.0 MiB of ended attempts were garbage that the JDK's one collection"));
    oom.freed = 15 * MIB; /* 15.1 are lacking */
    expect("too little of it", "direct-open", "open: 50.0 MiB of ended attempts not yet collected");
}

static void owners_prove_what_the_jobs_sums_leave_open(void)
{
    oom_leak(&oom);
    struct weir_row *task = &oom.sheet.rows[WEIR_TASK_OFF_HEAP];
    task->kind_bytes[WEIR_KIND_UNSAFE] = 100 * MIB; /* may all be of the ended attempts */
    task->used += 100 * MIB;
    expect("108 shown to be direct", "direct-leak", LEAK);
    for (size_t i = 0; i < oom.sheet.owner_count; i++)
        oom.sheet.owners[i].attempt.end_ms = oom.sheet.owners[i].attempt.end_ms == 0 ? 0 : oom.gc_after_ms;
    expect("ended just before it collected", "direct-leak", LEAK);
    for (size_t i = 0; i < oom.sheet.owner_count; i++)
        oom.sheet.owners[i].attempt.end_ms = oom.gc_after_ms + 1; /* ended while it collected */
    expect("8 left", "direct-open", "open: 108.0 MiB of ended attempts not yet collected");
}

static void bytes_of_no_attempt_are_nobodys(void)
{
    oom_budget(&oom);
    oom.jobs[0].running = 90 * MIB; /* of 112 in task.off-heap */
    expect("22 of user code", "direct-open", "open: 22.0 MiB are held by nobody Weir can name");
}

/* A library's thread, started by an attempt that has ended, works for whoever comes: no proof against that attempt. */
static void bytes_of_shared_threads_are_no_attempts(void)
{
    oom_leak(&oom);
    oom.job_count = 0;
    for (int i = 0; i < 3; i++)
        oom.sheet.owners[i].attempt.state = WEIR_ATTEMPT_SHARED;
    expect("all of the library's", "direct-open",
           "open: 108.0 MiB of flink-sql-connector-pulsar-4.1.0.jar are shared, of no single attempt");
    oom.sheet.owners[0].stack.source = "blob_p-5f1c";
    oom.sheet.owner_count = 1;
    CU_ASSERT_PTR_NOT_NULL(strstr(first()->text, " of the job jar are shared"));
}

static void network_taken_before_weir_came_is_not_nobodys(void)
{
    oom_budget(&oom);
    oom.sheet.rows[WEIR_NETWORK].used = 0;
    expect("attached", "direct-budget", BUDGET);
}

static void figures_that_are_missing_are_called_missing(void)
{
    oom_leak(&oom);
    oom.sheet.pools[WEIR_POOL_DIRECT].measured = false;
    expect("no pool", "direct-open", "open: how full the direct pool was is not known");
    CU_ASSERT_EQUAL(oom.diagnosis_count, 1);
}

static void plain_jvm_has_no_verdict(void)
{
    oom_budget(&oom);
    flink.role = WEIR_ROLE_OTHER;
    expect("plain", "direct-open", "open: a JVM without Flink has no attempts to tell a leak by");
}

static void other_pools_have_no_verdict(void)
{
    oom_metaspace(&oom);
    diagnose_oom(&oom, &flink);
    CU_ASSERT_EQUAL(oom.diagnosis_count, 0);
    oom_leak(&oom);
    oom.pool = WEIR_OOM_HEAP;
    diagnose_oom(&oom, &flink);
    CU_ASSERT_EQUAL(oom.diagnosis_count, 0);
}

static void leak_is_said_with_its_numbers(void)
{
    oom_leak(&oom);
    expect("leak", "direct-leak", LEAK);
    CU_ASSERT_STRING_EQUAL(
        oom.diagnosis[0].text,
        LEAK "; 108.0 of 128.0 MiB (framework.off-heap + task.off-heap) belong to 3 ended attempts of job orders_enrich "
             "(5f1c..9e2a), 36.0 MiB each on average; without them the 16.0 MiB asked would have fitted; a larger size is no "
             "cure: it buys 3 more such attempts");
    CU_ASSERT_EQUAL(oom.diagnosis_count, 1);
}

static void leak_of_many_jobs_names_the_first_and_counts_the_others(void)
{
    oom_leak(&oom);
    oom.jobs[0].job_name = "";
    oom.jobs[1] = oom.jobs[2] = oom.jobs[0];
    oom.jobs[2].ended = oom.jobs[2].proven = oom.jobs[2].attempts_ended = 0;
    oom.job_count = 3;
    CU_ASSERT_PTR_NOT_NULL(strstr(first()->text, " belong to 6 ended attempts of job 5f1c..9e2a and 1 other job, "));
}

/* Another job that ended left garbage, which the last collection did not free: it had ended later. */
static void leak_counts_no_attempts_of_jobs_that_left_garbage(void)
{
    oom_leak(&oom);
    oom.jobs[1] = oom.jobs[0];
    oom.jobs[1].job_name = "healthy";
    oom.jobs[1].ended = 2 * MIB;
    oom.jobs[1].proven = oom.jobs[1].running = 0;
    oom.jobs[1].attempts_ended = 1;
    oom.job_count = 2;
    CU_ASSERT_PTR_NOT_NULL(strstr(first()->text, " belong to 3 ended attempts of job orders_enrich (5f1c..9e2a), 36.0 MiB each"));
    CU_ASSERT_PTR_NOT_NULL(strstr(first()->text, " it buys 3 more such attempts"));
    struct weir_job garbage = oom.jobs[1];
    garbage.ended = 110 * MIB;
    oom.jobs[1] = oom.jobs[0];
    oom.jobs[0] = garbage;
    CU_ASSERT_PTR_NOT_NULL(strstr(first()->text, " belong to 3 ended attempts of job orders_enrich (5f1c..9e2a), 36.0 MiB each"));
}

static void budget_is_said_with_its_numbers(void)
{
    oom_budget(&oom);
    CU_ASSERT_STRING_EQUAL(
        first()->text, BUDGET "; 16.0 MiB asked, 15.1 MiB short: 127.1 of 128.0 MiB (framework.off-heap + task.off-heap) in "
                              "use, running attempts 112.0, ended ones 0.0, Flink itself and the rest 15.1");
    oom.jobs[0].running = 104 * MIB;
    oom.jobs[0].ended = 8 * MIB;
    CU_ASSERT_PTR_NOT_NULL(strstr(first()->text, ", running attempts 104.0, ended ones 8.0, Flink itself and the rest 15.1"));
    oom.requested = 0;
    CU_ASSERT_PTR_NOT_NULL(strstr(first()->text, "; the size asked is not known, 0.9 MiB left when it was read: "));
}

/* ---- beside it ---- */

static void contradiction_of_flag_and_configuration(void)
{
    oom_budget(&oom);
    oom.sheet.pools[WEIR_POOL_DIRECT].limit.bytes -= 20 * MIB;
    oom.sheet.pools[WEIR_POOL_DIRECT].used -= 20 * MIB;
    oom.sheet.rows[WEIR_TASK_OFF_HEAP].used -= 20 * MIB;
    oom.sheet.rows[WEIR_TASK_OFF_HEAP].kind_bytes[WEIR_KIND_DIRECT] -= 20 * MIB;
    expect("whole", "direct-contradiction", "MaxDirectMemorySize is below what Flink's configuration implies");
    CU_ASSERT_STRING_EQUAL(oom.diagnosis[0].text,
                           "MaxDirectMemorySize is below what Flink's configuration implies; 236.0 MiB in force, 256.0 MiB "
                           "implied (network 128.0 + framework.off-heap 128.0 + task.off-heap 0.0), with which the 16.0 MiB "
                           "asked would have fitted; correct the flag, not a size of Flink's");
    CU_ASSERT_STRING_EQUAL(oom.diagnosis[0].advice[0].key, "-XX:MaxDirectMemorySize");
    CU_ASSERT_STRING_EQUAL(oom.diagnosis[0].advice[0].value, "268435458");
    oom.requested = 64 * MIB; /* would not fit there either */
    expect("beside", "direct-budget", BUDGET);
    CU_ASSERT_PTR_NOT_NULL_FATAL(find("direct-contradiction"));
    CU_ASSERT_PTR_NULL(strstr(find("direct-contradiction")->text, "would have fitted"));
}

static void limits_of_our_own_options_contradict_nothing(void)
{
    oom_budget(&oom);
    oom.sheet.rows[WEIR_TASK_OFF_HEAP].limit = out_limit(64 * MIB, "option", true);
    first();
    CU_ASSERT_PTR_NULL(find("direct-contradiction"));
}

static void nio_owner(struct weir_owner *o)
{
    o->stack.frames[2] = (struct weir_frame){ "sun.nio.ch.Util", "getTemporaryDirectBuffer", "Util.java", 243 };
}

static void nio_caches_that_hold_what_is_missing_are_the_verdict(void)
{
    oom_budget(&oom);
    nio_owner(&oom.sheet.owners[0]);
    nio_owner(&oom.sheet.owners[1]);
    expect("nio", "nio-temporary-buffers", "NIO's temporary buffers, cached per thread, hold what is missing");
    CU_ASSERT_PTR_NOT_NULL(strstr(oom.diagnosis[0].text, "; 112.0 of 128.0 MiB (framework.off-heap + task.off-heap) in 28 "
                                                         "blocks of 2 owners, the largest 96.0 MiB, "));
    nio_owner(&oom.sheet.owners[0]);
    oom.sheet.owner_count = 1;
    CU_ASSERT_PTR_NOT_NULL(strstr(first()->text, " in 24 blocks of 1 owner, taken for heap buffers"));
    CU_ASSERT_EQUAL(oom.diagnosis[0].advice_count, 1);
    CU_ASSERT_STRING_EQUAL(oom.diagnosis[0].advice[0].key, "-Djdk.nio.maxCachedBufferSize");
    CU_ASSERT_STRING_EQUAL(oom.diagnosis[0].advice[0].value, "262144");
    CU_ASSERT_EQUAL(oom.diagnosis_count, 1);
}

static void nio_caches_of_less_stand_beside_the_verdict(void)
{
    oom_budget(&oom);
    oom.requested = 64 * MIB;
    nio_owner(&oom.sheet.owners[1]);
    expect("16 of 63 lacking", "direct-budget", BUDGET);
    CU_ASSERT_PTR_NOT_NULL(find("nio-temporary-buffers"));
    oom.sheet.owners[1].bytes--;
    first();
    CU_ASSERT_PTR_NULL(find("nio-temporary-buffers"));
}

/* The text of the diagnosis with this id; "" if there is none. */
static const char *text_of(const char *id)
{
    const struct weir_diagnosis *d = find(id);
    return d != NULL ? d->text : "";
}

static void nettys_malloc_is_named_with_its_version(void)
{
    static struct weir_breach breach;
    breach.component = WEIR_TASK_OFF_HEAP;
    breach.sheet.netty = (struct weir_netty_malloc){ 512 * MIB, 128, "netty-common-4.2.20.Final.jar" };
    diagnose_off_heap(&breach);
    CU_ASSERT_EQUAL_FATAL(breach.diagnosis_count, 1);
    CU_ASSERT_STRING_EQUAL(breach.diagnosis[0].id, "netty-malloc");
    CU_ASSERT_STRING_EQUAL(breach.diagnosis[0].text,
                           "512.0 MiB allocated by netty 4.2 through malloc: inside the container, outside MaxDirectMemorySize; 128 blocks, "
                           "which neither java.nio.Bits nor its MXBean counts. With the JVM option --sun-misc-unsafe-memory-access=allow it "
                           "takes direct buffers instead");
    breach.sheet.netty.source = "pulsar-client-all.jar";
    diagnose_off_heap(&breach);
    CU_ASSERT_PTR_NOT_NULL(strstr(breach.diagnosis[0].text, "allocated by netty of pulsar-client-all.jar through malloc"));
    breach.diagnosis_count = 0;
    breach.sheet.netty.bytes = 15 * MIB;
    diagnose_off_heap(&breach);
    CU_ASSERT_EQUAL(breach.diagnosis_count, 0);
    breach.sheet.netty.bytes = 512 * MIB;
    breach.component = WEIR_MANAGED;
    diagnose_off_heap(&breach);
    CU_ASSERT_EQUAL(breach.diagnosis_count, 0);
    oom_budget(&oom);
    oom.sheet.netty = breach.sheet.netty;
    first();
    CU_ASSERT_PTR_NOT_NULL(find("netty-malloc"));
}

static void memory_that_bits_does_not_count(void)
{
    oom_budget(&oom);
    struct weir_row *task = &oom.sheet.rows[WEIR_TASK_OFF_HEAP];
    task->kind_bytes[WEIR_KIND_UNSAFE] = 512 * MIB;
    task->used += 512 * MIB;
    oom.jobs[0].running += 512 * MIB;
    first();
    CU_ASSERT_PTR_NOT_NULL_FATAL(find("uncounted"));
    CU_ASSERT_STRING_EQUAL(text_of("uncounted"),
                           "512.0 MiB of task.off-heap are inside the process, outside MaxDirectMemorySize; taken through "
                           "Unsafe, which java.nio.Bits and its MXBean do not count");
    task->kind_bytes[WEIR_KIND_FFM] = 16 * MIB;
    first();
    CU_ASSERT_PTR_NOT_NULL(strstr(text_of("uncounted"), "528.0 MiB of task.off-heap "));
    CU_ASSERT_PTR_NOT_NULL(strstr(text_of("uncounted"), "; taken through Unsafe and foreign-memory arenas, which"));
    task->kind_bytes[WEIR_KIND_UNSAFE] = 0;
    first();
    CU_ASSERT_PTR_NOT_NULL(strstr(text_of("uncounted"), "; taken through foreign-memory arenas, which"));
    task->kind_bytes[WEIR_KIND_FFM] = 0;
    task->kind_bytes[WEIR_KIND_UNSAFE] = 512 * MIB;
    oom.pool = WEIR_OOM_NETTY;
    CU_ASSERT_STRING_EQUAL(first()->id, "netty-limit");
    CU_ASSERT_PTR_NOT_NULL(find("uncounted"));
    task->kind_bytes[WEIR_KIND_UNSAFE] = 16 * MIB - 1;
    diagnose_oom(&oom, &flink);
    CU_ASSERT_EQUAL(oom.diagnosis_count, 1);
}

static void nettys_own_limit_is_told_from_the_jvms(void)
{
    oom_budget(&oom);
    oom.pool = WEIR_OOM_NETTY;
    oom.class_name = "org.apache.flink.shaded.netty4.io.netty.util.internal.OutOfDirectMemoryError";
    oom.requested = 16 * MIB;
    expect("nothing known", "netty-limit", "Netty's own limit was hit, not the JVM's");
    CU_ASSERT_EQUAL(oom.diagnosis[0].advice_count, 0);
    oom.netty_known = true;
    oom.netty_used = 20 * MIB + 1;
    oom.netty_max = 32 * MIB;
    const struct weir_diagnosis *d = first();
    CU_ASSERT_PTR_NOT_NULL(strstr(d->text, "; 20.0 of 32.0 MiB in use by this copy of Netty, "
                                           "org.apache.flink.shaded.netty4.io.netty, 16.0 MiB asked. "));
    CU_ASSERT_EQUAL_FATAL(d->advice_count, 1);
    CU_ASSERT_STRING_EQUAL(d->advice[0].key, "-Dorg.apache.flink.shaded.netty4.io.netty.maxDirectMemory");
    CU_ASSERT_STRING_EQUAL(d->advice[0].value, "38797312"); /* 37 MiB */
    oom.class_name = "com.example.OutOfDirectMemoryError"; /* options unknown */
    CU_ASSERT_EQUAL(first()->advice_count, 0);
}

/* ---- advice ---- */

static bool derive(const struct flinkconf *c, struct flinkmodel *m)
{
    struct flinkmodel_error err;
    return flinkmodel_derive(c, flink.role, flink.version, m, &err) == WEIR_OK;
}

static void put(struct flinkconf *c, const char *key, uint64_t bytes)
{
    char text[32];
    snprintf(text, sizeof text, "%llub", (unsigned long long)bytes);
    flinkconf_set(c, flinkkey_find(key), FLINKCONF_OPTION, text, strlen(text));
}

static uint64_t size_of(const struct weir_advice *a)
{
    uint64_t bytes = 0;
    CU_ASSERT_EQUAL(memsize_parse(a->value, &bytes, NULL), WEIR_OK);
    return bytes;
}

static bool keeps(const struct flinkmodel *old, const struct flinkmodel *m)
{
    bool kept = true;
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        kept = kept && m->rows[c].bytes >= old->rows[c].bytes;
    return kept;
}

static uint64_t budget(const struct flinkmodel *m)
{
    return m->rows[WEIR_FRAMEWORK_OFF_HEAP].bytes + m->rows[WEIR_TASK_OFF_HEAP].bytes + m->rows[WEIR_OFF_HEAP].bytes;
}

/* A row that changes is printed, and none that does not. The row that grows has an entry of its own. */
static void changes_are_all_printed(const char *changes, const struct flinkmodel *old, const struct flinkmodel *m)
{
    static const struct {
        enum weir_component c;
        const char         *name;
    } rows[] = { { WEIR_FRAMEWORK_HEAP, "framework.heap " }, { WEIR_TASK_HEAP, "task.heap " },
                 { WEIR_MANAGED, "managed " },               { WEIR_NETWORK, "network " },
                 { WEIR_JVM_OVERHEAD, "jvm-overhead " },     { WEIR_JVM_METASPACE, "jvm-metaspace " } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CU_ASSERT_EQUAL(strstr(changes, rows[i].name) != NULL,
                        old->rows[rows[i].c].bytes != m->rows[rows[i].c].bytes);
    CU_ASSERT_EQUAL(strstr(changes, "process in all ") != NULL, old->process.bytes != m->process.bytes);
    CU_ASSERT_PTR_NULL(strstr(changes, "...")); /* not cut */
}

/* Every way derives as printed; the second keeps every row, and the next smaller whole MiB of its total does not. */
static void check_ways(const char *what, const struct weir_diagnosis *d, uint64_t least)
{
    static struct flinkconf c;
    struct flinkmodel       old, m;
    CU_ASSERT_TRUE_FATAL(derive(&conf, &old));
    for (size_t i = 0; i < d->advice_count;) {
        size_t way = i;
        c = conf;
        do
            put(&c, d->advice[i].key, size_of(&d->advice[i]));
        while (++i < d->advice_count && d->advice[i].changes[0] == '\0');
        bool fine = derive(&c, &m) && budget(&m) >= least && budget(&m) < least + MIB;
        if (!fine)
            fprintf(stderr, "\n%s: %s: %s does not hold or is too much\n", what, d->advice[way].key, d->advice[way].value);
        CU_ASSERT_TRUE_FATAL(fine);
        changes_are_all_printed(d->advice[way].changes, &old, &m);
        if (i - way == 1)
            continue;
        CU_ASSERT_TRUE(keeps(&old, &m));
        put(&c, d->advice[way].key, size_of(&d->advice[way]) - MIB);
        CU_ASSERT_FALSE(derive(&c, &m) && keeps(&old, &m));
    }
}

/* The limits in force are those of the configuration; what is used fills them but for 1 MiB. */
static void fill_taskmanager(void)
{
    struct flinkmodel m;
    CU_ASSERT_TRUE_FATAL(derive(&conf, &m));
    oom_budget(&oom);
    uint64_t used = 0;
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        if (m.rows[c].how != FLINKMODEL_ABSENT)
            oom.sheet.rows[c].limit.bytes = m.rows[c].bytes;
    struct weir_row *network = &oom.sheet.rows[WEIR_NETWORK], *task = &oom.sheet.rows[WEIR_TASK_OFF_HEAP];
    network->used = network->limit.bytes;
    task->used = budget(&m) - oom.sheet.rows[WEIR_FRAMEWORK_OFF_HEAP].used - MIB;
    task->kind_bytes[WEIR_KIND_DIRECT] = oom.jobs[0].running = task->used;
    used = network->used + task->used + oom.sheet.rows[WEIR_FRAMEWORK_OFF_HEAP].used;
    oom.sheet.pools[WEIR_POOL_DIRECT].used = used;
    oom.sheet.pools[WEIR_POOL_DIRECT].limit.bytes = m.max_direct;
}

#define T "taskmanager.memory."
static const struct {
    const char *options;
    int         ways; /* 1: only the row, or only with the total; 2 */
} configurations[] = {
    { TM_1728, 2 },
    { TM_1728 ";" TO "=64m", 2 },
    { T "process.size=4g;" T "managed.size=1g", 2 },
    { T "process.size=4g;" T "managed.fraction=0.0", 2 },
    { T "process.size=4g;" T "network.min=64m;" T "network.max=64m", 2 },
    { T "process.size=3g;" T "jvm-overhead.max=200m;" TO "=300m", 2 },
    { T "process.size=1999m", 2 },
    { T "flink.size=1280m", 2 },
    { T "flink.size=20g;" TO "=1g", 2 },
    { T "task.heap.size=512m;" T "managed.size=512m", 1 },                           /* totals follow */
    { T "flink.size=2g;" T "task.heap.size=512m", 2 },                               /* network gives way */
    { T "process.size=1100m", 1 },                                                    /* the heap has not enough to give */
    { T "flink.size=1280m;" T "process.size=1728m", 1 },                             /* both totals: neither grows alone */
};

static void size_advised_holds_keeps_silent_and_is_the_smallest(void)
{
    for (size_t i = 0; i < sizeof configurations / sizeof configurations[0]; i++) {
        oom_flink(&flink, &conf, WEIR_ROLE_TASKMANAGER, configurations[i].options);
        fill_taskmanager();
        const struct weir_diagnosis *d = first();
        CU_ASSERT_STRING_EQUAL_FATAL(d->id, "direct-budget");
        uint64_t framework = oom.sheet.rows[WEIR_FRAMEWORK_OFF_HEAP].used, task = oom.sheet.rows[WEIR_TASK_OFF_HEAP].used;
        uint64_t asked = oom.requested, quiet = (framework + task + asked) * 5 / 4 + 1;
        uint64_t share = 128 * MIB + task + asked; /* framework.off-heap and what user code holds */
        check_ways(configurations[i].options, d, quiet > share ? quiet : share);
        int ways = d->advice_count == 0 ? 0 : d->advice_count == 2 || d->advice_count == 1 ? 1 : 2;
        if (ways != configurations[i].ways)
            fprintf(stderr, "\n%s: %d ways\n%s\n", configurations[i].options, ways, d->text);
        CU_ASSERT_EQUAL(ways, configurations[i].ways);
    }
}

static void size_advised_for_a_taskmanager_of_1728m(void)
{
    oom_budget(&oom);
    const struct weir_diagnosis *d = first();
    CU_ASSERT_EQUAL_FATAL(d->advice_count, 3);
    CU_ASSERT_STRING_EQUAL(d->advice[0].key, TO);
    CU_ASSERT_STRING_EQUAL(d->advice[0].value, "128m");
    CU_ASSERT_STRING_EQUAL(d->advice[0].changes, "task.heap 384.0 -> 256.0 MiB");
    CU_ASSERT_STRING_EQUAL(d->advice[1].key, T "process.size");
    CU_ASSERT_STRING_EQUAL(d->advice[2].key, TO);
    CU_ASSERT_STRING_EQUAL(d->advice[2].changes, "");
}

static void larger_size_for_a_leak_holds_as_many_attempts_again(void)
{
    oom_leak(&oom);
    check_ways("leak", first(), OOM_TM_DIRECT - OOM_NETWORK - MIB + MIB / 10 + 16 * MIB + 108 * MIB);
    CU_ASSERT_STRING_EQUAL(oom.diagnosis[0].advice[0].value, "124m");
}

static void jobmanager_is_advised_its_own_option(void)
{
    oom_flink(&flink, &conf, WEIR_ROLE_JOBMANAGER,
              "jobmanager.memory.process.size=1600m;jobmanager.memory.enable-jvm-direct-memory-limit=true");
    oom_jobmanager(&oom);
    expect("jm", "direct-budget", "BUDGET too small, no attempts run on a JobManager");
    check_ways("jm", &oom.diagnosis[0], 130 * MIB * 5 / 4 + 1);
    CU_ASSERT_EQUAL(oom.diagnosis[0].advice_count, 3);
    CU_ASSERT_STRING_EQUAL(oom.diagnosis[0].advice[0].key, "jobmanager.memory.off-heap.size");
    CU_ASSERT_STRING_EQUAL(oom.diagnosis[0].advice[0].value, "163m");
    CU_ASSERT_STRING_EQUAL(oom.diagnosis[0].advice[1].key, "jobmanager.memory.process.size");
    oom.sheet.pools[WEIR_POOL_DIRECT].limit.source = "maximum heap size";
    CU_ASSERT_EQUAL(first()->advice_count, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(oom.diagnosis[0].text, "; no size is advised: MaxDirectMemorySize is not set"));
}

static void no_size_is_advised_from_a_configuration_of_another_jvm(void)
{
    oom_budget(&oom);
    oom_flink(&flink, &conf, WEIR_ROLE_TASKMANAGER, T "process.size=4g");
    CU_ASSERT_EQUAL(first()->advice_count, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(oom.diagnosis[0].text, "; no size is advised: the configuration that was read does not"));
    oom_flink(&flink, &conf, WEIR_ROLE_TASKMANAGER, "");
    CU_ASSERT_PTR_NOT_NULL(strstr(first()->text, "; no size is advised: Flink refuses the configuration that was read"));
    flink.conf = NULL;
    CU_ASSERT_PTR_NOT_NULL(strstr(first()->text, "; no size is advised: no configuration of Flink is known"));
}

static void request_of_any_size_is_survived(void)
{
    static const uint64_t sizes[] = { 1, UINT64_C(1) << 45, UINT64_C(1) << 62, INT64_MAX, UINT64_MAX };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        oom_budget(&oom);
        oom.requested = sizes[i];
        CU_ASSERT_EQUAL(first()->advice_count == 0, sizes[i] > 1);
        oom_leak(&oom);
        oom.requested = sizes[i];
        CU_ASSERT_STRING_EQUAL(first()->id, sizes[i] > 1 ? "direct-budget" : "direct-leak");
    }
}

static void long_names_are_cut(void)
{
    static char name[4096];
    memset(name, 'n', sizeof name - 1);
    oom_leak(&oom);
    oom.jobs[0].job_name = name;
    CU_ASSERT_TRUE(strlen(first()->text) < sizeof oom.diagnosis[0].text);
    CU_ASSERT_PTR_NOT_NULL(strstr(oom.diagnosis[0].text, " each on average"));
    CU_ASSERT_TRUE(oom.diagnosis[0].advice_count > 0);
}

static void figures_read_as_in_the_reports(void)
{
    static const uint64_t edges[] = { 0, 1, 1023, 1024, 104857, 104858, 1048575, 1048576, 1101004, UINT64_MAX };
    char                  ours[64], theirs[64];
    struct buf            a, b;
    for (size_t i = 0; i < sizeof edges / sizeof edges[0] * 2; i++) {
        uint64_t n = i % 2 == 0 ? edges[i / 2] : edges[i / 2] * 997;
        buf_init(&a, ours, sizeof ours);
        buf_init(&b, theirs, sizeof theirs);
        mib_put_of(&a, n, edges[i / 2]);
        figure_of(&b, n, edges[i / 2]);
        CU_ASSERT_STRING_EQUAL(ours, theirs);
    }
}

static struct weir_sheet unused_sheet(uint64_t minutes)
{
    struct flinkmodel m;
    struct weir_sheet sheet;
    memset(&sheet, 0, sizeof sheet);
    CU_ASSERT_TRUE_FATAL(derive(&conf, &m));
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++) {
        sheet.rows[c].present = sheet.rows[c].measured = m.rows[c].how != FLINKMODEL_ABSENT;
        sheet.rows[c].limit = out_limit(m.rows[c].bytes, "command line", false);
    }
    sheet.unused_managed_ms = minutes * 60000;
    return sheet;
}

/* The second way: every row but managed keeps its size, and 1 MiB less does not do. */
static void check_given_back(const struct weir_diagnosis *d)
{
    static struct flinkconf c;
    struct flinkmodel       old, m;
    CU_ASSERT_TRUE_FATAL(derive(&conf, &old));
    c = conf;
    for (size_t i = 1; i < d->advice_count; i++)
        put(&c, d->advice[i].key, size_of(&d->advice[i]));
    CU_ASSERT_TRUE_FATAL(derive(&c, &m));
    CU_ASSERT_EQUAL(m.rows[WEIR_MANAGED].bytes, 0);
    CU_ASSERT_TRUE(m.process.bytes < old.process.bytes);
    m.rows[WEIR_MANAGED] = old.rows[WEIR_MANAGED];
    CU_ASSERT_TRUE(keeps(&old, &m));
    put(&c, d->advice[1].key, size_of(&d->advice[1]) - MIB);
    bool fits = derive(&c, &m);
    m.rows[WEIR_MANAGED] = old.rows[WEIR_MANAGED];
    CU_ASSERT_FALSE(fits && keeps(&old, &m));
}

static void managed_is_given_back_whatever_is_configured(void)
{
    for (size_t i = 0; i < sizeof configurations / sizeof configurations[0]; i++) {
        struct weir_diagnosis d;
        oom_flink(&flink, &conf, WEIR_ROLE_TASKMANAGER, configurations[i].options);
        struct weir_sheet sheet = unused_sheet(12);
        bool              any = sheet.rows[WEIR_MANAGED].limit.bytes >= 16 * MIB;
        CU_ASSERT_EQUAL(diagnose_unused(&d, &sheet, &flink, DIAGNOSE_UNUSED_MS), any);
        if (any && d.advice_count > 1)
            check_given_back(&d);
    }
}

static void managed_that_nobody_used_can_be_given_back(void)
{
    struct weir_diagnosis d;
    struct weir_sheet     sheet = unused_sheet(12);
    CU_ASSERT_TRUE_FATAL(diagnose_unused(&d, &sheet, &flink, DIAGNOSE_UNUSED_MS));
    CU_ASSERT_STRING_EQUAL(d.id, "managed-unused");
    CU_ASSERT_STRING_EQUAL(d.text, "managed memory is set aside and not used; nobody took any of the 512.0 MiB since the start, "
                                   "while jobs ran for 12 min, and no RocksDB, ForSt or Python is there. With a heap state "
                                   "backend, no batch operators and no Python it can be 0");
    CU_ASSERT_EQUAL_FATAL(d.advice_count, 4);
    CU_ASSERT_STRING_EQUAL(d.advice[0].key, "taskmanager.memory.managed.size");
    CU_ASSERT_STRING_EQUAL(d.advice[0].value, "0b");
    CU_ASSERT_STRING_EQUAL(d.advice[0].changes, "task.heap 384.0 -> 896.0 MiB, managed 512.0 -> 0.0 MiB");
    CU_ASSERT_STRING_EQUAL(d.advice[1].key, "taskmanager.memory.process.size");
    CU_ASSERT_STRING_EQUAL(d.advice[1].value, "1216m");
    CU_ASSERT_STRING_EQUAL(d.advice[1].changes, "task.heap 402653174 -> 402653182 B, managed 512.0 -> 0.0 MiB, "
                                                "process in all 1728.0 -> 1216.0 MiB");
    CU_ASSERT_STRING_EQUAL(d.advice[2].key, "taskmanager.memory.managed.size");
    CU_ASSERT_STRING_EQUAL(d.advice[2].changes, "");
    CU_ASSERT_STRING_EQUAL(d.advice[3].key, "taskmanager.memory.network.min"); /* 10 % of a smaller total */
    CU_ASSERT_STRING_EQUAL(d.advice[3].value, "134217730b");
    check_given_back(&d);
}

static void managed_is_not_called_unused_too_soon_or_without_a_derivation(void)
{
    struct weir_diagnosis d;
    struct weir_sheet     sheet = unused_sheet(10);
    CU_ASSERT_TRUE(diagnose_unused(&d, &sheet, &flink, DIAGNOSE_UNUSED_MS));
    sheet.unused_managed_ms--;
    CU_ASSERT_FALSE(diagnose_unused(&d, &sheet, &flink, DIAGNOSE_UNUSED_MS));
    CU_ASSERT_TRUE(diagnose_unused(&d, &sheet, &flink, 60000));
    sheet.unused_managed_ms = 0; /* somebody took some */
    CU_ASSERT_FALSE(diagnose_unused(&d, &sheet, &flink, 0));
    sheet = unused_sheet(100);
    sheet.rows[WEIR_MANAGED].limit.bytes -= 1; /* of another configuration */
    CU_ASSERT_FALSE(diagnose_unused(&d, &sheet, &flink, 0));
    sheet = unused_sheet(100);
    flink.conf = NULL;
    CU_ASSERT_FALSE(diagnose_unused(&d, &sheet, &flink, 0));
}

static void managed_that_nobody_used_stands_beside_an_error(void)
{
    oom_budget(&oom);
    oom.sheet.rows[WEIR_MANAGED].limit = unused_sheet(0).rows[WEIR_MANAGED].limit;
    oom.sheet.unused_managed_ms = 61000;
    CU_ASSERT_STRING_EQUAL(first()->id, "direct-budget");
    const struct weir_diagnosis *unused = find("managed-unused");
    CU_ASSERT_TRUE(unused != NULL && strstr(unused->text, "while jobs ran for 61 s") != NULL);
    oom.sheet.unused_managed_ms = 59000;
    first();
    CU_ASSERT_PTR_NULL(find("managed-unused"));
}

static void survivors_are_a_leak_by_whoever_took_most(void)
{
    static struct weir_breach breach;
    memset(&breach, 0, sizeof breach);
    breach.kind = WEIR_KIND_DIRECT;
    breach.stack.count = 2;
    breach.stack.decider = 1;
    breach.stack.frames[1] = (struct weir_frame){ "com.acme.Cache", "take", "Cache.java", 7 };
    breach.survived.bytes = 72 * MIB;
    breach.survived.collections = 3;
    diagnose_survived(&breach);
    CU_ASSERT_EQUAL_FATAL(breach.diagnosis_count, 1);
    CU_ASSERT_STRING_EQUAL(breach.diagnosis[0].id, "direct-leak");
    CU_ASSERT_STRING_EQUAL(breach.diagnosis[0].text,
                           "LEAK of ended attempts, unless a cache that later attempts use again; 72.0 MiB outlived their "
                           "attempts and 3 full collections. What com.acme.Cache.take took outlives the attempt: close or "
                           "drop it when the task ends. A restart of this TaskManager frees it");
    breach.kind = WEIR_KIND_UNSAFE;
    breach.stack.decider = -1;
    diagnose_survived(&breach);
    CU_ASSERT_STRING_EQUAL(breach.diagnosis[0].id, "leak");
    CU_ASSERT_PTR_NULL(strstr(breach.diagnosis[0].text, "What "));
}

/* clang-format off */
SUITE(diagnose, setup, NULL,
      CASE(verdict_follows_from_the_figures),
      CASE(garbage_that_a_second_collection_frees_is_no_leak), CASE(owners_prove_what_the_jobs_sums_leave_open),
      CASE(bytes_of_no_attempt_are_nobodys),
      CASE(bytes_of_shared_threads_are_no_attempts),
      CASE(network_taken_before_weir_came_is_not_nobodys),
      CASE(figures_that_are_missing_are_called_missing),
      CASE(plain_jvm_has_no_verdict),
      CASE(other_pools_have_no_verdict),
      CASE(leak_is_said_with_its_numbers),
      CASE(leak_of_many_jobs_names_the_first_and_counts_the_others),
      CASE(leak_counts_no_attempts_of_jobs_that_left_garbage),
      CASE(budget_is_said_with_its_numbers),
      CASE(contradiction_of_flag_and_configuration),
      CASE(limits_of_our_own_options_contradict_nothing),
      CASE(nio_caches_that_hold_what_is_missing_are_the_verdict),
      CASE(nio_caches_of_less_stand_beside_the_verdict),
      CASE(nettys_malloc_is_named_with_its_version),
      CASE(memory_that_bits_does_not_count),
      CASE(nettys_own_limit_is_told_from_the_jvms),
      CASE(size_advised_holds_keeps_silent_and_is_the_smallest),
      CASE(size_advised_for_a_taskmanager_of_1728m),
      CASE(larger_size_for_a_leak_holds_as_many_attempts_again),
      CASE(jobmanager_is_advised_its_own_option),
      CASE(no_size_is_advised_from_a_configuration_of_another_jvm),
      CASE(request_of_any_size_is_survived),
      CASE(long_names_are_cut),
      CASE(managed_that_nobody_used_can_be_given_back),
      CASE(managed_is_given_back_whatever_is_configured),
      CASE(managed_is_not_called_unused_too_soon_or_without_a_derivation),
      CASE(managed_that_nobody_used_stands_beside_an_error),
      CASE(survivors_are_a_leak_by_whoever_took_most),
      CASE(figures_read_as_in_the_reports));
