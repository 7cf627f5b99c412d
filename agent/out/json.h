/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUT_JSON_H
#define OUT_JSON_H
/* A JSON writer over a buf: commas and escapes are its business, nesting is the caller's. Every value takes the key
 * under which it stands in its object, NULL in an array. */
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct json {
    struct buf *buf;
    bool        comma; /* private: the next value has one before it */
};

struct json json_on(struct buf *b);
void        json_object(struct json *j, const char *key);
void        json_object_end(struct json *j);
void        json_array(struct json *j, const char *key);
void        json_array_end(struct json *j);

void json_string(struct json *j, const char *key, const char *s);
void json_string_or_null(struct json *j, const char *key, const char *s); /* null for "" */
void json_unsigned(struct json *j, const char *key, uint64_t n);
/* n millionths: 0.001234 */
void json_millionths(struct json *j, const char *key, uint64_t n);
void json_signed(struct json *j, const char *key, int64_t n);
void json_bool(struct json *j, const char *key, bool yes);
void json_null(struct json *j, const char *key);

/* A string put together by the caller, who appends escaped text to j->buf in between. */
void json_string_begin(struct json *j, const char *key);
void json_string_end(struct json *j);

#endif
