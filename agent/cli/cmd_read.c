/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_read.c: `weir read`: the balance sheet in a ledger, who held most, what was said last, and how the JVM ended.
 * Exit code 0 when the ledger could be read, 2 when not. Never 1: whether a row is over its limit is not asked here, and
 * in every healthy job some are (task.off-heap is 0 unless somebody declares it). */
#include "cli/cmd_read.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "cli/ledger_in.h"
#include "out/out.h"
#include "out/out_classes.h"
#include "out/out_sheet.h"
#include "out/parts.h"
#include "out/utf8.h"
#include "weir.h"

enum { TEXT_CAP = 256 * 1024, REASON_CAP = 256 };

static const char usage[] = "usage: weir read [--json] FILE\n"
                            "  FILE    a ledger: weir-HOST-PID-TIME.ledger, or one renamed .crashed\n"
                            "  --json  its sheet as one JSON object, as in the JSON lines: reason exit if the JVM\n"
                            "          stopped in order, else request\n"
                            "Exit code 0: read; 2: no ledger, or one that cannot be read.\n";

static struct ledger_in box;
static char             text[TEXT_CAP];

/* ---- printing ---- */

static void put_ago(struct buf *b, int64_t ms)
{
    if (ms >= 0)
        buf_printf(b, ", %lld.%lld s ago", (long long)(ms / 1000), (long long)(ms / 100 % 10));
}

static void put_state(struct buf *b, bool alive)
{
    const struct ledger_file *file = &box.file;
    const struct weir_header *h = &file->last.header;
    if (file->stopped) {
        buf_puts(b, "the JVM stopped in order at ");
        parts_time(b, file->stop_ms);
        buf_puts(b, ": ");
        utf8_text(b, file->stop_reason, false);
        return;
    }
    buf_puts(b, alive ? "the JVM is running; sheet of " : "the JVM ended without stop; last sheet of ");
    parts_time(b, h->time_ms);
    buf_printf(b, ", %lld s after its start", (long long)(h->uptime_ms / 1000));
    if (alive)
        put_ago(b, clock_wall_ms() - h->time_ms);
}

static void put_text(struct buf *b, bool alive)
{
    const struct ledger_file *file = &box.file;
    put_state(b, alive);
    buf_puts(b, "\n");
    if (file->words.there) {
        out_sheet_words(b, &file->words);
        buf_puts(b, "\n");
    }
    out_sheet_who(b, &file->last);
    buf_puts(b, "\n\n");
    out_sheet_table(b, &file->last.sheet);
    buf_puts(b, file->last.sheet.owner_count != 0 ? "\n\n" : "\n");
    out_sheet_owners(b, &file->last.sheet);
    if (file->last.sheet.owner_count != 0)
        buf_puts(b, "\n");
    if (file->last.sheet.classes != NULL) {
        buf_puts(b, "\nmetaspace by class loader");
        out_classes_lines(b, &file->last.sheet, WEIR_TOP_LOADERS);
        buf_puts(b, "\n");
    }
    for (uint32_t i = 0; i < file->last.line_count; i++) {
        buf_puts(b, "\n");
        out_sheet_line(b, &file->last.lines[i]);
        buf_puts(b, "\n");
    }
}

static int print(const char *path, bool json, bool alive)
{
    const struct ledger_file *file = &box.file;
    struct buf                b;
    buf_init(&b, text, sizeof text);
    if (json)
        out_json_sheet(&b, &file->last.header, file->stopped ? "exit" : "request", &file->last.sheet);
    else
        put_text(&b, alive);
    if (file->damage[0] != '\0')
        fprintf(stderr, "weir read: %s: %s\n", path, file->damage);
    if (!b.cut && fwrite(text, 1, b.len, stdout) == b.len && fflush(stdout) == 0)
        return WEIR_EXIT_OK;
    fprintf(stderr, "weir read: %s: could not be printed whole\n", path);
    return WEIR_EXIT_USAGE;
}

static int read_path(const char *path, bool json)
{
    char       reason[REASON_CAP];
    struct buf why;
    buf_init(&why, reason, sizeof reason);
    int  fd = ledger_in_open(path, &why);
    bool fine = fd >= 0 && ledger_in_read(fd, &box, &why);
    bool alive = fd >= 0 && ledger_in_alive(fd);
    if (fd >= 0)
        close(fd);
    if (fine)
        return print(path, json, alive);
    fprintf(stderr, "weir read: %s: %s\n", path, reason);
    return WEIR_EXIT_USAGE;
}

int command_read(int argc, char **args)
{
    const char *path = NULL;
    bool        json = false, plain = false;
    for (int i = 0; i < argc; i++) {
        if (!plain && (strcmp(args[i], "--help") == 0 || strcmp(args[i], "-h") == 0)) {
            fputs(usage, stdout);
            return WEIR_EXIT_OK;
        }
        if (!plain && strcmp(args[i], "--json") == 0) {
            json = true;
        } else if (!plain && strcmp(args[i], "--") == 0) {
            plain = true;
        } else if (path != NULL || (!plain && args[i][0] == '-')) {
            fprintf(stderr, "weir read: unexpected %s\n%s", args[i], usage);
            return WEIR_EXIT_USAGE;
        } else {
            path = args[i];
        }
    }
    if (path != NULL)
        return read_path(path, json);
    fputs(usage, stderr);
    return WEIR_EXIT_USAGE;
}
