/* SPDX-License-Identifier: Apache-2.0 */
/* test_attribute.c: whole stacks as they are met in TaskManagers, and the claims behind each rule of DESIGN.md 4. */
#include "model/attribute.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "suite.h"

enum { MAX_FRAMES = 16 };

/* clang-format off */
#define DIST "flink-dist-1.20.5.jar"
#define BOOT(cls, m) { cls, m, "", ATTR_LOADER_BOOT, false, false }
#define FLINK(cls, m) { cls, m, DIST, ATTR_LOADER_APP, true, false }
#define APP(cls, m, jar) { cls, m, jar, ATTR_LOADER_APP, false, false }
#define USER(cls, m) { cls, m, "job.jar", ATTR_LOADER_USER, false, false }
#define PLUGIN(cls, m) { cls, m, "flink-s3-fs-hadoop-1.20.5.jar", ATTR_LOADER_PLUGIN, false, false }

#define ALLOCATE_DIRECT                                                                            \
    BOOT("jdk.internal.misc.Unsafe", "allocateMemory0"), BOOT("jdk.internal.misc.Unsafe", "allocateMemory"), \
        BOOT("java.nio.DirectByteBuffer", "<init>"), BOOT("java.nio.ByteBuffer", "allocateDirect")
#define ALLOCATE_UNSAFE                                                                            \
    BOOT("jdk.internal.misc.Unsafe", "allocateMemory0"), BOOT("jdk.internal.misc.Unsafe", "allocateMemory"), \
        BOOT("sun.misc.Unsafe", "allocateMemory")
#define TASK_THREAD                                                                                \
    FLINK("org.apache.flink.streaming.runtime.tasks.StreamTask", "invoke"),                        \
        FLINK("org.apache.flink.runtime.taskmanager.Task", "doRun"),                               \
        FLINK("org.apache.flink.runtime.taskmanager.Task", "run"), BOOT("java.lang.Thread", "run")
/* clang-format on */
#define MSF "org.apache.flink.core.memory.MemorySegmentFactory"

static struct rules rules;

static struct attr_trait traits[MAX_FRAMES];

static size_t judge(const struct attr_frame *frames)
{
    size_t n = 0;
    for (; n < MAX_FRAMES && frames[n].class_name != NULL; n++)
        traits[n] = attribute_frame(&frames[n], &rules);
    return n;
}

static struct attr_decision decide(const struct attr_frame *frames, enum weir_role role,
                                   bool user_context)
{
    size_t n = judge(frames);
    return attribute_decide(traits, n, (struct attr_context){ role, user_context });
}

static void no_rules(void)
{
    rules_init(&rules);
}

struct stack_case {
    const char         *name;
    struct attr_frame   frames[MAX_FRAMES];
    enum weir_component component;
    enum weir_kind      kind;
    int                 decider;
    bool                open;
};

static void check(const struct stack_case *t, size_t count, bool user_context)
{
    for (size_t i = 0; i < count; i++) {
        struct attr_decision d = decide(t[i].frames, WEIR_ROLE_TASKMANAGER, user_context);
        bool                 right = d.component == t[i].component && d.kind == t[i].kind &&
                     d.decider == t[i].decider && d.open == t[i].open;
        if (!right)
            fprintf(stderr, "\n  %s: component %d kind %d decider %d open %d\n", t[i].name,
                    (int)d.component, (int)d.kind, d.decider, d.open);
        CU_ASSERT_TRUE(right);

        d = decide(t[i].frames, WEIR_ROLE_JOBMANAGER, user_context);
        CU_ASSERT_EQUAL(d.component, WEIR_OFF_HEAP);
        CU_ASSERT_EQUAL(d.decider, t[i].decider);
        d = decide(t[i].frames, WEIR_ROLE_OTHER, user_context);
        CU_ASSERT_EQUAL(d.component, t[i].component);
    }
}
#define CHECK(table, user_context) check(table, sizeof(table) / sizeof(table)[0], user_context)

