/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_DERIVE_H
#define CLI_DERIVE_H
/* Parts of `weir derive`. */
#include <stdio.h>

#include "model/flinkversion.h"

/* `weir derive --batch`: answers lines on `in` until it ends; see derive_batch.c. */
int derive_batch(FILE *in, FILE *out, struct flink_version v);

#endif
