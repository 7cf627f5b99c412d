/* SPDX-License-Identifier: Apache-2.0 */
/* diagnose_rocksdb.c: the first of these that holds.
 *   leak, no database   DIAGNOSE_ROCKSDB_MS after the last was closed 16 MiB or more are live, or caches of as much are open
 *   leak, by runs       DIAGNOSE_ROCKSDB_RUNS ended attempts or more left objects of one class open that one place opened
 *   over                native memory of managed is more than managed
 * A cache is shared by a slot's tasks and outlives each of them: it tells nothing of runs. Objects that hold hardly more than
 * themselves (options of single reads and writes, of which frocksdbjni 8.10 itself leaves one per database) are no leak. */
#include "model/diagnose_rocksdb.h"

#include <inttypes.h>
#include <string.h>

#include "model/advice.h"
#include "model/mib.h"

#include "base/poison.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

enum { MANY_ITERATORS = 100 };

/* What keeps memory from being freed while it is open. */
static bool pins(const char *name)
{
    static const char *const names[] = { "ColumnFamilyOptions", "DBOptions", "Options",  "Statistics",         "RocksIterator",      "Snapshot",
                                         "WriteBatch",          "RocksDB",   "BloomFilter", "ColumnFamilyHandle", "WriteBatchWithIndex", "Checkpoint",
                                         "LRUCache",            "WriteBufferManager" };
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static bool shared(const char *name)
{
    return strcmp(name, "LRUCache") == 0 || strcmp(name, "WriteBufferManager") == 0;
}

static const struct weir_handle_class *class_of(const struct weir_handles *h, const char *name)
{
    for (size_t i = 0; i < h->class_count && i < WEIR_TOP_HANDLE_CLASSES; i++)
        if (strcmp(h->classes[i].name, name) == 0)
            return &h->classes[i];
    return NULL;
}

/* The owner to name: of those that pin, the first, which has most of ended attempts, then most open. */
static const struct weir_handle_owner *suspect(const struct weir_handles *h, uint64_t runs)
{
    for (size_t i = 0; i < h->owner_count && i < WEIR_TOP_HANDLE_OWNERS; i++) {
        const struct weir_handle_owner *o = &h->owners[i];
        if (pins(o->name) && o->runs >= runs && !(runs != 0 && shared(o->name)))
            return o;
    }
    return NULL;
}

/* 412 ColumnFamilyOptions opened, 0 closed, at com.acme.Compactor.compact(Compactor.java:41) of job orders */
static void put_suspect(struct buf *b, const struct weir_handles *h, const struct weir_handle_owner *o)
{
    const struct weir_handle_class *c = class_of(h, o->name);
    if (c != NULL)
        buf_printf(b, "%.60s opened %" PRIu64 ", closed %" PRIu64, o->name, c->opened, c->closed);
    else
        buf_printf(b, "%" PRIu64 " %.60s open", o->open, o->name);
    if (o->creator[0] != '\0')
        buf_printf(b, ", at %.160s", o->creator);
    if (o->job_known && o->job_name[0] != '\0')
        buf_printf(b, " of job %.64s", o->job_name);
}

static struct buf begin(struct weir_diagnosis *d, const char *id)
{
    struct buf text;
    d->id = id;
    d->advice_count = 0;
    buf_init(&text, d->text, sizeof d->text);
    return text;
}

/* The state backend's own library, whichever row its memory belongs to. */
static bool is_library(const struct weir_library *l)
{
    return strstr(l->name, "rocksdbjni") != NULL || strstr(l->name, "forstjni") != NULL;
}

static const struct weir_library *library_of(const struct weir_sheet *sheet, enum weir_component row)
{
    for (size_t i = 0; i < sheet->native.count && i < WEIR_TOP_LIBRARIES; i++)
        if (is_library(&sheet->native.library[i]) && sheet->native.library[i].component == row)
            return &sheet->native.library[i];
    return NULL;
}

static uint64_t live_in(const struct weir_sheet *sheet, enum weir_component row)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < sheet->native.count && i < WEIR_TOP_LIBRARIES; i++)
        if (is_library(&sheet->native.library[i]) && sheet->native.library[i].component == row)
            bytes += sheet->native.library[i].bytes;
    return bytes;
}

/* Flink takes it out of managed memory unless it is told not to. */
static enum weir_component row_of(const struct weir_sheet *sheet)
{
    return library_of(sheet, WEIR_MANAGED) == NULL && library_of(sheet, WEIR_TASK_OFF_HEAP) != NULL ? WEIR_TASK_OFF_HEAP : WEIR_MANAGED;
}

/* MANAGED native 833.0 of 1024.0 MiB */
static void put_native(struct buf *b, const struct weir_sheet *sheet, enum weir_component c)
{
    const struct weir_row *row = &sheet->rows[c];
    buf_puts(b, c == WEIR_MANAGED ? "MANAGED native " : "TASK OFF-HEAP native ");
    if (row->limit.set)
        mib_put_of(b, live_in(sheet, c), row->limit.bytes);
    else
        mib_put(b, live_in(sheet, c));
}

