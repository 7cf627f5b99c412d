/* SPDX-License-Identifier: Apache-2.0 */
/* flinkmodel_deriver.c: options in, rows out: what both roles need, in Flink's order of checks.
 * Sizes are 64 bits, signed in Java: nothing here exceeds 2^63-1. A fraction is a Java float widened to double; from
 * then on its shortest decimal text counts (javanum_multiply), as in MemorySize.multiply. */
#include "model/flinkmodel_deriver.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/javanum.h"
#include "model/memsize.h"

const struct flinkmodel_keys flinkmodel_tm_keys = {
    FLINKKEY_TM_PROCESS,           FLINKKEY_TM_FLINK,        FLINKKEY_TM_METASPACE,
    FLINKKEY_TM_OVERHEAD_FRACTION, FLINKKEY_TM_OVERHEAD_MIN, FLINKKEY_TM_OVERHEAD_MAX,
};
const struct flinkmodel_keys flinkmodel_jm_keys = {
    FLINKKEY_JM_PROCESS,           FLINKKEY_JM_FLINK,        FLINKKEY_JM_METASPACE,
    FLINKKEY_JM_OVERHEAD_FRACTION, FLINKKEY_JM_OVERHEAD_MIN, FLINKKEY_JM_OVERHEAD_MAX,
};

#define MIB(n) ((uint64_t)(n) << 20)

const struct flinkconf_value *deriver_option(const struct deriver *x, enum flinkkey key,
                                             enum flinkkey *used)
{
    enum flinkkey                 from = key;
    const struct flinkconf_value *v = x->trial;
    if (x->trial_key != key)
        v = flinkconf_option(x->conf, key, &from);
    if (v != NULL && from != key && from == x->trial_key)
        v = x->trial; /* a deprecated name on trial */
    if (v == NULL && x->legacy_target == key) {
        v = &x->legacy;
        from = x->legacy_key;
    }
    if (v != NULL && used != NULL)
        *used = from;
    return v;
}

bool deriver_is_set(const struct deriver *x, enum flinkkey key)
{
    return deriver_option(x, key, NULL) != NULL;
}

bool deriver_fail(struct deriver *x, enum flinkmodel_code code, enum flinkkey key,
                  const char *classes)
{
    struct buf b;
    if (x->failed)
        return false;
    x->failed = true;
    x->err->code = code;
    snprintf(x->err->key, sizeof x->err->key, "%s", flinkkey_name(key));
    buf_init(&b, x->err->classes, sizeof x->err->classes);
    for (unsigned i = 0; i < x->wrappers && strncmp(classes, "ICE", 3) == 0; i++)
        buf_puts(&b, "ICE<");
    buf_puts(&b, classes);
    buf_init(&x->message, x->err->message, sizeof x->err->message);
    return true;
}

void deriver_put_size(struct deriver *x, const char *name, uint64_t bytes)
{
    buf_printf(&x->message, "%s (", name);
    memsize_put_human(&x->message, bytes);
    buf_puts(&x->message, ")");
}

/* A value for a message: cut, without control characters; it may come from anywhere. */
static void put_value(struct deriver *x, const struct flinkconf_value *v)
{
    size_t n = strnlen(v->text, 60);
    buf_puts(&x->message, "'");
    for (size_t i = 0; i < n; i++)
        buf_printf(&x->message, "%c", (unsigned char)v->text[i] < ' ' ? '?' : v->text[i]);
    buf_puts(&x->message, v->text[n] != '\0' || v->too_long ? "...'" : "'");
}

static enum memsize_error parse_size(const struct flinkconf_value *v, uint64_t *bytes)
{
    enum memsize_error why = MEMSIZE_DIGITS;
    if (!v->too_long)
        (void)memsize_parse(v->text, bytes, &why);
    return why;
}

/* set: how a size that is present reads; classes as for a size option (read) or any other option. */
static uint64_t read_size(struct deriver *x, const struct flinkconf_value *v, enum flinkkey key,
                          enum flinkkey used, enum flinkmodel_code code)
{
    uint64_t           bytes = 0;
    enum memsize_error why = parse_size(v, &bytes);
    if (why == MEMSIZE_FINE)
        return bytes;
    bool        number = why == MEMSIZE_NO_DIGITS;
    const char *classes = code == FLINKMODEL_VALUE ? (number ? "IAE<NFE" : "IAE<IAE")
                                                   : (number ? "ICE<IAE<NFE" : "ICE<IAE<IAE");
    if (flinkkey_is_env(used))
        classes = number ? "ICE<NFE" : "ICE<IAE";
    if (deriver_fail(x, code, key, classes)) {
        buf_printf(&x->message, "%s is no memory size: ", flinkkey_name(used));
        put_value(x, v);
        buf_printf(&x->message, " %s", memsize_why(why));
    }
    return 0;
}

