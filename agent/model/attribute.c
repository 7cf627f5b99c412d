/* SPDX-License-Identifier: Apache-2.0 */
/* attribute.c: DESIGN.md 4 as one table. A row says what a frame means when all its columns fit; the first such row
 * counts. Code is told apart by where it came from (loader, jar), never by package: connectors and shaded libraries live
 * in org.apache.flink as well, so the rows that name a Flink class hold only inside a jar of Flink's runtime.
 *
 * The walk goes outwards past what is transparent to the first frame with an opinion. Three things need more than that
 * frame: NetworkBufferPool means network only above MemorySegmentFactory; a file system client (2c) belongs to whoever
 * of the user's or a connector's code stands further out; a class of the application loader without any code source
 * (proxies apart: an agent's or a library's generated class) leaves the word to its callers and counts as
 * task.off-heap, since it is not Flink's, only when none of them has one.
 *
 * Thread rules: no state; attribute_decide runs inside hooks. */
#include "model/attribute.h"

#include <string.h>

#include "model/component.h"

#include "base/poison.h"

enum verdict {
    JDK,     /* transparent; also ends the innermost frames that tell the kind */
    PLAIN,   /* transparent, outside the JDK */
    FACTORY, /* transparent: MemorySegmentFactory */
    POOL,    /* network above FACTORY, else RUNTIME */
    MANAGED,
    USER,
    JAR, /* of the application loader and not Flink's: connector, library, plain program */
    RUNTIME,
    CLIENT,  /* 2c */
    FOREIGN, /* 2d */
    NO_SOURCE
};

#define L(loader) (1u << ATTR_LOADER_##loader)
enum { JDK_LOADERS = L(BOOT) | L(PLATFORM) | L(REFLECTION) };

/* A NULL column fits everything. jar: glob over the artifact, the jar's name up to its version. */
struct row {
    unsigned    loaders;
    bool        in_runtime; /* the frame's jar must itself be a RUNTIME row, or hold TaskExecutor */
    const char *jar, *class_name, *method;
    uint8_t     verdict, marks;
};

/* clang-format off */
#define IN_JDK(cls, method, marks) { JDK_LOADERS, false, NULL, cls, method, JDK, marks }
#define IN_FLINK(cls, method, verdict, marks) { L(APP), true, NULL, cls, method, verdict, marks }
#define ARTIFACT(jar, verdict) { L(APP), false, jar, NULL, NULL, verdict, 0 }
#define DEFINED_BY(loaders, verdict) { loaders, false, NULL, NULL, NULL, verdict, 0 }

