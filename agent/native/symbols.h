/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NATIVE_SYMBOLS_H
#define NATIVE_SYMBOLS_H
/* The name of a function by an address in it, from what its library says for the dynamic linker: inside a hook. */
#include <stddef.h>
#include <stdint.h>

#include "native/module.h"

enum { SYMBOLS_NAME = 512 };

/* Writes the name as the library has it (mangled), cut if it is longer; where the library names no function that covers the
 * address "+0x1f40", the offset that addr2line takes. Some microseconds; 0.2 ms at first sight of a large library. */
void symbols_name(const struct module *m, uintptr_t addr, char out[SYMBOLS_NAME]);

#endif
