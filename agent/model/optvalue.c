/* SPDX-License-Identifier: Apache-2.0 */
/* optvalue.c: the grammars of option values. A whole value fits or nothing does: no sign, no blank, no trailing text.
 * Sizes alone have Flink's own grammar, where blanks around are allowed. */
#include "model/optvalue.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "model/component.h"
#include "model/flinkversion.h"
#include "model/memsize.h"
#include "weir.h"

/* ASCII digits to a number; *len is how many. False: none, or more than any range here needs. */
static bool digits(const char *s, uint64_t *out, size_t *len)
{
    uint64_t n = 0;
    size_t   i = 0;
    for (; s[i] >= '0' && s[i] <= '9'; i++) {
        if (i == 18)
            return false;
        n = n * 10 + (uint64_t)(s[i] - '0');
    }
    *out = n;
    *len = i;
    return i > 0;
}

enum optvalue_problem optvalue_mode(void *field, const char *value, uint64_t min, uint64_t max)
{
    (void)min, (void)max;
    static const struct {
        const char    *name;
        enum weir_mode mode;
    } known[] = { { "observe", WEIR_MODE_OBSERVE }, { "warn", WEIR_MODE_WARN }, { "enforce", WEIR_MODE_ENFORCE } };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(value, known[i].name) == 0) {
            *(enum weir_mode *)field = known[i].mode;
            return OPTVALUE_FINE;
        }
    return OPTVALUE_BAD;
}

enum optvalue_problem optvalue_stacks(void *field, const char *value, uint64_t min, uint64_t max)
{
    (void)min, (void)max;
    *(bool *)field = strcmp(value, "all") == 0;
    return *(bool *)field || strcmp(value, "auto") == 0 ? OPTVALUE_FINE : OPTVALUE_BAD;
}

enum optvalue_problem optvalue_deny_as(void *field, const char *value, uint64_t min, uint64_t max)
{
    (void)min, (void)max;
    bool jvm = strcmp(value, "jvm") == 0;
    if (!jvm && strcmp(value, "weir") != 0)
        return OPTVALUE_BAD;
    *(bool *)field = jvm;
    return OPTVALUE_FINE;
}

enum optvalue_problem optvalue_flag(void *field, const char *value, uint64_t min, uint64_t max)
{
    (void)min, (void)max;
    bool off = strcmp(value, "false") == 0;
    if (!off && strcmp(value, "true") != 0)
        return OPTVALUE_BAD;
    *(bool *)field = !off;
    return OPTVALUE_FINE;
}

enum optvalue_problem optvalue_yes_no(void *field, const char *value, uint64_t min, uint64_t max)
{
    (void)min, (void)max;
    *(bool *)field = strcmp(value, "yes") == 0;
    return *(bool *)field || strcmp(value, "no") == 0 ? OPTVALUE_FINE : OPTVALUE_BAD;
}

static uint32_t hook_named(const char *name, size_t len)
{
    static const struct {
        const char *name;
        uint32_t    hook;
    } known[] = { { "unsafe", OPTVALUE_HOOK_UNSAFE },
                  { "thread", OPTVALUE_HOOK_THREAD },
                  { "throw", OPTVALUE_HOOK_THROW },
                  { "mapped", OPTVALUE_HOOK_MAPPED },
                  { "exit", OPTVALUE_HOOK_EXIT },
                  { "class", OPTVALUE_HOOK_CLASS },
                  { "handles", OPTVALUE_HOOK_HANDLES },
                  { "zlib", OPTVALUE_HOOK_ZLIB },
                  { "ffm", OPTVALUE_HOOK_FFM },
                  { "native", OPTVALUE_HOOK_NATIVE } };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (len == strlen(known[i].name) && memcmp(name, known[i].name, len) == 0)
            return known[i].hook;
    return 0;
}

enum optvalue_problem optvalue_hooks(void *field, const char *value, uint64_t min, uint64_t max)
{
    (void)min, (void)max;
    uint32_t hooks = 0;
    if (strcmp(value, "all") == 0)
        hooks = OPTVALUE_HOOK_ALL;
    else if (strcmp(value, "none") != 0)
        for (const char *at = value;; at++) {
            size_t   len = strcspn(at, "+");
            uint32_t hook = hook_named(at, len);
            if (hook == 0 || (hooks & hook) != 0)
                return OPTVALUE_BAD;
            hooks |= hook;
            at += len;
            if (*at == '\0')
                break;
        }
    *(uint32_t *)field = hooks;
    return OPTVALUE_FINE;
}

