/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_FLINKVERSION_H
#define MODEL_FLINKVERSION_H
/* Flink's version number and the range whose memory model we know. */
#include <stdbool.h>

#include "base/buf.h"
#include "weir.h"

struct flink_version {
    int major;
    int minor;
    int patch; /* -1: not said; read as the newest patch release */
};

#define FLINK_VERSION_NEWEST ((struct flink_version){ 2, 3, -1 })

/* "1.20.4", "1.20", "2.4-SNAPSHOT", "1.19.1-vendor2". WEIR_EINVAL: no such form. */
enum weir_rc flink_version_parse(const char *s, struct flink_version *out);
/* 1.10 and newer 1.x, and 2.x: the unified memory model. */
bool flink_version_supported(struct flink_version v);
/* v is major.minor or newer. */
bool flink_version_least(struct flink_version v, int major, int minor);
void flink_version_put(struct buf *b, struct flink_version v);

#endif
