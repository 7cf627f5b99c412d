/* SPDX-License-Identifier: Apache-2.0 */
/* attempts.c: thread -> attempt.
 * The starter tags the Thread object with the attempt (JVMTI tag, so nothing is kept alive); the thread reads its own tag
 * at its first hook and remembers it in TLS (jvm/threadtag.h).
 * Flink's Task (org.apache.flink.runtime.taskmanager.Task, 1.10 to 2.x) is recognised by class name once per class; the
 * class is then tagged. Its fields are looked up at the first Task; one that this Flink lacks stays unknown.
 * A Task gets its user-code loader on its own thread, after the start: each hook of that thread looks until it is there,
 * then says whose job's it is (core/jobs). */
#include "jvm/attempts.h"

#include <stdatomic.h>
#include <string.h>

#include "jvm/env.h"
#include "jvm/loaders.h"
#include "base/poison.h"

#define TASK_CLASS_TAG (1LL << 41)
#define OTHER_CLASS_TAG (1LL << 42)

enum { NAME_CHARS = 256 };

/* Threads that serve many jobs although a task's thread may have started them: flink-memory-model.md 10.5. */
static const char *const pool_threads[] = {
    "ForkJoinPool.commonPool-worker-", "flink-taskexecutor-io-thread-", "taskmanager-future-thread-", "jobmanager-io-",
    "jobmanager-future-", "cluster-io-", "blocking-shuffle-io-", "IOManager reader thread", "IOManager writer thread",
    "Flink-Metric-View-Updater", "Flink Netty ", "flink-akka", "flink-pekko", "flink-metrics", "flink-rest-",
};

static struct {
    struct attempts *book;
    struct jobs     *jobs;
    struct stacks   *names;
    jfieldID         holder, task, target, name; /* holder.task from JDK 19 on, target before */
    atomic_bool      flink_known;
    _Atomic uint8_t  generation; /* from 1 on; another one: each thread looks at its tag again */
    struct {
        jfieldID job_id, job_info, task_info, user_code;
        jfieldID upper, lower;
        jfieldID job_name;
        jfieldID task_name, subtask, attempt;
    } flink;
} me;

/* Of the OS thread: the carriers of virtual threads say 0 for all they carry. 8 bytes of the 64 that all our TLS may take. */
static _Thread_local struct {
    uint32_t id;
    uint8_t  known; /* the generation it was learnt in */
    uint8_t  task, shared;
    uint8_t  loader; /* of a task's thread: its user-code loader was seen */
} mine __attribute__((tls_model("initial-exec")));

enum weir_rc attempts_init(JNIEnv *jni, struct attempts *book, struct jobs *jobs, struct stacks *names)
{
    jclass thread = env_class(jni, "java/lang/Thread");
    me.book = book;
    me.jobs = jobs;
    me.names = names;
    atomic_store_explicit(&me.generation, 1, memory_order_relaxed);
    if (thread == NULL)
        return WEIR_EJVM;
    me.name = env_field(jni, thread, "name", "Ljava/lang/String;");
    me.target = env_field(jni, thread, "target", "Ljava/lang/Runnable;");
    if (me.target == NULL) {
        jclass holder = env_class(jni, "java/lang/Thread$FieldHolder");
        me.holder = env_field(jni, thread, "holder", "Ljava/lang/Thread$FieldHolder;");
        me.task = holder != NULL ? env_field(jni, holder, "task", "Ljava/lang/Runnable;") : NULL;
        if (holder != NULL)
            (*jni)->DeleteGlobalRef(jni, holder);
    }
    (*jni)->DeleteGlobalRef(jni, thread);
    return me.name != NULL && (me.target != NULL || (me.holder != NULL && me.task != NULL)) ? WEIR_OK : WEIR_EJVM;
}

static jobject step(JNIEnv *jni, jobject object, jfieldID id)
{
    return object != NULL && id != NULL ? (*jni)->GetObjectField(jni, object, id) : NULL;
}

static void drop(JNIEnv *jni, jobject local)
{
    if (local != NULL)
        (*jni)->DeleteLocalRef(jni, local);
}

/* The string field as UTF-8; "" if it has none. */
static void text(JNIEnv *jni, jobject object, jfieldID id, char *out)
{
    jstring s = step(jni, object, id);
    out[0] = '\0';
    if (s == NULL)
        return;
    jsize len = (*jni)->GetStringLength(jni, s);
    (*jni)->GetStringUTFRegion(jni, s, 0, len < NAME_CHARS ? len : NAME_CHARS, out);
    env_threw(jni);
    drop(jni, s);
}