enum optvalue_problem optvalue_size(void *field, const char *value, uint64_t min, uint64_t max)
{
    uint64_t bytes;
    if (memsize_parse(value, &bytes, NULL) != WEIR_OK || bytes < min || bytes > max)
        return OPTVALUE_BAD;
    *(uint64_t *)field = bytes;
    return OPTVALUE_FINE;
}

enum optvalue_problem optvalue_duration(void *field, const char *value, uint64_t min, uint64_t max)
{
    static const struct {
        char     name;
        uint64_t ms;
    } units[] = { { 's', 1000 }, { 'm', 60000 }, { 'h', 3600000 }, { 'd', 86400000 } };
    uint64_t n, ms = UINT64_MAX; /* in no range */
    size_t   len;
    if (!digits(value, &n, &len))
        return OPTVALUE_BAD;
    if (n == 0 && value[len] == '\0')
        ms = 0;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (value[len] == units[i].name && value[len + 1] == '\0' && n <= max / units[i].ms)
            ms = n * units[i].ms;
    if (ms != 0 && (ms < min || ms > max))
        return OPTVALUE_BAD;
    *(uint64_t *)field = ms;
    return OPTVALUE_FINE;
}

enum optvalue_problem optvalue_count(void *field, const char *value, uint64_t min, uint64_t max)
{
    uint64_t n;
    size_t   len;
    if (!digits(value, &n, &len) || value[len] != '\0' || n < min || n > max)
        return OPTVALUE_BAD;
    *(uint64_t *)field = n;
    return OPTVALUE_FINE;
}

enum optvalue_problem optvalue_count32(void *field, const char *value, uint64_t min, uint64_t max)
{
    uint64_t              n;
    enum optvalue_problem problem =
        optvalue_count(&n, value, min, max < UINT32_MAX ? max : UINT32_MAX);
    if (problem == OPTVALUE_FINE)
        *(uint32_t *)field = (uint32_t)n;
    return problem;
}

enum optvalue_problem optvalue_text(void *field, const char *value, uint64_t min, uint64_t max)
{
    (void)min;
    size_t len = strlen(value);
    if (len == 0)
        return OPTVALUE_BAD;
    if (len >= max)
        return OPTVALUE_TOO_LONG;
    memcpy(field, value, len + 1);
    return OPTVALUE_FINE;
}

enum optvalue_problem optvalue_version(void *field, const char *value, uint64_t min, uint64_t max)
{
    struct flink_version v;
    if (flink_version_parse(value, &v) != WEIR_OK || !flink_version_supported(v))
        return OPTVALUE_BAD;
    return optvalue_text(field, value, min, max);
}

/* What can be denied and is no component. */
static bool find_other(const char *at, size_t len, enum weir_component *out)
{
    static const char *const words[] = { "threads", "native" };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (len == strlen(words[i]) && memcmp(at, words[i], len) == 0) {
            *out = (enum weir_component)(OPTVALUE_DENY_THREADS + (int)i);
            return true;
        }
    return false;
}

static enum optvalue_problem set_components(void *field, const char *value, bool (*fits)(enum weir_component))
{
    for (const char *at = value;;) {
        size_t              len = strcspn(at, "+");
        enum weir_component c;
        if (!(fits == component_deniable && find_other(at, len, &c)) && (!component_find(at, len, &c) || !fits(c)))
            return fits == component_limitable ? OPTVALUE_BAD_COMPONENT : OPTVALUE_BAD;
        ((bool *)field)[c] = true;
        if (at[len] == '\0')
            return OPTVALUE_FINE;
        at += len + 1;
    }
}

enum optvalue_problem optvalue_components(void *field, const char *value, uint64_t min, uint64_t max)
{
    (void)min, (void)max;
    return set_components(field, value, component_limitable);
}

enum optvalue_problem optvalue_deny(void *field, const char *value, uint64_t min, uint64_t max)
{
    (void)min, (void)max;
    memset(field, 0, OPTVALUE_DENY_COUNT * sizeof(bool)); /* a given list replaces the initial one */
    return strcmp(value, "none") == 0 ? OPTVALUE_FINE : set_components(field, value, component_deniable);
}
