/* SPDX-License-Identifier: Apache-2.0 */
/* advice.c: see advice.h. A copy of the configuration is changed and derived again until it fits; nothing is worked out by
 * hand, because fractions, ranges and the entry point decide which row pays.
 * Second way: the total is looked for by doubling, then halving, over whole MiB; raising it raises what is a fraction of it,
 * so it grows by more than the row does. A row "gets less" by as much as one byte. */
#include "model/advice.h"

#include <string.h>

#include "model/component.h"
#include "model/flinkmodel.h"
#include "model/memsize.h"
#include "model/mib.h"

#include "base/poison.h"

#define MIB (UINT64_C(1) << 20)
enum { LARGEST_STEP = 1 << 20 }; /* MiB: no total is raised by more than 1 TiB */

struct search {
    struct flinkconf    conf; /* the copy that is changed */
    struct flink_version version;
    enum weir_role      role;
    enum flinkkey       key; /* of the row that is to grow */
    enum weir_component row;
    struct flinkmodel   base;
    uint64_t            bytes; /* its new size */
};

static uint64_t whole_mib(uint64_t bytes)
{
    return bytes > UINT64_MAX - MIB ? bytes : (bytes + MIB - 1) / MIB * MIB;
}

static void set_size(struct search *s, enum flinkkey key, uint64_t bytes)
{
    char       text[32];
    struct buf b;
    buf_init(&b, text, sizeof text);
    memsize_put_option(&b, bytes);
    flinkconf_set(&s->conf, key, FLINKCONF_OPTION, b.data, b.len);
}

static bool derives(const struct search *s, struct flinkmodel *m)
{
    struct flinkmodel_error err;
    return flinkmodel_derive(&s->conf, s->role, s->version, m, &err) == WEIR_OK;
}

/* The configuration is that of this JVM: it gives the limits in force. Those that an option of Weir set are not Flink's. */
static bool gives_limits(const struct flinkmodel *m, const struct weir_sheet *sheet)
{
    static const enum weir_component rows[] = { WEIR_FRAMEWORK_OFF_HEAP, WEIR_TASK_OFF_HEAP, WEIR_NETWORK,
                                                WEIR_OFF_HEAP };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct weir_row *row = &sheet->rows[rows[i]];
        if (row->present && row->limit.set && strcmp(row->limit.source, "option") != 0 &&
            m->rows[rows[i]].how != FLINKMODEL_ABSENT && m->rows[rows[i]].bytes != row->limit.bytes)
            return false;
    }
    return true;
}

/* The total a person configured; FLINKKEY_NONE: totals follow from the parts and need no raising. */
static enum flinkkey total_key(const struct flinkmodel *m, uint64_t *bytes)
{
    bool jm = m->role == WEIR_ROLE_JOBMANAGER;
    if (m->flink.how == FLINKMODEL_CONFIGURED) {
        *bytes = m->flink.bytes;
        return jm ? FLINKKEY_JM_FLINK : FLINKKEY_TM_FLINK; /* also where a legacy key gave it */
    }
    *bytes = m->process.bytes;
    if (m->process.how == FLINKMODEL_CONFIGURED)
        return jm ? FLINKKEY_JM_PROCESS : FLINKKEY_TM_PROCESS;
    return FLINKKEY_NONE;
}

/* Does no row get less, but one that is to be given up? */
static bool keeps_rows(const struct search *s, const struct flinkmodel *m)
{
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        if (m->rows[c].how != FLINKMODEL_ABSENT && m->rows[c].bytes < s->base.rows[c].bytes &&
            ((enum weir_component)c != s->row || s->bytes != 0))
            return false;
    return true;
}

static bool holds_with_total(struct search *s, enum flinkkey total, uint64_t bytes, struct flinkmodel *m)
{
    set_size(s, total, bytes);
    return derives(s, m) && keeps_rows(s, m);
}

static bool find_total(struct search *s, enum flinkkey total, uint64_t old, uint64_t *found, struct flinkmodel *m)
{
    uint64_t from = whole_mib(old), step = 1;
    while (!holds_with_total(s, total, from + step * MIB, m))
        if ((step *= 2) > LARGEST_STEP)
            return false;
    uint64_t low = step / 2, high = step; /* low does not hold, or is 0 */
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (holds_with_total(s, total, from + middle * MIB, m))
            high = middle;
        else
            low = middle;
    }
    *found = from + high * MIB;
    return holds_with_total(s, total, *found, m);
}

static void put_change(struct buf *b, const char *name, uint64_t from, uint64_t to)
{
    uint64_t apart = from > to ? from - to : to - from;
    buf_printf(b, "%s%s ", b->len == 0 ? "" : ", ", name);
    if (apart < MIB / 10) { /* would read the same */
        buf_printf(b, "%llu -> %llu B", (unsigned long long)from, (unsigned long long)to);
        return;
    }
    mib_put_bare(b, from);
    buf_puts(b, " -> ");
    mib_put(b, to);
}

