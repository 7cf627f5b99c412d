/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_DCMD_H
#define JVM_DCMD_H
/* The VM's own diagnostic commands ("VM.classloader_stats"), as jcmd runs them, inside the process. Reporter thread only: a
 * command may stop the world for as long as it takes. */
#include <jni.h>
#include <stddef.h>

#include "weir.h"

/* Early: later there may be no room for its classes. WEIR_EJVM: a JVM without jdk.management; no command can be run. */
enum weir_rc dcmd_init(JNIEnv *jni);
/* What the command prints, as the JVM's UTF-8, NUL-terminated; NULL when it cannot be run. Give it back with dcmd_drop(). */
char *dcmd_run(JNIEnv *jni, const char *command, size_t *len);
void  dcmd_drop(char *text, size_t len);

#endif
