/* SPDX-License-Identifier: Apache-2.0 */
/* json.c: one flag is all the state. After an opening bracket the next value has no comma, after anything else it has
 * one; so the flag is right again behind a closing bracket without a stack of levels. */
#include "out/json.h"

#include <inttypes.h>
#include <stddef.h>

#include "out/utf8.h"

#include "base/poison.h"

struct json json_on(struct buf *b)
{
    return (struct json){ .buf = b, .comma = false };
}

static void begin_value(struct json *j, const char *key)
{
    if (j->comma)
        buf_put(j->buf, ",", 1);
    j->comma = true;
    if (key == NULL)
        return;
    buf_put(j->buf, "\"", 1);
    utf8_text(j->buf, key, true);
    buf_put(j->buf, "\":", 2);
}

static void open_bracket(struct json *j, const char *key, const char *bracket)
{
    begin_value(j, key);
    buf_put(j->buf, bracket, 1);
    j->comma = false;
}

static void close_bracket(struct json *j, const char *bracket)
{
    buf_put(j->buf, bracket, 1);
    j->comma = true;
}

void json_object(struct json *j, const char *key)
{
    open_bracket(j, key, "{");
}

void json_object_end(struct json *j)
{
    close_bracket(j, "}");
}

void json_array(struct json *j, const char *key)
{
    open_bracket(j, key, "[");
}

void json_array_end(struct json *j)
{
    close_bracket(j, "]");
}

void json_string_begin(struct json *j, const char *key)
{
    begin_value(j, key);
    buf_put(j->buf, "\"", 1);
}

void json_string_end(struct json *j)
{
    buf_put(j->buf, "\"", 1);
}

void json_string(struct json *j, const char *key, const char *s)
{
    json_string_begin(j, key);
    utf8_text(j->buf, s, true);
    json_string_end(j);
}

void json_string_or_null(struct json *j, const char *key, const char *s)
{
    if (s[0] == '\0')
        json_null(j, key);
    else
        json_string(j, key, s);
}

void json_unsigned(struct json *j, const char *key, uint64_t n)
{
    begin_value(j, key);
    buf_printf(j->buf, "%" PRIu64, n);
}

void json_millionths(struct json *j, const char *key, uint64_t n)
{
    begin_value(j, key);
    buf_printf(j->buf, "%" PRIu64 ".%06" PRIu64, n / 1000000, n % 1000000);
}

void json_signed(struct json *j, const char *key, int64_t n)
{
    begin_value(j, key);
    buf_printf(j->buf, "%" PRId64, n);
}

void json_bool(struct json *j, const char *key, bool yes)
{
    begin_value(j, key);
    buf_puts(j->buf, yes ? "true" : "false");
}

void json_null(struct json *j, const char *key)
{
    begin_value(j, key);
    buf_puts(j->buf, "null");
}
