/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_TOMBS_H
#define CORE_TOMBS_H
/* Addresses freed while weir still finds out what was there before it (attach): such a block must not be booked any more. */
#include <stdbool.h>
#include <stdint.h>

enum { TOMBS_MAX = 1 << 16 };

/* Outside hooks. False: no memory; then nobody must ask. */
bool tombs_open(void);
void tombs_close(void); /* forgets all; what a hook still adds is lost, and harmless */
/* Any thread, also inside a hook. */
bool tombs_wanted(void);
void tombs_put(uintptr_t addr);
bool tombs_has(uintptr_t addr);
/* More came than there is room for: what is booked from now on may be gone already. */
bool tombs_full(void);

#endif