static const struct row rows[] = {
    /* Hidden is what lies between the native and the call a reader knows: allocateDirect, sun.misc.Unsafe, Arena. */
    IN_JDK("jdk.internal.misc.Unsafe", NULL, ATTR_MARK_HIDE),
    IN_JDK("java.nio.DirectByteBuffer", "<init>", ATTR_MARK_HIDE | ATTR_MARK_DIRECT),
    IN_JDK("jdk.internal.foreign.NativeMemorySegmentImpl", NULL, ATTR_MARK_HIDE | ATTR_MARK_FFM),
    IN_JDK("jdk.internal.foreign.SegmentFactories", NULL, ATTR_MARK_HIDE | ATTR_MARK_FFM),
    IN_JDK("jdk.internal.foreign.*", NULL, ATTR_MARK_FFM),
    /* Linking a lambda: of an error in it the JDK (17 and newer) makes an InternalError, on which Flink ends the process. */
    IN_JDK("java.lang.invoke.InnerClassLambdaMetafactory", NULL, ATTR_MARK_SPARE),
    IN_JDK("java.lang.invoke.MethodHandleNatives", "link*", ATTR_MARK_SPARE),
    DEFINED_BY(JDK_LOADERS, JDK),

    DEFINED_BY(L(USER), USER),
    DEFINED_BY(L(PLUGIN), CLIENT),
    DEFINED_BY(L(FLINK), RUNTIME),
    DEFINED_BY(L(FOREIGN), FOREIGN),

    IN_FLINK("org.apache.flink.core.memory.MemorySegmentFactory", "allocateOffHeapUnsafeMemory", MANAGED, 0),
    IN_FLINK("org.apache.flink.core.memory.MemorySegmentFactory", NULL, FACTORY, 0),
    IN_FLINK("org.apache.flink.core.memory.*", NULL, PLAIN, 0),
    IN_FLINK("org.apache.flink.core.fs.*", NULL, PLAIN, 0),
    IN_FLINK("org.apache.flink.util.*", NULL, PLAIN, 0),
    IN_FLINK("org.apache.flink.runtime.execution.librarycache.FlinkUserCodeClassLoaders$*", NULL, PLAIN, 0),
    IN_FLINK("org.apache.flink.runtime.io.network.buffer.NetworkBufferPool", NULL, POOL, 0),
    IN_FLINK("org.apache.flink.runtime.memory.MemoryManager", NULL, MANAGED, 0),
    IN_FLINK("org.apache.flink.runtime.taskmanager.Task", "run", RUNTIME, ATTR_MARK_TASK_RUN),
    /* A task on its way out must get there (1.10 to 2.x). */
    IN_FLINK("org.apache.flink.runtime.taskmanager.Task", "cancelInvokable", RUNTIME, ATTR_MARK_SPARE),
    IN_FLINK("org.apache.flink.runtime.taskmanager.Task", "releaseResources", RUNTIME, ATTR_MARK_SPARE),
    IN_FLINK("org.apache.flink.runtime.taskmanager.Task", "failAllResultPartitions", RUNTIME, ATTR_MARK_SPARE),
    IN_FLINK("org.apache.flink.runtime.taskmanager.Task$Task*", NULL, RUNTIME, ATTR_MARK_SPARE), /* canceler, interrupter */
    IN_FLINK("org.apache.flink.streaming.runtime.tasks.StreamTask", "cancel", RUNTIME, ATTR_MARK_SPARE),
    IN_FLINK("org.apache.flink.streaming.runtime.tasks.StreamTask", "cleanUp*", RUNTIME, ATTR_MARK_SPARE),
    /* At a normal end too, where a failed close() fails the job: a chain goes on closing its other operators after an Exception,
     * not after an Error (1.20, 2.3), and what they hold would stay in the TaskManager for good. Up to 1.13: dispose. */
    IN_FLINK("org.apache.flink.streaming.runtime.tasks.StreamTask", "closeAllOperators", RUNTIME, ATTR_MARK_SPARE),
    IN_FLINK("org.apache.flink.streaming.runtime.tasks.StreamTask", "disposeAllOperators", RUNTIME, ATTR_MARK_SPARE),

    /* File system clients, before the flink-shaded-* that they resemble. */
    ARTIFACT("flink-shaded-hadoop*", CLIENT),
    ARTIFACT("flink-fs-hadoop-shaded", CLIENT),
    ARTIFACT("flink-s3-fs-*", CLIENT),
    ARTIFACT("flink-azure-fs-*", CLIENT),
    ARTIFACT("flink-gs-fs-*", CLIENT),
    ARTIFACT("flink-oss-fs-*", CLIENT),
    ARTIFACT("flink-swift-fs-*", CLIENT),
    ARTIFACT("hadoop-*", CLIENT),
    ARTIFACT("aws-java-sdk-*", CLIENT),
    ARTIFACT("s3", CLIENT), /* AWS SDK 2 */

    /* Flink's runtime: flink-dist and, where lib/ is composed of single jars, the artifacts bundled in it. */
    ARTIFACT("flink-dist", RUNTIME),
    ARTIFACT("flink-dist-*", RUNTIME),
    ARTIFACT("flink-runtime", RUNTIME),
    ARTIFACT("flink-runtime-web", RUNTIME),
    ARTIFACT("flink-core", RUNTIME),
    ARTIFACT("flink-core-api", RUNTIME),
    ARTIFACT("flink-annotations", RUNTIME),
    ARTIFACT("flink-java", RUNTIME),
    ARTIFACT("flink-scala", RUNTIME),
    ARTIFACT("flink-streaming-java", RUNTIME),
    ARTIFACT("flink-streaming-scala", RUNTIME),
    ARTIFACT("flink-datastream", RUNTIME),
    ARTIFACT("flink-datastream-api", RUNTIME),
    ARTIFACT("flink-file-sink-common", RUNTIME),
    ARTIFACT("flink-clients", RUNTIME),
    ARTIFACT("flink-optimizer", RUNTIME),
    ARTIFACT("flink-rpc-*", RUNTIME),
    ARTIFACT("flink-shaded-*", RUNTIME),
    ARTIFACT("flink-metrics-*", RUNTIME),
    ARTIFACT("flink-queryable-state-*", RUNTIME),
    ARTIFACT("flink-statebackend-*", RUNTIME),
    ARTIFACT("frocksdbjni", RUNTIME),
    ARTIFACT("forstjni", RUNTIME),
    ARTIFACT("flink-dstl-*", RUNTIME),
    ARTIFACT("flink-hadoop-fs", RUNTIME),
    ARTIFACT("flink-mapr-fs", RUNTIME),
    ARTIFACT("flink-container", RUNTIME),
    ARTIFACT("flink-kubernetes", RUNTIME),
    ARTIFACT("flink-yarn", RUNTIME),
    ARTIFACT("flink-mesos", RUNTIME),
    ARTIFACT("flink-external-resource-*", RUNTIME),
    ARTIFACT("flink-table-store*", JAR), /* a connector, later Paimon */
    ARTIFACT("flink-table", RUNTIME),
    ARTIFACT("flink-table-*", RUNTIME),
    ARTIFACT("log4j", RUNTIME), /* log4j-1.2-api too: the name ends at its first number */
    ARTIFACT("log4j-*", RUNTIME),
    ARTIFACT("slf4j-*", RUNTIME),

    ARTIFACT("?*", JAR), /* has a source */
    { L(APP), false, NULL, "*$Proxy*", NULL, PLAIN, 0 }, /* java.lang.reflect.Proxy: plumbing */
    DEFINED_BY(L(APP), NO_SOURCE),
};
/* clang-format on */

