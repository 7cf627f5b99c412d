/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_NIO_H
#define JVM_NIO_H
/* What the hooks in libnio need of the JVM. */
#include <jni.h>
#include <stdbool.h>

/* Makes the JVM load its NIO library; most programs have it long before their main class runs. Live phase. */
void  nio_load(JNIEnv *jni);
/* The calling thread's JNIEnv, NULL if it is no Java thread. Any thread, also inside a hook. */
void *nio_thread(void);

#endif
