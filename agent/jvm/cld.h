/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_CLD_H
#define JVM_CLD_H
/* Which ClassLoaderData of the VM a class belongs to: the key under which VM.classloader_stats counts it. */
#include <jni.h>
#include <stdint.h>

#include "weir.h"

/* Once. WEIR_EJVM: this VM's structures are not known (JDK 26 made jmethodIDs opaque) or memory cannot be looked at safely. */
enum weir_rc cld_init(void);
/* Outside hooks. The class may be any; 0 when it does not tell: no methods, not linked yet. A hidden class may have one of its
 * own, which is not its loader's. Runs no Java code. */
uint64_t cld_of_class(jclass c);

#endif
