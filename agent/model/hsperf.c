/* SPDX-License-Identifier: Apache-2.0 */
/* hsperf.c: format 2.0 (perfMemory.hpp, perfData.hpp): a header of 32 bytes
 *     u32 magic CAFEC0C0 (big-endian)  u8 byte order (1 = little)  u8 major  u8 minor  u8 accessible
 *     i32 used  i32 overflow  i64 time  i32 offset of the first entry  i32 entries
 * and entries of 20 bytes before their name and data:
 *     i32 length  i32 name offset  i32 vector length  u8 type ('B' = bytes)  u8 flags  u8 units  u8 variability  i32 data offset
 * Offsets count from the entry's start. A text is a vector of bytes that ends in NUL or at its length. */
#include "model/hsperf.h"

#include <stdint.h>
#include <string.h>

#include "base/poison.h"

enum { HEADER = 32, ENTRY = 20, ENTRIES_MAX = 10000 };

static uint32_t u32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put_text(struct buf *out, const unsigned char *text, size_t n)
{
    for (size_t i = 0; i < n && text[i] != '\0'; i++) {
        char c = text[i] < ' ' || text[i] == 127 ? '?' : (char)text[i];
        buf_put(out, &c, 1);
    }
}

/* Does the entry of `size` bytes carry this name and a text? Then into out. */
static bool entry_text(const unsigned char *entry, uint32_t size, const char *name, struct buf *out)
{
    uint32_t name_at = u32(entry + 4), count = u32(entry + 8), data_at = u32(entry + 16);
    size_t   n = strlen(name) + 1;
    if (entry[12] != 'B' || name_at > size || size - name_at < n ||
        memcmp(entry + name_at, name, n) != 0)
        return false;
    if (data_at > size || count > size - data_at)
        return false;
    buf_reset(out);
    put_text(out, entry + data_at, count);
    return true;
}

bool hsperf_text(const unsigned char *data, size_t len, const char *name, struct buf *out)
{
    static const unsigned char magic[] = { 0xca, 0xfe, 0xc0, 0xc0, 1, 2 };
    if (len < HEADER || memcmp(data, magic, sizeof magic) != 0 || data[7] == 0)
        return false;
    uint32_t at = u32(data + 24), entries = u32(data + 28);
    for (uint32_t i = 0; i < entries && i < ENTRIES_MAX; i++) {
        if (at > len || len - at < ENTRY)
            return false;
        uint32_t size = u32(data + at);
        if (size < ENTRY || size > len - at)
            return false;
        if (entry_text(data + at, size, name, out))
            return true;
        at += size;
    }
    return false;
}
