/* SPDX-License-Identifier: Apache-2.0 */
/* test_attribute_spare.c: frames below which mode=enforce denies nothing, and what counts as an application's code (DESIGN.md
 * 5: only a stack that an application frame is on can be denied). */
#include <CUnit/CUnit.h>
#include <stdio.h>

#include "model/attribute.h"
#include "suite.h"

#define RUN   "org.apache.flink.runtime.taskmanager."
#define TASKS "org.apache.flink.streaming.runtime.tasks."
#define DIST  "flink-dist-1.20.5.jar"

struct frame_case {
    struct attr_frame frame;
    bool              expected;
};

/* clang-format off */
#define BOOT(cls, m) { cls, m, "", ATTR_LOADER_BOOT, false, false }
#define FLINK(cls, m) { cls, m, DIST, ATTR_LOADER_APP, true, false }
#define APP(cls, m, jar) { cls, m, jar, ATTR_LOADER_APP, false, false }
#define FROM(loader, cls, m, jar) { cls, m, jar, ATTR_LOADER_##loader, false, false }
#define USER(cls, m) FROM(USER, cls, m, "job.jar")

static const struct frame_case spare[] = {
    { FLINK(RUN "Task", "cancelInvokable"), true },
    { FLINK(RUN "Task", "releaseResources"), true },
    { FLINK(RUN "Task", "failAllResultPartitions"), true },
    { FLINK(RUN "Task$TaskCanceler", "run"), true },
    { FLINK(RUN "Task$TaskInterrupter", "run"), true },
    { FLINK(RUN "Task$TaskCancelerWatchDog", "run"), true },
    { FLINK(TASKS "StreamTask", "cancel"), true },
    { FLINK(TASKS "StreamTask", "cleanUp"), true },
    { FLINK(TASKS "StreamTask", "cleanUpInternal"), true },
    { FLINK(TASKS "StreamTask", "cleanUpInvoke"), true },
    { FLINK(TASKS "StreamTask", "closeAllOperators"), true },
    { FLINK(TASKS "StreamTask", "disposeAllOperators"), true },
    /* lib/ may be composed of single jars, and a distribution renamed */
    { APP(RUN "Task", "cancelInvokable", "flink-runtime-1.20.5.jar"), true },
    { APP(TASKS "StreamTask", "cleanUp", "flink-streaming-java-1.20.5.jar"), true },
    { { TASKS "StreamTask", "cleanUp", "company-flink.jar", ATTR_LOADER_APP, true, false }, true },

    /* linking a lambda, whose failure the JDK makes a fatal one */
    { BOOT("java.lang.invoke.InnerClassLambdaMetafactory", "spinInnerClass"), true },
    { BOOT("java.lang.invoke.MethodHandleNatives", "linkCallSite"), true },
    { BOOT("java.lang.invoke.MethodHandles$Lookup", "defineClass"), false },
    { USER("java.lang.invoke.InnerClassLambdaMetafactory", "spinInnerClass"), false },

    /* a task at work */
    { FLINK(RUN "Task", "run"), false },
    { FLINK(RUN "Task", "doRun"), false },
    { FLINK(RUN "Task", "cancelExecution"), false },
    { FLINK(RUN "TaskManager", "cancelInvokable"), false },
    { FLINK(TASKS "StreamTask", "invoke"), false },
    { FLINK(TASKS "StreamTask", "cancelables"), false },
    { FLINK(TASKS "StreamTask", "afterInvoke"), false },
    { FLINK(TASKS "RegularOperatorChain", "finishOperators"), false },
    { FLINK(TASKS "SourceStreamTask", "cleanUp"), false }, /* StreamTask's own frame lies outside of it */
    /* the names alone are anybody's */
    { USER(RUN "Task", "cancelInvokable"), false },
    { USER(TASKS "StreamTask", "cleanUp"), false },
    { APP(TASKS "StreamTask", "cleanUp", "flink-connector-x-1.0.jar"), false },
    { USER("com.example.Leak", "cancel"), false },
    { USER("com.example.Leak", "close"), false },

    /* an initialiser that fails leaves its class broken for every later job: of the user's own classes only for this one */
    { BOOT("java.nio.Bits", "<clinit>"), true },
    { FROM(PLATFORM, "java.sql.DriverManager", "<clinit>", ""), true },
    { FLINK("org.apache.flink.runtime.X", "<clinit>"), true },
    { APP("io.netty.buffer.PooledByteBufAllocator", "<clinit>", "library-1.0.jar"), true },
    { APP("com.example.Generated", "<clinit>", ""), true },
    { FROM(PLUGIN, "org.apache.hadoop.X", "<clinit>", "flink-s3-fs-hadoop-1.20.5.jar"), true },
    { FROM(FLINK, "org.apache.pekko.X", "<clinit>", "flink-rpc-akka.jar"), true },
    { FROM(FOREIGN, "com.apm.Agent", "<clinit>", "apm.jar"), true },
    { USER("com.example.Leak", "<clinit>"), false },
    { USER("io.netty.buffer.PooledByteBufAllocator", "<clinit>"), false },
    { APP("com.example.Leak", "<init>", "job.jar"), false },
    { APP("com.example.Leak", "clinit", "job.jar"), false },
};