/* clang-format off */
static const struct stack_case task_manager[] = {
    { "network buffers at start",
      { ALLOCATE_DIRECT, FLINK(MSF, "allocateDirectMemory"), FLINK(MSF, "allocateUnpooledOffHeapMemory"),
        FLINK("org.apache.flink.runtime.io.network.buffer.NetworkBufferPool", "<init>"),
        FLINK("org.apache.flink.runtime.taskexecutor.TaskManagerRunner", "main") },
      WEIR_NETWORK, WEIR_KIND_DIRECT, 6, false },
    { "the pool without the factory is no network buffer",
      { ALLOCATE_DIRECT, FLINK("org.apache.flink.runtime.io.network.buffer.NetworkBufferPool", "x") },
      WEIR_FRAMEWORK_OFF_HEAP, WEIR_KIND_DIRECT, 4, false },
    { "managed pages",
      { ALLOCATE_UNSAFE, FLINK("org.apache.flink.core.memory.MemoryUtils", "allocateUnsafe"),
        FLINK(MSF, "allocateOffHeapUnsafeMemory"), FLINK("org.apache.flink.runtime.memory.MemoryManager", "allocatePages"),
        USER("com.example.Sorter", "open"), TASK_THREAD },
      WEIR_MANAGED, WEIR_KIND_UNSAFE, 4, false },
    { "managed pages, the factory's frame inlined away",
      { ALLOCATE_UNSAFE, FLINK("org.apache.flink.runtime.memory.MemoryManager", "allocatePages") },
      WEIR_MANAGED, WEIR_KIND_UNSAFE, 3, false },
    { "user function", { ALLOCATE_DIRECT, USER("com.example.Leak", "flatMap"), TASK_THREAD },
      WEIR_TASK_OFF_HEAP, WEIR_KIND_DIRECT, 4, false },
    { "user function through Flink's file systems",
      { ALLOCATE_DIRECT, FLINK("org.apache.flink.core.fs.local.LocalFileSystem", "open"),
        FLINK("org.apache.flink.util.IOUtils", "copyBytes"), USER("com.example.Leak", "open"), TASK_THREAD },
      WEIR_TASK_OFF_HEAP, WEIR_KIND_DIRECT, 6, false },
    { "user function by reflection",
      { ALLOCATE_DIRECT, BOOT("jdk.internal.reflect.DirectMethodHandleAccessor", "invoke"),
        { "sun.reflect.GeneratedMethodAccessor1", "invoke", "", ATTR_LOADER_REFLECTION, false, false },
        { "java.sql.DriverManager", "getConnection", "", ATTR_LOADER_PLATFORM, false, false },
        USER("com.example.Leak", "open") },
      WEIR_TASK_OFF_HEAP, WEIR_KIND_DIRECT, 7, false },
    { "user class that only looks like Flink",
      { ALLOCATE_DIRECT, USER("org.apache.flink.util.Pool", "take"), TASK_THREAD },
      WEIR_TASK_OFF_HEAP, WEIR_KIND_DIRECT, 4, false },
    { "connector in lib/ with a package of Flink's",
      { ALLOCATE_DIRECT, APP("org.apache.flink.kafka.shaded.org.apache.kafka.Pool", "allocate", "flink-sql-connector-kafka-3.3.0-1.20.jar"),
        TASK_THREAD },
      WEIR_TASK_OFF_HEAP, WEIR_KIND_DIRECT, 4, false },
    { "a connector's class in a transparent package of Flink's",
      { ALLOCATE_DIRECT, APP("org.apache.flink.util.Pool", "take", "flink-connector-x-1.0.jar"), TASK_THREAD },
      WEIR_TASK_OFF_HEAP, WEIR_KIND_DIRECT, 4, false },
    { "Flink's own netty",
      { ALLOCATE_DIRECT, FLINK("org.apache.flink.shaded.netty4.io.netty.buffer.PoolArena$DirectArena", "newChunk"),
        FLINK("org.apache.flink.runtime.io.network.netty.NettyBufferPool", "x") },
      WEIR_FRAMEWORK_OFF_HEAP, WEIR_KIND_DIRECT, 4, false },
    { "RPC in its submodule loader",
      { ALLOCATE_DIRECT, { "io.netty.buffer.PoolArena", "newChunk", "flink-rpc-akka.jar", ATTR_LOADER_FLINK, false, false } },
      WEIR_FRAMEWORK_OFF_HEAP, WEIR_KIND_DIRECT, 4, false },
    { "an agent's jar on the class path",
      { ALLOCATE_DIRECT, { "com.apm.Agent", "run", "apm-agent-1.0.jar", ATTR_LOADER_APP, false, true }, USER("x.Y", "z") },
      WEIR_FRAMEWORK_OFF_HEAP, WEIR_KIND_DIRECT, 4, false },
    { "an agent's own loader",
      { ALLOCATE_UNSAFE, { "com.apm.Agent", "run", "apm.jar", ATTR_LOADER_FOREIGN, false, false } },
      WEIR_FRAMEWORK_OFF_HEAP, WEIR_KIND_UNSAFE, 3, false },
    { "netty's no-cleaner mode is no direct buffer of Bits",
      { ALLOCATE_UNSAFE, USER("io.netty.util.internal.PlatformDependent0", "allocateDirectNoCleaner"),
        BOOT("java.nio.DirectByteBuffer", "<init>") },
      WEIR_TASK_OFF_HEAP, WEIR_KIND_UNSAFE, 3, false },
    { "an arena",
      { BOOT("jdk.internal.misc.Unsafe", "allocateMemory0"), BOOT("jdk.internal.foreign.NativeMemorySegmentImpl", "makeNativeSegment"),
        BOOT("jdk.internal.foreign.ArenaImpl", "allocate"), USER("com.example.Arenas", "map") },
      WEIR_TASK_OFF_HEAP, WEIR_KIND_FFM, 3, false },
    { "a proxy is plumbing",
      { ALLOCATE_UNSAFE, { "jdk.proxy2.$Proxy17", "call", "", ATTR_LOADER_APP, false, false },
        FLINK("org.apache.flink.runtime.X", "y") },
      WEIR_FRAMEWORK_OFF_HEAP, WEIR_KIND_UNSAFE, 4, false },
    { "a class without source leaves it to its caller",
      { ALLOCATE_UNSAFE, { "gen.Helper", "call", "", ATTR_LOADER_APP, false, false }, FLINK("org.apache.flink.runtime.X", "y") },
      WEIR_FRAMEWORK_OFF_HEAP, WEIR_KIND_UNSAFE, 4, false },
    { "classes without source alone: not Flink's, the innermost stands",
      { ALLOCATE_UNSAFE, { "gen.A", "call", "", ATTR_LOADER_APP, false, false },
        { "gen.B", "call", "", ATTR_LOADER_APP, false, false } },
      WEIR_TASK_OFF_HEAP, WEIR_KIND_UNSAFE, 3, true },
};
/* clang-format on */

