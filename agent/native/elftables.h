/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NATIVE_ELFTABLES_H
#define NATIVE_ELFTABLES_H
/* What elfgot.c and elfmany.c share: a loaded library's tables, and the protection of its pages. */
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elfgot;

/* Are these bytes in one of its segments? */
bool  elftables_inside(const struct elfgot *lib, uintptr_t addr, size_t size);
/* Is it a slot of the kinds that calls and function pointers go through? */
bool  elftables_is_slot(const ElfW(Rela) *r);
/* Where the slot leads, or would at the first call; NULL: nowhere. */
void *elftables_target(const struct elfgot *lib, const ElfW(Rela) *r, const ElfW(Sym) *symbol, const char *name);
/* Each mapping of this process until `see` says false. False: the kernel does not tell. */
bool  elftables_maps(bool (*see)(void *with, uintptr_t from, uintptr_t to, int protection), void *with);

#endif