static uint32_t name_of(JNIEnv *jni, jobject object, jfieldID id)
{
    char name[NAME_CHARS * 3 + 1];
    text(jni, object, id, name);
    return name[0] == '\0' ? 0 : stacks_name(me.names, name, strlen(name));
}

static jobject runnable_of(JNIEnv *jni, jthread thread)
{
    if (me.target != NULL)
        return step(jni, thread, me.target);
    jobject holder = step(jni, thread, me.holder);
    jobject task = step(jni, holder, me.task);
    drop(jni, holder);
    return task;
}

/* Field of the declared type or of what it really is: TaskInfo and JobInfo became interfaces in 1.20. */
static jfieldID field_of_value(JNIEnv *jni, jobject value, const char *name, const char *signature)
{
    if (value == NULL)
        return NULL;
    jclass c = (*jni)->GetObjectClass(jni, value);
    jfieldID id = env_field(jni, c, name, signature);
    drop(jni, c);
    return id;
}

static void learn_flink(JNIEnv *jni, jobject task)
{
    jclass c = (*jni)->GetObjectClass(jni, task);
    me.flink.job_id = env_field(jni, c, "jobId", "Lorg/apache/flink/api/common/JobID;");
    me.flink.task_info = env_field(jni, c, "taskInfo", "Lorg/apache/flink/api/common/TaskInfo;");
    me.flink.job_info = env_field(jni, c, "jobInfo", "Lorg/apache/flink/api/common/JobInfo;");
    me.flink.user_code = env_field(jni, c, "userCodeClassLoader", "Lorg/apache/flink/util/UserCodeClassLoader;");
    drop(jni, c);
    jobject job_id = step(jni, task, me.flink.job_id), info = step(jni, task, me.flink.task_info),
            job = step(jni, task, me.flink.job_info);
    me.flink.upper = field_of_value(jni, job_id, "upperPart", "J");
    me.flink.lower = field_of_value(jni, job_id, "lowerPart", "J");
    me.flink.task_name = field_of_value(jni, info, "taskName", "Ljava/lang/String;");
    me.flink.subtask = field_of_value(jni, info, "indexOfSubtask", "I");
    me.flink.attempt = field_of_value(jni, info, "attemptNumber", "I");
    me.flink.job_name = field_of_value(jni, job, "jobName", "Ljava/lang/String;");
    drop(jni, job_id);
    drop(jni, info);
    drop(jni, job);
    /* Release: the field ids above. Two threads that start the first tasks at once find the same ones. */
    atomic_store_explicit(&me.flink_known, true, memory_order_release);
}

static struct attempt_identity identity(JNIEnv *jni, jobject task)
{
    struct attempt_identity who = { .subtask = -1, .attempt = -1 };
    if (!atomic_load_explicit(&me.flink_known, memory_order_acquire))
        learn_flink(jni, task);
    jobject job_id = step(jni, task, me.flink.job_id), info = step(jni, task, me.flink.task_info),
            job = step(jni, task, me.flink.job_info);
    if (job_id != NULL && me.flink.upper != NULL && me.flink.lower != NULL) {
        /* the lower half first: so AbstractID.toString() prints it */
        who.job_id[0] = (uint64_t)(*jni)->GetLongField(jni, job_id, me.flink.lower);
        who.job_id[1] = (uint64_t)(*jni)->GetLongField(jni, job_id, me.flink.upper);
    }
    if (info != NULL && me.flink.subtask != NULL && me.flink.attempt != NULL) {
        who.subtask = (*jni)->GetIntField(jni, info, me.flink.subtask);
        who.attempt = (*jni)->GetIntField(jni, info, me.flink.attempt);
    }
    who.vertex = name_of(jni, info, me.flink.task_name);
    who.job_name = name_of(jni, job, me.flink.job_name);
    drop(jni, job_id);
    drop(jni, info);
    drop(jni, job);
    return who;
}

static bool is_task(JNIEnv *jni, jobject runnable)
{
    jlong tag = 0;
    char *signature = NULL;
    if (runnable == NULL)
        return false;
    jclass c = (*jni)->GetObjectClass(jni, runnable);
    (*env_ti())->GetTag(env_ti(), c, &tag);
    if (tag != TASK_CLASS_TAG && tag != OTHER_CLASS_TAG &&
        (*env_ti())->GetClassSignature(env_ti(), c, &signature, NULL) == JVMTI_ERROR_NONE) {
        tag = strcmp(signature, "Lorg/apache/flink/runtime/taskmanager/Task;") == 0 ? TASK_CLASS_TAG : OTHER_CLASS_TAG;
        (*env_ti())->SetTag(env_ti(), c, tag);
        (*env_ti())->Deallocate(env_ti(), (unsigned char *)signature);
    }
    drop(jni, c);
    return tag == TASK_CLASS_TAG;
}

