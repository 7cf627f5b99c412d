/* SPDX-License-Identifier: Apache-2.0 */
/* outputs.c: from the options' file patterns to open files. A file that cannot be made is said once and done without. */
#include "outputs.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "blackbox.h"

enum { KEPT_FILES = 3 };

static struct {
    const struct options *options;
    const char           *dir, *host;
} me;

void outputs_init(const struct options *options, const char *dir, const char *host)
{
    me.options = options;
    me.dir = dir;
    me.host = host;
}

/* dir/NAME from a pattern; one that begins with a slash stands for itself. False, with a line said, when it cannot be used. */
static bool expand(const char *option, const char *pattern, char *out, size_t cap)
{
    char stamp_text[32];
    struct buf stamp, path;
    buf_init(&stamp, stamp_text, sizeof stamp_text);
    clock_stamp(&stamp, clock_wall_ms());
    buf_init(&path, out, cap);
    if (pattern[0] != '/' && me.dir[0] == '\0') {
        log_warn("option %s=%s: there is no output directory, and this is no absolute name: the file is not made", option, pattern);
        return false;
    }
    if (pattern[0] != '/')
        buf_printf(&path, "%s/", me.dir);
    char name[OPTIONS_PATH_MAX + 512];
    struct buf expanded;
    buf_init(&expanded, name, sizeof name);
    enum weir_rc rc = options_expand(pattern, me.host, (int64_t)getpid(), stamp_text, &expanded);
    buf_puts(&path, name);
    if (rc == WEIR_OK && !path.cut)
        return true;
    log_warn("option %s=%s: not a usable file pattern (%%h host, %%p pid, %%t start time, %%%%)", option, pattern);
    return false;
}

void outputs_log(void)
{
    char path[2048], used[2048];
    const char *log = me.options->log;
    if (strcmp(log, "stderr") == 0 || !expand("log", log, path, sizeof path))
        return;
    int fd = files_create(path, used, sizeof used);
    if (fd < 0)
        log_warn("option log=%s: %s cannot be made: %s; lines go to stderr", log, path, strerror(errno));
    else
        log_to(fd);
}

void outputs_json(struct files_stream *json)
{
    char path[1024];
    json->fd = -1;
    if (strcmp(me.options->json, "off") == 0)
        return;
    if (me.dir[0] == '\0' && me.options->json[0] != '/')
        return; /* lifecycle said why */
    if (!expand("json", me.options->json, path, sizeof path))
        return;
    if (me.dir[0] != '\0')
        files_prune(me.dir, me.host, ".jsonl", KEPT_FILES - 1);
    files_open_stream(json, path, me.options->json_max);
    if (json->fd < 0)
        log_warn("option json: %s cannot be made: %s; no JSON lines are written", path, strerror(errno));
}

void outputs_blackbox(const struct ledger_id *id, const struct weir_start *start)
{
    static char path[2048], last[2048];
    const struct options *o = me.options;
    bool                  off = strcmp(o->ledger, "off") == 0 || (me.dir[0] == '\0' && o->ledger[0] != '/');
    struct blackbox_setup setup = { .path = "", .last = "", .last_off = strcmp(o->last, "off") == 0, .id = *id, .start = start };
    if (!off && expand("ledger", o->ledger, path, sizeof path))
        setup.path = path;
    if (!setup.last_off && o->last[0] != '\0')
        setup.last_off = !expand("last", o->last, last, sizeof last);
    setup.last = last;
    blackbox_open(&setup);
}
