/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_DISCOVER_H
#define JVM_DISCOVER_H
/* What this JVM is: main class, its arguments, role, Flink version, -javaagent jars (flink-memory-model.md 5.2 to 5.4).
 * Arguments are only pointed into while limits are found and then wiped: they may hold secrets. */
#include <stdbool.h>
#include <stddef.h>

#include "weir.h"

enum { DISCOVER_ARGS = 2048, DISCOVER_AGENTS = 16, DISCOVER_TEXT = 64 * 1024 };

struct discover {
    char           main_class[256];
    enum weir_role role;
    char           flink[32];   /* from the name of the runtime jar on the class path; "" unknown */
    char           runtime_jar[128]; /* that jar's file name */
    int            argc;        /* program arguments after the main class */
    bool           cut;         /* there are more than DISCOVER_ARGS, or than DISCOVER_TEXT bytes of them */
    const char    *argv[DISCOVER_ARGS];
    const char    *agents[DISCOVER_AGENTS + 1]; /* file names of -javaagent jars, NULL-terminated */
    char           agent_names[DISCOVER_AGENTS][128];
    char           text[DISCOVER_TEXT]; /* what argv points into */
};

/* Live phase; vmflags_init() came before. Always fills what can be known. */
void discover_jvm(struct discover *d);
/* Overwrites the arguments once limits are found. */
void discover_forget(struct discover *d);

#endif
