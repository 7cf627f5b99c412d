/* SPDX-License-Identifier: Apache-2.0 */
/* flink19.c: two ways to the same rows. In a container Java computes (ContaineredTaskManagerParameters), with fractions
 * that are 32-bit floats; standalone config.sh does, in whole MiB and awk's doubles. */
#include "model/flink19.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/javanum.h"
#include "model/memsize.h"

#define MIB(n)    ((uint64_t)(n) << 20)
#define UNBOUNDED ((uint64_t)8388607 << 40) /* what the scripts pass as the direct limit */

struct work {
    const struct flinkconf  *conf;
    struct flink19          *m;
    struct flinkmodel_error *err;
    bool                     failed;
    double                   network_fraction, managed_fraction;
    float                    network_float, managed_float;
    uint64_t                 network_min, network_max;
    uint64_t                 managed_size; /* 0: by its fraction */
};

/* The first failure stays. */
static void fail(struct work *w, enum flinkmodel_code code, enum flinkkey key, const char *message)
{
    if (w->failed)
        return;
    w->failed = true;
    memset(w->err, 0, sizeof *w->err);
    w->err->code = code;
    snprintf(w->err->key, sizeof w->err->key, "%s", flinkkey_name(key));
    snprintf(w->err->message, sizeof w->err->message, "%s%s%s", w->err->key,
             w->err->key[0] != '\0' ? " " : "", message);
}

/* plain: what a number without a unit is multiplied with, as a shift. */
static uint64_t read_size(struct work *w, enum flinkkey key, uint64_t otherwise, int plain)
{
    const struct flinkconf_value *v = flinkconf_get(w->conf, key);
    uint64_t                      n = 0;
    if (v == NULL)
        return otherwise;
    if (v->too_long || memsize_parse(v->text, &n, NULL) != WEIR_OK) {
        fail(w, FLINKMODEL_READ, key, "is no memory size");
        return otherwise;
    }
    size_t end = strlen(v->text);
    while (end > 0 && (unsigned char)v->text[end - 1] <= ' ')
        end--;
    bool bare = end > 0 && v->text[end - 1] >= '0' && v->text[end - 1] <= '9';
    if (bare && n <= MEMSIZE_MAX >> plain)
        n <<= plain;
    return n;
}

static int32_t read_int(struct work *w, enum flinkkey key, int32_t otherwise)
{
    const struct flinkconf_value *v = flinkconf_get(w->conf, key);
    int32_t                       n = otherwise;
    if (v != NULL && (v->too_long || javanum_parse_int(v->text, &n) != WEIR_OK || n < 0))
        fail(w, FLINKMODEL_VALUE, key, "is no whole number, at least 0");
    return n;
}

/* closed: 0 and 1 are fine too. */
static double read_fraction(struct work *w, enum flinkkey key, double otherwise, float *as_float,
                            bool closed)
{
    const struct flinkconf_value *v = flinkconf_get(w->conf, key);
    double                        d = otherwise;
    *as_float = (float)otherwise;
    if (v == NULL)
        return d;
    if (v->too_long || javanum_parse_float(v->text, as_float) != WEIR_OK ||
        javanum_parse_double(v->text, &d) != WEIR_OK)
        fail(w, FLINKMODEL_FLOAT, key, "is no number");
    else if (!(d > 0 && d < 1) && !(closed && (d == 0 || d == 1)))
        fail(w, FLINKMODEL_RANGE, key, "has to be above 0 and below 1");
    return d;
}

static enum flinkkey present_or(const struct flinkconf *c, enum flinkkey key, enum flinkkey old)
{
    return flinkconf_get(c, key) == NULL && flinkconf_get(c, old) != NULL ? old : key;
}

/* The configured size of the heap or the container, in whole MiB; without one the scripts give no flags, while a
 * container has Flink's default. */
