/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NATIVE_HOOK_MALLOC_H
#define NATIVE_HOOK_MALLOC_H
/* What stands in the slots of native libraries in place of malloc, operator new, mmap and their like: one set of functions for each
 * library (its index in core/libraries), so that each call is known to be this library's and reaches this library's own
 * original. */
#include <stdbool.h>

#include "native/elfgot.h"
#include "native/hook_symbols.h"

/* Before any slot of the set is written, and again for the next library that has it. What the last one's functions led to stays:
 * somebody may have kept the address of one, of free() for instance. */
void  hook_malloc_prepare(unsigned set);
/* Its library was unloaded: what a thread takes that was in it last is not its any more. */
void  hook_malloc_rest(unsigned set);
/* Then: it is libstdc++ (one is enough), whose memory is that of the library that the thread was in last. It is open. */
void  hook_malloc_cxx(unsigned set, const struct elfgot *lib);
/* Then: deny=native applies to it. */
void  hook_malloc_deny(unsigned set);
void  hook_malloc_original(unsigned set, enum hook_symbol symbol, void *original);
/* When the slots of a library were written: where operator new and delete lead to libstdc++'s own, what these end in is called at
 * once. */
void  hook_malloc_join(void);
/* To be written into a slot. */
void *hook_malloc_function(unsigned set, enum hook_symbol symbol);
/* Is this one of ours, of any set? */
bool  hook_malloc_owns(const void *function);

#endif