enum { ROWS = sizeof rows / sizeof rows[0], ARTIFACT_MAX = 128 };

/* "flink-runtime_2.12-1.13.6.jar" to "flink-runtime". A longer name is cut: no row is that long, but one may end in *. */
static void artifact_of(const char *source, char artifact[ARTIFACT_MAX])
{
    size_t len = strlen(source);
    if (len > 4 && strcmp(source + len - 4, ".jar") == 0)
        len -= 4;
    if (len > ARTIFACT_MAX - 1)
        len = ARTIFACT_MAX - 1;
    for (size_t i = 1; i + 1 < len; i++)
        if ((source[i] == '-' || source[i] == '_') && source[i + 1] >= '0' && source[i + 1] <= '9')
            len = i;
    memcpy(artifact, source, len);
    artifact[len] = '\0';
}

static bool fits(const char *glob, const char *text)
{
    return glob == NULL || rules_glob(glob, text);
}

static bool from_runtime(const struct attr_frame *frame, const char *artifact)
{
    if (frame->runtime_source)
        return true;
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].jar != NULL && rules_glob(rows[i].jar, artifact))
            return rows[i].verdict == RUNTIME;
    return false;
}

static bool row_fits(const struct row *row, unsigned loader, bool runtime, const char *artifact,
                     const struct attr_frame *frame)
{
    return (row->loaders & loader) != 0 && (!row->in_runtime || runtime) &&
           fits(row->jar, artifact) && fits(row->class_name, frame->class_name) &&
           fits(row->method, frame->method);
}

struct attr_trait attribute_frame(const struct attr_frame *frame, const struct rules *rules)
{
    struct attr_trait   trait = { FOREIGN, WEIR_COMPONENT_COUNT, 0 };
    enum weir_component component;
    char                artifact[ARTIFACT_MAX];
    /* A -javaagent jar is appended to the application's class path: its loader does not tell it apart. */
    unsigned loader =
        frame->loader == ATTR_LOADER_APP && frame->agent_source ? L(FOREIGN) : 1u << frame->loader;

    artifact_of(frame->source, artifact);
    bool runtime = from_runtime(frame, artifact);
    for (size_t i = 0; i < ROWS; i++) {
        if (row_fits(&rows[i], loader, runtime, artifact, frame)) {
            /* Whatever its name: the jar that holds TaskExecutor is Flink's. */
            bool renamed = frame->runtime_source && rows[i].jar != NULL;
            trait.verdict = renamed ? (uint8_t)RUNTIME : rows[i].verdict;
            trait.marks = rows[i].marks;
            break;
        }
    }
    if (frame->loader != ATTR_LOADER_USER && strcmp(frame->method, "<clinit>") == 0)
        trait.marks |= ATTR_MARK_SPARE; /* a class that failed to initialise stays broken for every job */
    if (trait.verdict != JDK && rules_match(rules, frame->class_name, frame->source, &component))
        trait.component = (uint8_t)component;
    return trait;
}

