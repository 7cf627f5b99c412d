/* SPDX-License-Identifier: Apache-2.0 */
/* managedshare.c: slot shares, and ManagedMemoryUtils' fractions of them. */
#include "model/managedshare.h"

#include <math.h>
#include <string.h>

#include "model/javanum.h"

enum { NAME_CAP = 32 };

#define NAME(sym, name) name,
static const char *const names[MANAGED_USE_COUNT] = { MANAGED_USES(NAME) };
#undef NAME

struct managed_slot managedshare_slot(const struct flinkmodel *m)
{
    uint64_t            n = m->slots > 0 ? (uint64_t)m->slots : 1;
    struct managed_slot s = { .slots = (int32_t)n,
                              .managed = m->rows[WEIR_MANAGED].bytes / n,
                              .task_heap = m->rows[WEIR_TASK_HEAP].bytes / n,
                              .task_off_heap = m->rows[WEIR_TASK_OFF_HEAP].bytes / n,
                              .network = m->rows[WEIR_NETWORK].bytes / n };
    s.pages = m->page_size != 0 ? s.managed / m->page_size : 0;
    return s;
}

bool managedshare_has_weights(struct flink_version v)
{
    return flink_version_least(v, 1, 12);
}

/* In 1.12 both kinds of JVM consumers went by the name of DATAPROC; up to 1.20 it stands in for either. */
static bool is_name_of(const char *name, enum managed_use use, struct flink_version v, bool *weak)
{
    bool old = use != MANAGED_PYTHON && v.major < 2 && strcmp(name, "DATAPROC") == 0;
    *weak = old && flink_version_least(v, 1, 13);
    return old || (strcmp(name, names[use]) == 0 &&
                   (use == MANAGED_PYTHON || flink_version_least(v, 1, 13)));
}

static enum weir_rc take_weight(const char *name, const char *number, struct flink_version v,
                                struct managed_weights *w, bool *strong, struct buf *err)
{
    int32_t weight = 0;
    if (javanum_parse_int(number, &weight) != WEIR_OK || weight < 0) {
        buf_printf(err, "%s: a weight has to be a whole number, at least 0",
                   flinkkey_name(FLINKKEY_TM_CONSUMER_WEIGHTS));
        return WEIR_EINVAL;
    }
    for (int use = 0; use < MANAGED_USE_COUNT; use++) {
        bool weak = false;
        if (!is_name_of(name, (enum managed_use)use, v, &weak) || (weak && strong[use]))
            continue;
        w->weight[use] = weight;
        strong[use] = !weak;
    }
    return WEIR_OK;
}

/* One word up to one of `ends`, without blanks and quotes; *at moves behind it, onto the end. False: too long. */
static bool read_word(const char **at, const char *ends, char *word)
{
    size_t n = strcspn(*at, ends), used = 0;
    for (size_t i = 0; i < n; i++) {
        char c = (*at)[i];
        if (c == ' ' || c == '\t' || c == '\'' || c == '"')
            continue;
        if (used + 1 == NAME_CAP)
            return false;
        word[used++] = c;
    }
    word[used] = '\0';
    *at += n;
    return true;
}

static enum weir_rc read_map(const char *text, struct flink_version v, struct managed_weights *w,
                             struct buf *err)
{
    bool        strong[MANAGED_USE_COUNT] = { false };
    const char *at = text + strspn(text, " {");
    while (*at != '\0' && *at != '}') {
        char name[NAME_CAP], number[NAME_CAP];
        bool pair = read_word(&at, ":,}", name) && *at == ':';
        if (pair) {
            at++;
            pair = read_word(&at, ":,}", number) && *at != ':';
        }
        if (!pair) {
            buf_printf(err, "%s is no list of NAME:WEIGHT, separated by commas",
                       flinkkey_name(FLINKKEY_TM_CONSUMER_WEIGHTS));
            return WEIR_EINVAL;
        }
        enum weir_rc rc = take_weight(name, number, v, w, strong, err);
        if (rc != WEIR_OK)
            return rc;
        at += *at == ',';
    }
    return WEIR_OK;
}

/* *w stays as it is when none of the keys is there. */
static enum weir_rc read_keys(const struct flinkconf *c, struct flink_version v,
                              struct managed_weights *w, struct buf *err)
{
    static const enum flinkkey keys[] = { FLINKKEY_TM_WEIGHT_OPERATOR, FLINKKEY_TM_WEIGHT_STATE,
                                          FLINKKEY_TM_WEIGHT_PYTHON, FLINKKEY_TM_WEIGHT_DATAPROC };
    struct managed_weights     read = { { 0 } };
    bool                       strong[MANAGED_USE_COUNT] = { false }, any = false;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const struct flinkconf_value *value = flinkconf_get(c, keys[i]);
        if (value == NULL)
            continue;
        any = true;
        const char  *name = strrchr(flinkkey_name(keys[i]), '.') + 1;
        enum weir_rc rc = take_weight(name, value->text, v, &read, strong, err);
        if (rc != WEIR_OK)
            return rc;
    }
    if (any)
        *w = read;
    return WEIR_OK;
}

enum weir_rc managedshare_weights(const struct flinkconf *c, struct flink_version v,
                                  struct managed_weights *out, struct buf *err)
{
    const struct flinkconf_value *value = flinkconf_get(c, FLINKKEY_TM_CONSUMER_WEIGHTS);
    struct managed_weights        w = { { 70, 70, 30 } };
    enum weir_rc                  rc = WEIR_OK;
    if (value != NULL) {
        memset(&w, 0, sizeof w);
        rc = read_map(value->text, v, &w, err);
    } else {
        rc = read_keys(c, v, &w, err);
    }
    if (rc == WEIR_OK)
        *out = w;
    return rc;
}

double managedshare_fraction(const struct managed_weights *w, unsigned present, enum managed_use use)
{
    static const uint64_t scale = 10000000000000000; /* 16 decimals */
    char                  text[32];
    struct buf            b;
    double                fraction = 0;
    uint64_t              sum = 0;
    for (int i = 0; i < MANAGED_USE_COUNT; i++)
        sum += (present >> i & 1) != 0 ? (uint64_t)w->weight[i] : 0;
    if (sum == 0)
        return 0;
    uint64_t digits = (uint64_t)((unsigned __int128)w->weight[use] * scale / sum);
    /* Not digits / 1e16: that rounds twice. */
    buf_init(&b, text, sizeof text);
    buf_printf(&b, "%llue-16", (unsigned long long)digits);
    (void)javanum_parse_double(text, &fraction);
    return fraction;
}

uint64_t managedshare_part(uint64_t managed, double fraction)
{
    return (uint64_t)floor((double)managed * fraction);
}
