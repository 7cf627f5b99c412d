/* SPDX-License-Identifier: Apache-2.0 */
/* control.c: one slot for one request. Who asks takes it, fills it, wakes the reporter and waits; if he gives up waiting the
 * slot stays taken until the reporter is done with it. HotSpot's Attach Listener is one thread, so nobody queues. */
#define _GNU_SOURCE /* sem_clockwait */
#include "control.h"

#include <errno.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "core/acct.h"
#include "core/door.h"
#include "out/figure.h"
#include "pinsearch.h"
#include "readings.h"
#include "reply.h"
#include "reporter.h"
#include "say.h"
#include "base/poison.h"

enum { ASK_MAX = 1200, WAIT_S = 10, OFF_PATH = OPTIONS_PATH_MAX + 16 };
enum slot { SLOT_FREE, SLOT_TAKEN, SLOT_ASKED, SLOT_LEFT }; /* LEFT: nobody waits for the answer any more */

static struct {
    struct control_config config;
    bool                  stopped, off_file; /* why the hooks idle */
    _Atomic enum slot     slot;
    sem_t                 done;
    char                  text[ASK_MAX], answer_text[REPLY_TEXT_MAX];
    struct buf            answer;
    enum weir_attach      code;
} me;

void control_init(const struct control_config *config)
{
    me.config = *config;
    sem_init(&me.done, 0, 0);
}

/* ---- what the commands do, on the reporter's thread ---- */

static void put_seed(struct buf *b, const struct seed *found)
{
    uint64_t blocks = found->direct_blocks + found->mapped_blocks;
    if (blocks == 0)
        return;
    buf_puts(b, "; found, taken meanwhile: ");
    figure_count(b, found->direct_blocks, "direct buffer");
    buf_puts(b, ", ");
    figure_count(b, found->mapped_blocks, "mapped file");
}

/* The door is open unless one of the two reasons holds. */
static bool turn(JNIEnv *jni, struct buf *said)
{
    bool idle = me.stopped || me.off_file, was = !door_takes(); /* or shut, for good */
    if (idle == was || !door_turn(idle ? DOOR_IDLE : DOOR_OPEN))
        return false;
    if (idle) {
        reporter_pause();
        return true;
    }
    struct seed found;
    hooks_reseed(jni, me.config.hooks, &found);
    put_seed(said, &found);
    reporter_resume();
    return true;
}

static enum weir_attach do_stop(JNIEnv *jni, const char *rest, struct buf *out)
{
    (void)rest;
    me.stopped = true;
    buf_puts(out, turn(jni, out) ? "stopped: the hooks are idle; `start` goes on" : "idle already");
    return WEIR_ATTACH_OK;
}

static enum weir_attach do_start(JNIEnv *jni, const char *rest, struct buf *out)
{
    char       text[256];
    struct buf said;
    (void)rest;
    buf_init(&said, text, sizeof text);
    me.stopped = false;
    if (me.off_file) {
        buf_printf(out, "still idle: %s/weir.off is there; remove it", me.config.dir);
        return WEIR_ATTACH_FAILED;
    }
    buf_puts(out, turn(jni, &said) ? "started" : "not idle");
    buf_puts(out, said.data);
    return WEIR_ATTACH_OK;
}

static enum weir_attach do_status(JNIEnv *jni, const char *rest, struct buf *out)
{
    (void)jni, (void)rest;
    say_tell_status(out);
    buf_puts(out, me.off_file ? "\nidle: a file weir.off is in the output directory" : me.stopped ? "\nidle: command stop" : "");
    return WEIR_ATTACH_OK;
}

static enum weir_attach do_report(JNIEnv *jni, const char *rest, struct buf *out)
{
    (void)jni, (void)rest;
    say_tell_report(out);
    return WEIR_ATTACH_OK;
}

static enum weir_attach do_sheet(JNIEnv *jni, const char *rest, struct buf *out)
{
    (void)jni, (void)rest;
    say_tell_sheet(out);
    return WEIR_ATTACH_OK;
}

static enum weir_attach do_reset(JNIEnv *jni, const char *rest, struct buf *out)
{
    (void)jni, (void)rest;
    acct_forget_peaks();
    acct_relimit(me.config.policy);
    readings_forget_peaks();
    buf_puts(out, "peaks start again from what is used now, levels from none said");
    return WEIR_ATTACH_OK;
}

/* A limit set by hand is a person's: declared, whatever it was. */
static void take_limits(void)
{
    const struct options *o = me.config.options;
    struct bounds        *b = me.config.limits;
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++) {
        if (o->limit_set[c])
            b->component[c] = (struct weir_limit){ true, true, o->limit[c], "option" };
        else if (o->declared[c])
            b->component[c].declared = true;
    }
    memcpy(me.config.policy->limit, b->component, sizeof b->component);
    me.config.policy->grace = o->grace;
    me.config.policy->mode = o->mode;
}

