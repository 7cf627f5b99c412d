/* SPDX-License-Identifier: Apache-2.0 */
/* control.c: Agent_OnAttach can return a number only, so a text comes back through a file: made by us in the JVM's /tmp, owned
 * by its user, named in the options as reply=FILE, opened by the agent for writing only, deleted by us. All that is done in
 * the JVM's directories is done with the JVM's ids, but for --copy, which root does. */
#include "cli/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "cli/attach.h"
#include "cli/ids.h"
#include "cli/jvmproc.h"
#include "cli/library.h"
#include "weir.h"

enum { WHY_CAP = 4096, REPLY_CAP = 1024 * 1024, OPTIONS_CAP = 2 * ATTACH_ARGUMENT_MAX };

static char reply[REPLY_CAP];

struct session {
    const struct control *ask;
    struct jvmproc        jvm;
    int                   root, tmp, reply;
    int64_t               deadline;
    char                  library[PROCJVM_PATH_MAX], own[PROCJVM_PATH_MAX];
    char                  reply_name[40], options[OPTIONS_CAP];
    struct buf            why;
    int                   exit;
};

/* ---- before ---- */

static bool choose_library(struct session *s)
{
    const struct control *c = s->ask;
    bool                  loaded = s->jvm.maps.weir[0] != '\0';
    if (loaded) {
        snprintf(s->library, sizeof s->library, "%s", s->jvm.maps.weir);
        return true; /* by the same name, or a second one would be loaded beside it */
    }
    if (c->command != NULL) {
        buf_printf(&s->why, "Weir is not loaded in JVM %lld: weir attach %lld", (long long)c->pid,
                   (long long)c->pid);
        return false;
    }
    if (!library_own(c->library, s->own, &s->why))
        return false;
    if (c->copy != NULL)
        return library_copy(&s->jvm, s->root, c->copy, s->own, s->library, &s->why);
    snprintf(s->library, sizeof s->library, "%s", s->own);
    return true;
}

static bool take_ids(struct session *s)
{
    if (ids_become(s->jvm.status.euid, s->jvm.status.egid))
        return true;
    buf_reset(&s->why);
    buf_printf(&s->why,
               "the ids of JVM %lld (uid %u, gid %u), which alone it accepts, cannot be taken: %s",
               (long long)s->jvm.pid, s->jvm.status.euid, s->jvm.status.egid, strerror(errno));
    return false;
}

static bool make_reply(struct session *s)
{
    uint64_t number = 0;
    if (getrandom(&number, sizeof number, 0) == (ssize_t)sizeof number) {
        snprintf(s->reply_name, sizeof s->reply_name, ".weir-reply-%016llx",
                 (unsigned long long)number);
        s->reply =
            openat(s->tmp, s->reply_name, O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR | O_CLOEXEC, 0600);
    }
    if (s->reply >= 0)
        return true;
    buf_reset(&s->why);
    buf_printf(&s->why, "/tmp of JVM %lld, which attach needs, cannot be written to: %s",
               (long long)s->jvm.pid, strerror(errno));
    return false;
}

static bool put_options(struct session *s)
{
    struct buf o;
    buf_init(&o, s->options, sizeof s->options);
    if (s->ask->command != NULL)
        buf_puts(&o, s->ask->command);
    if (s->ask->options[0] != '\0')
        buf_printf(&o, "%s%s", o.len > 0 ? "," : "", s->ask->options);
    buf_printf(&o, "%sreply=/tmp/%s", o.len > 0 ? "," : "", s->reply_name);
    if (!o.cut && o.len <= ATTACH_ARGUMENT_MAX)
        return true;
    s->exit = WEIR_EXIT_USAGE;
    buf_reset(&s->why);
    buf_printf(&s->why,
               "the options are too long: with the name of the reply file at most %d bytes",
               ATTACH_ARGUMENT_MAX);
    return false;
}

/* ---- after ---- */

static void read_reply(const struct session *s)
{
    size_t  len = 0;
    ssize_t n;
    while (len < sizeof reply - 1 &&
           (n = pread(s->reply, reply + len, sizeof reply - 1 - len, (off_t)len)) > 0)
        len += (size_t)n;
    reply[len] = '\0';
}

/* It comes out of a container: no byte of it may steer the terminal. */
static bool print_text(FILE *to, const char *text)
{
    for (; *text != '\0'; text++)
        putc(((unsigned char)*text < ' ' && *text != '\n' && *text != '\t') || *text == 127 ? '?'
                                                                                            : *text,
             to);
    return fflush(to) == 0 && !ferror(to);
}

