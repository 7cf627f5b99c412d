/* SPDX-License-Identifier: Apache-2.0 */
/* diagnose.c: nothing is said yet about an OutOfMemoryError beyond its figures. */
#include "model/diagnose.h"

#include "base/poison.h"

void diagnose_oom(struct weir_oom *oom, const struct diagnose_flink *flink)
{
    (void)flink;
    oom->diagnosis_count = 0;
}
