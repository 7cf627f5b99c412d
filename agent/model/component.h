/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_COMPONENT_H
#define MODEL_COMPONENT_H
/* What WEIR_COMPONENTS says of each component, as look-ups. Pure; any thread, also inside a hook. */
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "weir.h"

/* "task.off-heap"; "" outside the list. */
const char *component_id(enum weir_component component);
/* False: no component has exactly this id. */
bool component_find(const char *id, size_t len, enum weir_component *component);
bool component_in_role(enum weir_component component, enum weir_role role);
/* An option may limit it. */
bool component_limitable(enum weir_component component);
/* An allocation by Java code can be booked to it; heap, metaspace and mapped have their own figures. */
bool component_bookable(enum weir_component component);
/* mode=enforce can refuse an allocation, a mapping, a class of it. */
bool component_deniable(enum weir_component component);
/* The ids that `wanted` accepts, "a, b or c": for error texts. */
void component_put_list(struct buf *out, bool (*wanted)(enum weir_component));

#endif