struct flinkmodel_row deriver_size(struct deriver *x, enum flinkkey key)
{
    struct flinkmodel_row         row = { .how = FLINKMODEL_CONFIGURED };
    const struct flinkconf_value *v = x->failed ? NULL : deriver_option(x, key, &row.key);
    if (v != NULL)
        row.bytes = read_size(x, v, key, row.key, FLINKMODEL_READ);
    return row;
}

struct flinkmodel_row deriver_size_or(struct deriver *x, enum flinkkey key, uint64_t otherwise)
{
    if (x->failed || deriver_is_set(x, key))
        return deriver_size(x, key);
    return (struct flinkmodel_row){ .how = FLINKMODEL_DEFAULT, .key = key, .bytes = otherwise };
}

uint64_t deriver_plain_size(struct deriver *x, enum flinkkey key, uint64_t otherwise)
{
    const struct flinkconf_value *v = deriver_option(x, key, NULL);
    if (x->failed || v == NULL)
        return otherwise;
    return read_size(x, v, key, key, FLINKMODEL_VALUE);
}

/* The text of a number option that does not parse. */
static void fail_value(struct deriver *x, enum flinkmodel_code code, enum flinkkey key,
                       const char *classes, const struct flinkconf_value *v, const char *what)
{
    if (!deriver_fail(x, code, key, classes))
        return;
    buf_printf(&x->message, "%s is no %s: ", flinkkey_name(key), what);
    put_value(x, v);
}

static double default_fraction(enum flinkkey key)
{
    return key == FLINKKEY_TM_MANAGED_FRACTION ? (double)0.4f : (double)0.1f;
}

/* A float of standard YAML arrives in Java as a double, and has to fit a float unless it is zero. */
static bool double_fits_float(double d)
{
    double a = fabs(d);
    return a == 0 || (a >= 0x1p-149 && a <= 0x1.fffffep127);
}

static double read_fraction(struct deriver *x, enum flinkkey key)
{
    double                        d = 0;
    float                         f = 0;
    const struct flinkconf_value *v = deriver_option(x, key, NULL);
    if (x->failed || v == NULL)
        return default_fraction(key);
    if (v->type == FLINKCONF_FLOAT && !v->too_long && javanum_parse_double(v->text, &d) == WEIR_OK) {
        if (double_fits_float(d))
            return (double)(float)d;
        fail_value(x, FLINKMODEL_FLOAT, key, "IAE<IAE", v, "fraction (out of a float's range)");
    } else if (v->too_long || javanum_parse_float(v->text, &f) != WEIR_OK) {
        fail_value(x, FLINKMODEL_FLOAT, key, "IAE<NFE", v, "number");
    }
    return (double)f;
}

static void check_range(struct deriver *x, struct range r, enum flinkkey fraction)
{
    bool ordered = r.min <= r.max;
    bool in_unit = r.fraction >= 0 && r.fraction < 1; /* false for NaN */
    if ((ordered && in_unit) || !deriver_fail(x, FLINKMODEL_RANGE, fraction, "ICE<IAE"))
        return;
    buf_printf(&x->message, "%s (", flinkkey_name(fraction));
    javanum_put_double(&x->message, r.fraction);
    buf_puts(&x->message,
             ordered ? ") is not in [0, 1); its min (" : ") has a min above its max: min (");
    memsize_put_human(&x->message, r.min);
    buf_puts(&x->message, "), max (");
    memsize_put_human(&x->message, r.max);
    buf_puts(&x->message, ")");
    x->need = r.min;
    x->have = r.max;
}

struct range deriver_range(struct deriver *x, enum flinkkey min, uint64_t min_default,
                           enum flinkkey max, uint64_t max_default, enum flinkkey fraction)
{
    struct range r;
    r.min = deriver_size_or(x, min, min_default).bytes;
    r.max = deriver_size_or(x, max, max_default).bytes;
    r.fraction = read_fraction(x, fraction);
    check_range(x, r, fraction);
    return r;
}

struct range deriver_overhead_range(struct deriver *x)
{
    return deriver_range(x, x->keys->overhead_min, MIB(192), x->keys->overhead_max, MIB(1024),
                         x->keys->overhead_fraction);
}

struct range deriver_open_range(struct deriver *x, enum flinkkey fraction)
{
    struct range r = { 0, MEMSIZE_MAX, read_fraction(x, fraction) };
    check_range(x, r, fraction);
    return r;
}

