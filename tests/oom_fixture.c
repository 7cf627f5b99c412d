/* SPDX-License-Identifier: Apache-2.0 */
/* oom_fixture.c: see oom_fixture.h. */
#include "oom_fixture.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "conf_text.h"
#include "out_fixture.h"

static const int64_t now = 1795240801123; /* 2026-11-21T06:00:01.123Z */
static const char    pulsar_jar[] = "flink-sql-connector-pulsar-4.1.0.jar";

void oom_flink(struct diagnose_flink *flink, struct flinkconf *conf, enum weir_role role, const char *options)
{
    conf_text(conf, options);
    *flink = (struct diagnose_flink){ .conf = conf, .version = { 1, 20, -1 }, .role = role };
}

static void blank(struct weir_oom *oom)
{
    memset(oom, 0, sizeof *oom);
    out_sheet_tm(&oom->sheet);
    oom->class_name = "java.lang.OutOfMemoryError";
    oom->message = "";
    oom->thread = "main";
    oom->number = 3;
    oom->stack.source = "";
    oom->stack.decider = -1;
    oom->attempt.job_name = oom->attempt.vertex = "";
}

static void set_row(struct weir_oom *oom, enum weir_component c, uint64_t direct, uint64_t blocks, uint64_t limit)
{
    struct weir_row *row = &oom->sheet.rows[c];
    memset(row->kind_bytes, 0, sizeof row->kind_bytes);
    memset(row->kind_blocks, 0, sizeof row->kind_blocks);
    row->present = row->measured = true;
    row->note = "";
    row->used = row->kind_bytes[WEIR_KIND_DIRECT] = direct;
    row->blocks = row->kind_blocks[WEIR_KIND_DIRECT] = blocks;
    row->limit = out_limit(limit, "command line", false);
}

static struct weir_attempt attempt(const char *vertex, int subtask, int number, bool ended)
{
    return (struct weir_attempt){ .known = true,
                                  .state = ended ? WEIR_ATTEMPT_ENDED : WEIR_ATTEMPT_RUNNING,
                                  .job_id = { 0x5f1c000000000000, 0x9e2a },
                                  .job_name = "orders_enrich",
                                  .vertex = vertex,
                                  .subtask = subtask,
                                  .attempt = number,
                                  .begin_ms = now - 7200000,
                                  .end_ms = ended ? now - 600000 : 0 };
}

static struct weir_frame frame(const char *class_name, const char *method, const char *file, int line)
{
    return (struct weir_frame){ class_name, method, file, line };
}

static void chunk_stack(struct weir_stack *s)
{
    s->frames[0] = frame("jdk.internal.misc.Unsafe", "allocateMemory0", "Unsafe.java", -1);
    s->frames[1] = frame("java.nio.ByteBuffer", "allocateDirect", "ByteBuffer.java", 332);
    s->frames[2] = frame("org.apache.pulsar.shade.io.netty.buffer.PoolArena$DirectArena", "newChunk", "PoolArena.java", 701);
    s->frames[3] = frame("org.apache.flink.connector.pulsar.source.reader.PulsarSourceReader", "create",
                         "PulsarSourceReader.java", 88);
    s->count = 4;
    s->decider = 3;
    s->source = pulsar_jar;
}

static struct weir_owner *add_owner(struct weir_oom *oom, uint64_t bytes, uint64_t count, struct weir_attempt a)
{
    struct weir_owner *o = &oom->sheet.owners[oom->sheet.owner_count++];
    memset(o, 0, sizeof *o);
    o->component = WEIR_TASK_OFF_HEAP;
    o->kind = WEIR_KIND_DIRECT;
    o->bytes = bytes;
    o->count = count;
    o->age_ms = 4040000;
    o->loader = "";
    o->attempt = a;
    chunk_stack(&o->stack);
    return o;
}

