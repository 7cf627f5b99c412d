/* SPDX-License-Identifier: Apache-2.0 */
/* out_fixture.c: one healthy TaskManager and its leaking function, one JobManager; see out_fixture.h. */
#include "out_fixture.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "suite.h"

enum { ROOM = 65536 };
static const int64_t at_six = 1795240801123; /* 2026-11-21T06:00:01.123Z */

const struct weir_header out_header = { .host = "node-7",
                                        .tm = "orders-tm-1-7",
                                        .pid = 4711,
                                        .time_ms = 1795240801123,
                                        .uptime_ms = 61234,
                                        .seq = 12 };

struct weir_limit out_limit(uint64_t bytes, const char *source, bool declared)
{
    return (
        struct weir_limit){ .set = true, .declared = declared, .bytes = bytes, .source = source };
}

static void blank_sheet(struct weir_sheet *sheet)
{
    memset(sheet, 0, sizeof *sheet);
    for (int i = 0; i < WEIR_COMPONENT_COUNT; i++) {
        sheet->rows[i].note = "";
        sheet->rows[i].limit.source = "";
    }
    for (int i = 0; i < WEIR_POOL_COUNT; i++)
        sheet->pools[i].limit.source = "";
}

static struct weir_row *add_row(struct weir_sheet *sheet, enum weir_component c, uint64_t used,
                                uint64_t limit)
{
    struct weir_row *row = &sheet->rows[c];
    row->present = row->measured = true;
    row->used = row->peak = used;
    row->peak_time_ms = used == 0 ? 0 : at_six - 1000;
    row->limit = out_limit(limit, "command line", false);
    return row;
}

static void count(struct weir_row *row, enum weir_kind kind, uint64_t bytes, uint64_t blocks)
{
    row->blocks += blocks;
    row->kind_bytes[kind] += bytes;
    row->kind_blocks[kind] += blocks;
}

static void add_pool(struct weir_sheet *sheet, enum weir_pool pool, uint64_t used, uint64_t limit)
{
    sheet->pools[pool].measured = true;
    sheet->pools[pool].used = used;
    sheet->pools[pool].limit = out_limit(limit, "jvm flag", false);
}

static void unmeasured(struct weir_sheet *sheet, enum weir_component c)
{
    struct weir_row *row = add_row(sheet, c, 0, 0);
    row->measured = false;
    row->limit.set = false;
}

void out_sheet_tm(struct weir_sheet *sheet)
{
    blank_sheet(sheet);
    add_row(sheet, WEIR_FRAMEWORK_HEAP, 200 * MIB, 128 * MIB)->note =
        "one figure for framework.heap and task.heap";
    add_row(sheet, WEIR_TASK_HEAP, 200 * MIB, 384 * MIB)->note =
        "one figure for framework.heap and task.heap";
    count(add_row(sheet, WEIR_MANAGED, 512 * MIB, 512 * MIB), WEIR_KIND_UNSAFE, 512 * MIB, 16384);
    struct weir_row *framework =
        add_row(sheet, WEIR_FRAMEWORK_OFF_HEAP, 22 * MIB + MIB / 10, 128 * MIB);
    count(framework, WEIR_KIND_DIRECT, 22 * MIB, 11);
    count(framework, WEIR_KIND_UNSAFE, MIB / 10, 3);
    struct weir_row *task = add_row(sheet, WEIR_TASK_OFF_HEAP, 96 * MIB, 32 * MIB);
    task->limit = out_limit(32 * MIB, "configuration file", true);
    count(task, WEIR_KIND_DIRECT, 96 * MIB, 6);
    count(add_row(sheet, WEIR_NETWORK, 128 * MIB, 128 * MIB), WEIR_KIND_DIRECT, 128 * MIB, 4096);
    add_row(sheet, WEIR_JVM_METASPACE, 60 * MIB, 256 * MIB);
    unmeasured(sheet, WEIR_JVM_OVERHEAD);
    unmeasured(sheet, WEIR_MAPPED);
    add_row(sheet, WEIR_UNDECIDED, 0, 0)->limit.set = false;
    add_pool(sheet, WEIR_POOL_HEAP, 200 * MIB, 512 * MIB);
    add_pool(sheet, WEIR_POOL_DIRECT, 246 * MIB + MIB / 10, 256 * MIB);
    add_pool(sheet, WEIR_POOL_METASPACE, 60 * MIB, 256 * MIB);
    add_pool(sheet, WEIR_POOL_THREADS, 57, 0);
    sheet->pools[WEIR_POOL_THREADS].limit.set = false;
    struct weir_pool_row *heap = &sheet->pools[WEIR_POOL_HEAP];
    heap->peak = 300 * MIB;
    heap->peak_time_ms = 1795240739889;
    heap->committed_known = heap->after_gc_known = true;
    heap->committed = 512 * MIB;
    heap->after_gc = 150 * MIB;
    sheet->process = (struct weir_process){ .rss_known = true, .rss = 1391u * MIB, .residual_known = true, .residual = 90 * MIB };
    sheet->overhead = (struct weir_overhead){ .code_known = true, .code = 48 * MIB, .agent = 6 * MIB };
    sheet->agent.bytes = 6 * MIB;
}

