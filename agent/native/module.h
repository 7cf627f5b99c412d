/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NATIVE_MODULE_H
#define NATIVE_MODULE_H
/* The loaded ELF file that an address lies in, asked inside a hook: no lock, no allocation, no file. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MODULE_SEGMENTS = 16 };

/* Tells two files apart that were mapped at the same place one after the other. */
struct module_id {
    uintptr_t from, to;     /* its mapping, holes included */
    uintptr_t frame_header; /* .eh_frame_hdr; 0: it has none */
    uintptr_t map;          /* the dynamic linker's record of it */
};

struct module {
    struct module_id id;
    const char      *name; /* of its file, without the directory; lives as long as the library */
    uintptr_t        bias, dynamic;
    int              segments;
    struct {
        uintptr_t from, to;
    } segment[MODULE_SEGMENTS]; /* what is mapped and can be read */
};

/* Once, outside hooks. False: this C library cannot be asked in that way (glibc older than 2.35, musl); then nothing is found. */
bool module_init(void);
/* False: in no library, as the JVM's compiled code and its interpreter are. */
bool module_at(uintptr_t addr, struct module_id *id);
/* Only while a thread executes in it: it could be unloaded else. False: its headers are not what we know. */
bool module_open(const struct module_id *id, struct module *out);
/* May so many bytes be read there, as far as the library's own headers say? */
bool module_has(const struct module *m, uintptr_t addr, size_t bytes);

static inline bool module_same(const struct module_id *a, const struct module_id *b)
{
    return a->from == b->from && a->to == b->to && a->frame_header == b->frame_header && a->map == b->map;
}

#endif