static void victim(struct weir_oom *oom)
{
    oom->requested = 16 * MIB;
    oom->message = "Cannot reserve 16777216 bytes of direct buffer memory (allocated: 267490786, limit: 268435458)";
    oom->thread = "Sink: es (3/4)#4";
    oom->attempt = attempt("Sink: es", 2, 4, false);
    oom->attempt.bytes = 4 * MIB / 10;
    oom->stack.frames[0] = frame("java.nio.Bits", "reserveMemory", "Bits.java", 175);
    oom->stack.frames[1] = frame("java.nio.ByteBuffer", "allocateDirect", "ByteBuffer.java", 332);
    oom->stack.frames[2] = frame("com.example.es.Sink", "flush", "Sink.java", 51);
    oom->stack.count = 3;
    oom->stack.decider = 2;
    oom->stack.source = "blob_p-0123456789abcdef0123456789abcdef01234567-1";
}

static void tm_pool(struct weir_oom *oom)
{
    uint64_t flink = 15 * MIB + MIB / 10;
    oom->pool = WEIR_OOM_DIRECT;
    set_row(oom, WEIR_NETWORK, OOM_NETWORK, 4096, OOM_NETWORK);
    set_row(oom, WEIR_FRAMEWORK_OFF_HEAP, flink, 11, 128 * MIB);
    set_row(oom, WEIR_TASK_OFF_HEAP, 112 * MIB, 28, 0);
    oom->sheet.pools[WEIR_POOL_DIRECT].used = OOM_NETWORK + flink + 112 * MIB;
    oom->sheet.pools[WEIR_POOL_DIRECT].limit = out_limit(OOM_TM_DIRECT, "jvm flag", false);
    oom->jobs[0] = (struct weir_job){ .job_id = { 0x5f1c000000000000, 0x9e2a }, .job_name = "orders_enrich" };
    oom->job_count = 1;
    victim(oom);
}

void oom_leak(struct weir_oom *oom)
{
    blank(oom);
    tm_pool(oom);
    oom->gc_known = true;
    oom->gc_after_ms = now - 50000;
    oom->jobs[0].running = 4 * MIB;
    oom->jobs[0].ended = oom->jobs[0].proven = 108 * MIB;
    oom->jobs[0].attempts_ended = 3;
    oom->held_count = 1;
    oom->held[0] = (struct weir_held){ .family = "pulsar-client-io-*-*", .threads = 12, .job_count = 1, .number_count = 3,
                                       .jobs = { { 0x5f1c000000000000, 0x9e2a } }, .job_name = "orders_enrich",
                                       .numbers = { 1, 2, 3 } };
    for (int i = 0; i < 3; i++)
        add_owner(oom, 36 * MIB, 9, attempt("Source: orders", 0, i + 1, true));
    add_owner(oom, 4 * MIB, 1, attempt("Source: orders", 0, 4, false));
    struct weir_owner *network = add_owner(oom, OOM_NETWORK, 4096, (struct weir_attempt){ .known = false });
    network->component = WEIR_NETWORK;
}

void oom_budget(struct weir_oom *oom)
{
    blank(oom);
    tm_pool(oom);
    oom->gc_known = true;
    oom->gc_after_ms = now - 50000;
    oom->jobs[0].running = 112 * MIB;
    add_owner(oom, 96 * MIB, 24, attempt("Source: orders", 0, 0, false));
    add_owner(oom, 16 * MIB, 4, attempt("Source: orders", 1, 0, false));
}

void oom_jobmanager(struct weir_oom *oom)
{
    blank(oom);
    out_sheet_jm(&oom->sheet);
    oom->pool = WEIR_OOM_DIRECT;
    set_row(oom, WEIR_OFF_HEAP, 126 * MIB, 30, 128 * MIB);
    oom->sheet.pools[WEIR_POOL_DIRECT].used = 126 * MIB;
    oom->sheet.pools[WEIR_POOL_DIRECT].limit = out_limit(128 * MIB, "jvm flag", false);
    oom->requested = 4 * MIB;
    oom->thread = "jobmanager-io-thread-25";
}

void oom_metaspace(struct weir_oom *oom)
{
    blank(oom);
    oom->pool = WEIR_OOM_METASPACE;
    oom->number = 1;
    oom->message = "Metaspace";
    oom->thread = "Source: orders (1/1)#0";
    oom->sheet.pools[WEIR_POOL_METASPACE].used = 256 * MIB - 65536;
    oom->sheet.rows[WEIR_JVM_METASPACE].used = 256 * MIB - 65536;
}
