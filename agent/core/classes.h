/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_CLASSES_H
#define CORE_CLASSES_H
/* Definitions of classes, counted by family (model/classfamily.h). */
#include <stdint.h>

#include "snapshot_definitions.h"
#include "weir.h"

struct classes;

enum { CLASSES_FAMILIES = 1024 };

enum weir_rc classes_new(struct classes **out);
void         classes_delete(struct classes *c);
/* Any thread, also inside a hook. name as classfamily_of() takes it; bytes: of the class file. */
void classes_defined(struct classes *c, const char *name, uint64_t bytes);
/* One that was counted and is not the program's. */
void classes_taken_back(struct classes *c, const char *name, uint64_t bytes);
void classes_denied(struct classes *c);
/* Of one instant; not inside a hook. */
void classes_snapshot(struct classes *c, struct weir_definitions *out);

#endif