/* Every row but the one that grows, and the totals. */
static void put_changes(struct buf *b, const struct search *s, const struct flinkmodel *m)
{
    bool grows = m->rows[s->row].bytes > s->base.rows[s->row].bytes;
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        if (((enum weir_component)c != s->row || !grows) && m->rows[c].how != FLINKMODEL_ABSENT &&
            m->rows[c].bytes != s->base.rows[c].bytes)
            put_change(b, component_id((enum weir_component)c), s->base.rows[c].bytes, m->rows[c].bytes);
    if (b->len == 0)
        buf_puts(b, "no other row changes");
    if (m->process.bytes != s->base.process.bytes)
        put_change(b, "process in all", s->base.process.bytes, m->process.bytes);
    buf_mark_cut(b);
}

static void put_entry(struct weir_advice *out, enum flinkkey key, uint64_t bytes)
{
    struct buf b;
    memset(out, 0, sizeof *out);
    buf_init(&b, out->key, sizeof out->key);
    buf_puts(&b, flinkkey_name(key));
    buf_init(&b, out->value, sizeof out->value);
    memsize_put_option(&b, bytes);
}

static void put_way(struct weir_advice *out, const struct search *s, enum flinkkey key, uint64_t bytes,
                    const struct flinkmodel *m)
{
    struct buf b;
    put_entry(out, key, bytes);
    buf_init(&b, out->changes, sizeof out->changes);
    put_changes(&b, s, m);
}

/* A TaskManager without a task heap derives, but no job runs on it. */
static bool usable(const struct flinkmodel *m)
{
    return m->role == WEIR_ROLE_JOBMANAGER || m->rows[WEIR_TASK_HEAP].bytes > 0;
}

static size_t find_ways(struct search *s, struct weir_advice *out)
{
    size_t            count = 0;
    struct flinkmodel m;
    uint64_t          old_total, new_total;
    enum flinkkey     total = total_key(&s->base, &old_total);
    set_size(s, s->key, s->bytes);
    bool alone = derives(s, &m) && usable(&m);
    if (alone)
        put_way(&out[count++], s, s->key, s->bytes, &m);
    if ((alone && keeps_rows(s, &m)) || total == FLINKKEY_NONE)
        return count;
    if (find_total(s, total, old_total, &new_total, &m)) {
        put_way(&out[count++], s, total, new_total, &m);
        put_entry(&out[count++], s->key, s->bytes);
    }
    return count;
}

/* The smallest total that keeps the other rows, below the old one; false: none does. */
static bool find_smaller_total(struct search *s, enum flinkkey total, uint64_t old, uint64_t *found, struct flinkmodel *m)
{
    uint64_t low = 0, high = old / MIB; /* low does not hold, high does */
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (holds_with_total(s, total, middle * MIB, m))
            high = middle;
        else
            low = middle;
    }
    *found = high * MIB;
    return *found < old && holds_with_total(s, total, *found, m) && m->process.bytes < s->base.process.bytes;
}

/* A copy of the configuration, if it is the one in force. */
static bool begin(struct search *s, const struct flinkconf *conf, struct flink_version version, enum weir_role role,
                  const struct weir_sheet *sheet, const char **why)
{
    *why = "no configuration of Flink is known";
    if (conf == NULL || role == WEIR_ROLE_OTHER)
        return false;
    s->conf = *conf;
    s->version = version;
    s->role = role;
    *why = "Flink refuses the configuration that was read";
    if (!derives(s, &s->base))
        return false;
    *why = "the configuration that was read does not give the limits in force";
    return gives_limits(&s->base, sheet);
}

/* A smaller total shrinks what is a fraction of it: these keep such a row. Their sets are tried from none to all. */
static const struct {
    enum flinkkey       key;
    enum weir_component row;
} pins[] = { { FLINKKEY_TM_NETWORK_MIN, WEIR_NETWORK }, { FLINKKEY_TM_OVERHEAD_MIN, WEIR_JVM_OVERHEAD } };
enum { PINS = sizeof pins / sizeof pins[0], ALL_PINS = (1 << PINS) - 1 };

static bool smaller_with(const struct search *given, unsigned set, enum flinkkey total, uint64_t old, uint64_t *found,
                         struct search *s, struct flinkmodel *m)
{
    *s = *given;
    for (int i = 0; i < PINS; i++)
        if ((set >> i & 1) != 0)
            set_size(s, pins[i].key, s->base.rows[pins[i].row].bytes);
    return find_smaller_total(s, total, old, found, m);
}

