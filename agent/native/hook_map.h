/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NATIVE_HOOK_MAP_H
#define NATIVE_HOOK_MAP_H
/* Files mapped by the JVM's NIO library (FileChannel.map, as buffer or as MemorySegment): its calls of mmap and munmap, booked
 * to the row `mapped`. One implementation for JDK 11 to 25: only the Java side above differs. */
#include <stdbool.h>
#include <stdint.h>

#include "core/acct.h"
#include "weir.h"

/* The calling thread as acct wants it (a JNIEnv), NULL when it is no Java thread. Runs inside the hook. */
typedef void *hook_map_thread(void);

/* mode=enforce: may these bytes be mapped? True: go on, the claim is to be settled. `again`: what was refused before is asked for
 * once more, and a refusal now is final. Runs inside the hook. */
typedef bool hook_map_ask(void *thread, uint64_t bytes, bool again, struct acct_claim *claim);

/* Each mapping is asked for first; NULL: none any more. A refused one fails with ENOMEM. At any time. */
void         hook_map_enforce(hook_map_ask *ask);
/* Once; acct_init() came before. The library stays in memory from then on. WEIR_ENOENT: it is not loaded (yet). On any failure
 * *why says what is missing, nothing is counted and the program runs on. */
enum weir_rc hook_map_install(const char *library, hook_map_thread *thread, const char **why);
/* False: somebody wrote other functions into the slots after us; calls may pass us by. */
bool         hook_map_intact(void);

#endif
