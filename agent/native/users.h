/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NATIVE_USERS_H
#define NATIVE_USERS_H
/* Who may hold Flink's managed memory where no hook of ours counts it. */
#include <stdbool.h>

/* Is a library of RocksDB, ForSt or embedded Python loaded, or does this process have a child (Python workers are)? Takes the
 * dynamic linker's lock: the reporter only. */
bool users_of_managed(void);

#endif
