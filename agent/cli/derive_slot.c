/* SPDX-License-Identifier: Apache-2.0 */
/* derive_slot.c: the consumers a user names, their weights, and what a slot of the derived TaskManager gives them. */
#include "cli/derive_slot.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char      *name;
    enum managed_use use;
} words[] = {
    { "operator", MANAGED_OPERATOR },
    { "rocksdb", MANAGED_STATE },
    { "forst", MANAGED_STATE },
    { "python", MANAGED_PYTHON },
};

static bool take_word(const char *word, size_t n, struct out_slot *s)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct out_slot_use *u = &s->use[words[i].use];
        if (strlen(words[i].name) != n || strncmp(words[i].name, word, n) != 0)
            continue;
        if (u->name != NULL)
            return false;
        u->name = words[i].name;
        return true;
    }
    return false;
}

bool derive_slot_parse(const char *consumers, struct out_slot *s)
{
    const char *at = consumers;
    memset(s, 0, sizeof *s);
    if (strcmp(consumers, "none") == 0)
        return true;
    for (;;) {
        size_t n = strcspn(at, ",");
        if (!take_word(at, n, s))
            return false;
        if (at[n] == '\0')
            break;
        at += n + 1;
    }
    const char *state = s->use[MANAGED_STATE].name;
    s->backend =
        state != NULL && strcmp(state, "forst") == 0 ? STATEMEMORY_FORST : STATEMEMORY_ROCKSDB;
    return true;
}

static enum weir_rc refuse(struct flinkmodel_error *err, enum flinkmodel_code code, const char *why)
{
    memset(err, 0, sizeof *err);
    err->code = code;
    snprintf(err->message, sizeof err->message, "%s", why);
    return WEIR_EINVAL;
}

/* A bit for each consumer that takes managed memory. */
static unsigned present(const struct flinkconf *c, struct out_slot *s)
{
    unsigned bits = 0;
    s->use[MANAGED_PYTHON].none = !flinkconf_bool(c, FLINKKEY_PYTHON_MANAGED, true);
    for (int i = 0; i < MANAGED_USE_COUNT; i++)
        if (s->use[i].name != NULL && !s->use[i].none)
            bits |= 1u << i;
    return bits;
}

enum weir_rc derive_slot(const struct flinkconf *c, const struct flinkmodel *m, struct out_slot *s,
                         struct flinkmodel_error *err)
{
    char       text[256];
    struct buf why;
    unsigned   bits = present(c, s);
    buf_init(&why, text, sizeof text);
    s->slot = managedshare_slot(m);
    s->weighted = managedshare_has_weights(m->version);
    s->has_state = s->use[MANAGED_STATE].name != NULL;
    if (s->has_state && !statememory_has(m->version, s->backend))
        return refuse(err, FLINKMODEL_VERSION, "ForSt came with Flink 1.20");
    if (!s->weighted && (bits & (bits - 1)) != 0)
        return refuse(
            err, FLINKMODEL_VERSION,
            "before Flink 1.12 consumers share by their operators' own weights: name one");
    if (managedshare_weights(c, m->version, &s->weights, &why) != WEIR_OK)
        return refuse(err, FLINKMODEL_VALUE, text);
    for (int i = 0; i < MANAGED_USE_COUNT; i++) {
        enum managed_use use = (enum managed_use)i;
        if ((bits >> i & 1) == 0)
            continue;
        double fraction = s->weighted ? managedshare_fraction(&s->weights, bits, use) : 1;
        s->use[i].bytes = managedshare_part(s->slot.managed, fraction);
    }
    if (s->has_state && statememory_of(c, m->version, s->backend, s->use[MANAGED_STATE].bytes,
                                       &s->state, &why) != WEIR_OK)
        return refuse(err, FLINKMODEL_VALUE, text);
    return WEIR_OK;
}
