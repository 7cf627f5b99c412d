/* SPDX-License-Identifier: Apache-2.0 */
/* nativelibs.c: RocksDB's and ForSt's memory is managed memory unless the configuration puts it elsewhere, then it is off-heap
 * memory of the tasks; Python's likewise. Every other library is its Java code's (core/libraries.c). A JobManager has one row
 * for all of them. */
#include "nativelibs.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "core/acct.h"
#include "jvm/hook_load.h"
#include "model/statememory.h"
#include "native/hooked.h"
#include "native/libs.h"

enum { VERIFY_MS = 10000, WHY_MAX = 128, TROUBLE_MAX = 192 };

static struct {
    bool                 on;
    enum weir_role       role;
    struct libs_wanted   wanted;
    char                 names[OPTIONS_NATIVE_MAX], denied[OPTIONS_NATIVE_MAX], java_home[1024];
    enum weir_component  rocksdb, forst, python;
    char                 rocksdb_why[WHY_MAX], forst_why[WHY_MAX], python_why[WHY_MAX];
    int64_t              verified_ms;
    char                 trouble[TROUBLE_MAX], denying[OPTIONS_NATIVE_MAX + 128];
} me;

/* Where its keys say the backend takes its memory from. */
static enum weir_component of_backend(const struct flinkconf *conf, enum statememory_backend backend, char why[WHY_MAX])
{
    static const enum flinkkey managed[] = { FLINKKEY_ROCKSDB_MANAGED, FLINKKEY_FORST_MANAGED };
    struct flink_version newest = { .major = 99, .minor = 0 };
    struct statememory s;
    char   text[256];
    struct buf err;
    buf_init(&err, text, sizeof text);
    snprintf(why, WHY_MAX, "the state backend's, by default in managed memory");
    if (conf == NULL || statememory_of(conf, newest, backend, 0, &s, &err) != WEIR_OK || s.source == STATEMEMORY_MANAGED)
        return WEIR_MANAGED;
    if (s.source == STATEMEMORY_NO_BOUND)
        snprintf(why, WHY_MAX, "%s is false: not in managed memory", flinkkey_name(managed[backend]));
    else
        snprintf(why, WHY_MAX, "%s: not in managed memory", statememory_source_name(backend, s.source));
    return WEIR_TASK_OFF_HEAP;
}

static void read_conf(const struct flinkconf *conf)
{
    me.rocksdb = of_backend(conf, STATEMEMORY_ROCKSDB, me.rocksdb_why);
    me.forst = of_backend(conf, STATEMEMORY_FORST, me.forst_why);
    bool outside = conf != NULL && !flinkconf_bool(conf, FLINKKEY_PYTHON_MANAGED, true);
    me.python = outside ? WEIR_TASK_OFF_HEAP : WEIR_MANAGED;
    snprintf(me.python_why, WHY_MAX, outside ? "%s is false: not in managed memory" : "Python's, by default in managed memory%.0s",
             flinkkey_name(FLINKKEY_PYTHON_MANAGED));
}

static enum library_by decide(const char *path, bool cxx, enum weir_component *component, const char **why)
{
    enum libs_family family = libs_family(path);
    bool             forst = strstr(libs_file(path), "forst") != NULL;
    if (me.role == WEIR_ROLE_JOBMANAGER) {
        *component = WEIR_OFF_HEAP;
        *why = "a JobManager has one row for it";
        return LIBRARY_BY_ROLE;
    }
    if (cxx) {
        *component = WEIR_JVM_OVERHEAD;
        *why = "taken where no other library was";
        return LIBRARY_BY_ROLE;
    }
    if (family == LIBS_ROCKSDB) {
        *component = forst ? me.forst : me.rocksdb;
        *why = forst ? me.forst_why : me.rocksdb_why;
        return LIBRARY_BY_CONFIG;
    }
    if (family == LIBS_PYTHON) {
        *component = me.python;
        *why = me.python_why;
        return LIBRARY_BY_CONFIG;
    }
    return LIBRARY_OPEN;
}

