/* SPDX-License-Identifier: Apache-2.0 */
/* test_out_balance.c: the balance sheet as text, as JSON, and through the ledger and back. */
#include "out/out_balance.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "json_check.h"
#include "out/ledger_balance.h"
#include "out_fixture.h"
#include "suite.h"

static struct weir_sheet sheet;
static char              text[16384];
static struct buf        b;

static void fill_container(struct weir_container *c)
{
    *c = (struct weir_container){ .known = true, .limited = true, .version = 2, .limit = 1024 * MIB, .usage = 1000 * MIB,
                                  .stat_known = true, .anon = 950 * MIB, .file = 40 * MIB, .shmem = 10 * MIB, .kernel = 5 * MIB,
                                  .charge = 970 * MIB, .kills_known = true, .oom_kills = 2, .cpus = 2.5, .host_cpus = 64,
                                  .heap_to_come = 100 * MIB, .managed_to_come = 50 * MIB, .slope_known = true,
                                  .a_minute = (int64_t)(27 * MIB), .left_ms = 119000, .biggest = WEIR_TASK_OFF_HEAP,
                                  .growing = (int32_t)WEIR_COMPONENT_COUNT + WEIR_PART_MALLOC,
                                  .growing_a_minute = (int64_t)(20 * MIB) };
}

static void fill(void)
{
    out_sheet_tm(&sheet);
    struct weir_balance *s = &sheet.balance;
    *s = (struct weir_balance){ .known = true, .read_ms = 1795240800000, .age_ms = 3123, .rss = 980 * MIB, .sampled = true,
                                .residual = -(int64_t)(4 * MIB), .child_count = 2, .child_rss = 70 * MIB, .child_shown = 2 };
    s->rows[WEIR_NETWORK] = 128 * MIB;
    s->rows[WEIR_TASK_OFF_HEAP] = 96 * MIB;
    for (int p = 0; p < WEIR_PART_COUNT; p++) {
        s->part_known[p] = p != WEIR_PART_STACKS;
        s->part[p] = (uint64_t)(p + 10) * MIB;
    }
    s->allocator = (struct weir_allocator){ .kind = WEIR_ALLOCATOR_JEMALLOC, .known = true, .live = 300 * MIB, .held = 700 * MIB,
                                            .resident_known = true, .resident = 600 * MIB, .retention = 250 * MIB, .arenas = 256 };
    fill_container(&s->container);
    s->children[0] = (struct weir_child){ .pid = 12, .name = "python\x1b" "3", .pss_known = true, .rss = 60 * MIB, .pss = 30 * MIB };
    s->children[1] = (struct weir_child){ .pid = 13, .name = "sh", .rss = 10 * MIB };
    buf_init(&b, text, sizeof text);
}

static bool has(const char *part)
{
    bool found = strstr(text, part) != NULL;
    if (!found)
        fprintf(stderr, "\nnot in: %s\n%s\n", part, text);
    return found;
}

static void text_names_each_line_largest_first(void)
{
    out_balance_text(&b, &sheet);
    CU_ASSERT_TRUE(has("\nresident 980.0 MiB (3 s ago): network 128.0, task.off-heap 96.0, weir 19.0, mapped files 18.0, "));
    CU_ASSERT_PTR_NULL(strstr(text, "thread stacks"));
    CU_ASSERT_TRUE(has("\nresidual -4.0 MiB, <1 % in no line"));
    CU_ASSERT_TRUE(has("\nmalloc   jemalloc: live 300.0 of 700.0 MiB held, resident 600.0, of it free 250.0 (an estimate); 256 arenas "
                       "for 2.5 CPUs of the host's 64"));
    CU_ASSERT_TRUE(has("\ncgroup   970.0 of 1024.0 MiB without page cache, +27.0 MiB a minute, full in 119 s (v2: usage 1000.0, anon "
                       "950.0, page cache 30.0, shared memory 10.0, kernel 5.0, 2 killed by the kernel); not touched yet: heap 100.0, "
                       "managed 50.0"));
    CU_ASSERT_TRUE(has("\nbelow    2 processes of 70.0 MiB resident: python\\u001b3 12 60.0 (its share 30.0), sh 13 10.0"));
}

