/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_JVMPROC_H
#define CLI_JVMPROC_H
/* Processes of this machine that are JVMs, as far as /proc and their own counters say, without touching them. */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/jvmcommand.h"
#include "model/procjvm.h"
#include "weir.h"

enum jvmproc_kind {
    JVMPROC_GONE,   /* no such process */
    JVMPROC_ZOMBIE, /* ended, not yet collected by its parent */
    JVMPROC_DENIED, /* we may not look into it */
    JVMPROC_NO_JVM,
    JVMPROC_YOUNG, /* may be about to become one: started this instant, or java without libjvm yet */
    JVMPROC_OPENJ9,
    JVMPROC_HOTSPOT
};

struct jvmproc {
    int64_t               pid, age_ms;
    uint64_t              start_ticks;
    enum jvmproc_kind     kind;
    struct procjvm_status status;                    /* not of GONE */
    struct procjvm_maps   maps;                      /* of the two JVMs only, as is what follows */
    char                  main[JVMCOMMAND_MAIN_MAX]; /* of DENIED and YOUNG too; "" = not known */
    char                  version[32];               /* "17.0.15"; "" = not known */
    enum weir_role        role;
    bool                  no_attach, reduced_signals;
};

void jvmproc_look(int64_t pid, struct jvmproc *out);
/* Anew, only what changes while a JVM runs: kind GONE or ZOMBIE, and the status. False: gone, or another process by now. */
bool jvmproc_refresh(struct jvmproc *p);
/* Each process of /proc in the order of pids; stops when visit says false. */
void jvmproc_each(bool (*visit)(int64_t pid, void *arg), void *arg);
bool jvmproc_stopped(const struct jvmproc *p);
/* Has it finished its start? False may also mean that it is young and cannot tell; true from 10 s of age on. */
bool jvmproc_live(const struct jvmproc *p);

#endif