/* What deny=native is good for. */
static const char *say_denied(const struct options *options)
{
    if (options->mode != WEIR_MODE_ENFORCE || !options->deny[OPTVALUE_DENY_NATIVE])
        return "ok";
    snprintf(me.denying, sizeof me.denying, "ok; denied memory are only libraries with %s in their names, and of operator new only the nothrow form",
             me.denied);
    return me.denying;
}

void nativelibs_install(const struct options *options, enum weir_role role, const struct flinkconf *conf, const char **state)
{
    const char *why = "ok";
    *state = "off by option native: memory of native libraries is not counted";
    if (strcmp(options->native, "off") == 0)
        return;
    me.role = role;
    memcpy(me.names, options->native, sizeof me.names);
    memcpy(me.denied, options->deny_native, sizeof me.denied);
    libs_java_home(me.java_home, sizeof me.java_home);
    *state = "the JVM's own directory is not known: its libraries cannot be told from others, none is counted";
    if (me.java_home[0] == '\0')
        return;
    me.wanted = (struct libs_wanted){ me.names, me.java_home, me.denied };
    read_conf(conf);
    hooked_install(&me.wanted, decide);
    me.on = true;
    *state = hook_load_install(hooked_look, &why) == WEIR_OK ? say_denied(options) : why;
}

void nativelibs_enforce(bool on)
{
    acct_native_enforce(on);
}

static void verify(int64_t mono_ms)
{
    if (mono_ms - me.verified_ms < VERIFY_MS)
        return;
    me.verified_ms = mono_ms;
    hooked_verify();
    struct hooked_state s = hooked_state();
    if (s.overwritten == 0)
        me.trouble[0] = '\0';
    else
        snprintf(me.trouble, sizeof me.trouble, "another tool has replaced functions of %u of these libraries after this agent: may be incomplete",
                 s.overwritten);
}

void nativelibs_second(int64_t mono_ms)
{
    if (!me.on)
        return;
    hooked_look();
    verify(mono_ms);
}

const char *nativelibs_trouble(void)
{
    return me.trouble[0] != '\0' ? me.trouble : NULL;
}

static void keep_if_big(struct weir_native *out, const struct weir_library *l)
{
    size_t i = out->count < WEIR_TOP_LIBRARIES ? out->count++ : WEIR_TOP_LIBRARIES;
    if (i == WEIR_TOP_LIBRARIES && out->library[--i].bytes >= l->bytes)
        return;
    for (; i > 0 && out->library[i - 1].bytes < l->bytes; i--)
        out->library[i] = out->library[i - 1];
    out->library[i] = *l;
}

/* libstdc++ is a library only where nobody else stands behind what it takes. */
static void add(struct weir_native *out, unsigned i)
{
    struct library l = libraries_read(acct_libraries(), i);
    struct weir_library one = { .component = (enum weir_component)l.component, .why = l.why, .unloaded = !l.loaded, .peak = l.peak };
    if (!l.used)
        return;
    acct_native_sum(i, &one.bytes, &one.blocks);
    one.name = stacks_text(acct_stacks(), l.name);
    one.peak = one.peak > one.bytes ? one.peak : one.bytes;
    if (one.peak == 0 && (one.unloaded || libs_is_cxx(one.name)))
        return;
    out->bytes += one.bytes;
    out->blocks += one.blocks;
    keep_if_big(out, &one);
}

void nativelibs_snapshot(struct weir_native *out)
{
    memset(out, 0, sizeof *out);
    out->known = me.on;
    if (!me.on)
        return;
    struct hooked_state s = hooked_state();
    out->libraries = s.libraries;
    out->slots = s.slots;
    out->left_out = s.left_out + s.refused;
    out->unknown_frees = acct_native_unknown_frees();
    out->trouble = nativelibs_trouble();
    for (unsigned i = 1; i <= libraries_top(acct_libraries()); i++)
        add(out, i);
}