static bool is_pool_thread(JNIEnv *jni, jthread thread)
{
    char name[NAME_CHARS * 3 + 1];
    text(jni, thread, me.name, name);
    for (size_t i = 0; i < sizeof pool_threads / sizeof pool_threads[0]; i++)
        if (strncmp(name, pool_threads[i], strlen(pool_threads[i])) == 0)
            return true;
    return false;
}

/* The platform thread under virtual threads (JDK 21 and newer): what runs on it is anybody's. */
static bool is_carrier(JNIEnv *jni, jthread thread)
{
    char *signature = NULL;
    if (env_java_major() < 21)
        return false;
    jclass c = (*jni)->GetObjectClass(jni, thread);
    bool carrier = (*env_ti())->GetClassSignature(env_ti(), c, &signature, NULL) == JVMTI_ERROR_NONE &&
                   strcmp(signature, "Ljdk/internal/misc/CarrierThread;") == 0;
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)signature);
    drop(jni, c);
    return carrier;
}

static void know(struct threadtag tag, uint8_t generation)
{
    if (tag.known) {
        mine.id = tag.attempt;
        mine.task = tag.task;
        mine.shared = tag.shared;
    }
    mine.known = generation;
}

void attempts_begins(struct threadtag tag)
{
    know(tag, atomic_load_explicit(&me.generation, memory_order_acquire));
}

static void learn_mine(JNIEnv *jni)
{
    jthread thread = NULL;
    struct threadtag tag = { .known = false };
    /* first: a tag written after that comes with another generation */
    uint8_t generation = atomic_load_explicit(&me.generation, memory_order_acquire);
    if ((*env_ti())->GetCurrentThread(env_ti(), &thread) == JVMTI_ERROR_NONE && thread != NULL) {
        tag = threadtag_get(thread);
        drop(jni, thread);
    }
    know(tag, generation);
}

static void learn_loader_of(JNIEnv *jni, jobject task, jobject loader)
{
    struct attempt_identity who = identity(jni, task);
    struct loader met = loaders_of_object(jni, loader);
    if (met.kind != ATTR_LOADER_USER)
        return; /* jobs of the class path: this loader is everybody's */
    jobs_learn(me.jobs, met.tag, &who);
    if (!loaders_is_safety_net(met))
        return; /* asking for a field that is not there would run Java code, which makes the error */
    /* The safety net only delegates: classes are the inner one's. Null once Flink has let the job go. */
    jobject inner = step(jni, loader, field_of_value(jni, loader, "inner", "Lorg/apache/flink/util/FlinkUserCodeClassLoader;"));
    if (inner != NULL)
        jobs_learn(me.jobs, loaders_of_object(jni, inner).tag, &who);
    drop(jni, inner);
}

/* False: Flink has not set it yet. Whatever it is then will not change. */
static bool learn_code(JNIEnv *jni, jobject task)
{
    jobject code = step(jni, task, me.flink.user_code);
    jobject loader = step(jni, code, field_of_value(jni, code, "classLoader", "Ljava/lang/ClassLoader;"));
    bool set = code != NULL;
    if (loader != NULL)
        learn_loader_of(jni, task, loader);
    drop(jni, loader);
    drop(jni, code);
    return set;
}

/* On the task's own thread. */
static void learn_loader(JNIEnv *jni)
{
    jthread thread = NULL;
    if ((*env_ti())->GetCurrentThread(env_ti(), &thread) != JVMTI_ERROR_NONE || thread == NULL)
        return;
    jobject task = runnable_of(jni, thread);
    mine.loader = is_task(jni, task) && learn_code(jni, task);
    drop(jni, task);
    drop(jni, thread);
}

struct attempts_thread attempts_current(JNIEnv *jni)
{
    if (mine.known != atomic_load_explicit(&me.generation, memory_order_relaxed))
        learn_mine(jni);
    if (mine.task && !mine.loader)
        learn_loader(jni);
    struct attempts_thread t = { mine.id, mine.shared != 0 };
    if (t.id != 0 && !mine.task && !attempts_running(me.book, t.id))
        t.shared = true;
    return t;
}

