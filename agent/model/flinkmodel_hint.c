/* SPDX-License-Identifier: Apache-2.0 */
/* flinkmodel_hint.c: what would satisfy a configuration that Flink refuses.
 * A hint names one change only if a derivation with that change succeeds: candidates are tried in order, and for a
 * total that is too small the smallest whole MiB is searched. When no single change helps, the hint is advice without
 * a number. */
#include <stdio.h>
#include <string.h>

#include "model/flinkmodel_deriver.h"
#include "model/javanum.h"
#include "model/memsize.h"

#define MIB(n)     ((uint64_t)(n) << 20)
#define SEARCH_END ((uint64_t)1 << 50) /* no total beyond a petabyte is proposed */

static struct flinkconf_value text_value(const char *text)
{
    struct flinkconf_value v = { .source = FLINKCONF_OPTION };
    snprintf(v.text, sizeof v.text, "%s", text);
    return v;
}

static struct flinkconf_value size_value(uint64_t bytes)
{
    struct flinkconf_value v = { .source = FLINKCONF_OPTION };
    struct buf             b;
    buf_init(&b, v.text, sizeof v.text);
    memsize_put_option(&b, bytes);
    return v;
}

/* Takes the change when the derivation then succeeds. */
static bool take(struct deriver *x, enum flinkkey key, const struct flinkconf_value *v)
{
    if (!deriver_tries(x, key, v, NULL))
        return false;
    snprintf(x->err->fix_key, sizeof x->err->fix_key, "%s", flinkkey_name(key));
    snprintf(x->err->fix_value, sizeof x->err->fix_value, "%.31s", v->text);
    return true;
}

static bool take_text(struct deriver *x, enum flinkkey key, const char *text)
{
    struct flinkconf_value v = text_value(text);
    return take(x, key, &v);
}

static bool take_size(struct deriver *x, enum flinkkey key, uint64_t bytes)
{
    struct flinkconf_value v = size_value(bytes);
    return bytes <= MEMSIZE_MAX && take(x, key, &v);
}

static bool derives(const struct deriver *x, enum flinkkey key, uint64_t bytes)
{
    struct flinkconf_value v = size_value(bytes);
    return deriver_tries(x, key, &v, NULL);
}

/* A size option's value, or its default when it is absent or no size. */
static uint64_t size_of(const struct deriver *x, enum flinkkey key, uint64_t otherwise)
{
    uint64_t                      bytes = otherwise;
    const struct flinkconf_value *v = deriver_option(x, key, NULL);
    if (v != NULL)
        (void)memsize_parse(v->text, &bytes, NULL);
    return bytes;
}

/* The smallest whole MiB above `bytes` that derives. */
static bool take_above(struct deriver *x, enum flinkkey key, uint64_t bytes)
{
    uint64_t low = bytes >> 20, step = 1; /* low: whole MiB that do not derive */
    while (!derives(x, key, MIB(low + step))) {
        low += step;
        step *= 2;
        if (MIB(low + step) > SEARCH_END)
            return false;
    }
    uint64_t high = low + step;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (derives(x, key, MIB(middle)))
            high = middle;
        else
            low = middle;
    }
    return take_size(x, key, MIB(high));
}

static bool take_larger(struct deriver *x, enum flinkkey key)
{
    return deriver_is_set(x, key) && take_above(x, key, size_of(x, key, 0));
}

/* A total that is too small, whichever of the two is configured. */
static bool take_larger_total(struct deriver *x)
{
    return take_larger(x, x->keys->flink) || take_larger(x, x->keys->process);
}

/* Total process memory that leaves overhead its minimum, or as it would come out if nobody had set it. */
static bool take_derived_process(struct deriver *x)
{
    struct flinkmodel m;
    uint64_t          least = x->m->flink.bytes + x->m->rows[WEIR_JVM_METASPACE].bytes +
                     size_of(x, x->keys->overhead_min, MIB(192));
    return take_size(x, x->keys->process, least) ||
           (deriver_tries(x, x->keys->process, NULL, &m) &&
            take_size(x, x->keys->process, m.process.bytes));
}

/* x->need - x->have is too much for a part: give it that much less. */
static bool take_smaller(struct deriver *x, enum flinkkey key)
{
    uint64_t bytes = size_of(x, key, 0), excess = x->need - x->have;
    return deriver_is_set(x, key) && bytes >= excess && take_size(x, key, bytes - excess);
}

