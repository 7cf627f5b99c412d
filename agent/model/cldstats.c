/* SPDX-License-Identifier: Apache-2.0 */
/* cldstats.c: lines of "loader's class, parent's class, CLD, classes, ChunkSz, BlockSz, type". Flink's and Java's names hold no
 * blanks. A line that has no addresses and says "+ hidden classes" (JDK 11: "+ unsafe anonymous classes") belongs to the loader
 * of the line above, whose classes it tells apart from the others': it is added to that one.
 *     ClassLoader         Parent              CLD*               Classes   ChunkSz   BlockSz  Type
 *     0x00007f224b07af08  0x00007f224b07d1e8  0x00007f22c810b640       3      1024       936  jdk....AppClassLoader
 *                                                                     31     12032      7567   + hidden classes
 *     Total = 6                                                     1539    588288    389785 */
#include "model/cldstats.h"

#include <string.h>

#include "base/poison.h"

enum { WORD = 8, DIGITS_MAX = 19 };

struct line {
    const char *at, *end;
};

static void skip_blanks(struct line *l)
{
    while (l->at < l->end && *l->at == ' ')
        l->at++;
}

static bool number(struct line *l, uint64_t *out)
{
    skip_blanks(l);
    const char *from = l->at;
    for (*out = 0; l->at < l->end && *l->at >= '0' && *l->at <= '9'; l->at++)
        *out = *out * 10 + (uint64_t)(*l->at - '0');
    return l->at > from && l->at - from <= DIGITS_MAX && (l->at == l->end || *l->at == ' ');
}

static int hex_value(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool address(struct line *l, uint64_t *out)
{
    skip_blanks(l);
    if (l->end - l->at < 3 || l->at[0] != '0' || l->at[1] != 'x')
        return false;
    const char *from = l->at += 2;
    for (*out = 0; l->at < l->end && hex_value(*l->at) >= 0; l->at++)
        *out = *out << 4 | (uint64_t)hex_value(*l->at);
    return l->at > from && l->at - from <= 16 && l->at < l->end && *l->at == ' ';
}

static bool starts(const struct line *l, const char *word)
{
    size_t n = strlen(word);
    return (size_t)(l->end - l->at) >= n && memcmp(l->at, word, n) == 0;
}

static bool figures(struct line *l, uint64_t *classes, uint64_t *held, uint64_t *used)
{
    return number(l, classes) && number(l, held) && number(l, used);
}

static bool loader_line(struct line l, struct cldstats_row *row)
{
    uint64_t klass, parent;
    *row = (struct cldstats_row){ .cld = 0 };
    if (!address(&l, &klass) || !address(&l, &parent) || !address(&l, &row->cld) ||
        !figures(&l, &row->classes, &row->held, &row->used))
        return false;
    skip_blanks(&l);
    row->type = l.at;
    row->type_len = (size_t)(l.end - l.at);
    return row->type_len > 0;
}

static bool hidden_line(struct line l, struct cldstats_row *row)
{
    return figures(&l, &row->classes, &row->held, &row->used) && (skip_blanks(&l), starts(&l, "+ "));
}

static bool total_line(struct line l, struct cldstats *out)
{
    uint64_t loaders;
    if (!starts(&l, "Total = "))
        return false;
    l.at += strlen("Total = ");
    return number(&l, &loaders) && figures(&l, &out->classes, &out->held, &out->used);
}

static struct line next_line(const char **at, const char *end)
{
    struct line l = { *at, *at };
    while (l.end < end && *l.end != '\n')
        l.end++;
    *at = l.end < end ? l.end + 1 : end;
    return l;
}

size_t cldstats_lines(const char *text, size_t len)
{
    size_t lines = 1;
    for (size_t i = 0; i < len; i++)
        lines += text[i] == '\n';
    return lines;
}

static void add_hidden(struct cldstats_row *to, const struct cldstats_row *hidden)
{
    to->classes += hidden->classes;
    to->hidden += hidden->classes;
    to->held += hidden->held;
    to->used += hidden->used;
}

static void to_bytes(struct cldstats_row *rows, struct cldstats *out)
{
    for (size_t i = 0; i < out->rows; i++) {
        rows[i].held *= WORD;
        rows[i].used *= WORD;
    }
    out->held *= WORD;
    out->used *= WORD;
}

/* Every line between the heading and the total. True: there was a total. */
static bool read_lines(const char *at, const char *end, struct cldstats_row *rows, size_t cap, struct cldstats *out)
{
    struct cldstats_row row, beyond, *last = NULL;
    while (at < end) {
        struct line l = next_line(&at, end);
        if (total_line(l, out))
            return true;
        if (loader_line(l, &row)) {
            out->left_out += out->rows == cap;
            last = out->rows == cap ? &beyond : &rows[out->rows++];
            *last = row;
        } else if (last != NULL && hidden_line(l, &row)) {
            add_hidden(last, &row);
        } else {
            out->bad += l.at != l.end;
        }
    }
    return false;
}

enum weir_rc cldstats_read(const char *text, size_t len, uint64_t vm_used, struct cldstats_row *rows, size_t cap,
                           struct cldstats *out)
{
    const char *at = text, *end = text + len;
    uint64_t    classes = 0, held = 0, used = 0;
    *out = (struct cldstats){ .rows = 0 };
    struct line heading = next_line(&at, end);
    if (!starts(&heading, "ClassLoader ") || !read_lines(at, end, rows, cap, out))
        return WEIR_EINVAL;
    for (size_t i = 0; i < out->rows; i++) {
        classes += rows[i].classes;
        held += rows[i].held;
        used += rows[i].used;
    }
    out->whole = out->left_out == 0 && classes == out->classes && held == out->held && used == out->used;
    if (out->used < vm_used / 2)
        to_bytes(rows, out);
    return WEIR_OK;
}

bool cldstats_is_type(const struct cldstats_row *row, const char *class_name)
{
    return row->type_len == strlen(class_name) && memcmp(row->type, class_name, row->type_len) == 0;
}
