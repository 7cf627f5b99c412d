/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_network.c: `weir network`: the buffers a task needs against the network memory that a configuration derives, or
 * that --network names. --shuffle holds for the partitions and gates that follow it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmdline.h"
#include "cli/command.h"
#include "model/flink19.h"
#include "model/memsize.h"
#include "model/mib.h"
#include "model/netbuffers.h"
#include "out/out_network.h"

static const char usage[] =
    "usage: weir network [--flink VERSION] [--shuffle KIND] [--subpartitions S]... [--channels "
    "N]...\n"
    "                    [--tasks COUNT] [--network SIZE | --conf DIR|FILE] [-D KEY=VALUE]... "
    "[--json]\n"
    "  --subpartitions S a result partition of the task; S is usually the parallelism of its "
    "consumer\n"
    "  --channels N      an input gate of the task; N is usually the parallelism of its producer\n"
    "  --shuffle KIND    of those that follow: pipelined (default, every streaming job), "
    "unbounded\n"
    "                    (pipelined edges of batch jobs), blocking, hybrid\n"
    "  --tasks COUNT     so many such tasks in one TaskManager; default 1\n"
    "  --network SIZE    network memory to compare with, in place of what the configuration "
    "derives\n"
    "  --flink, --conf, -D, --json   as in `weir derive`\n"
    "Channels inside one TaskManager take fewer. Exit code 1: it does not fit; 2: bad input, or "
    "Flink\n"
    "would refuse the configuration.\n";

struct part {
    bool                    gate;
    enum netbuffers_shuffle shuffle;
    uint32_t                size;
};

struct request {
    struct cmdline_flink    flink; /* first: cmdline.h */
    enum netbuffers_shuffle shuffle;
    struct part             parts[OUT_NETWORK_MAX];
    int                     count;
    uint32_t                tasks;
    bool                    network_given;
    uint64_t                network;
};

static int read_count(const char *value, uint32_t *out)
{
    char         *end = NULL;
    unsigned long n = strtoul(value, &end, 10);
    if (*value < '0' || *value > '9' || *end != '\0' || n < 1 || n > NETBUFFERS_SIZE_MAX)
        return -1;
    *out = (uint32_t)n;
    return 0;
}

static int add_part(struct request *r, const char *value, bool gate)
{
    struct part p = { .gate = gate, .shuffle = r->shuffle };
    if (r->count == OUT_NETWORK_MAX || read_count(value, &p.size) != 0)
        return -1;
    r->parts[r->count++] = p;
    return 0;
}

static int add_partition(void *request, const char *value)
{
    return add_part(request, value, false);
}

static int add_gate(void *request, const char *value)
{
    return add_part(request, value, true);
}

static int set_shuffle(void *request, const char *value)
{
    struct request         *r = request;
    enum netbuffers_shuffle shuffle = netbuffers_shuffle_find(value);
    if (shuffle == NETBUFFERS_SHUFFLE_COUNT)
        return -1;
    r->shuffle = shuffle;
    return 0;
}

static int set_tasks(void *request, const char *value)
{
    return read_count(value, &((struct request *)request)->tasks);
}

static int set_network(void *request, const char *value)
{
    struct request *r = request;
    r->network_given = true;
    return memsize_parse(value, &r->network, NULL) == WEIR_OK ? 0 : -1;
}

static const struct cmdline_option options[] = {
    { "--flink", "a version such as 1.20 or 2.3.0", cmdline_set_version, false },
    { "--subpartitions", "a number from 1 to 1000000 (at most 32 times with --channels)",
      add_partition, false },
    { "--channels", "a number from 1 to 1000000 (at most 32 times with --subpartitions)", add_gate,
      false },
    { "--shuffle", "pipelined, unbounded, blocking or hybrid", set_shuffle, false },
    { "--tasks", "a number from 1 to 1000000", set_tasks, false },
    { "--network", "a size such as 128m", set_network, false },
    { "--conf", "a directory or file", cmdline_set_conf, false },
    { "-D", "KEY=VALUE", cmdline_add_dynamic, false },
    { "--json", NULL, cmdline_set_json, false },
    { "--help", NULL, cmdline_set_help, false },
    { "-h", NULL, cmdline_set_help, true },
};
static const struct cmdline line = { "network", options, sizeof options / sizeof options[0] };

