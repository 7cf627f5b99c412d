/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_JSON_CHECK_H
#define TESTS_JSON_CHECK_H
/* A strict JSON reader for tests, written apart from the writer it judges (RFC 8259; also: valid UTF-8, no key twice). */
#include <stdbool.h>
#include <stddef.h>

/* Exactly one value and nothing behind it. */
bool json_check(const char *text);

/* The raw text of the value at a path such as "components/task.off-heap/used" or "owners/0/bytes"; "" when there is none.
 * Valid until the next call. The text must pass json_check(). */
const char *json_at(const char *text, const char *path);

#endif