static int by_code(struct session *s, int32_t code)
{
    buf_reset(&s->why);
    if (code == WEIR_ATTACH_OK)
        return WEIR_EXIT_OK;
    if (code == WEIR_ATTACH_UNSUPPORTED)
        buf_printf(
            &s->why,
            "%s in JVM %lld cannot be attached or commanded while the JVM runs: it is too old",
            s->library, (long long)s->jvm.pid);
    else if (code == WEIR_ATTACH_BAD_OPTIONS)
        buf_puts(&s->why, "the agent refused the options; the JVM's stderr says why");
    else
        buf_printf(&s->why, "the agent answered with code %d; the JVM's stderr may say why",
                   (int)code);
    return code == WEIR_ATTACH_BAD_OPTIONS ? WEIR_EXIT_USAGE : WEIR_EXIT_UNREACHABLE;
}

static int by_reply(struct session *s, int32_t code)
{
    const char              *body;
    enum attachreply_verdict verdict = attachreply_file(reply, &body);
    if (verdict == ATTACHREPLY_SILENT)
        return by_code(s, code);
    if (verdict == ATTACHREPLY_OK)
        return print_text(stdout, body) ? WEIR_EXIT_OK : WEIR_EXIT_USAGE;
    buf_reset(&s->why);
    buf_put(&s->why, body, strcspn(body, "\n"));
    return verdict == ATTACHREPLY_BAD_OPTION ? WEIR_EXIT_USAGE : WEIR_EXIT_UNREACHABLE;
}

static int judge(struct session *s, enum attachreply_kind kind, int32_t code)
{
    char       said[512];
    struct buf text;
    if (kind == ATTACHREPLY_RETURNED)
        return by_reply(s, code);
    buf_init(&text, said, sizeof said);
    buf_puts(&text, s->why.data);
    buf_mark_cut(&text);
    buf_reset(&s->why);
    if (kind == ATTACHREPLY_CLOSED)
        buf_printf(&s->why,
                   "JVM %lld hung up without an answer: it ended, or does not accept uid %u gid %u",
                   (long long)s->jvm.pid, s->jvm.status.euid, s->jvm.status.egid);
    else if (kind == ATTACHREPLY_FAILED || kind == ATTACHREPLY_EARLY)
        buf_printf(&s->why, "JVM %lld did not load %s: %s", (long long)s->jvm.pid, s->library,
                   text.len > 0 ? said : "it gave no reason; its stderr may");
    else
        buf_printf(&s->why, "JVM %lld gave an answer that is no HotSpot's: %s",
                   (long long)s->jvm.pid, said);
    return WEIR_EXIT_UNREACHABLE;
}

/* ---- in order ---- */

static int converse(struct session *s)
{
    enum attachreply_kind kind;
    int32_t               code = 0;
    bool                  loaded = s->jvm.maps.weir[0] != '\0';
    if (!choose_library(s) || !take_ids(s))
        return s->exit;
    if (!loaded && !library_fits(&s->jvm, s->root, s->library, s->own, &s->why))
        return s->exit;
    if (!make_reply(s) || !put_options(s))
        return s->exit;
    do {
        if (!attach_load(&s->jvm, s->tmp, s->library, s->options, s->deadline, &kind, &code, &s->why))
            return s->exit;
    } while (kind == ATTACHREPLY_EARLY && attach_pause(s->deadline));
    read_reply(s);
    return judge(s, kind, code);
}

int control_run(const struct control *c)
{
    static char           why[WHY_CAP];
    static struct session s;
    s = (struct session){
        .ask = c, .root = -1, .tmp = -1, .reply = -1, .exit = WEIR_EXIT_UNREACHABLE
    };
    s.jvm.pid = c->pid;
    s.deadline = clock_mono_ms() + c->timeout_ms;
    buf_init(&s.why, why, sizeof why);
    attach_catch_signals();
    int code = s.exit;
    if (attach_ready(&s.jvm, s.deadline, &s.why) && attach_open(&s.jvm, &s.root, &s.tmp, &s.why))
        code = converse(&s);
    if (s.reply >= 0) {
        (void)unlinkat(s.tmp, s.reply_name, 0);
        close(s.reply);
    }
    ids_back();
    if (code != WEIR_EXIT_OK) {
        fprintf(stderr, "weir %s: ", c->command != NULL ? c->command : "attach");
        print_text(stderr, s.why.data);
        putc('\n', stderr);
    }
    return code;
}