static enum weir_rc refuse(struct flinkmodel_error *err, enum flinkmodel_code code,
                           const char *message)
{
    memset(err, 0, sizeof *err);
    err->code = code;
    snprintf(err->message, sizeof err->message, "%s", message);
    return WEIR_EINVAL;
}

static enum weir_rc read_segment(const struct flinkconf *conf, uint64_t *out,
                                 struct flinkmodel_error *err)
{
    const struct flinkconf_value *v = flinkconf_get(conf, FLINKKEY_TM_SEGMENT_SIZE);
    uint64_t                      n = 32768;
    if (v != NULL && (v->too_long || memsize_parse(v->text, &n, NULL) != WEIR_OK))
        n = 0;
    if (n < 4096 || n > (1 << 30) || (n & (n - 1)) != 0)
        return refuse(err, FLINKMODEL_SEG,
                      "taskmanager.memory.segment-size has to be a power of two, from 4096 bytes "
                      "up to 1 GiB");
    *out = n;
    return WEIR_OK;
}

/* Flink counts buffers in ints; so our products stay far below 64 bits. */
static enum weir_rc check_countable(const struct out_network *n, struct flinkmodel_error *err)
{
    struct out_network_sums s = out_network_sum(n);
    if (s.required_all <= INT32_MAX && (s.most == NETBUFFERS_NO_MAX || s.most <= INT32_MAX))
        return WEIR_OK;
    return refuse(err, FLINKMODEL_OVF, "more buffers than Flink can count (2^31-1)");
}

/* Every part into its row. */
static enum weir_rc count_buffers(const struct request *r, const struct flinkconf *conf,
                                  struct out_network *n, struct flinkmodel_error *err)
{
    struct netbuffers_settings s;
    char                       text[256];
    struct buf                 why;
    buf_init(&why, text, sizeof text);
    if (!flink_version_least(r->flink.version, 1, 9) || r->flink.version.major > 2)
        return refuse(err, FLINKMODEL_VERSION, "network buffers are known of Flink 1.9 to 2.x");
    if (netbuffers_settings_read(conf, r->flink.version, &s, &why) != WEIR_OK)
        return refuse(err, FLINKMODEL_VALUE, text);
    for (int i = 0; i < r->count; i++) {
        const struct part *p = &r->parts[i];
        if (!netbuffers_has(r->flink.version, p->shuffle))
            return refuse(err, FLINKMODEL_VERSION, "hybrid shuffle came with Flink 1.16");
        if (p->gate)
            n->gate[n->gates++] = netbuffers_gate(&s, p->shuffle, p->size);
        else
            n->partition[n->partitions++] = netbuffers_partition(&s, p->shuffle, p->size);
    }
    if (read_segment(conf, &n->segment, err) != WEIR_OK)
        return WEIR_EINVAL;
    return check_countable(n, err);
}

static enum weir_rc find_network(const struct request *r, const struct flinkconf *conf,
                                 const char *path, struct out_network *n,
                                 struct flinkmodel_error *err)
{
    struct flinkmodel m;
    struct flink19    old;
    bool              is_old = flink19_has(WEIR_ROLE_TASKMANAGER, r->flink.version);
    n->has_network = r->network_given;
    n->network = r->network;
    bool has_total = cmdline_has_total(conf, WEIR_ROLE_TASKMANAGER, r->flink.version);
    if (r->network_given || (*path == '\0' && !has_total))
        return WEIR_OK;
    if (is_old ? flink19_derive(conf, WEIR_ROLE_TASKMANAGER, FLINKMODEL_STANDALONE,
                                r->flink.version, &old, err) != WEIR_OK
               : flinkmodel_taskmanager(conf, r->flink.version, &m, err) != WEIR_OK)
        return WEIR_EINVAL;
    n->has_network = true;
    n->network = is_old ? old.network : m.rows[WEIR_NETWORK].bytes;
    return WEIR_OK;
}