bool attribute_is_application(struct attr_trait trait)
{
    return trait.verdict == USER || trait.verdict == JAR || trait.verdict == NO_SOURCE;
}

bool attribute_decides_class(const struct attr_trait *traits, size_t count, enum attr_loader definer)
{
    uint8_t nearest = JDK, marks = 0;
    if ((JDK_LOADERS & (1u << definer)) != 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct attr_trait t = traits[i];
        marks |= t.marks;
        if (nearest == JDK && t.verdict != PLAIN && t.verdict != FACTORY && t.verdict != FOREIGN)
            nearest = t.verdict;
    }
    if ((marks & ATTR_MARK_SPARE) != 0)
        return false;
    return nearest == USER || nearest == JAR || nearest == NO_SOURCE ||
           (definer == ATTR_LOADER_USER && (marks & ATTR_MARK_TASK_RUN) != 0);
}

/* Only what lies inside the first frame outside the JDK tells how the bytes were taken. */
static enum weir_kind kind_of(const struct attr_trait *traits, size_t count)
{
    for (size_t i = 0; i < count && traits[i].verdict == JDK; i++) {
        if (traits[i].marks & ATTR_MARK_DIRECT)
            return WEIR_KIND_DIRECT;
        if (traits[i].marks & ATTR_MARK_FFM)
            return WEIR_KIND_FFM;
    }
    return WEIR_KIND_UNSAFE;
}

/* A rule for a component that this role has no row of is for another JVM. */
static bool ruled(struct attr_trait trait, enum weir_role role)
{
    enum weir_component c = (enum weir_component)trait.component;
    return component_bookable(c) && component_in_role(c, role);
}

/* 2c: the task's when a task thread got into the client through a connector's or the user's code. */
static bool client_of_task(const struct attr_trait *outer, size_t count, struct attr_context context)
{
    bool task = context.user_context_loader, user = false;
    for (size_t i = 0; i < count; i++) {
        task = task || (outer[i].marks & ATTR_MARK_TASK_RUN) != 0;
        user = user || (ruled(outer[i], context.role)
                            ? outer[i].component == WEIR_TASK_OFF_HEAP
                            : outer[i].verdict == USER || outer[i].verdict == JAR);
    }
    return task && user;
}

static enum weir_component component_of(uint8_t verdict, bool factory, bool client_of_a_task)
{
    switch (verdict) {
    case MANAGED: return WEIR_MANAGED;
    case POOL: return factory ? WEIR_NETWORK : WEIR_FRAMEWORK_OFF_HEAP;
    case USER:
    case JAR:
    case NO_SOURCE: return WEIR_TASK_OFF_HEAP;
    case CLIENT: return client_of_a_task ? WEIR_TASK_OFF_HEAP : WEIR_FRAMEWORK_OFF_HEAP;
    default: return WEIR_FRAMEWORK_OFF_HEAP;
    }
}

static struct attr_decision walk(const struct attr_trait *traits, size_t count,
                                 struct attr_context context)
{
    struct attr_decision d = { .component = context.user_context_loader ? WEIR_TASK_OFF_HEAP
                                                                        : WEIR_FRAMEWORK_OFF_HEAP,
                               .kind = kind_of(traits, count),
                               .decider = -1,
                               .open = true };
    bool                 factory = false;
    for (size_t i = 0; i < count; i++) {
        uint8_t verdict = traits[i].verdict;
        bool    rule = ruled(traits[i], context.role);
        factory = factory || verdict == FACTORY;
        if (!rule && (verdict == JDK || verdict == PLAIN || verdict == FACTORY))
            continue;
        if (!rule && verdict == NO_SOURCE && d.decider >= 0)
            continue; /* the innermost of them stands */
        bool task = verdict == CLIENT && client_of_task(traits + i + 1, count - i - 1, context);
        d.component =
            rule ? (enum weir_component)traits[i].component : component_of(verdict, factory, task);
        d.decider = (int)i;
        d.open = !rule && (verdict == NO_SOURCE || (verdict == CLIENT && !task));
        if (rule || verdict != NO_SOURCE)
            break;
    }
    return d;
}

struct attr_decision attribute_decide(const struct attr_trait *traits, size_t count,
                                      struct attr_context context)
{
    struct attr_decision d = walk(traits, count, context);
    /* A JobManager has one row for all of it; the decider still tells whose it is. */
    if (!component_in_role(d.component, context.role))
        d.component = WEIR_OFF_HEAP;
    return d;
}
