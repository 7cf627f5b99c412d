/* SPDX-License-Identifier: Apache-2.0 */
/* diagnosis.c: the fixed parts of every diagnosis. */
#include "model/diagnosis.h"

#include <stdio.h>
#include <string.h>

#include "base/poison.h"

uint64_t diagnosis_plus(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

struct weir_diagnosis *diagnosis_begin(struct weir_oom *oom, const char *id, struct buf *text)
{
    if (oom->diagnosis_count == WEIR_MAX_DIAGNOSES)
        return NULL;
    struct weir_diagnosis *d = &oom->diagnosis[oom->diagnosis_count++];
    d->id = id;
    d->advice_count = 0;
    buf_init(text, d->text, sizeof d->text);
    return d;
}

void diagnosis_advise(struct weir_diagnosis *d, const char *key, const char *value)
{
    struct weir_advice *a = &d->advice[d->advice_count++];
    memset(a, 0, sizeof *a);
    snprintf(a->key, sizeof a->key, "%s", key);
    snprintf(a->value, sizeof a->value, "%s", value);
}