static void set_size(struct flinkconf *conf, enum flinkkey key, const char *text)
{
    flinkconf_set(conf, key, FLINKCONF_OPTION, text, strlen(text));
}

/* The network memory that would do, where the rest of the configuration lets it be had. */
static void find_hint(struct out_network *n, struct flinkconf *conf)
{
    struct out_network_sums sums = out_network_sum(n);
    struct flinkmodel       before, m;
    struct flinkmodel_error err;
    char                    size[32];
    struct buf              b;
    uint64_t                mebibytes = (sums.required_all * n->segment + 0xfffff) >> 20;
    if (sums.fits || flinkmodel_taskmanager(conf, n->version, &before, &err) != WEIR_OK)
        return;
    snprintf(size, sizeof size, "%llum", (unsigned long long)mebibytes);
    set_size(conf, FLINKKEY_TM_NETWORK_MIN, size);
    set_size(conf, FLINKKEY_TM_NETWORK_MAX, size);
    if (flinkmodel_taskmanager(conf, n->version, &m, &err) != WEIR_OK ||
        m.rows[WEIR_NETWORK].bytes / n->segment < sums.required_all)
        return;
    buf_init(&b, n->hint, sizeof n->hint);
    buf_printf(&b, "fits with taskmanager.memory.network.min and .max: %s; task.heap ", size);
    mib_put_bare(&b, before.rows[WEIR_TASK_HEAP].bytes);
    buf_puts(&b, " -> ");
    mib_put(&b, m.rows[WEIR_TASK_HEAP].bytes);
    buf_puts(&b, m.process.bytes == before.process.bytes ? ", total process stays "
                                                         : ", total process ");
    mib_put(&b, m.process.bytes);
}

static void print(const struct request *r, const struct out_network *n)
{
    static char text[32768];
    struct buf  b;
    buf_init(&b, text, sizeof text);
    if (r->flink.json) {
        out_network_json(&b, n);
        puts(text);
        return;
    }
    buf_puts(&b, "a task of Flink ");
    flink_version_put(&b, r->flink.version);
    buf_puts(&b, r->flink.version_given
                     ? "\n\n"
                     : " (assumed, the newest known; --flink names another)\n\n");
    out_network_text(&b, n);
    fputs(text, stdout);
}

int command_network(int argc, char **args)
{
    static struct flinkconf   conf;
    static struct request     request = { .tasks = 1 };
    static struct out_network n;
    struct flinkmodel_error   err;
    char                      text[4096];
    struct buf                path;
    buf_init(&path, text, sizeof text);
    request.flink.version = FLINK_VERSION_NEWEST;
    int exit_code = cmdline_parse(&line, &request, argc, args);
    if (exit_code != WEIR_EXIT_OK)
        return exit_code;
    if (request.flink.help) {
        fputs(usage, stdout);
        return WEIR_EXIT_OK;
    }
    if (request.count == 0) {
        fputs("weir network: nothing to count; it needs --subpartitions or --channels\n", stderr);
        return WEIR_EXIT_USAGE;
    }
    n.version = request.flink.version;
    n.tasks = request.tasks;
    if (cmdline_collect(&line, &request.flink, WEIR_ROLE_TASKMANAGER, &conf, &path, &err) !=
            WEIR_OK ||
        count_buffers(&request, &conf, &n, &err) != WEIR_OK ||
        find_network(&request, &conf, path.data, &n, &err) != WEIR_OK)
        return cmdline_fail(&line, request.flink.json, &err);
    if (!request.network_given)
        find_hint(&n, &conf);
    print(&request, &n);
    return out_network_sum(&n).fits ? WEIR_EXIT_OK : WEIR_EXIT_OVER;
}
