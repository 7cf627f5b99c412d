/* SPDX-License-Identifier: Apache-2.0 */
/* loaderstats.c: VM.classloader_stats names a loader by the address of its ClassLoaderData; we know loaders by JVMTI tags. A class
 * of the loader tells the address (jvm/cld). Once told it holds as long as the loader lives, so that the classes, of which a
 * TaskManager has 20,000, are walked only when a row appears that nobody knows.
 * A join is believed only when the row says the class of the loader that we know it to be.
 * Walking takes references to classes, which may keep a dead loader's over a concurrent collection that is under way: one more
 * reason not to do it for nothing.
 * Bound: a row for each line of the table; HOPELESS rows that no class could tell are remembered. */
#include "jvm/loaderstats.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "core/acct.h"
#include "jvm/cld.h"
#include "jvm/codesource.h"
#include "jvm/dcmd.h"
#include "jvm/env.h"
#include "jvm/loader_slots.h"
#include "jvm/loaders.h"
#include "base/poison.h"

enum { HOPELESS = 256, MAX_TRIES = 8, LOCAL_REFS = 65000, SOURCE_CAP = 256 };

struct known { /* of one tag */
    uint64_t cld;      /* 0 not told yet */
    int64_t  since_ms; /* of the loader that had the tag then */
    uint32_t source;
    uint32_t tries;    /* in this walk */
};

static struct {
    bool                   joining; /* rows can be told apart */
    struct known          *known;   /* by tag - 1 */
    uint64_t               hopeless[HOPELESS];
    size_t                 hopeless_count;
    char                  *text;
    size_t                 text_len, cap;
    struct cldstats_row   *rows; /* sorted by cld */
    struct loaderstats_id *ids;
    struct cldstats        sum;
} me;

struct walk {
    JNIEnv *jni;
    void (*each)(void *with, const char *signature); /* NULL: only to join */
    void   *with;
};

enum weir_rc loaderstats_init(void)
{
    me.known = arena_map(LOADER_SLOTS * sizeof *me.known);
    me.joining = me.known != NULL && cld_init() == WEIR_OK;
    return me.known != NULL ? WEIR_OK : WEIR_ENOMEM;
}

/* ---- rows ---- */

static int by_cld(const void *a, const void *b)
{
    const struct cldstats_row *x = a, *y = b;
    return (x->cld > y->cld) - (x->cld < y->cld);
}

static struct cldstats_row *find(uint64_t cld)
{
    struct cldstats_row wanted = { .cld = cld };
    return cld != 0 ? bsearch(&wanted, me.rows, me.sum.rows, sizeof wanted, by_cld) : NULL;
}

static enum weir_rc read_table(JNIEnv *jni, uint64_t vm_used)
{
    me.text = dcmd_run(jni, "VM.classloader_stats", &me.text_len);
    if (me.text == NULL)
        return WEIR_EJVM;
    me.cap = cldstats_lines(me.text, me.text_len);
    me.rows = arena_map(me.cap * sizeof *me.rows);
    me.ids = arena_map(me.cap * sizeof *me.ids);
    if (me.rows == NULL || me.ids == NULL ||
        cldstats_read(me.text, me.text_len, vm_used, me.rows, me.cap, &me.sum) != WEIR_OK)
        return WEIR_EJVM;
    qsort(me.rows, me.sum.rows, sizeof me.rows[0], by_cld);
    return WEIR_OK;
}

void loaderstats_drop(void)
{
    dcmd_drop(me.text, me.text_len);
    if (me.rows != NULL)
        arena_unmap(me.rows, me.cap * sizeof *me.rows);
    if (me.ids != NULL)
        arena_unmap(me.ids, me.cap * sizeof *me.ids);
    me.text = NULL;
    me.rows = NULL;
    me.ids = NULL;
}

/* ---- joining ---- */

static bool join(uint32_t tag, uint64_t cld)
{
    struct cldstats_row *row = find(cld);
    if (row == NULL || me.ids[row - me.rows].tag != 0 ||
        !cldstats_is_type(row, stacks_text(acct_stacks(), loaders_get(tag).name)))
        return false;
    me.ids[row - me.rows] = (struct loaderstats_id){ .tag = tag, .source = me.known[tag - 1].source };
    return true;
}

static void join_known(JNIEnv *jni)
{
    for (uint32_t tag = 1; tag <= loaders_high(); tag++) {
        struct known *k = &me.known[tag - 1];
        bool same = k->cld != 0 && k->since_ms == loaders_since(tag) && loaders_alive(jni, tag);
        if (!same || !join(tag, k->cld))
            *k = (struct known){ .cld = 0 };
    }
}

