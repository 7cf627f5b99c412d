/* SPDX-License-Identifier: Apache-2.0 */
/* out_network.c: a row for each result partition and input gate, their sums, and the verdict. */
#include "out/out_network.h"

#include <inttypes.h>

#include "out/figure.h"
#include "out/json.h"
#include "out/json_parts.h"

#include "base/poison.h"

static uint64_t add(uint64_t a, uint64_t b)
{
    return a == NETBUFFERS_NO_MAX || b == NETBUFFERS_NO_MAX ? NETBUFFERS_NO_MAX : a + b;
}

struct out_network_sums out_network_sum(const struct out_network *n)
{
    struct out_network_sums s = { 0 };
    for (int i = 0; i < n->partitions; i++) {
        s.required += n->partition[i].min;
        s.most = add(s.most, n->partition[i].max);
        s.announced = add(s.announced, netbuffers_announced_partition(&n->partition[i]));
    }
    for (int i = 0; i < n->gates; i++) {
        s.required += n->gate[i].required;
        s.most = add(s.most, n->gate[i].target);
        s.announced = add(s.announced, n->gate[i].target);
    }
    s.required_all = s.required * n->tasks;
    s.available = n->has_network ? n->network / n->segment : 0;
    s.fits = !n->has_network || s.required_all <= s.available;
    return s;
}

static void put_row(struct buf *b, const char *name, const char *shuffle, uint64_t needs,
                    uint64_t most)
{
    char       text[24] = "any";
    struct buf number;
    if (most != NETBUFFERS_NO_MAX) {
        buf_init(&number, text, sizeof text);
        buf_printf(&number, "%" PRIu64, most);
    }
    buf_printf(b, "%-8s %-10s %10" PRIu64 " %10s", name, shuffle, needs, text);
}

static void put_partition(struct buf *b, const struct netbuffers_partition *p)
{
    put_row(b, "output", netbuffers_shuffle_name(p->shuffle), p->min, p->max);
    buf_printf(b, "   %" PRIu32 " subpartition%s", p->subpartitions,
               p->subpartitions == 1 ? "" : "s");
    if (p->sorts)
        buf_puts(b, ", sorted");
    if (p->overdraft > 0)
        buf_printf(b, ", up to %" PRIu32 " more as overdraft", p->overdraft);
    buf_puts(b, "\n");
}

static void put_gate(struct buf *b, const struct netbuffers_gate *g)
{
    put_row(b, "input", netbuffers_shuffle_name(g->shuffle), g->required, g->target);
    buf_printf(
        b, "   %" PRIu32 " channel%s: %" PRIu64 " exclusive, %" PRIu64 " to %" PRIu64 " floating\n",
        g->channels, g->channels == 1 ? "" : "s", g->exclusive, g->floating_min, g->floating_max);
}

static void put_bytes(struct buf *b, uint64_t buffers, uint64_t segment)
{
    figure_bytes(b, buffers * segment);
}

static void put_verdict(struct buf *b, const struct out_network *n, const struct out_network_sums *s)
{
    buf_printf(b, "\nnetwork memory ");
    figure_bytes(b, n->network);
    buf_printf(b, ": %" PRIu64 " buffers\n", s->available);
    if (!s->fits) {
        buf_puts(b, "does not fit: ");
        figure_count(b, s->required_all - s->available, "buffer");
        buf_puts(b, " (");
        put_bytes(b, s->required_all - s->available, n->segment);
        buf_puts(
            b, ") too few; Flink fails the task with \"Insufficient number of network buffers\"\n");
    } else {
        buf_puts(b, "fits, ");
        figure_count(b, s->available - s->required_all, "buffer");
        buf_puts(b, " left");
        if (s->most == NETBUFFERS_NO_MAX)
            buf_puts(b, ", and a task takes what it gets");
        else if (s->most * n->tasks > s->available)
            buf_printf(b, ", %" PRIu64 " fewer than may be used", s->most * n->tasks - s->available);
        buf_printf(b, "; room for %" PRIu64 " such tasks\n", s->available / s->required);
    }
    if (n->hint[0] != '\0')
        buf_printf(b, "  hint    %s\n", n->hint);
}

