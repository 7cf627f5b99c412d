/* SPDX-License-Identifier: Apache-2.0 */
/* test_out_threads.c: threads in the text and JSON of a breach, of a sheet, and in the ledger. */
#include "out/out_threads.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "json_check.h"
#include "ledger_fixture.h"
#include "out/out.h"
#include "out/out_sheet.h"
#include "out_fixture.h"
#include "suite.h"

enum { ROOM = 65536 };

static struct weir_breach breach;
static struct weir_stack  creator;
static char               text[ROOM];
static struct buf         out;

static void fill_threads(struct weir_threads *t)
{
    creator = (struct weir_stack){ .count = 2, .decider = 1, .source = OUT_LEAK_JAR };
    creator.frames[0] = (struct weir_frame){ "java.lang.Thread", "start", "Thread.java", 809 };
    creator.frames[1] = (struct weir_frame){ "com.acme.Sink", "open", "Sink.java", 41 };
    *t = (struct weir_threads){ .known = true, .tasks = 176, .java = 150, .ended = 27, .reserved = 176 * MIB, .resident = 12 * MIB,
                                .not_found = 2, .share_known = true, .share = 150 * MIB, .limit_count = 2, .family_count = 2, .other_families = 3, .other_threads = 9 };
    t->limits[0] = (struct weir_thread_limit){ "pids.max", 480, 512, 32, false, true };
    t->limits[1] = (struct weir_thread_limit){ "max_map_count", 900, 65530, 32315, false, false };
    t->families[0] = (struct weir_thread_family){ .name = "acme-*", .java = true, .threads = 30, .reserved = 30 * MIB,
                                                  .resident = 2 * MIB, .ended = 27, .runs = 4, .every_ms = 60000,
                                                  .job_known = true, .job_id = { 0x5f1c, 0x9e2a }, .job_name = "orders",
                                                  .creator = "com.acme.Sink.open(Sink.java:41)", .source = OUT_LEAK_JAR,
                                                  .stack = &creator };
    t->families[1] = (struct weir_thread_family){ .name = "GC Thread#*", .threads = 2, .reserved = 2 * MIB, .job_name = "",
                                                  .creator = "", .source = "" };
}

static void fresh(void)
{
    out_breach_plain(&breach, WEIR_REASON_ROW, WEIR_JVM_OVERHEAD);
    breach.kind = WEIR_KIND_STACK;
    breach.of_threads = true;
    breach.used = 480;
    breach.limit = out_limit(512, "pids.max", false);
    fill_threads(&breach.sheet.threads);
    breach.diagnosis_count = 1;
    snprintf(breach.diagnosis[0].text, sizeof breach.diagnosis[0].text, "LEAK of it; details of it");
    breach.diagnosis[0].id = "thread-leak";
    buf_init(&out, text, sizeof text);
}

static void a_level_says_count_limit_verdict_and_families(void)
{
    out_text_breach(&out, &breach);
    CU_ASSERT_NSTRING_EQUAL(text, "threads at 93 % of pids.max, 480 of 512: LEAK of it\n", 52);
    static const char *const lines[] = {
        "\n  cause   details of it\n",
        "\n  by      30 acme-*, 27 of ended attempts, +6.8 per restart, stacks 2.0 MiB of 30.0 MiB, created at ",
        " com.acme.Sink.open(Sink.java:41)  [leak.jar]\n",
        "\n          2 GC Thread#*, stacks 0.0 MiB of 2.0 MiB\n",
        "\n  all     176 threads, 150 Java's, 27 of ended attempts; stacks 12.0 MiB resident of 176.0 MiB, jvm",
        "-overhead leaves them 150.0 MiB, 2 not found\n",
        "\n  limits  pids.max 480 of 512 (refused), max_map_count 900 of 65530",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        if (strstr(text, lines[i]) == NULL)
            fprintf(stderr, "\nmissing: %s\nin: %s\n", lines[i], text);
        CU_ASSERT_PTR_NOT_NULL(strstr(text, lines[i]));
    }
}