void out_sheet_jm(struct weir_sheet *sheet)
{
    blank_sheet(sheet);
    add_row(sheet, WEIR_HEAP, 300 * MIB, 1024 * MIB);
    count(add_row(sheet, WEIR_OFF_HEAP, 110 * MIB, 128 * MIB), WEIR_KIND_DIRECT, 110 * MIB, 30);
    add_row(sheet, WEIR_JVM_METASPACE, 60 * MIB, 256 * MIB);
    add_pool(sheet, WEIR_POOL_DIRECT, 110 * MIB, 128 * MIB);
}

void out_start_tm(struct weir_start *start)
{
    memset(start, 0, sizeof *start);
    start->version = "0.1.0";
    start->jvm = "17.0.15";
    start->gc = "G1";
    start->flink = "1.20.5";
    start->role = WEIR_ROLE_TASKMANAGER;
    start->mode = WEIR_MODE_WARN;
    start->limits[WEIR_FRAMEWORK_HEAP] = out_limit(128 * MIB, "command line", false);
    start->limits[WEIR_TASK_HEAP] = out_limit(384 * MIB, "command line", false);
    start->limits[WEIR_HEAP] =
        out_limit(512 * MIB, "jvm flag", false); /* no row of a TaskManager */
    start->limits[WEIR_MANAGED] = out_limit(512 * MIB, "command line", false);
    start->limits[WEIR_FRAMEWORK_OFF_HEAP] = out_limit(128 * MIB, "command line", false);
    start->limits[WEIR_TASK_OFF_HEAP] = out_limit(32 * MIB, "configuration file", true);
    start->limits[WEIR_NETWORK] = out_limit(128 * MIB, "command line", false);
    start->limits[WEIR_JVM_METASPACE] = out_limit(256 * MIB, "command line", false);
    start->limits[WEIR_JVM_OVERHEAD] = out_limit(192 * MIB, "derived", false);
    start->pools[WEIR_POOL_DIRECT] = out_limit(288 * MIB, "jvm flag", false);
    start->pools[WEIR_POOL_THREADS] = out_limit(4096, "pids.max", false);
    start->hook_count = 2;
    start->hooks[0] = (struct weir_hook_state){ "unsafe", "ok" };
    start->hooks[1] =
        (struct weir_hook_state){ "mapped", "waiting for libnio: mapped buffers are not counted" };
    start->warning_count = 1;
    start->warnings[0] = "taskmanager.jvm-exit-on-oom is \"true\": a denial would end this JVM";
}

static void leak_stack(struct weir_stack *stack)
{
    stack->count = 4;
    stack->decider = 2;
    stack->source = OUT_LEAK_JAR;
    stack->frames[0] =
        (struct weir_frame){ "jdk.internal.misc.Unsafe", "allocateMemory0", "Unsafe.java", -1 };
    stack->frames[1] =
        (struct weir_frame){ "java.nio.ByteBuffer", "allocateDirect", "ByteBuffer.java", 332 };
    stack->frames[2] = (struct weir_frame){ "com.example.Leak", "flatMap", "Leak.java", 41 };
    stack->frames[3] = (struct weir_frame){ "com.example.Leak$$Lambda$7", "apply", "", 0 };
}

