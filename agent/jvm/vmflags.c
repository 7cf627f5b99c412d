/* SPDX-License-Identifier: Apache-2.0 */
/* vmflags.c: gHotSpotVMStructs names the array JVMFlag::flags, its length and the offsets of a flag's name and address;
 * the element size stands in gHotSpotVMTypes. All of it is read-only and constant after libjvm is loaded. */
#define _GNU_SOURCE /* RTLD_NOLOAD */
#include "jvm/vmflags.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

/* Layouts of vmStructs.hpp, unchanged from JDK 8 to 25. */
struct vm_struct {
    const char *type_name, *field_name, *type_string;
    int32_t     is_static;
    uint64_t    offset;
    void       *address;
};
struct vm_type {
    const char *name, *super;
    int32_t     is_oop, is_integer, is_unsigned;
    uint64_t    size;
};

static struct {
    const struct vm_struct *structs;
    const struct vm_type *types;
    const char *flags; /* first JVMFlag */
    size_t      count, size;
    uint64_t    name_at, addr_at;
    const char *const *heap; /* Universe::_collectedHeap, a CollectedHeap */
    uint64_t    heap_reserved_at, region_start_at, region_words_at;
    const int  *argument_count; /* Arguments::_num_jvm_args, _jvm_args_array */
    char *const *const *arguments;
} table;

static bool is(const struct vm_struct *s, const char *type, const char *field)
{
    return strcmp(s->type_name, type) == 0 && strcmp(s->field_name, field) == 0;
}

static void take_heap_field(const struct vm_struct *s)
{
    if (is(s, "Universe", "_collectedHeap") && s->is_static)
        table.heap = s->address;
    else if (is(s, "CollectedHeap", "_reserved"))
        table.heap_reserved_at = s->offset;
    else if (is(s, "MemRegion", "_start"))
        table.region_start_at = s->offset;
    else if (is(s, "MemRegion", "_word_size"))
        table.region_words_at = s->offset;
}

static void take_field(const struct vm_struct *s)
{
    if (strcmp(s->type_name, "Arguments") == 0 && s->is_static && strcmp(s->field_name, "_num_jvm_args") == 0)
        table.argument_count = s->address;
    if (strcmp(s->type_name, "Arguments") == 0 && s->is_static && strcmp(s->field_name, "_jvm_args_array") == 0)
        table.arguments = s->address;
    take_heap_field(s);
    if (strcmp(s->type_name, "JVMFlag") != 0)
        return;
    if (strcmp(s->field_name, "flags") == 0 && s->is_static)
        table.flags = *(const char *const *)s->address;
    else if (strcmp(s->field_name, "numFlags") == 0 && s->is_static)
        table.count = *(const size_t *)s->address;
    else if (strcmp(s->field_name, "_name") == 0)
        table.name_at = s->offset;
    else if (strcmp(s->field_name, "_addr") == 0)
        table.addr_at = s->offset;
}

enum weir_rc vmflags_init(void)
{
    void *libjvm = dlopen("libjvm.so", RTLD_LAZY | RTLD_NOLOAD);
    const struct vm_struct *const *structs = libjvm != NULL ? dlsym(libjvm, "gHotSpotVMStructs") : NULL;
    const struct vm_type *const *types = libjvm != NULL ? dlsym(libjvm, "gHotSpotVMTypes") : NULL;
    if (structs == NULL || types == NULL)
        return WEIR_ENOENT;
    table.structs = *structs;
    table.types = *types;
    for (const struct vm_struct *s = *structs; s->type_name != NULL; s++)
        take_field(s);
    for (const struct vm_type *t = *types; t->name != NULL; t++)
        if (strcmp(t->name, "JVMFlag") == 0)
            table.size = t->size;
    if (table.flags == NULL || table.size == 0 || table.name_at == table.addr_at)
        table.count = 0;
    return table.count > 0 ? WEIR_OK : WEIR_ENOENT;
}

static const void *find(const char *name)
{
    for (size_t i = 0; i < table.count; i++) {
        const char *flag = table.flags + i * table.size;
        const char *its_name = *(const char *const *)(const void *)(flag + table.name_at);
        if (its_name != NULL && strcmp(its_name, name) == 0)
            return *(const void *const *)(const void *)(flag + table.addr_at);
    }
    return NULL;
}

bool vmflags_size(const char *name, uint64_t *value)
{
    const uint64_t *p = find(name);
    if (p != NULL)
        *value = *p;
    return p != NULL;
}

bool vmflags_bool(const char *name, bool *value)
{
    const bool *p = find(name);
    if (p != NULL)
        *value = *p;
    return p != NULL;
}

bool vmflags_heap(void **from, size_t *bytes)
{
    const char *heap = table.heap != NULL ? *table.heap : NULL;
    if (heap == NULL || table.heap_reserved_at == 0 || table.region_start_at == table.region_words_at)
        return false;
    const char *region = heap + table.heap_reserved_at;
    *from = *(void *const *)(const void *)(region + table.region_start_at);
    *bytes = *(const size_t *)(const void *)(region + table.region_words_at) * sizeof(void *);
    return *from != NULL && *bytes != 0;
}

bool vmflags_offset(const char *type, const char *field, uint64_t *offset)
{
    for (const struct vm_struct *s = table.structs; s != NULL && s->type_name != NULL; s++)
        if (!s->is_static && strcmp(s->type_name, type) == 0 && strcmp(s->field_name, field) == 0) {
            *offset = s->offset;
            return true;
        }
    return false;
}

bool vmflags_type_size(const char *type, uint64_t *size)
{
    for (const struct vm_type *t = table.types; t != NULL && t->name != NULL; t++)
        if (strcmp(t->name, type) == 0) {
            *size = t->size;
            return true;
        }
    return false;
}

const char *vmflags_argument(int i)
{
    if (table.argument_count == NULL || table.arguments == NULL || *table.arguments == NULL || i >= *table.argument_count)
        return NULL;
    return (*table.arguments)[i];
}

const char *vmflags_gc(void)
{
    static const struct { const char *flag, *gc; } known[] = {
        { "UseG1GC", "G1" }, { "UseParallelGC", "Parallel" }, { "UseSerialGC", "Serial" },
        { "UseZGC", "ZGC" }, { "UseShenandoahGC", "Shenandoah" }, { "UseEpsilonGC", "Epsilon" },
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        bool on = false;
        if (vmflags_bool(known[i].flag, &on) && on)
            return known[i].gc;
    }
    return "unknown GC";
}
