/* SPDX-License-Identifier: Apache-2.0 */
/* pinsearch.c: `pins,loader=com.x.*,budget=3000`. The budget is of the pauses of all heap walks together. */
#include "pinsearch.h"

#include <string.h>

#include "jvm/pins.h"
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
            buf_printf(out, "command pins: `%.*s` is not understood; it takes loader=GLOB (class names of loaders) and "
                            "budget=MILLISECONDS (of all pauses, 1 to 8000)", (int)len, p);
            return false;
        }
        p += len + (p[len] == ',');
    }
    return true;
}

enum weir_attach pinsearch_command(JNIEnv *jni, const char *rest, struct buf *out)
{
    static struct weir_pins pins; /* the reporter's */
    struct words            w = { .budget_ms = BUDGET_MS };
    if (!parse(&w, rest, out))
        return WEIR_ATTACH_BAD_OPTIONS;
    if (w.loader[0] == '\0') {
        buf_puts(out, "command pins: of which class loaders? loader=GLOB names their class");
        return WEIR_ATTACH_BAD_OPTIONS;
    }
    struct pins_query query = { .glob = w.loader, .budget_us = (int64_t)w.budget_ms * 1000 };
    enum weir_rc      rc = pins_find(jni, &query, &pins);
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