/* "1.5g", "512 MiB", "1728 mbytes": what was meant. */
static bool take_meant_size(struct deriver *x)
{
    static const char             letters[] = "bkmgt";
    char                          number[32] = "";
    double                        value = 0;
    enum flinkkey                 used = FLINKKEY_NONE, key = flinkkey_find(x->err->key);
    const struct flinkconf_value *v = key != FLINKKEY_NONE ? deriver_option(x, key, &used) : NULL;
    if (v == NULL)
        return false;
    const char *s = v->text + strspn(v->text, " \t\"'");
    size_t      n = strspn(s, "0123456789._");
    for (size_t i = 0, k = 0; i < n && k + 1 < sizeof number; i++)
        if (s[i] != '_')
            number[k++] = s[i];
    s += n;
    s += strspn(s, " \t");
    char        lower = *s >= 'A' && *s <= 'Z' ? (char)(*s + ('a' - 'A')) : *s;
    const char *unit = lower != '\0' ? strchr(letters, lower) : letters;
    if (unit == NULL || javanum_parse_double(number, &value) != WEIR_OK)
        return false;
    value *= (double)((uint64_t)1 << (10 * (unit - letters)));
    return value < (double)SEARCH_END && take_size(x, used, (uint64_t)value);
}

static bool take_for_range(struct deriver *x)
{
    enum flinkkey fraction = flinkkey_find(x->err->key);
    if (x->need > x->have) { /* min > max */
        bool network = fraction == FLINKKEY_TM_NETWORK_FRACTION;
        return take_size(x, network ? FLINKKEY_TM_NETWORK_MAX : x->keys->overhead_max, x->need);
    }
    return take_text(x, fraction, fraction == FLINKKEY_TM_MANAGED_FRACTION ? "0.4" : "0.1");
}

static bool take_for_parts(struct deriver *x)
{
    /* What is left for network has to lie in its range, which may be a single value: try its minimum exactly. */
    bool exact =
        x->err->code == FLINKMODEL_SUM_N && deriver_is_set(x, x->keys->flink) &&
        take_size(x, x->keys->flink, x->need + size_of(x, FLINKKEY_TM_NETWORK_MIN, MIB(64)));
    return exact || take_larger_total(x) || take_smaller(x, FLINKKEY_TM_MANAGED_SIZE) ||
           take_smaller(x, FLINKKEY_TM_TASK_HEAP) ||
           take_text(x, FLINKKEY_TM_MANAGED_FRACTION, "0.4") ||
           take_text(x, FLINKKEY_TM_NETWORK_FRACTION, "0.1");
}

static bool take_for_network(struct deriver *x)
{
    if (x->have > x->need)
        return take_size(x, FLINKKEY_TM_NETWORK_MAX, x->have);
    return take_size(x, x->keys->flink, x->m->flink.bytes + (x->need - x->have)) ||
           take_larger_total(x) || take_smaller(x, FLINKKEY_TM_MANAGED_SIZE) ||
           take_smaller(x, FLINKKEY_TM_TASK_HEAP) || take_size(x, FLINKKEY_TM_NETWORK_MIN, x->have);
}

static bool take_for_buffers(struct deriver *x)
{
    char count[24];
    if (x->have % 32768 == 0) {
        snprintf(count, sizeof count, "%llu", (unsigned long long)(x->have / 32768));
        if (take_text(x, FLINKKEY_TM_NUMBER_OF_BUFFERS, count))
            return true;
    }
    return x->need > x->have &&
           take_size(x, x->keys->flink, x->m->flink.bytes + (x->need - x->have));
}

static bool take_for_overhead(struct deriver *x)
{
    if (x->have > x->need)
        return take_size(x, x->keys->overhead_max, x->have);
    return take_size(x, x->keys->process, x->m->process.bytes + (x->need - x->have)) ||
           take_derived_process(x);
}

static bool take_for_value(struct deriver *x)
{
    static const struct {
        enum flinkkey key;
        const char   *text;
    } good[] = {
        { FLINKKEY_TM_SLOTS, "1" },           { FLINKKEY_TM_CPU_CORES, "1.0" },
        { FLINKKEY_TM_SEGMENT_SIZE, "32k" },  { FLINKKEY_TM_NUMBER_OF_BUFFERS, "2048" },
        { FLINKKEY_TM_HEAP_MB, "1024" },      { FLINKKEY_JM_HEAP_MB, "1024" },
        { FLINKKEY_JM_DIRECT_LIMIT, "true" }, { FLINKKEY_TM_MANAGED_FRACTION, "0.4" },
    };
    enum flinkkey key = flinkkey_find(x->err->key);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (good[i].key == key)
            return take_text(x, key, good[i].text);
    return key != FLINKKEY_NONE && take_text(x, key, "0.1");
}

static bool take_for_jm_heap(struct deriver *x)
{
    bool off = deriver_is_set(x, FLINKKEY_JM_OFF_HEAP);
    return take_size(x, x->keys->flink, off ? x->need : x->need + MIB(128)) ||
           take_smaller(x, FLINKKEY_JM_HEAP);
}

