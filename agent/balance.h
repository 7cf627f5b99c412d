/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BALANCE_H
#define BALANCE_H
/* The balance sheet of the moment: reads the process's mappings, the allocator, the cgroup and the processes below, as rarely as
 * what they cost demands. The reporter's thread only. */
#include <stdbool.h>
#include <stdint.h>

#include "jvm/pools.h"
#include "snapshot.h"

void balance_init(enum weir_role role);
/* What hooks booked, before other figures join a sheet's rows. */
void balance_booked(const struct weir_sheet *sheet);
/* Fills sheet->balance, the last of a sheet. nmt_maps: the VM's own mappings, where NMT is on (nmt). */
void balance_fill(struct weir_sheet *sheet, const struct pools_figures *vm, bool nmt, uint64_t nmt_maps);
/* The next sheet is to be of now: somebody asked, or it may be the last one. */
void balance_demand(void);
/* The container as the last sheet had it. */
const struct weir_container *balance_container(void);

#endif
