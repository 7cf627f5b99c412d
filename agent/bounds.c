/* SPDX-License-Identifier: Apache-2.0 */
/* bounds.c: options, -D arguments, configuration file: where each component's limit comes from.
 * Flink's scripts derive once and pass every row on as -D arguments; those are what the TaskManager itself believes. The
 * configuration file is read as well: for rows that old versions do not pass on, and for what a person declared. */
#include "bounds.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cgroup.h"
#include "base/sysfs.h"
#include "base/tasklimits.h"
#include "jvm/vmflags.h"
#include "model/component.h"
#include "model/flinkconf.h"
#include "model/flinkmodel.h"

enum { CONF_MAX = 1 << 20, PATH_CAP = 2048 };

/* Start-up runs on one thread; these are too large for its stack. */
static struct flinkconf from_file, from_args, merged, by_person;
static struct flinkmodel model;
static struct flinkmodel_error model_error;

__attribute__((format(printf, 2, 3))) static void warn(struct bounds *l, const char *fmt, ...)
{
    if (l->warning_count == WEIR_MAX_WARNINGS || l->text_used + 1 >= sizeof l->text)
        return;
    char *at = l->text + l->text_used;
    size_t room = sizeof l->text - l->text_used;
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(at, room, fmt, ap);
    va_end(ap);
    if (n < 0)
        return;
    l->text_used += (size_t)n < room ? (size_t)n + 1 : room;
    l->warnings[l->warning_count++] = at;
}

static bool is_file(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* Directory or file to look at, after DESIGN.md 3: option, --configDir, the working directory on YARN, $FLINK_CONF_DIR. */
static const char *conf_place(const struct options *options, const struct discover *jvm, const char *config_dir)
{
    if (options->conf[0] != '\0')
        return options->conf;
    if (config_dir[0] != '\0')
        return config_dir;
    if (strstr(jvm->main_class, ".yarn.") != NULL)
        return ".";
    return getenv("FLINK_CONF_DIR");
}

/* False: too long, never cut. */
static bool join(char *path, const char *dir, const char *name)
{
    struct buf b;
    buf_init(&b, path, PATH_CAP);
    buf_puts(&b, dir);
    buf_puts(&b, name);
    return !b.cut;
}

/* Full path of the file this Flink reads there; false if there is none. */
static bool conf_path(struct bounds *l, const char *place, struct flink_version v, char *path,
                      enum flinkconf_file *format)
{
    char legacy[PATH_CAP], standard[PATH_CAP];
    if (is_file(place)) {
        const char *name = strrchr(place, '/');
        name = name != NULL ? name + 1 : place;
        *format = flinkconf_file_of_name(v, name);
        return join(path, place, "");
    }
    if (!join(legacy, place, "/flink-conf.yaml") || !join(standard, place, "/config.yaml"))
        return false;
    *format = flinkconf_file_for(v, is_file(legacy), is_file(standard));
    if (*format == FLINKCONF_NO_FILE) {
        warn(l, "%s holds no configuration file of Flink %d.%d: limits come from the command line and options only",
             place, v.major, v.minor);
        return false;
    }
    return join(path, *format == FLINKCONF_LEGACY_FILE ? legacy : standard, "");
}

static bool load_conf(struct bounds *l, const char *place, struct flink_version v)
{
    char path[PATH_CAP], why[512];
    enum flinkconf_file format;
    size_t len = 0;
    if (place == NULL || !conf_path(l, place, v, path, &format))
        return false;
    char *text = arena_map(CONF_MAX);
    if (text == NULL)
        return false;
    struct buf err;
    buf_init(&err, why, sizeof why);
    enum weir_rc rc = sysfs_read(path, text, CONF_MAX, &len);
    if (rc == WEIR_OK && format == FLINKCONF_LEGACY_FILE)
        flinkconf_load_legacy(&from_file, text, len, NULL);
    else if (rc == WEIR_OK)
        rc = flinkconf_load_yaml(&from_file, text, len, &err);
    else
        buf_printf(&err, "cannot be read: %s", rc == WEIR_EFULL ? "larger than 1 MiB" : strerror(errno));
    if (rc != WEIR_OK)
        warn(l, "%s: %s: limits come from the command line and options only", path, why);
    memset(text, 0, len < CONF_MAX ? len : CONF_MAX); /* it may hold secrets */
    arena_unmap(text, CONF_MAX);
    return rc == WEIR_OK;
}

static void overlay(struct flinkconf *base, const struct flinkconf *top)
{
    for (int k = 0; k < FLINKKEY_COUNT; k++)
        if (top->values[k].source != FLINKCONF_UNSET)
            base->values[k] = top->values[k];
}

/* Rows the model knows and nothing before it set. */
static void take_rows(struct bounds *l, const char *source, const struct flinkconf *file)
{
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++) {
        struct weir_limit *limit = &l->component[c];
        if (limit->set || model.rows[c].how == FLINKMODEL_ABSENT)
            continue;
        limit->set = true;
        limit->bytes = model.rows[c].bytes;
        limit->source = source;
        limit->declared = flinkmodel_declared(file, &from_args, model.role, (enum weir_component)c);
    }
}