/* The size of Flink's shipped configuration, or what the options that are set need. */
static bool take_entry(struct deriver *x)
{
    uint64_t shipped = MIB(x->m->role == WEIR_ROLE_JOBMANAGER ? 1600 : 1728);
    return take_size(x, x->keys->process, shipped) || take_above(x, x->keys->process, shipped);
}

static bool take_none(struct deriver *x)
{
    (void)x;
    return false;
}

/* Per kind of failure: the search, and the advice when it finds nothing. */
static const struct {
    bool (*take)(struct deriver *x);
    const char *advice;
} hints[FLINKMODEL_CODE_COUNT] = {
    [FLINKMODEL_NONE] = { take_entry, "configure one of these sizes" },
    [FLINKMODEL_READ] = { take_meant_size, "a size is a whole number and a unit: b k m g t (also "
                                           "kb, mebibytes, ...); "
                                           "no sign, no fraction, no KiB" },
    [FLINKMODEL_FLOAT] = { take_for_value,
                           "a fraction is a number from 0 up to, not including, 1, as in 0.1" },
    [FLINKMODEL_VALUE] = { take_for_value, "remove the option to get its default" },
    [FLINKMODEL_RANGE] = { take_for_range, "a range needs min <= max and a fraction from 0 up to, "
                                           "not including, 1" },
    [FLINKMODEL_SUM_N] = { take_for_parts,
                           "configure fewer of the sizes, or a larger total for all of them" },
    [FLINKMODEL_SUM_T] = { take_for_parts,
                           "lower the fractions or sizes of managed and network memory" },
    [FLINKMODEL_NETRANGE] = { take_for_network,
                              "configure fewer of the sizes, so that Flink can fit the rest" },
    [FLINKMODEL_NETLEG] = { take_for_buffers, "remove the number of buffers" },
    [FLINKMODEL_JVMSUM] = { take_larger_total, "lower JVM metaspace or the range of JVM overhead" },
    [FLINKMODEL_PSMALL] = { take_derived_process,
                            "remove total process memory, or the other total" },
    [FLINKMODEL_OVRANGE] = { take_for_overhead, "remove total process memory, or the other total" },
    [FLINKMODEL_CPU] = { take_for_value, "both have to be positive" },
    [FLINKMODEL_SEG] = { take_for_value, "remove the option to get 32 KiB" },
    [FLINKMODEL_JMSUM] = { take_for_jm_heap,
                           "configure only one of the heap and total Flink memory" },
    [FLINKMODEL_JMHEAP] = { take_for_jm_heap,
                            "configure only one of the heap and total Flink memory" },
    [FLINKMODEL_JMOFF] = { take_larger_total, "lower off-heap" },
    [FLINKMODEL_HEAPMB] = { take_for_value, "remove the option" },
    [FLINKMODEL_OVF] = { take_none, "one of the sizes is too large by far" },
    [FLINKMODEL_VERSION] = { take_none, "name another version with --flink" },
};

/* A key of before 1.10 that 2.x does not read any more explains a missing entry point. */
static bool put_ignored_legacy(struct deriver *x, struct buf *b)
{
    static const enum flinkkey tm[] = { FLINKKEY_TM_HEAP_SIZE, FLINKKEY_TM_HEAP_MB,
                                        FLINKKEY_ENV_TM_HEAP };
    static const enum flinkkey jm[] = { FLINKKEY_JM_HEAP_SIZE, FLINKKEY_JM_HEAP_MB,
                                        FLINKKEY_ENV_JM_HEAP };
    const enum flinkkey       *keys = x->m->role == WEIR_ROLE_JOBMANAGER ? jm : tm;
    for (int i = 0; i < 3 && x->err->code == FLINKMODEL_NONE; i++) {
        if (flinkconf_get(x->conf, keys[i]) == NULL)
            continue;
        buf_printf(b, "%s is not read since Flink 2.0; ", flinkkey_name(keys[i]));
        return true;
    }
    return false;
}

void deriver_hint(struct deriver *x)
{
    struct buf           b;
    enum flinkmodel_code code = x->err->code;
    buf_init(&b, x->err->hint, sizeof x->err->hint);
    (void)put_ignored_legacy(x, &b);
    if (code == FLINKMODEL_NEG) /* 1.10's words for PSMALL, or a negative number of buffers */
        code = strcmp(x->err->key, flinkkey_name(x->keys->process)) == 0 ? FLINKMODEL_PSMALL
                                                                         : FLINKMODEL_VALUE;
    if (hints[code].take != NULL && hints[code].take(x))
        buf_printf(&b, "derives with %s: %s", x->err->fix_key, x->err->fix_value);
    else if (hints[code].advice != NULL)
        buf_puts(&b, hints[code].advice);
}
