/* SPDX-License-Identifier: Apache-2.0 */
/* flinkkeys.c: names of the known keys, and which key is the deprecated name of which. */
#include "model/flinkkeys.h"

#include <string.h>

#define NAME(sym, name) name,
static const char *const names[FLINKKEY_COUNT] = { FLINKKEYS(NAME) };
#undef NAME

static const struct {
    enum flinkkey key;
    enum flinkkey old;
} fallbacks[] = {
    { FLINKKEY_TM_NETWORK_FRACTION, FLINKKEY_TM_OLD_NETWORK_FRACTION },
    { FLINKKEY_TM_NETWORK_MIN, FLINKKEY_TM_OLD_NETWORK_MIN },
    { FLINKKEY_TM_NETWORK_MAX, FLINKKEY_TM_OLD_NETWORK_MAX },
    { FLINKKEY_TM_MANAGED_SIZE, FLINKKEY_TM_OLD_MANAGED_SIZE },
};

const char *flinkkey_name(enum flinkkey key)
{
    return key < FLINKKEY_COUNT ? names[key] : "";
}

bool flinkkey_is_env(enum flinkkey key)
{
    return key == FLINKKEY_ENV_TM_HEAP || key == FLINKKEY_ENV_JM_HEAP;
}

enum flinkkey flinkkey_find_n(const char *name, size_t n)
{
    for (int i = 0; i < FLINKKEY_COUNT; i++)
        if (strlen(names[i]) == n && memcmp(names[i], name, n) == 0)
            return flinkkey_is_env((enum flinkkey)i) ? FLINKKEY_NONE : (enum flinkkey)i;
    return FLINKKEY_NONE;
}

enum flinkkey flinkkey_find(const char *name)
{
    return flinkkey_find_n(name, strlen(name));
}

enum flinkkey flinkkey_fallback(enum flinkkey key)
{
    for (size_t i = 0; i < sizeof fallbacks / sizeof fallbacks[0]; i++)
        if (fallbacks[i].key == key)
            return fallbacks[i].old;
    return FLINKKEY_NONE;
}
