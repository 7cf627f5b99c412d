/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIFECYCLE_H
#define LIFECYCLE_H
/* From loading to VM death: what happens in which order. */
#include <jni.h>

#include "weir.h"

/* Agent_OnLoad: parses the options and asks for the events. JNI_OK unless the option `strict` refuses the JVM start. */
jint lifecycle_load(JavaVM *vm, const char *options);
/* Agent_OnAttach: the first load starts the agent, each further one is a command (control.h). 0, or an enum weir_attach; the
 * text of the answer goes where `reply=FILE` says, failures to the log too. */
jint lifecycle_attach(JavaVM *vm, const char *options);

#endif
