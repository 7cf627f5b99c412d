/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_DIAGNOSE_ROCKSDB_H
#define MODEL_DIAGNOSE_ROCKSDB_H
/* RocksDB and ForSt beyond what they were given, or never given back (users.md A3, 8). Pure. */
#include <stdbool.h>
#include <stdint.h>

#include "model/diagnosis.h"
#include "snapshot.h"

/* Closing takes its time: so long after the last database, or the attempt, nothing is called left. */
enum { DIAGNOSE_ROCKSDB_MS = 10000, DIAGNOSE_ROCKSDB_RUNS = 3 };

/* "rocksdb-leak": bytes or caches that outlived all databases, or native objects that run after run leaves open. False: nothing
 * of the kind. *left: how much of it, in a unit of its own, to be compared with what it was. */
bool diagnose_rocksdb_leak(struct weir_diagnosis *d, const struct weir_sheet *sheet, uint64_t *left);
/* Whom it names; NULL: nobody. */
const struct weir_handle_owner *diagnose_rocksdb_owner(const struct weir_sheet *sheet);
/* "rocksdb-over": this row is over its limit, and most of it is RocksDB's. False: neither. */
bool diagnose_rocksdb_over(struct weir_diagnosis *d, const struct weir_sheet *sheet, enum weir_component row,
                           const struct diagnose_flink *flink);

#endif