static void attribute_decides_the_stacks_of_a_task_manager(void)
{
    CHECK(task_manager, false);
}

static void attribute_decide_falls_back_to_the_context_loader(void)
{
    /* clang-format off */
    static const struct stack_case jdk_only[] = {
        { "JDK only", { ALLOCATE_DIRECT, BOOT("sun.nio.ch.Util", "getTemporaryDirectBuffer"), BOOT("java.lang.Thread", "run") },
          WEIR_FRAMEWORK_OFF_HEAP, WEIR_KIND_DIRECT, -1, true },
        { "nothing at all", { { NULL, NULL, NULL, 0, false, false } }, WEIR_FRAMEWORK_OFF_HEAP, WEIR_KIND_UNSAFE, -1, true },
    };
    /* clang-format on */
    CHECK(jdk_only, false);
    struct attr_decision d = decide(jdk_only[0].frames, WEIR_ROLE_TASKMANAGER, true);
    CU_ASSERT_EQUAL(d.component, WEIR_TASK_OFF_HEAP);
    CU_ASSERT_EQUAL(d.decider, -1);
    CU_ASSERT_TRUE(d.open);
}

#define S3                                                  \
    ALLOCATE_DIRECT, PLUGIN("com.amazonaws.Client", "put"), \
        PLUGIN("org.apache.flink.fs.s3.S3", "write")
#define HDFS         \
    ALLOCATE_DIRECT, \
        APP("org.apache.hadoop.hdfs.DFSOutputStream", "write", "hadoop-hdfs-client-3.3.6.jar")