/* Rows of the boot loader and of reflection's loaders have no tag; one without classes has none to tell by. */
static bool wants_tag(const struct cldstats_row *row)
{
    return row->classes > row->hidden && row->type[0] != '<' &&
           !cldstats_is_type(row, "jdk.internal.reflect.DelegatingClassLoader");
}

static bool is_hopeless(uint64_t cld)
{
    for (size_t i = 0; i < me.hopeless_count; i++)
        if (me.hopeless[i] == cld)
            return true;
    return false;
}

static bool has_news(void)
{
    for (size_t i = 0; i < me.sum.rows; i++)
        if (me.ids[i].tag == 0 && wants_tag(&me.rows[i]) && !is_hopeless(me.rows[i].cld))
            return true;
    return false;
}

static void remember_hopeless(void)
{
    me.hopeless_count = 0;
    for (size_t i = 0; i < me.sum.rows && me.hopeless_count < HOPELESS; i++)
        if (me.ids[i].tag == 0 && wants_tag(&me.rows[i]))
            me.hopeless[me.hopeless_count++] = me.rows[i].cld;
}

/* A class that somebody wrote has a source; a proxy has none. */
static void find_source(JNIEnv *jni, jclass c, struct known *k)
{
    char source[SOURCE_CAP];
    if (k->source != 0)
        return;
    codesource_name(jni, c, source, sizeof source);
    k->source = source[0] != '\0' ? stacks_name(acct_stacks(), source, strlen(source)) : 0;
}

static void try_class(JNIEnv *jni, jclass c, uint32_t tag)
{
    struct known *k = &me.known[tag - 1];
    if ((k->cld != 0 && k->source != 0) || k->tries == MAX_TRIES)
        return;
    k->tries++;
    uint64_t cld = cld_of_class(c);
    if (find(cld) == NULL || (k->cld != 0 && k->cld != cld))
        return; /* hidden, not linked yet, or newer than the table */
    find_source(jni, c, k);
    if (k->cld == 0 && !join(tag, cld))
        return;
    k->cld = cld;
    k->since_ms = loaders_since(tag);
    me.ids[find(cld) - me.rows].source = k->source;
}

static void find_host(JNIEnv *jni, jclass c, jobject loader)
{
    struct cldstats_row *row = find(cld_of_class(c));
    if (row != NULL)
        me.ids[row - me.rows].host = loaders_of_parent(jni, loader).user;
}

static void meet_class(struct walk *w, jclass c)
{
    JNIEnv *jni = w->jni;
    jobject object = NULL;
    char   *signature = NULL;
    if (w->each != NULL && (*env_ti())->GetClassSignature(env_ti(), c, &signature, NULL) == JVMTI_ERROR_NONE) {
        w->each(w->with, signature);
        (*env_ti())->Deallocate(env_ti(), (unsigned char *)signature);
    }
    if (!me.joining || (*env_ti())->GetClassLoader(env_ti(), c, &object) != JVMTI_ERROR_NONE || object == NULL)
        return;
    struct loader loader = loaders_of_object(jni, object);
    if (loader.tag != 0)
        try_class(jni, c, loader.tag);
    else if (w->each != NULL && loader.kind == ATTR_LOADER_REFLECTION)
        find_host(jni, c, object);
    (*jni)->DeleteLocalRef(jni, object);
}

static void walk_classes(struct walk *w)
{
    jint    count = 0;
    jclass *classes = NULL;
    for (uint32_t tag = 1; tag <= loaders_high(); tag++)
        me.known[tag - 1].tries = 0;
    if ((*w->jni)->PushLocalFrame(w->jni, LOCAL_REFS) != 0) {
        env_threw(w->jni);
        return;
    }
    if (JVM_TRY(GetLoadedClasses, &count, &classes) == WEIR_OK) {
        for (jint i = 0; i < count; i++)
            meet_class(w, classes[i]);
        (*env_ti())->Deallocate(env_ti(), (unsigned char *)classes);
        remember_hopeless();
    }
    (*w->jni)->PopLocalFrame(w->jni, NULL);
}

enum weir_rc loaderstats_read(JNIEnv *jni, uint64_t vm_used, bool every_class, void (*each)(void *with, const char *signature),
                              void *with, struct loaderstats *out)
{
    struct walk  w = { jni, every_class ? each : NULL, with };
    enum weir_rc rc = me.known != NULL ? read_table(jni, vm_used) : WEIR_EJVM;
    if (rc != WEIR_OK) {
        loaderstats_drop();
        return rc;
    }
    if (me.joining)
        join_known(jni);
    if (every_class || (me.joining && has_news()))
        walk_classes(&w);
    *out = (struct loaderstats){ me.joining, me.rows, me.ids, me.sum };
    return WEIR_OK;
}
