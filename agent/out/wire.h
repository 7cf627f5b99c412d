/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUT_WIRE_H
#define OUT_WIRE_H
/* Fields to bytes and back by the same calls, so that a writer and its reader cannot drift apart: a wire either appends
 * the value or replaces it by what it reads. Little endian. The first field that does not fit or makes no sense sets
 * `bad`; from then on nothing is written, and what is read is 0 or "". Texts that were read point into the bytes. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire {
    unsigned char *at, *end;
    bool           reading, bad;
};

struct wire wire_writer(void *data, size_t cap);
struct wire wire_reader(void *data, size_t len);

void wire_bool(struct wire *w, bool *v);
void wire_u32(struct wire *w, uint32_t *v);
void wire_u64(struct wire *w, uint64_t *v);
void wire_i64(struct wire *w, int64_t *v);
void wire_i32(struct wire *w, int32_t *v);
/* At most max bytes: a longer text is written cut at a whole character, ending in "...", and refused when read. */
void wire_text(struct wire *w, const char **text, size_t max);
/* A number below `bound`, as a count or an enum: the value, or what was read. */
uint32_t wire_below(struct wire *w, uint32_t value, uint32_t bound);
/* A member of an enum by its name; `count` when a name was read that is none of them. */
typedef const char *wire_name(uint32_t i);
uint32_t wire_word(struct wire *w, uint32_t value, wire_name *name, uint32_t count);

#endif
