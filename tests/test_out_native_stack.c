/* SPDX-License-Identifier: Apache-2.0 */
/* test_out_native_stack.c: stacks that begin in a native library: in text above the Java frames, in JSON in a list of their own. */
#include <string.h>

#include "out/out.h"
#include "out/parts.h"
#include "out_fixture.h"
#include "suite.h"

static const struct weir_frame arena = { "librocksdbjni-linux64.so", "rocksdb::Arena::AllocateNewBlock(unsigned long)", "", WEIR_LINE_NATIVE };
static const struct weir_frame nameless = { "librocksdbjni-linux64.so", "+0x1f40", "", WEIR_LINE_NATIVE };
static const struct weir_frame put = { "librocksdbjni-linux64.so", "Java_org_rocksdb_RocksDB_put", "", WEIR_LINE_NATIVE };
static const struct weir_frame worker = { "", "rocksdb:low*", "", WEIR_LINE_NATIVE };

static char               data[65536];
static struct buf         b;
static struct weir_breach breach;

/* These before what the stack has; the decider stays the same frame. */
static void call_from(struct weir_stack *s, const struct weir_frame *frames, size_t count)
{
    memmove(s->frames + count, s->frames, s->count * sizeof *s->frames);
    memcpy(s->frames, frames, count * sizeof *frames);
    s->count = (uint16_t)(s->count + count);
    s->decider = (int16_t)(s->decider + (int)count);
}

static void setup(void)
{
    const struct weir_frame native[] = { arena, nameless, put };
    buf_init(&b, data, sizeof data);
    out_breach_share(&breach);
    breach.kind = breach.sheet.owners[0].kind = WEIR_KIND_NATIVE;
    call_from(&breach.stack, native, 3);
    call_from(&breach.sheet.owners[0].stack, native, 3);
}

static const char *frame(const struct weir_frame *f)
{
    buf_reset(&b);
    parts_frame(&b, f);
    return data;
}

static void native_frames_name_library_and_function(void)
{
    CU_ASSERT_STRING_EQUAL(frame(&arena), "librocksdbjni-linux64.so`rocksdb::Arena::AllocateNewBlock(unsigned long)");
    CU_ASSERT_STRING_EQUAL(frame(&nameless), "librocksdbjni-linux64.so+0x1f40");
    CU_ASSERT_STRING_EQUAL(frame(&worker), "thread rocksdb:low*");
}

static void a_breach_has_native_frames_above_javas(void)
{
    out_text_breach(&b, &breach);
    out_same_as_golden("breach_native.txt", data);
}

static void json_has_them_in_a_list_of_their_own(void)
{
    out_json_breach(&b, &out_header, &breach);
    out_same_as_golden("breach_native.json", data);
}

/* The owner of a native thread's memory, whom no frame decided. */
static void a_thread_that_java_did_not_start_is_named(void)
{
    const struct weir_frame native[] = { arena, worker };
    struct weir_owner *owner = &breach.sheet.owners[0];
    owner->stack.count = 0;
    owner->stack.source = "librocksdbjni-linux64.so";
    call_from(&owner->stack, native, 2);
    owner->stack.decider = -1;
    out_json_breach(&b, &out_header, &breach);
    CU_ASSERT_PTR_NOT_NULL(strstr(data, "\"java_stack\":[],\"native_stack\":[\"librocksdbjni-linux64.so`rocksdb::Arena::"
                                        "AllocateNewBlock(unsigned long)\",\"thread rocksdb:low*\"]"));
}

SUITE(out_native_stack, setup, NULL, CASE(native_frames_name_library_and_function), CASE(a_breach_has_native_frames_above_javas),
      CASE(json_has_them_in_a_list_of_their_own), CASE(a_thread_that_java_did_not_start_is_named));