/* The file and environment, and those arguments that Flink's scripts did not work out themselves. */
static void keep_for_advice(struct bounds *l)
{
    by_person = from_file;
    for (int k = 0; k < FLINKKEY_COUNT; k++)
        if (from_args.values[k].source != FLINKCONF_UNSET &&
            flinkconf_declared(&from_file, &from_args, (enum flinkkey)k))
            by_person.values[k] = from_args.values[k];
    l->conf = &by_person;
}

static struct flink_version version_of(struct bounds *l, const struct options *options, const struct discover *jvm)
{
    struct flink_version v = FLINK_VERSION_NEWEST;
    const char *text = options->flink[0] != '\0' ? options->flink : jvm->flink;
    if (text[0] == '\0')
        warn(l, "Flink's version is not in the name of a jar on the class path: taken as the newest known; option flink= says it");
    else if (flink_version_parse(text, &v) != WEIR_OK || !flink_version_supported(v))
        warn(l, "Flink %s has no memory model Weir knows (1.10 to 2.x): taken as the newest known", text);
    if (!flink_version_supported(v))
        v = FLINK_VERSION_NEWEST;
    snprintf(l->flink, sizeof l->flink, "%s", text);
    return v;
}

/* What makes mode=enforce do something else than failing one job. */
static void warn_enforce(struct bounds *l, const struct options *options)
{
    bool off = false;
    if (flinkconf_bool(&from_args, FLINKKEY_TM_EXIT_ON_OOM, flinkconf_bool(&from_file, FLINKKEY_TM_EXIT_ON_OOM, false)))
        warn(l, "taskmanager.jvm-exit-on-oom is true: a denial ends this TaskManager, not only the job");
    if (vmflags_bool("DisableExplicitGC", &off) && off)
        warn(l, "-XX:+DisableExplicitGC: no collection can be tried before a denial");
    if (options->deny[WEIR_MAPPED] && !options->limit_set[WEIR_MAPPED])
        warn(l, "deny=mapped without limit.mapped: no mapped file is ever denied, since Flink derives no limit for them");
}

static void take_flink(struct bounds *l, const struct options *options, const struct discover *jvm)
{
    char dir[PATH_CAP];
    struct buf config_dir;
    struct flink_version v = version_of(l, options, jvm);
    buf_init(&config_dir, dir, sizeof dir);
    flinkconf_from_args(&from_args, jvm->argc, jvm->argv, &config_dir);
    bool have_file = load_conf(l, conf_place(options, jvm, dir), v);
    flinkconf_set_env(&from_file, FLINKKEY_ENV_TM_HEAP, getenv("FLINK_TM_HEAP"));
    flinkconf_set_env(&from_file, FLINKKEY_ENV_JM_HEAP, getenv("FLINK_JM_HEAP"));
    l->version = v;
    if (have_file)
        keep_for_advice(l);
    enum weir_rc rc = flinkmodel_from_derived_args(&from_args, jvm->role, v, &model, &model_error);
    if (rc == WEIR_OK)
        take_rows(l, "command line", have_file ? &from_file : NULL);
    else if (rc == WEIR_EINVAL)
        warn(l, "program arguments: %s %s", flinkmodel_code_name(model_error.code), model_error.message);
    if (rc == WEIR_OK && model.complete)
        return;
    merged = from_file;
    overlay(&merged, &from_args);
    if (!have_file && rc != WEIR_OK) {
        warn(l, "no limits: neither -D arguments of Flink's scripts nor a configuration file; option conf= names one");
    } else if (have_file) {
        if (flinkmodel_derive(&merged, jvm->role, v, &model, &model_error) == WEIR_OK)
            take_rows(l, "configuration file", &from_file);
        else
            warn(l, "configuration file: %s %s", flinkmodel_code_name(model_error.code), model_error.message);
    }
}

void bounds_find(struct bounds *l, const struct options *options, const struct discover *jvm)
{
    memset(l, 0, sizeof *l);
    flinkconf_init(&from_file);
    flinkconf_init(&from_args);
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        if (options->limit_set[c])
            l->component[c] = (struct weir_limit){ true, true, options->limit[c], "option" };
    if (jvm->role != WEIR_ROLE_OTHER)
        take_flink(l, options, jvm);
    else if (options->conf[0] != '\0')
        warn(l, "option conf=%s has no effect: %s is neither a TaskManager nor a JobManager", options->conf,
             jvm->main_class[0] != '\0' ? jvm->main_class : "this JVM");
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++) {
        l->component[c].declared = l->component[c].declared || (l->component[c].set && options->declared[c]);
        if (options->limit_set[c] && !component_in_role((enum weir_component)c, jvm->role))
            warn(l, "limit.%s has no effect: this JVM has no such row", component_id((enum weir_component)c));
        else if (options->limit_set[c] && c == WEIR_NETWORK)
            warn(l, "limit.network has no effect on levels: Flink takes its network memory whole at its start");
        if (l->component[c].source == NULL)
            l->component[c].source = "";
    }
    if (jvm->cut && jvm->role != WEIR_ROLE_OTHER)
        warn(l, "more program arguments than %d, or than %d KiB of them: limits that the last ones set are not known",
             DISCOVER_ARGS, DISCOVER_TEXT >> 10);
    if (options->mode == WEIR_MODE_ENFORCE)
        warn_enforce(l, options);
    const struct flinkconf_value *id = flinkconf_get(&from_args, FLINKKEY_TM_RESOURCE_ID);
    if (id == NULL)
        id = flinkconf_get(&from_file, FLINKKEY_TM_RESOURCE_ID);
    if (id != NULL) {
        struct buf b;
        buf_init(&b, l->resource_id, sizeof l->resource_id);
        buf_puts(&b, id->text);
    }
}