static enum weir_attach do_set(JNIEnv *jni, const char *rest, struct buf *out)
{
    if (rest[0] == '\0') {
        buf_puts(out, "option set: needs options, as set,mode=enforce,limit.task.off-heap=64m");
        return WEIR_ATTACH_BAD_OPTIONS;
    }
    char       text[1024];
    struct buf why;
    buf_init(&why, text, sizeof text);
    if (options_change(me.config.options, rest, &why) != WEIR_OK) {
        buf_puts(out, strncmp(text, "weir: ", 6) == 0 ? text + 6 : text); /* a log line has the name already */
        return WEIR_ATTACH_BAD_OPTIONS;
    }
    bool denies = hooks_remode(jni, me.config.options);
    take_limits();
    acct_relimit(me.config.policy);
    reporter_reoption();
    buf_puts(out, denies ? "set " : "nothing can be denied in this JVM; otherwise set ");
    buf_puts(out, rest);
    return denies ? WEIR_ATTACH_OK : WEIR_ATTACH_FAILED;
}

static const struct command {
    const char *name;
    enum weir_attach (*run)(JNIEnv *jni, const char *rest, struct buf *out);
    bool changes; /* is worth a line in the log */
} commands[] = {
    { "status", do_status, false }, { "report", do_report, false }, { "sheet", do_sheet, false }, { "reset", do_reset, true },
    { "set", do_set, true },        { "stop", do_stop, true },      { "start", do_start, true },  { "pins", pinsearch_command, false },
};

/* The command at the head of the text; *rest what follows its comma. */
static const struct command *find(const char *text, const char **rest)
{
    size_t len = strcspn(text, ",");
    *rest = text[len] == ',' ? text + len + 1 : text + len;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strlen(commands[i].name) == len && memcmp(commands[i].name, text, len) == 0)
            return &commands[i];
    return NULL;
}

bool control_is_command(const char *text)
{
    const char *rest;
    return find(text, &rest) != NULL;
}

static void run(JNIEnv *jni)
{
    const char           *rest;
    const struct command *c = find(me.text, &rest);
    buf_init(&me.answer, me.answer_text, sizeof me.answer_text);
    if (c == NULL) {
        buf_puts(&me.answer, "the agent is in this JVM already; a further load is a command: status, report, sheet, pins, reset, set, stop or start");
        me.code = WEIR_ATTACH_BAD_OPTIONS;
        return;
    }
    me.code = c->run(jni, rest, &me.answer);
    buf_mark_cut(&me.answer);
    if (c->changes && me.code == WEIR_ATTACH_OK)
        log_info("command %s: %s", c->name, me.answer.data);
}

void control_serve(JNIEnv *jni)
{
    /* Acquire: the text. Pairs with control_ask(). */
    enum slot s = atomic_load_explicit(&me.slot, memory_order_acquire);
    if (s != SLOT_ASKED && s != SLOT_LEFT)
        return;
    run(jni);
    s = SLOT_ASKED;
    if (atomic_compare_exchange_strong_explicit(&me.slot, &s, SLOT_TAKEN, memory_order_acq_rel, memory_order_acquire))
        sem_post(&me.done);
    else
        atomic_store_explicit(&me.slot, SLOT_FREE, memory_order_release);
}

void control_tick(JNIEnv *jni)
{
    char       path[OFF_PATH], text[256];
    struct buf said;
    buf_init(&said, text, sizeof text);
    snprintf(path, sizeof path, "%s/weir.off", me.config.dir);
    me.off_file = me.config.dir[0] != '\0' && access(path, F_OK) == 0;
    if (turn(jni, &said))
        log_info("%s %s%s", path, me.off_file ? "is there: the hooks are idle until it is gone" : "is gone: counting again", said.data);
}

/* ---- the asking side ---- */

static bool wait_done(void)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += WAIT_S;
    while (sem_clockwait(&me.done, CLOCK_MONOTONIC, &until) != 0)
        if (errno != EINTR)
            return false;
    return true;
}

enum weir_attach control_ask(const char *text, struct buf *answer)
{
    enum slot s = SLOT_FREE;
    if (strlen(text) >= sizeof me.text) {
        buf_puts(answer, "option string: too long");
        return WEIR_ATTACH_BAD_OPTIONS;
    }
    if (!atomic_compare_exchange_strong_explicit(&me.slot, &s, SLOT_TAKEN, memory_order_acquire, memory_order_relaxed)) {
        buf_puts(answer, "another command is being done");
        return WEIR_ATTACH_BUSY;
    }
    memcpy(me.text, text, strlen(text) + 1);
    /* Release: the text. */
    atomic_store_explicit(&me.slot, SLOT_ASKED, memory_order_release);
    reporter_wake();
    s = SLOT_ASKED;
    if (!wait_done() && atomic_compare_exchange_strong_explicit(&me.slot, &s, SLOT_LEFT, memory_order_acq_rel, memory_order_acquire)) {
        buf_printf(answer, "no answer within %d s: the reporter is held up; it will be done later", WAIT_S);
        return WEIR_ATTACH_BUSY;
    }
    while (s != SLOT_ASKED) /* answered in the last moment: the post is on its way */
        s = sem_wait(&me.done) == 0 ? SLOT_ASKED : s;
    buf_puts(answer, me.answer.data);
    enum weir_attach code = me.code;
    atomic_store_explicit(&me.slot, SLOT_FREE, memory_order_release);
    return code;
}

