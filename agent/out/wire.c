/* SPDX-License-Identifier: Apache-2.0 */
/* wire.c: fields to bytes and back; see wire.h. What is read may be hostile: each length is checked against what is
 * left, and a text must end where it says. */
#include "out/wire.h"

#include <string.h>

#include "base/poison.h"

enum { WORD_MAX = 64 };

struct wire wire_writer(void *data, size_t cap)
{
    unsigned char *at = data;
    return (struct wire){ at, at + cap, false, false };
}

struct wire wire_reader(void *data, size_t len)
{
    unsigned char *at = data;
    return (struct wire){ at, at + len, true, false };
}

/* Room for n bytes, or n bytes left; NULL, and bad from now on, if there are not. */
static unsigned char *take(struct wire *w, size_t n)
{
    if (w->bad || (size_t)(w->end - w->at) < n) {
        w->bad = true;
        return NULL;
    }
    unsigned char *p = w->at;
    w->at += n;
    return p;
}

static uint64_t number(struct wire *w, uint64_t v, int bytes)
{
    unsigned char *p = take(w, (size_t)bytes);
    uint64_t       read = 0;
    for (int i = 0; p != NULL && i < bytes; i++) {
        if (w->reading)
            read |= (uint64_t)p[i] << (8 * i);
        else
            p[i] = (unsigned char)(v >> (8 * i));
    }
    return w->reading ? read : v;
}

void wire_bool(struct wire *w, bool *v)
{
    *v = number(w, *v, 1) != 0;
}

void wire_u32(struct wire *w, uint32_t *v)
{
    *v = (uint32_t)number(w, *v, 4);
}

void wire_u64(struct wire *w, uint64_t *v)
{
    *v = number(w, *v, 8);
}

void wire_i64(struct wire *w, int64_t *v)
{
    *v = (int64_t)number(w, (uint64_t)*v, 8);
}

void wire_i32(struct wire *w, int32_t *v)
{
    *v = (int32_t)(uint32_t)number(w, (uint32_t)*v, 4);
}

static void write_text(struct wire *w, const char *text, size_t max)
{
    size_t len = strnlen(text, max + 1), kept = len;
    if (len > max)
        for (kept = max - 3; kept > 0 && (text[kept] & 0xc0) == 0x80;)
            kept--; /* not into the middle of a character */
    size_t dots = len > max ? 3 : 0;
    number(w, kept + dots, 2);
    unsigned char *p = take(w, kept + dots + 1);
    if (p == NULL)
        return;
    memcpy(p, text, kept);
    memcpy(p + kept, "...", dots);
    p[kept + dots] = '\0';
}

static const char *read_text(struct wire *w, size_t max)
{
    size_t               len = (size_t)number(w, 0, 2);
    const unsigned char *p = len <= max ? take(w, len + 1) : NULL;
    if (p == NULL || memchr(p, '\0', len + 1) != p + len) {
        w->bad = true;
        return "";
    }
    return (const char *)p;
}

void wire_text(struct wire *w, const char **text, size_t max)
{
    if (w->reading)
        *text = read_text(w, max);
    else
        write_text(w, *text != NULL ? *text : "", max);
}

uint32_t wire_below(struct wire *w, uint32_t value, uint32_t bound)
{
    if (value >= bound)
        w->bad = true; /* a writer's own mistake */
    wire_u32(w, &value);
    if (value >= bound) {
        w->bad = true;
        value = 0;
    }
    return value;
}

uint32_t wire_word(struct wire *w, uint32_t value, wire_name *name, uint32_t count)
{
    const char *word = w->reading ? "" : name(value);
    wire_text(w, &word, WORD_MAX);
    if (!w->reading)
        return value;
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(word, name(i)) == 0)
            return i;
    return count;
}