/* As Flink derives them: a limit by option is nothing that Flink passed to the JVM. */
static uint64_t sum(const struct bounds *l, const enum weir_component *parts, size_t count, bool *known)
{
    uint64_t bytes = 0;
    *known = true;
    for (size_t i = 0; i < count; i++) {
        const struct weir_limit *part = &l->component[parts[i]];
        *known = *known && part->set && strcmp(part->source, "option") != 0;
        bytes += part->bytes;
    }
    return bytes;
}

static void pool_flag(struct bounds *l, enum weir_pool pool, const char *flag)
{
    uint64_t bytes;
    /* An unset MaxMetaspaceSize is the largest uintx. */
    if (vmflags_size(flag, &bytes) && bytes != 0 && bytes < (uint64_t)INT64_MAX)
        l->pool[pool] = (struct weir_limit){ true, false, bytes, "jvm flag" };
}

/* slack: the VM rounds the heap up to its own alignment (at most a 32 MiB region). */
static void compare(struct bounds *l, enum weir_pool pool, const char *flag, const enum weir_component *parts,
                    size_t count, uint64_t slack)
{
    bool known;
    uint64_t implied = sum(l, parts, count, &known), real = l->pool[pool].bytes;
    if (!known || !l->pool[pool].set || (real >= implied && real - implied <= slack))
        return;
    warn(l, "%s is %llu (%s), but Flink's configuration implies %llu: the VM's value counts", flag,
         (unsigned long long)real, l->pool[pool].source, (unsigned long long)implied);
}

void bounds_compare(struct bounds *l, const struct discover *jvm, bool direct_known, uint64_t direct)
{
    static const enum weir_component tm_heap[] = { WEIR_FRAMEWORK_HEAP, WEIR_TASK_HEAP },
                                     tm_direct[] = { WEIR_FRAMEWORK_OFF_HEAP, WEIR_TASK_OFF_HEAP, WEIR_NETWORK },
                                     jm_heap[] = { WEIR_HEAP }, metaspace[] = { WEIR_JVM_METASPACE };
    uint64_t flag = 0;
    bool tm = jvm->role == WEIR_ROLE_TASKMANAGER;
    bool flag_set = vmflags_size("MaxDirectMemorySize", &flag) && flag != 0;
    pool_flag(l, WEIR_POOL_HEAP, "MaxHeapSize");
    pool_flag(l, WEIR_POOL_METASPACE, "MaxMetaspaceSize");
    if (!l->component[WEIR_JVM_METASPACE].set && l->pool[WEIR_POOL_METASPACE].set) /* of a JVM that is not Flink's, or was configured past it */
        l->component[WEIR_JVM_METASPACE] = l->pool[WEIR_POOL_METASPACE];
    if (direct_known || flag_set)
        l->pool[WEIR_POOL_DIRECT] = (struct weir_limit){ true, false, direct_known ? direct : flag,
                                                         flag_set ? "jvm flag" : "maximum heap size" };
    struct cgroup_place   place;
    struct weir_container group = { .limited = false };
    if (cgroup_own("memory", &place))
        cgroup_memory(&place, &group);
    if (group.limited)
        l->pool[WEIR_POOL_PROCESS] = (struct weir_limit){ true, false, group.limit, "cgroup" };
    struct tasklimit tasks[TASKLIMITS_MAX];
    if (tasklimits_read(0, true, tasks) > 0)
        l->pool[WEIR_POOL_THREADS] = (struct weir_limit){ true, false, tasks[0].limit, tasks[0].name };
    for (int p = 0; p < WEIR_POOL_COUNT; p++)
        if (l->pool[p].source == NULL)
            l->pool[p].source = "";
    if (jvm->role == WEIR_ROLE_OTHER)
        return;
    compare(l, WEIR_POOL_HEAP, "-Xmx", tm ? tm_heap : jm_heap, tm ? 2 : 1, 64 << 20);
    if (tm)
        compare(l, WEIR_POOL_DIRECT, "-XX:MaxDirectMemorySize", tm_direct, 3, 0);
    compare(l, WEIR_POOL_METASPACE, "-XX:MaxMetaspaceSize", metaspace, 1, 0);
}