static void other_reasons_have_other_first_lines(void)
{
    breach.reason = WEIR_REASON_SLOPE;
    out_text_breach(&out, &breach);
    CU_ASSERT_NSTRING_EQUAL(text, "threads would reach pids.max within 10 minutes at the present slope, 480 of 512: LEAK", 84);
    breach.reason = WEIR_REASON_THREADS_LEFT;
    buf_reset(&out);
    out_text_breach(&out, &breach);
    CU_ASSERT_NSTRING_EQUAL(text, "threads: 480 of ended attempts live on: LEAK of it\n", 50);
    breach.denied = true;
    breach.thread = "main";
    buf_reset(&out);
    out_text_breach(&out, &breach);
    CU_ASSERT_NSTRING_EQUAL(text, "threads denied (mode=enforce): 480 of 512 live, 1 requested by \"main\"", 68);
}

static void expect(const char *path, const char *value)
{
    const char *found = json_at(text, path);
    if (strcmp(found, value) != 0)
        fprintf(stderr, "\n%s: expected %s, got %s\n", path, value, found);
    CU_ASSERT_STRING_EQUAL(found, value);
}

static void json_counts_threads(void)
{
    out_json_breach(&out, &out_header, &breach);
    text[strcspn(text, "\n")] = '\0';
    CU_ASSERT_TRUE_FATAL(json_check(text));
    expect("component", "\"threads\"");
    expect("kind", "\"stack\"");
    expect("used", "480");
    expect("limit_source", "\"pids.max\"");
    expect("threads/count", "176");
    expect("threads/limits/0/refused", "true");
    expect("threads/families/0/per_restart", "6.750000");
    expect("threads/families/0/creator", "\"com.acme.Sink.open(Sink.java:41)\"");
    expect("threads/families/0/java_stack/1", "\"com.acme.Sink.open(Sink.java:41)\"");
    expect("threads/families/1/creator", "null");
    expect("threads/stack_share", "157286400");
    expect("threads/other_threads", "9");
    expect("diagnosis/0/id", "\"thread-leak\"");
}

static void a_ledger_keeps_all_but_whole_stacks(void)
{
    static unsigned char       bytes[LEDGER_SIZE];
    static struct ledger_sheet sheet;
    static struct ledger_file  file;
    char                       reason[256];
    struct buf                 why;
    buf_init(&why, reason, sizeof reason);
    ledger_fixture_file(bytes, 2);
    ledger_fixture_sheet(&sheet);
    fill_threads(&sheet.sheet.threads);
    CU_ASSERT_TRUE_FATAL(out_ledger_sheet(bytes + out_ledger_place(3), 3, &sheet) > 0);
    memset(&file, 0xa5, sizeof file);
    CU_ASSERT_EQUAL_FATAL(out_ledger_read(bytes, sizeof bytes, &file, &why), WEIR_OK);
    const struct weir_threads *t = &file.last.sheet.threads;
    CU_ASSERT_TRUE_FATAL(t->known && t->limit_count == 2 && t->family_count == 2);
    CU_ASSERT_TRUE(t->tasks == 176 && t->java == 150 && t->ended == 27 && t->reserved == 176 * MIB && t->not_found == 2 &&
                   t->share_known && t->share == 150 * MIB);
    CU_ASSERT_TRUE(t->limits[0].refused && t->limits[0].left == 32 && t->limits[1].used == 900);
    const struct weir_thread_family *f = &t->families[0];
    CU_ASSERT_TRUE(f->java && f->job_known && f->job_id[1] == 0x9e2a && f->runs == 4 && f->every_ms == 60000 && f->stack == NULL);
    CU_ASSERT_STRING_EQUAL(f->creator, "com.acme.Sink.open(Sink.java:41)");
    out_sheet_table(&out, &file.last.sheet);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\nthreads  176 threads, 150 Java's, 27 of ended attempts; stacks"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "; first limit pids.max 480 of 512\n  30 acme-*, 27 of ended attempts, +6.8 per restart"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n  9 of 3 other names"));
}

SUITE(out_threads, fresh, NULL, CASE(a_level_says_count_limit_verdict_and_families), CASE(other_reasons_have_other_first_lines),
      CASE(json_counts_threads), CASE(a_ledger_keeps_all_but_whole_stacks));