static uint64_t read_total(struct work *w)
{
    bool          jm = w->m->role == WEIR_ROLE_JOBMANAGER;
    enum flinkkey env = jm ? FLINKKEY_ENV_JM_HEAP : FLINKKEY_ENV_TM_HEAP;
    enum flinkkey size = jm ? FLINKKEY_JM_HEAP_SIZE : FLINKKEY_TM_HEAP_SIZE;
    enum flinkkey mb = jm ? FLINKKEY_JM_HEAP_MB : FLINKKEY_TM_HEAP_MB;
    bool          scripts = w->m->where == FLINKMODEL_STANDALONE;
    uint64_t      bytes = scripts ? 0 : MIB(1024);
    if (scripts && flinkconf_get(w->conf, env) != NULL)
        bytes = read_size(w, env, 0, 0);
    else if (flinkconf_get(w->conf, size) != NULL)
        bytes = read_size(w, size, 0, 0);
    else if (flinkconf_get(w->conf, mb) != NULL)
        bytes = MIB(read_int(w, mb, 0));
    if (bytes >> 20 == 0)
        fail(w, FLINKMODEL_NONE, size,
             "is not configured, or below 1 MiB: Flink of this version then gives the JVM no "
             "memory flags");
    return bytes >> 20;
}

/* What a container keeps for everything that is not Java's. */
static uint64_t cutoff(struct work *w, uint64_t container)
{
    bool          jm = w->m->role == WEIR_ROLE_JOBMANAGER;
    enum flinkkey ratio_key =
        present_or(w->conf, FLINKKEY_CUTOFF_RATIO, FLINKKEY_YARN_CUTOFF_RATIO);
    enum flinkkey min_key = present_or(w->conf, FLINKKEY_CUTOFF_MIN, FLINKKEY_YARN_CUTOFF_MIN);
    float         ratio = 0;
    (void)read_fraction(w, ratio_key, 0.25, &ratio, jm);
    uint64_t least = (uint64_t)read_int(w, min_key, 600);
    uint64_t cut = (uint64_t)((float)container * ratio);
    if (least >= container)
        fail(w, FLINKMODEL_RANGE, min_key, "leaves nothing of the container");
    return cut < least ? least : cut;
}

static void read_network(struct work *w)
{
    bool ranged = flinkconf_get(w->conf, FLINKKEY_TM_OLD_NETWORK_FRACTION) != NULL ||
                  flinkconf_get(w->conf, FLINKKEY_TM_OLD_NETWORK_MIN) != NULL ||
                  flinkconf_get(w->conf, FLINKKEY_TM_OLD_NETWORK_MAX) != NULL;
    uint64_t segment = read_size(w, FLINKKEY_TM_SEGMENT_SIZE, 32768, 0);
    w->network_min = read_size(w, FLINKKEY_TM_OLD_NETWORK_MIN, MIB(64), 0);
    w->network_max = read_size(w, FLINKKEY_TM_OLD_NETWORK_MAX, MIB(1024), 0);
    w->network_fraction =
        read_fraction(w, FLINKKEY_TM_OLD_NETWORK_FRACTION, 0.1, &w->network_float, false);
    if (w->network_min > w->network_max)
        fail(w, FLINKMODEL_RANGE, FLINKKEY_TM_OLD_NETWORK_MIN, "is above the max");
    if (ranged || flinkconf_get(w->conf, FLINKKEY_TM_NUMBER_OF_BUFFERS) == NULL)
        return;
    w->network_min = (uint64_t)read_int(w, FLINKKEY_TM_NUMBER_OF_BUFFERS, 2048);
    if (w->m->where != FLINKMODEL_STANDALONE) /* config.sh takes the number for bytes */
        w->network_min *= segment;
    w->network_max = w->network_min;
}

static void read_managed(struct work *w)
{
    w->managed_size = read_size(w, FLINKKEY_TM_OLD_MANAGED_SIZE, 0, 20);
    w->managed_fraction =
        read_fraction(w, FLINKKEY_TM_OLD_MANAGED_FRACTION, 0.7, &w->managed_float, false);
    w->m->managed_off_heap = flinkconf_bool(w->conf, FLINKKEY_TM_OLD_MANAGED_OFF_HEAP, false);
}

static uint64_t clamp(const struct work *w, uint64_t n)
{
    if (n < w->network_min)
        n = w->network_min;
    return n > w->network_max ? w->network_max : n;
}

static void check_left(struct work *w, enum flinkkey key, uint64_t part, uint64_t of)
{
    if (part >= of)
        fail(w, FLINKMODEL_SUM_T, key, "leaves nothing of the heap");
}