static void out_breach_base(struct weir_breach *breach)
{
    memset(breach, 0, sizeof *breach);
    out_sheet_tm(&breach->sheet);
    breach->level = WEIR_LEVEL_WARN;
    breach->kind = WEIR_KIND_DIRECT;
    breach->thread = "";
    breach->stack.source = "";
    breach->stack.decider = -1;
}

void out_breach_plain(struct weir_breach *breach, enum weir_reason reason,
                      enum weir_component component)
{
    out_breach_base(breach);
    breach->reason = reason;
    breach->component = component;
    breach->used = breach->sheet.rows[component].used;
    breach->limit = breach->sheet.rows[component].limit;
}

void out_breach_share(struct weir_breach *breach)
{
    out_breach_plain(breach, WEIR_REASON_SHARE, WEIR_TASK_OFF_HEAP);
    breach->requested = 16 * MIB;
    breach->thread = "Flat Map (1/2)#0";
    leak_stack(&breach->stack);
    struct weir_owner *owner = &breach->sheet.owners[breach->sheet.owner_count++];
    owner->component = WEIR_TASK_OFF_HEAP;
    owner->kind = WEIR_KIND_DIRECT;
    owner->bytes = 64 * MIB;
    owner->count = 4;
    owner->age_ms = 5500;
    owner->loader = "org.apache.flink.util.ChildFirstClassLoader";
    leak_stack(&owner->stack);
}

void out_breach_survived(struct weir_breach *breach)
{
    struct weir_attempt attempt = { .known = true,
                                    .state = WEIR_ATTEMPT_ENDED,
                                    .job_id = { 0x5f1c000000000000, 0x9e2a },
                                    .job_name = "orders",
                                    .vertex = "Flat Map",
                                    .attempt = 2,
                                    .end_ms = at_six - 9000 };
    out_breach_share(breach);
    breach->reason = WEIR_REASON_SURVIVED;
    breach->requested = 0;
    breach->thread = "";
    breach->attempt = breach->sheet.owners[0].attempt = attempt;
    breach->survived = (struct weir_survived){ .job = attempt,
                                               .bytes = 72 * MIB,
                                               .blocks = 5,
                                               .collections = 3,
                                               .attempt_count = 4,
                                               .number_count = 2,
                                               .numbers = { 0, 2 } };
}

void out_same_as_golden(const char *name, const char *text)
{
    char path[128], golden[16384];
    snprintf(path, sizeof path, "tests/golden/out_%s", name);
    FILE *f = fopen(path, "r");
    if (f == NULL) {
        fprintf(stderr, "%s: cannot be read (tests run from the project's root)\n", path);
        CU_FAIL("golden file missing");
        return;
    }
    size_t n = fread(golden, 1, sizeof golden - 1, f);
    fclose(f);
    golden[n] = '\0';
    size_t length = strlen(text);
    if (n > 0 && golden[n - 1] == '\n' && (length == 0 || text[length - 1] != '\n'))
        golden[n - 1] = '\0';
    if (strcmp(golden, text) != 0)
        fprintf(stderr, "\n--- %s\n%s\n--- but got\n%s\n", path, golden, text);
    CU_ASSERT_STRING_EQUAL(text, golden);
}

void out_fits_every_capacity(void (*render)(struct buf *b))
{
    static char full_data[ROOM], data[ROOM];
    struct buf  full, b;
    size_t      wrong = 0;
    buf_init(&full, full_data, sizeof full_data);
    render(&full);
    CU_ASSERT_FALSE(full.cut);
    for (size_t cap = 1; cap <= full.len + 2; cap++) {
        memset(data, 0x5A, full.len + 3);
        buf_init(&b, data, cap);
        render(&b);
        size_t expected = cap - 1 < full.len ? cap - 1 : full.len;
        wrong += b.len != expected || b.cut != (expected < full.len) ||
                 memcmp(data, full_data, expected) != 0 || data[expected] != '\0' ||
                 data[cap] != 0x5A;
    }
    CU_ASSERT_EQUAL(wrong, 0);
}