static void attribute_decide_books_clients_to_whoever_called(void)
{
    /* clang-format off */
    static const struct stack_case t[] = {
        { "checkpoint upload", { S3, FLINK("org.apache.flink.runtime.state.X", "run"), BOOT("java.lang.Thread", "run") },
          WEIR_FRAMEWORK_OFF_HEAP, WEIR_KIND_DIRECT, 4, true },
        { "checkpoint in the task thread", { S3, TASK_THREAD }, WEIR_FRAMEWORK_OFF_HEAP, WEIR_KIND_DIRECT, 4, true },
        { "sink in the task thread", { S3, APP("x.FileSink", "write", "flink-connector-files-1.20.5.jar"), TASK_THREAD },
          WEIR_TASK_OFF_HEAP, WEIR_KIND_DIRECT, 4, false },
        { "user function in the task thread", { HDFS, USER("x.Y", "map"), TASK_THREAD },
          WEIR_TASK_OFF_HEAP, WEIR_KIND_DIRECT, 4, false },
        { "the shaded Hadoop jar is a client, not flink-shaded-*",
          { ALLOCATE_DIRECT, APP("org.apache.hadoop.X", "y", "flink-shaded-hadoop-2-uber-2.8.3-10.0.jar"), USER("x.Y", "map"), TASK_THREAD },
          WEIR_TASK_OFF_HEAP, WEIR_KIND_DIRECT, 4, false },
        { "user code, no task thread", { S3, USER("x.Y", "run"), BOOT("java.lang.Thread", "run") },
          WEIR_FRAMEWORK_OFF_HEAP, WEIR_KIND_DIRECT, 4, true },
    };
    /* clang-format on */
    CHECK(t, false);
    /* A thread the user started: no Task.run, but the job's context loader. */
    CU_ASSERT_EQUAL(decide(t[5].frames, WEIR_ROLE_TASKMANAGER, true).component, WEIR_TASK_OFF_HEAP);
    CU_ASSERT_EQUAL(decide(t[0].frames, WEIR_ROLE_TASKMANAGER, true).component,
                    WEIR_FRAMEWORK_OFF_HEAP);
}

/* What a short walk leaves open, the same stack walked deeper settles. */
static void attribute_decide_says_when_a_deeper_walk_may_help(void)
{
    const struct attr_frame frames[] = { S3,
                                         APP("x.FileSink", "write",
                                             "flink-connector-files-1.20.5.jar"),
                                         TASK_THREAD,
                                         { NULL, NULL, NULL, 0, false, false } };
    size_t                  n = judge(frames);
    struct attr_context     tm = { WEIR_ROLE_TASKMANAGER, false };
    CU_ASSERT_TRUE(attribute_decide(traits, 3, tm).open);
    CU_ASSERT_EQUAL(attribute_decide(traits, 3, tm).decider, -1);
    CU_ASSERT_TRUE(attribute_decide(traits, 7, tm).open);
    CU_ASSERT_EQUAL(attribute_decide(traits, 7, tm).decider, 4);
    CU_ASSERT_FALSE(attribute_decide(traits, n, tm).open);
}