/* A YAML integer beyond an int is another exception when it fits a long. */
static bool fits_long(const char *text)
{
    uint64_t magnitude = 0;
    bool     negative = *text == '-';
    return memsize_parse(text + negative, &magnitude, NULL) == WEIR_OK ||
           strcmp(text, "-9223372036854775808") == 0;
}

int32_t deriver_int(struct deriver *x, enum flinkkey key, int32_t otherwise)
{
    int32_t                       value = 0;
    const struct flinkconf_value *v = deriver_option(x, key, NULL);
    if (x->failed || v == NULL)
        return otherwise;
    if (!v->too_long && javanum_parse_int(v->text, &value) == WEIR_OK)
        return value;
    bool long_int = v->type == FLINKCONF_INT && !v->too_long && fits_long(v->text);
    fail_value(x, FLINKMODEL_VALUE, key, long_int ? "IAE<IAE" : "IAE<NFE", v,
               "whole number of 32 bits");
    return otherwise;
}

double deriver_double(struct deriver *x, enum flinkkey key)
{
    double                        value = 0;
    const struct flinkconf_value *v = deriver_option(x, key, NULL);
    if (!x->failed && v != NULL && (v->too_long || javanum_parse_double(v->text, &value) != WEIR_OK))
        fail_value(x, FLINKMODEL_VALUE, key, "IAE<NFE", v, "number");
    return value;
}

bool deriver_bool(struct deriver *x, enum flinkkey key, bool otherwise)
{
    const struct flinkconf_value *v = deriver_option(x, key, NULL);
    if (x->failed || v == NULL)
        return otherwise;
    if (!flinkconf_word(v, "true") && !flinkconf_word(v, "false"))
        fail_value(x, FLINKMODEL_VALUE, key, "IAE<IAE", v, "truth value (true, false)");
    return flinkconf_word(v, "true");
}

static void fail_overflow(struct deriver *x)
{
    if (deriver_fail(x, FLINKMODEL_OVF, FLINKKEY_NONE, "AE"))
        buf_puts(&x->message, "the configured sizes add up to more than 2^63-1 bytes");
}

uint64_t deriver_add(struct deriver *x, uint64_t a, uint64_t b)
{
    if (x->failed)
        return 0;
    if (a <= MEMSIZE_MAX - b)
        return a + b;
    fail_overflow(x);
    return 0;
}

static struct flinkmodel_row clamped(struct flinkmodel_row row, struct range r)
{
    row.bytes = row.unclamped;
    if (row.unclamped > r.max) {
        row.bytes = r.max;
        row.clamp = FLINKMODEL_AT_MAX;
    } else if (row.unclamped < r.min) {
        row.bytes = r.min;
        row.clamp = FLINKMODEL_AT_MIN;
    }
    return row;
}

static struct flinkmodel_row part_of(struct deriver *x, uint64_t base, double factor,
                                     struct range r, struct flinkmodel_row row)
{
    row.fraction = r.fraction;
    row.base = base;
    if (x->failed)
        return row;
    if (javanum_multiply(base, factor, &row.unclamped) != WEIR_OK)
        fail_overflow(x);
    return clamped(row, r);
}

struct flinkmodel_row deriver_fraction(struct deriver *x, uint64_t base, struct range r,
                                       enum flinkmodel_total of)
{
    return part_of(x, base, r.fraction, r,
                   (struct flinkmodel_row){ .how = FLINKMODEL_FRACTION, .of = of });
}

struct flinkmodel_row deriver_inverse(struct deriver *x, uint64_t base, struct range r)
{
    struct flinkmodel_row row = { .how = FLINKMODEL_INVERSE };
    return part_of(x, base, x->failed ? 0 : r.fraction / (1 - r.fraction), r, row);
}

struct flinkmodel_row deriver_remainder(uint64_t bytes, enum flinkmodel_total of)
{
    return (struct flinkmodel_row){ .how = FLINKMODEL_REMAINDER, .of = of, .bytes = bytes };
}

