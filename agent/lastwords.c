/* SPDX-License-Identifier: Apache-2.0 */
/* lastwords.c: on the way out, perhaps in a signal handler of a process whose heap is broken: loads, clock_gettime, poll and two
 * writes. The line goes first, since a descriptor of the log is surely there; what the components used at this very instant goes
 * into the ledger, whose last sheet may be a second old. */
#include "lastwords.h"

#include <stdbool.h>

#include "base/clock.h"
#include "base/log.h"
#include "blackbox.h"
#include "core/acct.h"

static bool installed, overwritten; /* the second is the reporter's */

static void say(const char *text)
{
    uint64_t used[WEIR_COMPONENT_COUNT];
    bool     known[WEIR_COMPONENT_COUNT];
    int64_t  now = clock_wall_ms();
    log_safe(LOG_ERROR, now, text);
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++) {
        used[c] = acct_used((enum weir_component)c);
        known[c] = used[c] > 0; /* a row that no hook books stays 0 */
    }
    blackbox_last_words(text, now, used, known);
}

enum weir_rc lastwords_install(struct hook_exit_flags flags, const char **why)
{
    clock_learn_zone(clock_wall_ms());
    enum weir_rc rc = hook_exit_install("libjvm.so", flags, say, why);
    installed = rc == WEIR_OK;
    return rc;
}

void lastwords_tick(int64_t wall_ms)
{
    clock_learn_zone(wall_ms);
    if (!installed || overwritten || hook_exit_intact())
        return;
    overwritten = true;
    log_warn("another agent changed libjvm's imports after this one: how a JVM ends without shutdown may go unsaid");
}