static void attribute_frame_tells_flinks_jars_from_all_others(void)
{
    /* clang-format off */
    static const char *const runtime[] = {
        "flink-dist-1.20.5.jar", "flink-dist_2.12-1.14.6.jar", "flink-dist-1.18.1-amzn-0.jar", "flink-dist-2.4-SNAPSHOT.jar",
        "flink-dist.jar", "flink-dist-scala_2.12-1.20.5.jar", "flink-runtime-1.20.5.jar", "flink-runtime_2.12-1.13.6.jar",
        "flink-runtime-web-2.3.0.jar", "flink-core-2.3.0.jar", "flink-core-api-2.3.0.jar", "flink-streaming-java-2.3.0.jar",
        "flink-rpc-akka-loader-1.20.5.jar", "flink-rpc-core-1.20.5.jar", "flink-shaded-netty-4.1.91.Final-17.0.jar",
        "flink-shaded-guava-31.1-jre-17.0.jar", "flink-shaded-asm-9-9.5-17.0.jar", "flink-shaded-zookeeper-3-3.7.1-17.0.jar",
        "flink-shaded-netty-tcnative-dynamic-2.0.59.Final-17.0.jar", "flink-table-runtime-1.20.5.jar",
        "flink-table-api-java-uber-1.20.5.jar", "flink-table-planner-loader-1.20.5.jar", "flink-table_2.11-1.13.6.jar",
        "flink-table-blink_2.11-1.13.6.jar", "log4j-core-2.24.3.jar", "log4j-1.2-api-2.24.3.jar", "slf4j-api-1.7.36.jar",
        "flink-annotations-1.20.5.jar", "flink-clients-1.20.5.jar", "flink-java-1.20.5.jar", "flink-optimizer-1.20.5.jar",
        "flink-metrics-core-1.20.5.jar", "flink-queryable-state-client-java-1.20.5.jar", "flink-statebackend-rocksdb-1.20.5.jar",
        "flink-dstl-dfs-1.20.5.jar", "flink-hadoop-fs-1.20.5.jar", "flink-container-1.20.5.jar", "flink-kubernetes-1.20.5.jar",
        "flink-yarn-1.20.5.jar", "flink-mesos_2.11-1.13.6.jar", "flink-external-resource-gpu-1.20.5.jar",
        "flink-file-sink-common-1.20.5.jar", "flink-datastream-api-2.3.0.jar", "flink-scala_2.12-1.20.5.jar",
        "frocksdbjni-6.20.3-ververica-2.0.jar", "forstjni-0.1.8.jar",
    };
    static const char *const other[] = {
        "flink-connector-kafka-3.3.0-1.20.jar", "flink-sql-connector-pulsar-4.1.0.jar", "flink-connector-files-2.3.0.jar",
        "flink-connector-datagen-2.3.0.jar", "flink-python-1.20.5.jar", "flink-cep-1.20.5.jar", "flink-csv-1.20.5.jar",
        "flink-json-1.20.5.jar", "flink-parquet-1.20.5.jar", "flink-table-store-dist-0.3.0.jar", "paimon-flink-1.20-1.0.jar",
        "flink-corentin-job-1.0.jar", "flink-runtime-of-ours-1.0.jar", "flink-distributed-cache-1.jar", "my-flink-dist-1.20.5.jar",
        "flink-state-processor-api-1.20.5.jar", "netty-all-4.1.100.Final.jar", "hudi-flink1.20-bundle-1.0.jar",
        "log4jay.jar", "job.jar", "classes", "1.jar", "-1.jar", ".jar", "Flink-Dist-1.20.jar", "s3-sink-1.0.jar",
    };
    static const char *const clients[] = {
        "hadoop-common-3.3.6.jar", "hadoop-client-runtime-3.3.6.jar", "flink-shaded-hadoop-2-uber-2.8.3-10.0.jar",
        "flink-shaded-hadoop2-uber-2.8.3-1.8.3.jar", "flink-shaded-hadoop-3-uber-3.1.1.7.2.9.0-173-9.0.jar",
        "flink-s3-fs-presto-1.20.5.jar", "flink-azure-fs-hadoop-1.20.5.jar", "aws-java-sdk-bundle-1.12.jar", "s3-2.29.0.jar",
    };
    const struct {
        const char *const *jars;
        size_t             count;
        enum weir_component alone, below_user;
    } t[] = {
        { runtime, sizeof runtime / sizeof runtime[0], WEIR_FRAMEWORK_OFF_HEAP, WEIR_FRAMEWORK_OFF_HEAP },
        { other, sizeof other / sizeof other[0], WEIR_TASK_OFF_HEAP, WEIR_TASK_OFF_HEAP },
        { clients, sizeof clients / sizeof clients[0], WEIR_FRAMEWORK_OFF_HEAP, WEIR_TASK_OFF_HEAP },
    };
    /* clang-format on */
    for (size_t k = 0; k < sizeof t / sizeof t[0]; k++) {
        for (size_t i = 0; i < t[k].count; i++) {
            const struct attr_frame frames[] = { APP("a.B", "c", t[k].jars[i]),
                                                 USER("x.Y", "map"),
                                                 TASK_THREAD,
                                                 { NULL, NULL, NULL, 0, false, false } };
            size_t                  n = judge(frames);
            struct attr_context     tm = { WEIR_ROLE_TASKMANAGER, false };
            bool right = attribute_decide(traits, 1, tm).component == t[k].alone &&
                         attribute_decide(traits, n, tm).component == t[k].below_user;
            if (!right)
                fprintf(stderr, "\n  %s\n", t[k].jars[i]);
            CU_ASSERT_TRUE(right);
        }
    }
}

static void attribute_frame_takes_a_repackaged_flink_for_flink(void)
{
    const struct attr_frame own = {
        "org.apache.flink.runtime.X", "y", "vendor-flink.jar", ATTR_LOADER_APP, true, false
    };
    const struct attr_frame hadoop_like = { "a.B",           "c",  "hadoop-flink-3.jar",
                                            ATTR_LOADER_APP, true, false };
    const struct attr_frame fs = {
        "org.apache.flink.core.fs.X", "y", "vendor-flink.jar", ATTR_LOADER_APP, true, false
    };
    struct attr_context tm = { WEIR_ROLE_TASKMANAGER, false };
    struct attr_trait   trait = attribute_frame(&own, &rules);
    CU_ASSERT_EQUAL(attribute_decide(&trait, 1, tm).component, WEIR_FRAMEWORK_OFF_HEAP);
    CU_ASSERT_EQUAL(attribute_decide(&trait, 1, tm).decider, 0);
    trait = attribute_frame(&hadoop_like, &rules);
    CU_ASSERT_FALSE(attribute_decide(&trait, 1, tm).open);
    trait = attribute_frame(&fs, &rules);
    CU_ASSERT_EQUAL(attribute_decide(&trait, 1, tm).decider, -1);
}

