/* SPDX-License-Identifier: Apache-2.0 */
/* pinsearch.c: `pins,loader=com.x.*,budget=3000`. The budget is of the pauses of all heap walks together. Without a name, the
 * user-code loaders of jobs that have ended; Flink's safety nets among them only where generated classes hang below.
 * Bound: WEIR_MAX_PINNED loaders, those seen first. */
#include "pinsearch.h"

#include <string.h>

#include "base/clock.h"
#include "jvm/jobloaders.h"
#include "jvm/loaders.h"
#include "jvm/pins.h"
#include "metaspace.h"
#include "model/optvalue.h"
#include "model/rules.h"
#include "out/out_pins.h"
#include "base/poison.h"

enum { BUDGET_MS = 5000, BUDGET_MAX_MS = 8000 }; /* who asks waits 10 s */

struct words {
    char     loader[RULES_GLOB_MAX];
    uint64_t budget_ms;
};

/* One word; false: it is none of ours, or its value is wrong. */
static bool take(struct words *w, const char *word, size_t len)
{
    char text[RULES_GLOB_MAX + 16];
    if (len >= sizeof text)
        return false;
    memcpy(text, word, len);
    text[len] = '\0';
    if (strncmp(text, "loader=", 7) == 0 && len > 7 && len - 7 < sizeof w->loader) {
        memcpy(w->loader, text + 7, len - 6);
        return true;
    }
    return strncmp(text, "budget=", 7) == 0 && optvalue_count(&w->budget_ms, text + 7, 1, BUDGET_MAX_MS) == OPTVALUE_FINE;
}

static bool parse(struct words *w, const char *rest, struct buf *out)
{
    for (const char *p = rest; *p != '\0';) {
        size_t len = strcspn(p, ",");
        if (!take(w, p, len)) {
            buf_printf(out, "option pins: `%.*s` is not understood; it takes loader=GLOB (class names of loaders) and "
                            "budget=MILLISECONDS (of all pauses, 1 to 8000)", (int)len, p);
            return false;
        }
        p += len + (p[len] == ',');
    }
    return true;
}

static bool is_left_over(JNIEnv *jni, uint32_t tag)
{
    struct loader l = loaders_get(tag);
    return l.kind == ATTR_LOADER_USER && l.user == tag && loaders_ended(tag) != 0 && loaders_alive(jni, tag);
}

/* Of ended jobs, alive; how many. */
static size_t left_over(JNIEnv *jni, uint32_t *tags)
{
    size_t count = 0;
    metaspace_read(METASPACE_ALL); /* meets loaders that no hook has met */
    jobloaders_look(jni, clock_wall_ms());
    for (uint32_t tag = 1; tag <= loaders_high() && count < WEIR_MAX_PINNED; tag++)
        if (is_left_over(jni, tag))
            tags[count++] = tag;
    return count;
}

enum weir_attach pinsearch_command(JNIEnv *jni, const char *rest, struct buf *out)
{
    static struct weir_pins pins; /* the reporter's */
    struct words            w = { .budget_ms = BUDGET_MS };
    if (!parse(&w, rest, out))
        return WEIR_ATTACH_BAD_OPTIONS;
    static uint32_t   tags[WEIR_MAX_PINNED];
    bool              named = w.loader[0] != '\0';
    struct pins_query query = { .glob = named ? w.loader : NULL, .loaders = tags, .with_classes = !named, .budget_us = (int64_t)w.budget_ms * 1000 };
    query.count = named ? 0 : left_over(jni, tags);
    enum weir_rc rc = named || query.count != 0 ? pins_find(jni, &query, &pins) : WEIR_ENOENT;
    if (rc == WEIR_ENOENT && !named) {
        buf_puts(out, "no class loader of a job that has ended is alive");
        return WEIR_ATTACH_OK;
    }
    if (rc == WEIR_ENOENT) {
        buf_printf(out, "no class loader of a class %s has loaded anything", w.loader);
        return WEIR_ATTACH_OK;
    }
    if (rc != WEIR_OK) {
        buf_puts(out, "this JVM did not let its heap be walked, or there is no memory for it");
        return WEIR_ATTACH_FAILED;
    }
    out_pins_text(out, &pins);
    return WEIR_ATTACH_OK;
}