static void what_is_not_there_is_not_said(void)
{
    memset(&sheet.balance, 0, sizeof sheet.balance);
    out_balance_text(&b, &sheet);
    CU_ASSERT_STRING_EQUAL(text, "");
    sheet.balance.read_ms = 1;
    sheet.balance.container = (struct weir_container){ .known = true, .version = 1, .usage = 7 * MIB, .charge = 5 * MIB };
    out_balance_text(&b, &sheet);
    CU_ASSERT_STRING_EQUAL(text, "\nmalloc   by an allocator that is not known, which tells no figures"
                                 "\ncgroup   5.0 MiB without page cache, no limit (v1: usage 7.0)");
}

static void json_has_the_same_figures(void)
{
    struct json j = json_on(&b);
    json_object(&j, NULL);
    out_balance_json(&j, &sheet);
    json_object_end(&j);
    CU_ASSERT_TRUE_FATAL(json_check(text));
    CU_ASSERT_STRING_EQUAL(json_at(text, "balance/rss"), "1027604480");
    CU_ASSERT_STRING_EQUAL(json_at(text, "balance/residual"), "-4194304");
    CU_ASSERT_STRING_EQUAL(json_at(text, "balance/components/network"), "134217728");
    CU_ASSERT_STRING_EQUAL(json_at(text, "balance/parts/stacks"), "null");
    CU_ASSERT_STRING_EQUAL(json_at(text, "allocator/name"), "\"jemalloc\"");
    CU_ASSERT_STRING_EQUAL(json_at(text, "cpus/allowed"), "2.500000");
    CU_ASSERT_STRING_EQUAL(json_at(text, "container/charge"), "1017118720");
    CU_ASSERT_STRING_EQUAL(json_at(text, "container/left_ms"), "119000");
    CU_ASSERT_STRING_EQUAL(json_at(text, "container/growing"), "\"malloc\"");
    CU_ASSERT_STRING_EQUAL(json_at(text, "container/biggest"), "\"task.off-heap\"");
    CU_ASSERT_STRING_EQUAL(json_at(text, "children/processes/0/pss"), "31457280");
    CU_ASSERT_STRING_EQUAL(json_at(text, "children/processes/1/pss"), "null");
}

static void ledger_keeps_all_of_it(void)
{
    static unsigned char bytes[8192];
    static struct weir_balance back;
    memset(&back, 0, sizeof back);
    struct wire out = wire_writer(bytes, sizeof bytes);
    ledger_balance(&out, &sheet.balance);
    CU_ASSERT_FALSE_FATAL(out.bad);
    struct wire in = wire_reader(bytes, (size_t)(out.at - bytes));
    ledger_balance(&in, &back);
    CU_ASSERT_FALSE(in.bad);
    CU_ASSERT_PTR_EQUAL(in.at, in.end);
    char again[sizeof text];
    out_balance_text(&b, &sheet);
    snprintf(again, sizeof again, "%s", text);
    sheet.balance = back;
    buf_init(&b, text, sizeof text);
    out_balance_text(&b, &sheet);
    CU_ASSERT_STRING_EQUAL(text, again);
    CU_ASSERT_EQUAL(back.container.growing, (int32_t)WEIR_COMPONENT_COUNT + WEIR_PART_MALLOC);
    CU_ASSERT_EQUAL(back.container.biggest, WEIR_TASK_OFF_HEAP);
}

static void ledger_cut_anywhere_is_bad_and_harmless(void)
{
    static unsigned char bytes[8192];
    static struct weir_balance back;
    struct wire out = wire_writer(bytes, sizeof bytes);
    ledger_balance(&out, &sheet.balance);
    for (size_t len = 0; len < (size_t)(out.at - bytes); len++) {
        struct wire in = wire_reader(bytes, len);
        memset(&back, 0, sizeof back);
        ledger_balance(&in, &back);
        CU_ASSERT_TRUE(in.bad);
        CU_ASSERT_TRUE(back.child_shown <= WEIR_TOP_CHILDREN);
    }
}

static void render(struct buf *to)
{
    out_balance_text(to, &sheet);
}

static void text_fits_every_capacity(void)
{
    out_fits_every_capacity(render);
}

SUITE(out_balance, fill, NULL, CASE(text_names_each_line_largest_first), CASE(what_is_not_there_is_not_said),
      CASE(json_has_the_same_figures), CASE(ledger_keeps_all_of_it), CASE(ledger_cut_anywhere_is_bad_and_harmless),
      CASE(text_fits_every_capacity));
