/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_SAMPLE_H
#define CORE_SAMPLE_H
/* Which calls are walked (DESIGN.md 4, "decided and undecided"): every byte has the same chance, so a block of `size` bytes
 * is walked with p = 1 - exp(-size/M). M is a power of two, shared by all threads; 0 walks every call. */
#include <stdbool.h>
#include <stdint.h>

#include "weir.h"

enum { SAMPLE_NATIVE_MIN = 18 }; /* 256 KiB */

/* M = 2^exponent bytes, exponent 12..40; 0: every call. From the reporter. */
void    sample_set(uint8_t exponent);
uint8_t sample_get(void);
/* The same for native libraries: a mean and a countdown of their own. SAMPLE_NATIVE_MIN until the reporter has set one. */
void    sample_native_set(uint8_t exponent);
uint8_t sample_native_get(void);
bool    sample_native_due(uint64_t bytes, uint8_t *exponent);
/* Is this call walked? *exponent: the M it was decided by, for sample_weight(). Inside hooks; reads no clock, no lock. */
bool     sample_due(uint64_t bytes, uint8_t *exponent);
/* What a walked block stands for beside itself: bytes * (1/p - 1); 0 for exponent 0. The same for the same input. */
uint64_t sample_weight(uint64_t bytes, uint8_t exponent);
/* Inside hooks: a walked block of this component came, went. */
void     sample_charge(enum weir_component component, uint64_t bytes, uint8_t exponent);
void     sample_discharge(enum weir_component component, uint64_t bytes, uint8_t exponent);
/* An estimate of what each component holds of the `undecided` bytes; it sums to them, or is 0 everywhere where no live
 * block was walked under an M above 0. */
void     sample_estimates(uint64_t undecided, uint64_t out[WEIR_COMPONENT_COUNT]);
/* Tests: as at the start. */
void     sample_reset(void);

#endif
