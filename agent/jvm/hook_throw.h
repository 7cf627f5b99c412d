/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_HOOK_THROW_H
#define JVM_HOOK_THROW_H
/* Throwable.fillInStackTrace: every OutOfMemoryError that Java code makes passes here with its stack (java.nio.Bits, Netty's
 * OutOfDirectMemoryError, anything a library throws). Those the VM itself raises do not: see the ResourceExhausted event. */
#include <jni.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir.h"

/* Live phase, once; frames_init() came before. On failure *why says what is missing. */
enum weir_rc hook_throw_install(JNIEnv *jni, const char **why);
/* From the ResourceExhausted event, on the thread that met it; `what` is the VM's description. True: it is told, and the next
 * ones within ten seconds need not be posted. */
bool         hook_throw_exhausted(JNIEnv *jni, const char *what);
/* Have them posted no more; and again (reporter, every ten seconds; nothing to do unless they are quiet). */
void         hook_throw_quiet(void);
void         hook_throw_rearm(void);

/* This thread was denied something, for which the JDK itself will make the error: that one is not told. */
void         hook_throw_denied(void);
/* Reporter: class name and text of the error noted under this ticket. True when both are there; the text may not be, yet. */
bool hook_throw_peek(JNIEnv *jni, uint32_t ticket, char *class_name, size_t class_cap, char *message, size_t cap);
/* Gives the ticket back; once for each event that carried one. */
void hook_throw_drop(JNIEnv *jni, uint32_t ticket);

#endif
