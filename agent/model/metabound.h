/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_METABOUND_H
#define MODEL_METABOUND_H
/* When mode=enforce denies a class definition: from which size of metaspace on, and what the last reading of it says. Pure. */
#include <stdbool.h>
#include <stdint.h>

struct metabound { /* all zero: never read */
    uint64_t committed, used; /* the VM's own figures */
    uint64_t proven;          /* most that was ever in use */
};

void metabound_read(struct metabound *m, uint64_t committed, uint64_t used);

/* Committed bytes at which denial begins: the limit that a person or Flink set, or a little before the VM's own
 * (MaxMetaspaceSize), whichever comes first. 0: that one is not set. UINT64_MAX: nothing is ever denied. */
uint64_t metabound_from(uint64_t limit, uint64_t vm_limit);

/* What a class is taken to add until metaspace is read again; more than nearly any does. An estimate: it decides when a
 * reading is due, never a denial. */
uint64_t metabound_guess(uint64_t file_bytes);
/* guessed: of the definitions since the last reading. */
bool     metabound_due(const struct metabound *m, uint64_t guessed, uint64_t from);
/* By the last reading: is there room for a class file of these bytes? */
bool     metabound_fits(const struct metabound *m, uint64_t file_bytes, uint64_t from);

#endif