void deriver_legacy_total(struct deriver *x, enum flinkkey target, enum flinkkey env,
                          enum flinkkey size, enum flinkkey mb)
{
    uint64_t bytes = 0;
    if (flink_version_least(x->version, 2, 0) || deriver_is_set(x, target))
        return;
    if (deriver_is_set(x, env)) {
        x->legacy_key = env;
        bytes = deriver_size(x, env).bytes;
    } else if (deriver_is_set(x, size)) {
        x->legacy_key = size;
        bytes = deriver_size(x, size).bytes;
    } else if (deriver_is_set(x, mb)) {
        int32_t mebibytes = deriver_int(x, mb, 0);
        x->legacy_key = mb;
        if (!x->failed && mebibytes < 0 && deriver_fail(x, FLINKMODEL_HEAPMB, mb, "ICE"))
            buf_printf(&x->message, "%s (%d) is less than 0", flinkkey_name(mb), mebibytes);
        bytes = mebibytes < 0 ? 0 : MIB(mebibytes);
    } else {
        return;
    }
    x->legacy.source = FLINKCONF_FILE;
    snprintf(x->legacy.text, sizeof x->legacy.text, "%llub", (unsigned long long)bytes);
    x->legacy_target = target;
}

static struct flinkmodel_row read_metaspace(struct deriver *x)
{
    bool small = x->version.major == 1 && x->version.minor == 10 && x->version.patch == 0;
    struct flinkmodel_row row = deriver_size_or(x, x->keys->metaspace, MIB(small ? 96 : 256));
    x->m->rows[WEIR_JVM_METASPACE] = row;
    return row;
}

void deriver_jvm_from_process(struct deriver *x)
{
    struct flinkmodel *m = x->m;
    m->process = deriver_size(x, x->keys->process);
    uint64_t              metaspace = read_metaspace(x).bytes;
    struct range          r = deriver_overhead_range(x);
    struct flinkmodel_row overhead =
        deriver_fraction(x, m->process.bytes, r, FLINKMODEL_TOTAL_PROCESS);
    m->rows[WEIR_JVM_OVERHEAD] = overhead;
    uint64_t both = deriver_add(x, metaspace, overhead.bytes);
    if (both > m->process.bytes && deriver_fail(x, FLINKMODEL_JVMSUM, x->keys->process, "ICE")) {
        deriver_put_size(x, "JVM metaspace", metaspace);
        deriver_put_size(x, " and JVM overhead", overhead.bytes);
        deriver_put_size(x, " exceed the configured total process memory", m->process.bytes);
    }
    m->flink = deriver_remainder(x->failed ? 0 : m->process.bytes - both, FLINKMODEL_TOTAL_PROCESS);
}

static void fail_process_too_small(struct deriver *x, uint64_t metaspace)
{
    bool old = !flink_version_least(x->version, 1, 11);
    if (!deriver_fail(x, old ? FLINKMODEL_NEG : FLINKMODEL_PSMALL, x->keys->process,
                      old ? "IAE" : "ICE"))
        return;
    deriver_put_size(x, "the configured total process memory", x->m->process.bytes);
    deriver_put_size(x, " is less than total Flink memory", x->m->flink.bytes);
    deriver_put_size(x, " and JVM metaspace", metaspace);
}

static void check_overhead(struct deriver *x, uint64_t overhead)
{
    struct range r = deriver_overhead_range(x);
    if (x->failed || (overhead >= r.min && overhead <= r.max) ||
        !deriver_fail(x, FLINKMODEL_OVRANGE,
                      overhead < r.min ? x->keys->overhead_min : x->keys->overhead_max, "ICE"))
        return;
    deriver_put_size(x, "what total process memory", x->m->process.bytes);
    deriver_put_size(x, " leaves for JVM overhead", overhead);
    buf_puts(&x->message, " is not in its range [");
    memsize_put_human(&x->message, r.min);
    buf_puts(&x->message, ", ");
    memsize_put_human(&x->message, r.max);
    buf_puts(&x->message, "]");
    x->have = overhead;
    x->need = overhead < r.min ? r.min : r.max;
}

void deriver_jvm_from_flink(struct deriver *x)
{
    struct flinkmodel     *m = x->m;
    struct flinkmodel_row *overhead = &m->rows[WEIR_JVM_OVERHEAD];
    uint64_t               metaspace = read_metaspace(x).bytes;
    uint64_t               base = deriver_add(x, m->flink.bytes, metaspace);
    if (x->totals_forgotten || !deriver_is_set(x, x->keys->process)) {
        struct range r = deriver_overhead_range(x);
        *overhead = deriver_inverse(x, base, r);
        m->process.how = FLINKMODEL_SUM;
        m->process.bytes = deriver_add(x, base, overhead->bytes);
        return;
    }
    m->process = deriver_size(x, x->keys->process);
    if (!x->failed && m->process.bytes < base)
        fail_process_too_small(x, metaspace);
    *overhead =
        deriver_remainder(x->failed ? 0 : m->process.bytes - base, FLINKMODEL_TOTAL_PROCESS);
    check_overhead(x, overhead->bytes);
}