static const struct frame_case application[] = {
    { USER("com.example.Leak", "flatMap"), true },
    { USER(RUN "Task", "run"), true }, /* child-first: the user's own copy */
    { APP("org.apache.kafka.Pool", "allocate", "flink-sql-connector-kafka-3.3.0-1.20.jar"), true },
    { APP("com.example.Main", "main", "classes"), true },
    { APP("com.example.Generated", "call", ""), true },

    { BOOT("java.nio.ByteBuffer", "allocateDirect"), false },
    { FROM(PLATFORM, "java.sql.DriverManager", "getConnection", ""), false },
    { FROM(REFLECTION, "jdk.internal.reflect.GeneratedMethodAccessor1", "invoke", ""), false },
    { FLINK(RUN "Task", "run"), false },
    { FLINK("org.apache.flink.core.memory.MemorySegmentFactory", "allocateUnpooledOffHeapMemory"), false },
    { FLINK("org.apache.flink.runtime.io.network.buffer.NetworkBufferPool", "<init>"), false },
    { FLINK("org.apache.flink.runtime.memory.MemoryManager", "allocatePages"), false },
    { APP("org.apache.flink.table.X", "y", "flink-table-runtime-1.20.5.jar"), false },
    { FROM(FLINK, "org.apache.pekko.X", "y", "flink-rpc-akka.jar"), false },
    { FROM(PLUGIN, "org.apache.hadoop.X", "y", "flink-s3-fs-hadoop-1.20.5.jar"), false },
    { APP("org.apache.hadoop.X", "y", "hadoop-common-3.3.jar"), false },
    { FROM(FOREIGN, "com.apm.Agent", "run", "apm.jar"), false },
    { { "com.apm.Agent", "run", "apm.jar", ATTR_LOADER_APP, false, true }, false },
    { APP("jdk.proxy2.$Proxy17", "call", ""), false },
};

struct stack_case {
    bool              expected;
    enum attr_loader  definer;
    struct attr_frame frames[5]; /* innermost first */
};

#define DEFINE    BOOT("java.lang.ClassLoader", "defineClass1")
#define TASK      FLINK(RUN "Task", "run")
#define FLAT_MAP  USER("com.example.Gen", "flatMap")
#define WRAPPER   FLINK("org.apache.flink.runtime.execution.librarycache.FlinkUserCodeClassLoaders$SafetyNetWrapperClassLoader", "loadClass")
#define CHILD     FLINK("org.apache.flink.util.ChildFirstClassLoader", "loadClassWithoutExceptionHandling")
#define OPERATOR  FLINK("org.apache.flink.streaming.api.operators.StreamFlatMap", "processElement")
#define JANINO    APP("org.codehaus.janino.ByteArrayClassLoader", "findClass", "flink-table-runtime-1.20.5.jar")

static const struct stack_case definitions[] = {
    { true, ATTR_LOADER_USER, { DEFINE, FLAT_MAP, OPERATOR, TASK } },
    { true, ATTR_LOADER_USER, { DEFINE, CHILD, WRAPPER, FLAT_MAP } },
    { true, ATTR_LOADER_APP, { DEFINE, FLAT_MAP, OPERATOR, TASK } },
    { true, ATTR_LOADER_APP, { DEFINE, APP("com.example.Main", "main", "classes") } },
    { true, ATTR_LOADER_FOREIGN, { DEFINE, FROM(FOREIGN, "com.lib.Scripts", "run", "lib.jar"), APP("com.example.Main", "main", "classes") } },
    { true, ATTR_LOADER_USER, { DEFINE, APP("org.apache.kafka.Serde", "<init>", "flink-sql-connector-kafka-3.3.0-1.20.jar"), OPERATOR } },
    /* a task that loads what the user wrote, or compiles what the planner did, is the user's too; other threads are Flink's */
    { true, ATTR_LOADER_USER, { DEFINE, CHILD, OPERATOR, TASK } },
    { true, ATTR_LOADER_USER, { DEFINE, JANINO, OPERATOR, TASK } },
    { false, ATTR_LOADER_USER, { DEFINE, CHILD, FLINK("org.apache.flink.runtime.taskexecutor.TaskExecutor", "submitTask") } },
    { false, ATTR_LOADER_APP, { DEFINE, OPERATOR, TASK } },
    { false, ATTR_LOADER_APP, { DEFINE, FLINK("org.apache.flink.runtime.X", "y"), FLAT_MAP, TASK } },
    { false, ATTR_LOADER_PLUGIN, { DEFINE, FROM(PLUGIN, "org.apache.hadoop.X", "y", "flink-s3-fs-hadoop-1.20.5.jar"), FLAT_MAP, TASK } },
    /* the JDK's own, whoever made it need them */
    { false, ATTR_LOADER_BOOT, { DEFINE, FLAT_MAP, OPERATOR, TASK } },
    { false, ATTR_LOADER_PLATFORM, { DEFINE, FLAT_MAP, OPERATOR, TASK } },
    { false, ATTR_LOADER_REFLECTION, { DEFINE, FLAT_MAP, OPERATOR, TASK } },
    { false, ATTR_LOADER_APP, { DEFINE, BOOT("java.lang.Thread", "run") } },
    { false, ATTR_LOADER_FOREIGN, { DEFINE, FROM(FOREIGN, "com.apm.Agent", "run", "apm.jar") } },
    /* spared */
    { false, ATTR_LOADER_USER, { DEFINE, FLAT_MAP, FLINK(TASKS "StreamTask", "cleanUp"), TASK } },
    { false, ATTR_LOADER_APP, { DEFINE, APP("com.lib.Drivers", "<clinit>", "lib.jar"), FLAT_MAP, TASK } },
    { true, ATTR_LOADER_USER, { DEFINE, USER("com.example.Gen", "<clinit>"), TASK } },
    { false, ATTR_LOADER_USER, { DEFINE, BOOT("java.lang.invoke.InnerClassLambdaMetafactory", "spinInnerClass"), FLAT_MAP, TASK } },
};
/* clang-format on */