/* The fewest pins that give as much back as all of them do. */
static size_t give_back(const struct search *given, enum flinkkey total, uint64_t old, struct weir_advice *out)
{
    struct search     s;
    struct flinkmodel m;
    uint64_t          least, found;
    size_t            count = 0;
    if (!smaller_with(given, ALL_PINS, total, old, &least, &s, &m))
        return 0;
    for (unsigned set = 0; set <= ALL_PINS; set++) {
        if (!smaller_with(given, set, total, old, &found, &s, &m) || found > least)
            continue;
        put_way(&out[count++], &s, total, found, &m);
        put_entry(&out[count++], s.key, 0);
        for (int i = 0; i < PINS; i++)
            if ((set >> i & 1) != 0)
                put_entry(&out[count++], pins[i].key, s.base.rows[pins[i].row].bytes);
        return count;
    }
    return 0;
}

size_t advice_no_managed(const struct flinkconf *conf, struct flink_version version, const struct weir_sheet *sheet,
                         struct weir_advice *out, const char **why)
{
    struct search     s = { .key = FLINKKEY_TM_MANAGED_SIZE, .row = WEIR_MANAGED, .bytes = 0 };
    struct flinkmodel m;
    uint64_t          old_total;
    if (!begin(&s, conf, version, WEIR_ROLE_TASKMANAGER, sheet, why))
        return 0;
    if (s.base.rows[WEIR_MANAGED].bytes != sheet->rows[WEIR_MANAGED].limit.bytes)
        return 0;
    *why = "managed is 0 already";
    if (s.base.rows[WEIR_MANAGED].bytes == 0)
        return 0;
    *why = "no configuration without it derives";
    enum flinkkey total = total_key(&s.base, &old_total);
    set_size(&s, s.key, 0);
    if (!derives(&s, &m))
        return 0;
    put_way(&out[0], &s, s.key, 0, &m);
    return total == FLINKKEY_NONE ? 1 : 1 + give_back(&s, total, old_total, out + 1);
}

size_t advice_off_heap(const struct flinkconf *conf, struct flink_version version, enum weir_role role,
                       const struct weir_sheet *sheet, struct advice_need need, struct weir_advice *out,
                       const char **why)
{
    bool          jm = role == WEIR_ROLE_JOBMANAGER;
    struct search s;
    if (!begin(&s, conf, version, role, sheet, why))
        return 0;
    s.key = jm ? FLINKKEY_JM_OFF_HEAP : FLINKKEY_TM_TASK_OFF_HEAP;
    s.row = jm ? WEIR_OFF_HEAP : WEIR_TASK_OFF_HEAP;
    uint64_t beside = jm ? 0 : s.base.rows[WEIR_FRAMEWORK_OFF_HEAP].bytes;
    s.bytes = need.together > beside ? need.together - beside : 0;
    s.bytes = whole_mib(s.bytes > need.share ? s.bytes : need.share);
    *why = "the size in force would hold it";
    if (s.bytes <= s.base.rows[s.row].bytes)
        return 0;
    *why = "no larger size derives";
    return find_ways(&s, out);
}

size_t advice_managed(const struct flinkconf *conf, struct flink_version version, const struct weir_sheet *sheet, uint64_t bytes,
                      struct weir_advice *out, const char **why)
{
    struct search s;
    if (!begin(&s, conf, version, WEIR_ROLE_TASKMANAGER, sheet, why))
        return 0;
    s.key = FLINKKEY_TM_MANAGED_SIZE;
    s.row = WEIR_MANAGED;
    s.bytes = whole_mib(bytes);
    *why = "the size in force would hold it";
    if (s.bytes <= s.base.rows[s.row].bytes)
        return 0;
    *why = "no larger size derives";
    return find_ways(&s, out);
}

size_t advice_metaspace(const struct flinkconf *conf, struct flink_version version, enum weir_role role,
                        const struct weir_sheet *sheet, uint64_t bytes, struct weir_advice *out, const char **why)
{
    struct search            s;
    const struct weir_limit *limit = &sheet->rows[WEIR_JVM_METASPACE].limit;
    if (!begin(&s, conf, version, role, sheet, why))
        return 0;
    s.key = role == WEIR_ROLE_JOBMANAGER ? FLINKKEY_JM_METASPACE : FLINKKEY_TM_METASPACE;
    s.row = WEIR_JVM_METASPACE;
    s.bytes = whole_mib(bytes);
    *why = "the configuration that was read does not give the limits in force";
    if (limit->set && strcmp(limit->source, "option") != 0 && limit->bytes != s.base.rows[s.row].bytes)
        return 0;
    *why = "the size in force would hold it";
    if (s.bytes <= s.base.rows[s.row].bytes)
        return 0;
    *why = "no larger size derives";
    return find_ways(&s, out);
}
