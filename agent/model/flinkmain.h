/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_FLINKMAIN_H
#define MODEL_FLINKMAIN_H
/* What a JVM is to Flink, by its main class. Pure. */
#include "weir.h"

/* Of "org.apache.flink...TaskManagerRunner"; WEIR_ROLE_OTHER for what is none of Flink's processes. */
enum weir_role flinkmain_role(const char *main_class);

#endif
