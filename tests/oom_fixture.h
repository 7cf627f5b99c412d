/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_OOM_FIXTURE_H
#define TESTS_OOM_FIXTURE_H
/* OutOfMemoryErrors of a TaskManager of 1728m (Flink 1.20) and of a JobManager, as the reporter hands them out. */
#include "model/diagnose.h"
#include "snapshot.h"

enum { OOM_NETWORK = 134217730, OOM_TM_DIRECT = 268435458 }; /* what Flink derives from 1728m */

/* "key=value;key=value" into conf; version 1.20. */
void oom_flink(struct diagnose_flink *flink, struct flinkconf *conf, enum weir_role role, const char *options);

/* direct pool: network taken, 15.1 MiB of Flink itself, 112 of a job; 16 MiB asked with 0.9 left. */
void oom_leak(struct weir_oom *oom);   /* 108 of it of three ended attempts, a full collection later */
void oom_budget(struct weir_oom *oom); /* all of it of running ones */
void oom_jobmanager(struct weir_oom *oom); /* 126 of 128 MiB of off-heap, the limit switched on */
void oom_metaspace(struct weir_oom *oom);

#endif