static bool outlived(struct weir_diagnosis *d, const struct weir_sheet *sheet, uint64_t *left)
{
    const struct weir_handles *h = &sheet->handles;
    uint64_t                   live = live_in(sheet, row_of(sheet)), held = live > h->cache_bytes ? live : h->cache_bytes;
    if (h->databases != 0 || h->idle_ms < DIAGNOSE_ROCKSDB_MS || held < DIAGNOSIS_WORTH_SAYING)
        return false;
    struct buf                      text = begin(d, "rocksdb-leak");
    const struct weir_handle_owner *o = diagnose_rocksdb_owner(sheet);
    buf_puts(&text, "LEAK of RocksDB's memory, ");
    if (live >= DIAGNOSIS_WORTH_SAYING) {
        put_native(&text, sheet, row_of(sheet));
        buf_puts(&text, " live with 0 databases open; ");
    } else {
        buf_puts(&text, "caches of ");
        mib_put(&text, h->cache_bytes);
        buf_puts(&text, " open with 0 databases open; ");
    }
    if (o != NULL) {
        put_suspect(&text, h, o);
        buf_puts(&text, ". An open one keeps what it was made with, the block cache too: close it where it is opened");
    } else {
        buf_puts(&text, "no native object is open that would keep it: the library itself, or what was opened before weir came");
    }
    buf_mark_cut(&text);
    *left = held;
    return true;
}

static bool by_runs(struct weir_diagnosis *d, const struct weir_sheet *sheet, uint64_t *left)
{
    const struct weir_handles      *h = &sheet->handles;
    const struct weir_handle_owner *o = suspect(h, DIAGNOSE_ROCKSDB_RUNS);
    if (o == NULL)
        return false;
    struct buf text = begin(d, "rocksdb-leak");
    buf_printf(&text, "LEAK of RocksDB's native objects, %" PRIu64 " %.60s left open by %" PRIu64 " ended attempts; ", o->ended, o->name, o->runs);
    put_suspect(&text, h, o);
    buf_puts(&text, ". Each run adds to what they keep of ");
    put_native(&text, sheet, row_of(sheet));
    buf_puts(&text, ": close them when the task ends");
    buf_mark_cut(&text);
    *left = o->ended * DIAGNOSIS_WORTH_SAYING / DIAGNOSE_ROCKSDB_RUNS; /* so that it is said again when they have doubled */
    return true;
}

const struct weir_handle_owner *diagnose_rocksdb_owner(const struct weir_sheet *sheet)
{
    return suspect(&sheet->handles, sheet->handles.databases != 0 ? DIAGNOSE_ROCKSDB_RUNS : 0);
}

bool diagnose_rocksdb_leak(struct weir_diagnosis *d, const struct weir_sheet *sheet, uint64_t *left)
{
    return sheet->handles.measured && (outlived(d, sheet, left) || by_runs(d, sheet, left));
}

/* ---- over ---- */

static void put_iterators(struct buf *b, const struct weir_handles *h, uint64_t open)
{
    buf_printf(b, "%" PRIu64 " RocksIterator open; each pins blocks outside the cache", open);
    for (size_t i = 0; i < h->owner_count && i < WEIR_TOP_HANDLE_OWNERS; i++)
        if (strcmp(h->owners[i].name, "RocksIterator") == 0 && h->owners[i].creator[0] != '\0') {
            buf_printf(b, ", at %.160s", h->owners[i].creator);
            return;
        }
}

/* Why it is more, as far as it can be seen. False: a larger share is what helps. */
static bool put_cause(struct buf *b, const struct weir_sheet *sheet)
{
    const struct weir_handles      *h = &sheet->handles;
    const struct weir_handle_share *s = &h->share;
    const struct weir_handle_class *iterators = class_of(h, "RocksIterator");
    uint64_t                        open = iterators != NULL ? iterators->opened - iterators->closed : 0;
    if (s->known && h->caches > s->slots) {
        buf_printf(b, "%" PRIu64 " block caches open for %" PRIu32 " slot%s; ", h->caches, s->slots, s->slots == 1 ? "" : "s");
        mib_put(b, h->cache_bytes);
        buf_puts(b, " together: one of an ended job, or of user code, is never closed");
    } else if (open >= MANY_ITERATORS) {
        put_iterators(b, h, open);
    } else {
        buf_puts(b, "its caches were given ");
        mib_put(b, h->cache_bytes);
        buf_puts(b, "; beside them are write batches, pinned blocks, index and filters of open files, flush and compaction");
        return false;
    }
    return true;
}

/* In a row of other things: nothing bounds it but what the library was told. */
static void say_outside(struct weir_diagnosis *d, struct buf *b, const struct weir_library *l)
{
    buf_puts(b, "by configuration; ");
    buf_puts(b, l->why);
    buf_puts(b, ", which would bound it");
    diagnosis_advise(d, strstr(l->name, "forst") != NULL ? "state.backend.forst.memory.managed" : "state.backend.rocksdb.memory.managed", "true");
}

bool diagnose_rocksdb_over(struct weir_diagnosis *d, const struct weir_sheet *sheet, enum weir_component c,
                           const struct diagnose_flink *flink)
{
    const struct weir_row     *row = &sheet->rows[c];
    const struct weir_library *l = library_of(sheet, c);
    uint64_t                   live = live_in(sheet, c);
    const char                *why;
    if (l == NULL || !row->limit.set || row->used <= row->limit.bytes || live < DIAGNOSIS_WORTH_SAYING || live < row->used / 2)
        return false;
    struct buf text = begin(d, "rocksdb-over");
    buf_puts(&text, "RocksDB holds ");
    mib_put_of(&text, live, row->limit.bytes);
    buf_puts(&text, ", ");
    if (c != WEIR_MANAGED)
        say_outside(d, &text, l);
    else if (!put_cause(&text, sheet))
        d->advice_count = advice_managed(flink->conf, flink->version, sheet, live + live / 10, d->advice, &why);
    buf_mark_cut(&text);
    return true;
}
