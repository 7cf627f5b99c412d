/* SPDX-License-Identifier: Apache-2.0 */
/* fake_capture.c: see fake_capture.h. Allocates nothing: prop_hooks.c watches what runs inside a hook. */
#include "fake_capture.h"

#include <errno.h>
#include <string.h>

_Thread_local struct fake_site fake;

/* Not again from within: a guard that lets nested calls through must show as a wrong sum, not as an endless recursion. */
static void leave(void)
{
    static _Thread_local bool busy;
    if (fake.inside != NULL && !busy) {
        busy = true;
        fake.inside();
        busy = false;
    }
    errno = fake.errno_after;
}

static bool site(void *thread, struct owner_key *out)
{
    (void)thread;
    fake.walks++;
    leave();
    if (fake.decided)
        *out = fake.key;
    return fake.decided;
}

static void whole(void *thread, struct owner_key *key)
{
    (void)thread;
    fake.wholes++;
    leave();
    if (fake.whole != 0)
        key->stack = fake.whole;
}

static void thread_name(void *thread, char *name, size_t cap)
{
    fake.names++;
    leave();
    if (thread != NULL)
        strncat(name, thread, cap - 1);
}

static bool direct_used(void *thread, uint64_t *bytes)
{
    (void)thread;
    leave();
    if (fake.direct_known)
        *bytes = fake.direct;
    return fake.direct_known;
}

const struct capture_ops fake_ops = { site, whole, thread_name, direct_used, NULL };

void fake_reset(void)
{
    memset(&fake, 0, sizeof fake);
    fake_finds(WEIR_TASK_OFF_HEAP, WEIR_KIND_DIRECT, 0);
}

void fake_finds(enum weir_component component, enum weir_kind kind, uint32_t stack)
{
    fake.decided = true;
    fake.key = (struct owner_key){ .stack = stack,
                                   .component = (uint8_t)component,
                                   .kind = (uint8_t)kind,
                                   .decider = stack == 0 ? -1 : 0 };
}

struct policy_limits fake_limits(void)
{
    return (struct policy_limits){ .grace = MIB,
                                   .mode = WEIR_MODE_WARN,
                                   .role = WEIR_ROLE_TASKMANAGER };
}

void fake_limit(struct policy_limits *limits, enum weir_component component, uint64_t bytes,
                bool declared)
{
    limits->limit[component] =
        (struct weir_limit){ .set = true, .declared = declared, .bytes = bytes, .source = "test" };
}
