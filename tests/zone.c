/* SPDX-License-Identifier: Apache-2.0 */
/* zone.c: TZ, kept and given back: other suites run in the same process. */
#include "zone.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static char kept[128];
static bool was_set, changed;

void zone_set(const char *rule)
{
    const char *now = getenv("TZ");
    if (!changed) {
        was_set = now != NULL;
        snprintf(kept, sizeof kept, "%s", was_set ? now : "");
        changed = true;
    }
    setenv("TZ", rule, 1);
    tzset();
}

void zone_restore(void)
{
    if (!changed)
        return;
    if (was_set)
        setenv("TZ", kept, 1);
    else
        unsetenv("TZ");
    tzset();
    changed = false;
}
