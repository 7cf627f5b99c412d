/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_PINFIELDS_H
#define JVM_PINFIELDS_H
/* Fields by the numbers that a heap walk gives them: those of all interfaces of a class and its superclasses first, then the
 * superclasses', root first, then its own; static ones count too (JVMTI, JDK 11 to 25). */
#include <jni.h>
#include <jvmti.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The number of an instance field that `owner`, a superclass of c or c itself, declares; -1: none of that name. */
int32_t pinfields_number(JNIEnv *jni, jclass c, jclass owner, const char *name);
/* The field's name; "?" if there is none of that number. */
void    pinfields_name(JNIEnv *jni, jclass c, int32_t number, char *out, size_t cap);
/* Can an object of this class, as far as the class itself declares fields, refer to more than text and numbers? */
bool    pinfields_lead_on(jclass c);

#endif
