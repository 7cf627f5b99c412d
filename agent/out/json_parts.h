/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUT_JSON_PARTS_H
#define OUT_JSON_PARTS_H
/* What several JSON objects say in the same way. */
#include <stdbool.h>
#include <stdint.h>

#include "model/flinkversion.h"
#include "out/json.h"
#include "snapshot.h"

/* n, or null. */
void json_known(struct json *j, const char *key, bool known, uint64_t n);
/* ISO 8601, or null for 0. */
void json_time(struct json *j, const char *key, int64_t ms);
/* "java_stack": the kept frames; [] for NULL. Where a native library was called, its own are in "native_stack". */
void json_stack(struct json *j, const struct weir_stack *stack);
/* "job_id", 32 hex digits. */
void json_job_id(struct json *j, const uint64_t job_id[2]);
/* "role" and "flink" of a derivation. */
void json_derived(struct json *j, enum weir_role role, struct flink_version version);

#endif
