/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_FLINKMODEL_DERIVER_H
#define MODEL_FLINKMODEL_DERIVER_H
/* Inside of flinkmodel: reading options and the arithmetic that the TaskManager's and JobManager's derivations share.
 * The first failure sticks: every call after it does nothing and gives zeros, so a derivation reads like its formula
 * and still reports what Flink reports first. */
#include "model/flinkmodel.h"

/* The options of the process-wide part, per role. */
struct flinkmodel_keys {
    enum flinkkey process, flink, metaspace, overhead_fraction, overhead_min, overhead_max;
};
extern const struct flinkmodel_keys flinkmodel_tm_keys, flinkmodel_jm_keys;

struct range {
    uint64_t min, max;
    double   fraction;
};

struct deriver {
    const struct flinkconf       *conf;
    struct flink_version          version;
    const struct flinkmodel_keys *keys;
    struct flinkmodel            *m;
    struct flinkmodel_error      *err;
    struct buf                    message; /* err->message */
    bool                          failed;
    enum flinkmodel_deployment    where;
    bool totals_forgotten; /* by an active ResourceManager: total process memory follows from its parts */
    unsigned wrappers; /* how many ICE Flink puts around an ICE raised now */
    /* A value put in place of the configuration's: a hint on trial (NULL = absent). FLINKKEY_NONE = none. */
    enum flinkkey                 trial_key;
    const struct flinkconf_value *trial;
    /* A total of before 1.10 that stands in for an absent total. */
    enum flinkkey          legacy_target, legacy_key;
    struct flinkconf_value legacy;
    /* What the failing check compared, for the hint: the parts need `need`, there is `have`. */
    uint64_t need, have;
};

/* As Flink reads an option, with the trial and the legacy total in place. */
const struct flinkconf_value *deriver_option(const struct deriver *x, enum flinkkey key,
                                             enum flinkkey *used);
bool                          deriver_is_set(const struct deriver *x, enum flinkkey key);

/* Records the failure; classes are Java's exceptions from the first ICE or IAE on, wrappers are put before an ICE.
 * True: it is the first, and the caller now writes x->message. */
bool deriver_fail(struct deriver *x, enum flinkmodel_code code, enum flinkkey key,
                  const char *classes);
/* "JVM Overhead (192.000mb (201326592 bytes))" */
void deriver_put_size(struct deriver *x, const char *name, uint64_t bytes);

/* A size that is set. */
struct flinkmodel_row deriver_size(struct deriver *x, enum flinkkey key);
struct flinkmodel_row deriver_size_or(struct deriver *x, enum flinkkey key, uint64_t otherwise);
struct range          deriver_range(struct deriver *x, enum flinkkey min, uint64_t min_default,
                                    enum flinkkey max, uint64_t max_default, enum flinkkey fraction);
struct range          deriver_overhead_range(struct deriver *x);
/* min 0, max 2^63-1 */
struct range deriver_open_range(struct deriver *x, enum flinkkey fraction);
int32_t      deriver_int(struct deriver *x, enum flinkkey key, int32_t otherwise);
double       deriver_double(struct deriver *x, enum flinkkey key);
bool         deriver_bool(struct deriver *x, enum flinkkey key, bool otherwise);
/* A size read without Flink's wrapper for memory sizes. */
uint64_t deriver_plain_size(struct deriver *x, enum flinkkey key, uint64_t otherwise);

/* MemorySize.add: OVF beyond 2^63-1. */
uint64_t deriver_add(struct deriver *x, uint64_t a, uint64_t b);
/* A fraction of base, clamped. */
struct flinkmodel_row deriver_fraction(struct deriver *x, uint64_t base, struct range r,
                                       enum flinkmodel_total of);
/* The same of a total that is not known yet: base is what the rest of it takes. */
struct flinkmodel_row deriver_inverse(struct deriver *x, uint64_t base, struct range r);
struct flinkmodel_row deriver_remainder(uint64_t bytes, enum flinkmodel_total of);

/* Up to 1.20: the total of before 1.10, when there is one and its target is not set. */
void deriver_legacy_total(struct deriver *x, enum flinkkey target, enum flinkkey env,
                          enum flinkkey size, enum flinkkey mb);
/* Entry by total process memory: metaspace, overhead, and total Flink memory as their remainder. */
void deriver_jvm_from_process(struct deriver *x);
/* Every other entry: metaspace, overhead and total process memory around the known total Flink memory. */
void deriver_jvm_from_flink(struct deriver *x);

/* The two derivations; they fill x->m or fail. */
void deriver_taskmanager(struct deriver *x);
void deriver_jobmanager(struct deriver *x);
void deriver_local(struct deriver *x);
/* One try with x's trial; true when it derives. m: where the result goes, may be NULL. */
bool deriver_tries(const struct deriver *failed, enum flinkkey key,
                   const struct flinkconf_value *value, struct flinkmodel *m);
/* Fills hint, fix_key and fix_value of x->err. */
void deriver_hint(struct deriver *x);

#endif