struct attempts_thread attempts_in_code_of(struct attempts_thread thread, uint32_t loader_tag)
{
    struct weir_attempt starter, job;
    if (!thread.shared || thread.id == 0 || !jobs_get(me.jobs, me.names, loader_tag, &job) ||
        !attempts_get(me.book, me.names, thread.id, &starter) ||
        memcmp(starter.job_id, job.job_id, sizeof job.job_id) == 0)
        return thread;
    return (struct attempts_thread){ .id = 0, .shared = true };
}

struct threadtag attempts_on_start(JNIEnv *jni, jthread started, int64_t coarse_ms)
{
    struct threadtag tag = { .known = true };
    if (me.book == NULL)
        return tag;
    jobject runnable = runnable_of(jni, started);
    if (is_task(jni, runnable)) {
        struct attempt_identity who = identity(jni, runnable);
        tag.attempt = attempts_begin(me.book, &who, coarse_ms);
        tag.task = true;
    } else {
        struct attempts_thread starter = attempts_current(jni);
        bool pool = starter.id != 0 && (is_carrier(jni, started) || is_pool_thread(jni, started));
        tag.attempt = pool ? 0 : starter.id;
        tag.shared = pool || starter.shared;
    }
    drop(jni, runnable);
    return tag;
}

/* Its end may have come before the tag: nobody else would tell. */
static void end_if_dead(jthread thread, struct threadtag tag, int64_t coarse_ms)
{
    jint state = 0;
    if ((*env_ti())->GetThreadState(env_ti(), thread, &state) != JVMTI_ERROR_NONE || (state & JVMTI_THREAD_STATE_ALIVE) != 0)
        return;
    attempts_end(me.book, tag.attempt, coarse_ms);
    tag.attempt = 0;
    tag.task = false;
    threadtag_set(thread, tag);
}

/* One that the hook has seen start has its attempt. A thread that only descends from a task's cannot be told from others now. */
static bool adopt(JNIEnv *jni, jthread thread, int64_t coarse_ms)
{
    struct threadtag tag = threadtag_get(thread); /* it may have one already: its start came between hook and event */
    jobject runnable = tag.attempt == 0 ? runnable_of(jni, thread) : NULL;
    bool task = is_task(jni, runnable);
    if (task) {
        struct attempt_identity who = identity(jni, runnable);
        tag.attempt = attempts_begin(me.book, &who, coarse_ms);
        tag.task = true;
        threadtag_set(thread, tag);
        learn_code(jni, runnable);
        end_if_dead(thread, tag, coarse_ms);
    }
    drop(jni, runnable);
    return task;
}

uint32_t attempts_adopt(JNIEnv *jni, int64_t coarse_ms)
{
    jthread *threads = NULL;
    jint count = 0;
    uint32_t found = 0;
    if (JVM_TRY(GetAllThreads, &count, &threads) != WEIR_OK)
        return 0;
    for (jint i = 0; i < count; i++) {
        found += adopt(jni, threads[i], coarse_ms);
        drop(jni, threads[i]);
    }
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)threads);
    /* Release: the tags. Pairs with the acquire in learn_mine(). */
    atomic_fetch_add_explicit(&me.generation, 1, memory_order_release);
    return found;
}

static void learn_code_of(JNIEnv *jni, jthread thread)
{
    struct threadtag tag = threadtag_get(thread);
    if (!tag.known || !tag.task)
        return;
    jobject runnable = runnable_of(jni, thread);
    if (is_task(jni, runnable))
        learn_code(jni, runnable);
    drop(jni, runnable);
}

void attempts_learn_code(JNIEnv *jni)
{
    jthread *threads = NULL;
    jint count = 0;
    if (me.book == NULL || JVM_TRY(GetAllThreads, &count, &threads) != WEIR_OK)
        return; /* no TaskManager, or the hook is off */
    for (jint i = 0; i < count; i++) {
        learn_code_of(jni, threads[i]);
        drop(jni, threads[i]);
    }
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)threads);
}

void attempts_start_failed(struct threadtag tag, int64_t coarse_ms)
{
    if (tag.task)
        attempts_end(me.book, tag.attempt, coarse_ms);
}

uint32_t attempts_on_end(JNIEnv *jni, int64_t coarse_ms)
{
    if (mine.known != atomic_load_explicit(&me.generation, memory_order_relaxed))
        learn_mine(jni);
    if (!mine.task) /* also where there are no tasks */
        return 0;
    attempts_end(me.book, mine.id, coarse_ms);
    return mine.id;
}