void out_network_text(struct buf *b, const struct out_network *n)
{
    struct out_network_sums s = out_network_sum(n);
    buf_printf(b, "%-8s %-10s %10s %10s   %s\n", "buffers", "shuffle", "needs", "up to", "for");
    for (int i = 0; i < n->partitions; i++)
        put_partition(b, &n->partition[i]);
    for (int i = 0; i < n->gates; i++)
        put_gate(b, &n->gate[i]);
    put_row(b, "task", "", s.required, s.most);
    buf_puts(b, "   ");
    put_bytes(b, s.required, n->segment);
    if (s.most != NETBUFFERS_NO_MAX) {
        buf_puts(b, " to ");
        put_bytes(b, s.most, n->segment);
    }
    buf_puts(b, " of ");
    figure_bytes(b, n->segment);
    buf_puts(b, " each\n");
    if (n->tasks > 1) {
        put_row(b, "tasks", "", s.required_all,
                s.most == NETBUFFERS_NO_MAX ? s.most : s.most * n->tasks);
        buf_printf(b, "   %" PRIu32 " of them: ", n->tasks);
        put_bytes(b, s.required_all, n->segment);
        buf_puts(b, "\n");
    }
    if (n->has_network)
        put_verdict(b, n, &s);
}

static void json_partition(struct json *j, const struct netbuffers_partition *p)
{
    json_object(j, NULL);
    json_string(j, "shuffle", netbuffers_shuffle_name(p->shuffle));
    json_unsigned(j, "subpartitions", p->subpartitions);
    json_unsigned(j, "min", p->min);
    json_known(j, "max", p->max != NETBUFFERS_NO_MAX, p->max);
    json_unsigned(j, "overdraft", p->overdraft);
    json_object_end(j);
}

static void json_gate(struct json *j, const struct netbuffers_gate *g)
{
    json_object(j, NULL);
    json_string(j, "shuffle", netbuffers_shuffle_name(g->shuffle));
    json_unsigned(j, "channels", g->channels);
    json_unsigned(j, "exclusive", g->exclusive);
    json_unsigned(j, "floating_min", g->floating_min);
    json_unsigned(j, "floating_max", g->floating_max);
    json_object_end(j);
}

static void json_sums(struct json *j, const struct out_network *n, const struct out_network_sums *s)
{
    json_object(j, "task");
    json_unsigned(j, "required", s->required);
    json_known(j, "max", s->most != NETBUFFERS_NO_MAX, s->most);
    if (flink_version_least(n->version, 1, 14))
        json_known(j, "announced", s->announced != NETBUFFERS_NO_MAX, s->announced);
    json_unsigned(j, "required_bytes", s->required * n->segment);
    json_object_end(j);
    json_unsigned(j, "tasks", n->tasks);
    json_unsigned(j, "required", s->required_all);
    json_unsigned(j, "required_bytes", s->required_all * n->segment);
    if (!n->has_network)
        return;
    json_object(j, "network");
    json_unsigned(j, "bytes", n->network);
    json_unsigned(j, "buffers", s->available);
    json_unsigned(j, "unused_bytes", n->network % n->segment);
    json_object_end(j);
    json_bool(j, "fits", s->fits);
    if (n->hint[0] != '\0')
        json_string(j, "hint", n->hint);
}

void out_network_json(struct buf *b, const struct out_network *n)
{
    char                    text[32];
    struct buf              version;
    struct json             j = json_on(b);
    struct out_network_sums s = out_network_sum(n);
    buf_init(&version, text, sizeof text);
    flink_version_put(&version, n->version);
    json_object(&j, NULL);
    json_string(&j, "flink", version.data);
    json_unsigned(&j, "segment", n->segment);
    json_array(&j, "outputs");
    for (int i = 0; i < n->partitions; i++)
        json_partition(&j, &n->partition[i]);
    json_array_end(&j);
    json_array(&j, "inputs");
    for (int i = 0; i < n->gates; i++)
        json_gate(&j, &n->gate[i]);
    json_array_end(&j);
    json_sums(&j, n, &s);
    json_object_end(&j);
}
