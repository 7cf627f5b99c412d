/* SPDX-License-Identifier: Apache-2.0 */
/* component.c: the one expansion of WEIR_COMPONENTS that model modules read names, roles and limits from. */
#include "model/component.h"

#include <string.h>

#include "base/poison.h"

static const struct {
    const char *id;
    unsigned    roles;
    bool        limitable;
} table[WEIR_COMPONENT_COUNT] = {
#define ROW(sym, id, roles, limitable) { id, roles, limitable },
    WEIR_COMPONENTS(ROW)
#undef ROW
};

static bool known(enum weir_component component)
{
    return (unsigned)component < WEIR_COMPONENT_COUNT;
}

const char *component_id(enum weir_component component)
{
    return known(component) ? table[component].id : "";
}

bool component_find(const char *id, size_t len, enum weir_component *component)
{
    for (unsigned c = 0; c < WEIR_COMPONENT_COUNT; c++) {
        if (strlen(table[c].id) == len && memcmp(table[c].id, id, len) == 0) {
            *component = (enum weir_component)c;
            return true;
        }
    }
    return false;
}

bool component_in_role(enum weir_component component, enum weir_role role)
{
    return known(component) && (table[component].roles & (unsigned)role) != 0;
}

bool component_limitable(enum weir_component component)
{
    return known(component) && table[component].limitable;
}

bool component_bookable(enum weir_component component)
{
    switch (component) {
    case WEIR_MANAGED:
    case WEIR_FRAMEWORK_OFF_HEAP:
    case WEIR_TASK_OFF_HEAP:
    case WEIR_NETWORK:
    case WEIR_OFF_HEAP:
    case WEIR_JVM_OVERHEAD: return true;
    default: return false;
    }
}

bool component_deniable(enum weir_component component)
{
    return (component_bookable(component) && component != WEIR_JVM_OVERHEAD) || component == WEIR_MAPPED ||
           component == WEIR_JVM_METASPACE;
}

void component_put_list(struct buf *out, bool (*wanted)(enum weir_component))
{
    unsigned left = 0;
    for (unsigned c = 0; c < WEIR_COMPONENT_COUNT; c++)
        left += wanted((enum weir_component)c) ? 1 : 0;
    for (unsigned c = 0; c < WEIR_COMPONENT_COUNT; c++) {
        if (!wanted((enum weir_component)c))
            continue;
        buf_puts(out, table[c].id);
        left--;
        if (left > 0)
            buf_puts(out, left > 1 ? ", " : " or ");
    }
}
