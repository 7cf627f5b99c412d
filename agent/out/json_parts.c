/* SPDX-License-Identifier: Apache-2.0 */
/* json_parts.c: see json_parts.h. */
#include "out/json_parts.h"

#include "out/out.h"
#include "out/parts.h"

#include "base/poison.h"

void json_known(struct json *j, const char *key, bool known, uint64_t n)
{
    if (known)
        json_unsigned(j, key, n);
    else
        json_null(j, key);
}

void json_time(struct json *j, const char *key, int64_t ms)
{
    if (ms == 0) {
        json_null(j, key);
        return;
    }
    json_string_begin(j, key);
    parts_time(j->buf, ms);
    json_string_end(j);
}

static bool is_native(const struct weir_frame *f)
{
    return f->line == WEIR_LINE_NATIVE;
}

static void put_frames(struct json *j, const char *key, const struct weir_stack *stack, bool native)
{
    json_array(j, key);
    for (int i = 0; stack != NULL && i < stack->count && i < WEIR_MAX_DEPTH; i++) {
        if (is_native(&stack->frames[i]) != native)
            continue;
        json_string_begin(j, NULL);
        parts_frame(j->buf, &stack->frames[i]);
        json_string_end(j);
    }
    json_array_end(j);
}

void json_stack(struct json *j, const struct weir_stack *stack)
{
    put_frames(j, "java_stack", stack, false);
    if (stack != NULL && stack->count > 0 && is_native(&stack->frames[0])) /* they are the innermost */
        put_frames(j, "native_stack", stack, true);
}

void json_job_id(struct json *j, const uint64_t job_id[2])
{
    struct weir_attempt job = { .job_id = { job_id[0], job_id[1] } };
    json_string_begin(j, "job_id");
    parts_job_id(j->buf, &job);
    json_string_end(j);
}

void json_derived(struct json *j, enum weir_role role, struct flink_version version)
{
    char       text[32];
    struct buf b;
    buf_init(&b, text, sizeof text);
    flink_version_put(&b, version);
    json_string(j, "role", out_role(role));
    json_string(j, "flink", text);
}