static void attribute_frame_hides_only_the_plumbing_of_an_allocation(void)
{
    /* clang-format off */
    static const struct {
        struct attr_frame frame;
        uint8_t           marks;
    } t[] = {
        { BOOT("jdk.internal.misc.Unsafe", "allocateMemory0"), ATTR_MARK_HIDE },
        { BOOT("jdk.internal.misc.Unsafe", "reallocateMemory"), ATTR_MARK_HIDE },
        { BOOT("java.nio.DirectByteBuffer", "<init>"), ATTR_MARK_HIDE | ATTR_MARK_DIRECT },
        { BOOT("java.nio.DirectByteBuffer", "slice"), 0 },
        { BOOT("java.nio.ByteBuffer", "allocateDirect"), 0 },
        { BOOT("sun.misc.Unsafe", "allocateMemory"), 0 },
        { BOOT("jdk.internal.foreign.NativeMemorySegmentImpl", "makeNativeSegment"), ATTR_MARK_HIDE | ATTR_MARK_FFM },
        { BOOT("jdk.internal.foreign.ArenaImpl", "allocate"), ATTR_MARK_FFM },
        { USER("jdk.internal.misc.Unsafe", "allocateMemory"), 0 },
        { USER("java.nio.DirectByteBuffer", "<init>"), 0 },
        { FLINK("org.apache.flink.runtime.taskmanager.Task", "run"), ATTR_MARK_TASK_RUN },
        { FLINK("org.apache.flink.runtime.taskmanager.Task", "doRun"), 0 },
        { USER("org.apache.flink.runtime.taskmanager.Task", "run"), 0 },
        { APP("org.apache.flink.runtime.taskmanager.Task", "run", "job.jar"), 0 },
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
        CU_ASSERT_EQUAL(attribute_frame(&t[i].frame, &rules).marks, t[i].marks);
}

static void set_rules(const char *text)
{
    char       msg[512];
    struct buf err;
    buf_init(&err, msg, sizeof msg);
    CU_ASSERT_EQUAL_FATAL(rules_parse(&rules, text, strlen(text), &err), WEIR_OK);
}

static void attribute_decide_puts_the_users_rules_first(void)
{
    const struct attr_frame leak[] = { ALLOCATE_DIRECT,
                                       USER("com.acme.Cache", "put"),
                                       TASK_THREAD,
                                       { NULL, NULL, NULL, 0, false, false } };
    set_rules("com.acme.* = framework.off-heap");
    CU_ASSERT_EQUAL(decide(leak, WEIR_ROLE_TASKMANAGER, true).component, WEIR_FRAMEWORK_OFF_HEAP);
    CU_ASSERT_EQUAL(decide(leak, WEIR_ROLE_TASKMANAGER, true).decider, 4);
    CU_ASSERT_EQUAL(decide(leak, WEIR_ROLE_JOBMANAGER, true).component, WEIR_OFF_HEAP);
    set_rules("* = managed"); /* the JDK's own frames are never matched */
    CU_ASSERT_EQUAL(decide(leak, WEIR_ROLE_TASKMANAGER, true).decider, 4);
    set_rules("org.apache.flink.util.* = jvm-overhead"); /* transparent without the rule */
    const struct attr_frame util[] = { ALLOCATE_UNSAFE,
                                       FLINK("org.apache.flink.util.X", "y"),
                                       USER("a.B", "c"),
                                       { NULL, NULL, NULL, 0, false, false } };
    CU_ASSERT_EQUAL(decide(util, WEIR_ROLE_TASKMANAGER, false).component, WEIR_JVM_OVERHEAD);
    CU_ASSERT_EQUAL(decide(util, WEIR_ROLE_TASKMANAGER, false).kind, WEIR_KIND_UNSAFE);
}

static void attribute_decide_passes_over_rules_for_the_other_role(void)
{
    const struct attr_frame leak[] = { ALLOCATE_DIRECT,
                                       USER("com.acme.Cache", "put"),
                                       TASK_THREAD,
                                       { NULL, NULL, NULL, 0, false, false } };
    set_rules("com.acme.* = off-heap");
    CU_ASSERT_EQUAL(decide(leak, WEIR_ROLE_TASKMANAGER, false).component, WEIR_TASK_OFF_HEAP);
    CU_ASSERT_FALSE(decide(leak, WEIR_ROLE_TASKMANAGER, false).open);
    CU_ASSERT_EQUAL(decide(leak, WEIR_ROLE_JOBMANAGER, false).component, WEIR_OFF_HEAP);
    set_rules("com.acme.* = jvm-overhead"); /* both roles have it */
    CU_ASSERT_EQUAL(decide(leak, WEIR_ROLE_JOBMANAGER, false).component, WEIR_JVM_OVERHEAD);
}

static void attribute_decide_lets_a_rule_stand_for_the_user_behind_a_client(void)
{
    const struct attr_frame sink[] = {
        S3, APP("x.Sink", "w", "sink.jar"), TASK_THREAD, { NULL, NULL, NULL, 0, false, false }
    };
    set_rules("sink.jar = framework.off-heap");
    CU_ASSERT_EQUAL(decide(sink, WEIR_ROLE_TASKMANAGER, false).component, WEIR_FRAMEWORK_OFF_HEAP);
    set_rules("sink.jar = task.off-heap");
    CU_ASSERT_EQUAL(decide(sink, WEIR_ROLE_TASKMANAGER, false).component, WEIR_TASK_OFF_HEAP);
}

/* Class and jar names come from the program under watch: any bytes must be survived and yield a row of the role. */
static void attribute_survives_hostile_names_and_traits(void)
{
    unsigned state = 4711;
    set_rules("com.* = task.off-heap\n?*.jar = off-heap");
    for (int round = 0; round < 20000; round++) {
        char name[300], source[300];
        for (size_t i = 0; i < sizeof name; i++) {
            state = state * 1664525u + 1013904223u;
            name[i] = "a.$-_1*?\xff"[(state >> 8) % 9];
            source[i] = "-_1.jar\x01*"[(state >> 16) % 9];
        }
        name[state % sizeof name] = source[(state >> 7) % sizeof source] = '\0';
        name[sizeof name - 1] = source[sizeof source - 1] = '\0';
        const struct attr_frame f = { name,
                                      name,
                                      source,
                                      (enum attr_loader)((state >> 4) % 8),
                                      (state & 1) != 0,
                                      (state & 2) != 0 };
        struct attr_trait       t[4];
        for (int i = 0; i < 4; i++)
            t[i] = attribute_frame(&f, &rules);
        t[1].verdict = (uint8_t)(state >> 3);
        t[2].component = (uint8_t)(state >> 11);
        t[3].marks = (uint8_t)(state >> 19);
        struct attr_decision d = attribute_decide(
            t, 4, (struct attr_context){ WEIR_ROLE_TASKMANAGER, (state & 4) != 0 });
        CU_ASSERT_TRUE_FATAL(d.component == WEIR_TASK_OFF_HEAP ||
                             d.component == WEIR_FRAMEWORK_OFF_HEAP ||
                             d.component == WEIR_MANAGED || d.component == WEIR_NETWORK ||
                             d.component == WEIR_JVM_OVERHEAD);
        CU_ASSERT_TRUE_FATAL(d.decider >= -1 && d.decider < 4);
    }
}

/* clang-format off */
SUITE(attribute, no_rules, NULL,
      CASE(attribute_decides_the_stacks_of_a_task_manager),
      CASE(attribute_decide_falls_back_to_the_context_loader),
      CASE(attribute_decide_books_clients_to_whoever_called),
      CASE(attribute_decide_says_when_a_deeper_walk_may_help),
      CASE(attribute_frame_tells_flinks_jars_from_all_others),
      CASE(attribute_frame_takes_a_repackaged_flink_for_flink),
      CASE(attribute_frame_hides_only_the_plumbing_of_an_allocation),
      CASE(attribute_decide_puts_the_users_rules_first),
      CASE(attribute_decide_passes_over_rules_for_the_other_role),
      CASE(attribute_decide_lets_a_rule_stand_for_the_user_behind_a_client),
      CASE(attribute_survives_hostile_names_and_traits));
