/* SPDX-License-Identifier: Apache-2.0 */
/* out.c: the words for the contract's enums, from the lists of include/weir.h, so that logs, JSON and options cannot
 * drift apart. A value outside its enum reads "?": a wrong word in a report is better than a dead JVM. */
#include "out/out.h"

#include "base/poison.h"

static const char *word(const char *const *words, size_t count, size_t i)
{
    return i < count && words[i] != NULL ? words[i] : "?";
}

#define WORD(words, i) word((words), sizeof(words) / sizeof(words)[0], (size_t)(i))

const char *out_component(enum weir_component component)
{
    static const char *const words[] = {
#define COMPONENT(sym, id, roles, limitable) [WEIR_##sym] = (id),
        WEIR_COMPONENTS(COMPONENT)
#undef COMPONENT
    };
    return WORD(words, component);
}

const char *out_kind(enum weir_kind kind)
{
    static const char *const words[] = {
#define KIND(sym, id) [WEIR_KIND_##sym] = (id),
        WEIR_KINDS(KIND)
#undef KIND
    };
    return WORD(words, kind);
}

const char *out_pool(enum weir_pool pool)
{
    static const char *const words[] = {
#define POOL(sym, id) [WEIR_POOL_##sym] = (id),
        WEIR_POOLS(POOL)
#undef POOL
    };
    return WORD(words, pool);
}

const char *out_level(enum weir_level level)
{
    static const char *const words[] = {
        [WEIR_LEVEL_NONE] = "none",
        [WEIR_LEVEL_NOTICE] = "notice",
        [WEIR_LEVEL_WARN] = "warn",
        [WEIR_LEVEL_CRITICAL] = "critical",
    };
    return WORD(words, level);
}

const char *out_mode(enum weir_mode mode)
{
    static const char *const words[] = {
        [WEIR_MODE_OBSERVE] = "observe",
        [WEIR_MODE_WARN] = "warn",
        [WEIR_MODE_ENFORCE] = "enforce",
    };
    return WORD(words, mode);
}

const char *out_role(enum weir_role role)
{
    static const char *const words[] = {
        [WEIR_ROLE_OTHER] = "other",
        [WEIR_ROLE_TASKMANAGER] = "taskmanager",
        [WEIR_ROLE_JOBMANAGER] = "jobmanager",
    };
    return WORD(words, role);
}

const char *out_attempt_state(enum weir_attempt_state state)
{
    static const char *const words[] = {
#define STATE(sym, name) [WEIR_ATTEMPT_##sym] = (name),
        WEIR_ATTEMPT_STATES(STATE)
#undef STATE
    };
    return WORD(words, state);
}

const char *out_oom_pool(enum weir_oom_pool pool)
{
    static const char *const words[] = {
#define OOM_POOL(sym, name) [WEIR_OOM_##sym] = (name),
        WEIR_OOM_POOLS(OOM_POOL)
#undef OOM_POOL
    };
    return WORD(words, pool);
}