static void wrong(const struct attr_frame *f, bool got)
{
    fprintf(stderr, "\n  %s.%s [%s, loader %d]: %s\n", f->class_name, f->method, f->source,
            (int)f->loader, got ? "yes" : "no");
    CU_FAIL("see above");
}

static void attribute_spares_a_task_on_its_way_out_and_class_initialisers(void)
{
    for (size_t i = 0; i < sizeof spare / sizeof spare[0]; i++) {
        bool got = (attribute_frame(&spare[i].frame, NULL).marks & ATTR_MARK_SPARE) != 0;
        if (got != spare[i].expected)
            wrong(&spare[i].frame, got);
    }
    CU_PASS("all rows looked at");
}

static void attribute_is_application_for_users_connectors_and_libraries(void)
{
    for (size_t i = 0; i < sizeof application / sizeof application[0]; i++) {
        bool got = attribute_is_application(attribute_frame(&application[i].frame, NULL));
        if (got != application[i].expected)
            wrong(&application[i].frame, got);
    }
    CU_PASS("all rows looked at");
}

static void attribute_decides_class_for_what_user_code_defines(void)
{
    struct attr_trait traits[5];
    for (size_t i = 0; i < sizeof definitions / sizeof definitions[0]; i++) {
        size_t n = 0;
        for (; n < 5 && definitions[i].frames[n].class_name != NULL; n++)
            traits[n] = attribute_frame(&definitions[i].frames[n], NULL);
        bool got = attribute_decides_class(traits, n, definitions[i].definer);
        if (got != definitions[i].expected)
            wrong(&definitions[i].frames[1], got);
    }
    CU_PASS("all rows looked at");
}

/* A cache entry not filled yet. */
static void attribute_is_application_of_nothing_is_no(void)
{
    struct attr_trait nothing = { 0 };
    CU_ASSERT_FALSE(attribute_is_application(nothing));
}

/* A rule says which row the bytes go to, not whose code it is nor that it may be denied. */
static void attribute_rule_changes_neither_mark_nor_application(void)
{
    struct rules            rules;
    char                    text[200];
    struct buf              err;
    static const char       line[] = "* = task.off-heap\n";
    const struct attr_frame cleanup = FLINK(TASKS "StreamTask", "cleanUp");
    buf_init(&err, text, sizeof text);
    rules_init(&rules);
    CU_ASSERT_EQUAL_FATAL(rules_parse(&rules, line, sizeof line - 1, &err), WEIR_OK);
    struct attr_trait t = attribute_frame(&cleanup, &rules);
    CU_ASSERT_EQUAL(t.component, WEIR_TASK_OFF_HEAP);
    CU_ASSERT_TRUE((t.marks & ATTR_MARK_SPARE) != 0);
    CU_ASSERT_FALSE(attribute_is_application(t));
}

SUITE(attribute_spare, NULL, NULL,
      CASE(attribute_spares_a_task_on_its_way_out_and_class_initialisers),
      CASE(attribute_is_application_for_users_connectors_and_libraries),
      CASE(attribute_decides_class_for_what_user_code_defines),
      CASE(attribute_is_application_of_nothing_is_no),
      CASE(attribute_rule_changes_neither_mark_nor_application));