/* java: MiB that are left to Java. */
static void in_container(struct work *w, uint64_t java)
{
    struct flink19 *m = w->m;
    m->network = clamp(w, (uint64_t)((float)MIB(java) * w->network_float));
    check_left(w, FLINKKEY_TM_OLD_NETWORK_MIN, m->network, MIB(java));
    if (w->failed)
        return;
    uint64_t rest = MIB(java) - m->network;
    m->managed =
        w->managed_size != 0 ? w->managed_size : (uint64_t)(w->managed_float * (float)rest);
    if (m->managed_off_heap)
        check_left(w, FLINKKEY_TM_OLD_MANAGED_SIZE, m->managed, rest);
    if (w->failed)
        return;
    m->heap = (m->managed_off_heap ? rest - m->managed : rest) >> 20 << 20;
    m->direct = m->total - m->heap;
}

static void standalone(struct work *w, uint64_t java)
{
    struct flink19 *m = w->m;
    double          wanted = (double)java * 1048576 * w->network_fraction;
    double          least = (double)w->network_min, most = (double)w->network_max;
    m->network = (uint64_t)rint(wanted > most ? most : wanted < least ? least : wanted);
    check_left(w, FLINKKEY_TM_OLD_NETWORK_MIN, m->network, MIB(java));
    if (w->failed)
        return;
    uint64_t left = java - (m->network >> 20);
    uint64_t managed = w->managed_size != 0 ? w->managed_size >> 20
                                            : (uint64_t)rint((double)left * w->managed_fraction);
    if (m->managed_off_heap)
        check_left(w, FLINKKEY_TM_OLD_MANAGED_SIZE, managed, left);
    if (w->failed)
        return;
    m->managed = MIB(managed);
    m->heap = MIB(m->managed_off_heap ? left - managed : left);
    m->direct = UNBOUNDED;
}

bool flink19_has(enum weir_role role, struct flink_version v)
{
    return v.major == 1 && (v.minor == 9 || (v.minor == 10 && role == WEIR_ROLE_JOBMANAGER));
}

static void run(struct work *w)
{
    struct flink19 *m = w->m;
    bool            container = m->where != FLINKMODEL_STANDALONE;
    uint64_t        total = read_total(w);
    uint64_t        cut = container && !w->failed ? cutoff(w, total) : 0;
    if (w->failed)
        return;
    m->total = MIB(total);
    m->cutoff = MIB(cut);
    if (m->role == WEIR_ROLE_JOBMANAGER) {
        m->heap = m->total - m->cutoff;
        return;
    }
    read_network(w);
    read_managed(w);
    if (container)
        in_container(w, total - cut);
    else
        standalone(w, total);
}

enum weir_rc flink19_derive(const struct flinkconf *c, enum weir_role role,
                            enum flinkmodel_deployment where, struct flink_version v,
                            struct flink19 *out, struct flinkmodel_error *err)
{
    struct flink19          m = { .role = role, .version = v, .where = where };
    struct flinkmodel_error e;
    struct work             w = { .conf = c, .m = &m, .err = &e };
    if (where == FLINKMODEL_LOCAL)
        fail(&w, FLINKMODEL_VERSION, FLINKKEY_NONE,
             "local execution is known of Flink 1.10 and newer");
    else
        run(&w);
    if (w.failed) {
        *err = e;
        return WEIR_EINVAL;
    }
    *out = m;
    return WEIR_OK;
}

void flink19_put_flags(struct buf *b, const struct flink19 *m)
{
    unsigned long long heap = m->heap >> 20;
    bool               scripts = m->where == FLINKMODEL_STANDALONE;
    char               unit = scripts && m->role == WEIR_ROLE_TASKMANAGER ? 'M' : 'm';
    buf_printf(b, "-Xms%llu%c -Xmx%llu%c", heap, unit, heap, unit);
    if (m->direct == UNBOUNDED)
        buf_puts(b, " -XX:MaxDirectMemorySize=8388607T");
    else if (m->direct != 0)
        buf_printf(b, " -XX:MaxDirectMemorySize=%llum", (unsigned long long)(m->direct >> 20));
}
