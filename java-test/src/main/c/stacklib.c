/* SPDX-License-Identifier: Apache-2.0 */
/* stacklib.c: native methods of the test program dev.weir.programs.NativeStacks: memory taken by malloc below known functions, on
 * threads of all kinds, in every state in which a library may allocate. */
#define _GNU_SOURCE /* pthread_setname_np */
#include <jni.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEEN __attribute__((visibility("default"), noinline))
#define NATIVE(type, name) JNIEXPORT type JNICALL Java_dev_weir_programs_NativeStacks_##name
enum { NAME_CAP = 16 };

void *stack_take(size_t bytes);
void *stack_outer(size_t bytes);
NATIVE(jlong, take)(JNIEnv *jni, jclass c, jint bytes);
NATIVE(void, give)(JNIEnv *jni, jclass c, jlong address);
NATIVE(jlong, takeOnThread)(JNIEnv *jni, jclass c, jint bytes, jint number);
NATIVE(jlong, takeAttached)(JNIEnv *jni, jclass c, jint bytes);
NATIVE(jlong, takeThrowing)(JNIEnv *jni, jclass c, jint bytes);
NATIVE(jlong, takeCritical)(JNIEnv *jni, jclass c, jbyteArray array, jint turns);
NATIVE(void, holdCritical)(JNIEnv *jni, jclass c, jbyteArray array, jint bytes);
NATIVE(jlong, pairs)(JNIEnv *jni, jclass c, jint turns, jint bytes);
NATIVE(jlong, address)(JNIEnv *jni, jclass c);

/* The sum after each call keeps it from becoming a jump. */
static volatile uintptr_t none;

SEEN void *stack_take(size_t bytes)
{
    char *p = malloc(bytes);
    if (p != NULL)
        p[bytes / 2] = 1;
    return p + none;
}

SEEN void *stack_outer(size_t bytes)
{
    return (char *)stack_take(bytes) + none;
}

static jlong as_long(const void *p)
{
    return (jlong)(intptr_t)p;
}

NATIVE(jlong, take)(JNIEnv *jni, jclass c, jint bytes)
{
    (void)jni;
    (void)c;
    return as_long(stack_outer((size_t)bytes)) + (jlong)none;
}

NATIVE(void, give)(JNIEnv *jni, jclass c, jlong address)
{
    void *p;
    (void)jni;
    (void)c;
    memcpy(&p, &address, sizeof p);
    free(p);
}

struct job {
    JavaVM *vm; /* NULL: a thread that Java never sees */
    int     number;
    size_t  bytes;
    void   *taken;
};

static void *work(void *arg)
{
    struct job *job = arg;
    void       *jni = NULL;
    char        name[NAME_CAP];
    snprintf(name, sizeof name, "stack-pool-%d", job->number);
    pthread_setname_np(pthread_self(), name);
    if (job->vm != NULL && (*job->vm)->AttachCurrentThread(job->vm, &jni, NULL) != JNI_OK)
        return NULL;
    job->taken = stack_outer(job->bytes);
    if (job->vm != NULL)
        (*job->vm)->DetachCurrentThread(job->vm);
    free(stack_outer(100)); /* after the detach */
    return NULL;
}

static jlong on_thread(struct job *job)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, work, job) != 0)
        return 0;
    pthread_join(thread, NULL);
    return as_long(job->taken);
}

NATIVE(jlong, takeOnThread)(JNIEnv *jni, jclass c, jint bytes, jint number)
{
    struct job job = { NULL, number, (size_t)bytes, NULL };
    (void)jni;
    (void)c;
    return on_thread(&job);
}

NATIVE(jlong, takeAttached)(JNIEnv *jni, jclass c, jint bytes)
{
    struct job job = { NULL, 1, (size_t)bytes, NULL };
    (void)c;
    return (*jni)->GetJavaVM(jni, &job.vm) == JNI_OK ? on_thread(&job) : 0;
}

/* With an exception pending: the caller's, who finds it unharmed. */
NATIVE(jlong, takeThrowing)(JNIEnv *jni, jclass c, jint bytes)
{
    static volatile jlong taken;
    (void)c;
    jclass error = (*jni)->FindClass(jni, "java/lang/IllegalStateException");
    if (bytes < 0)
        return taken;
    (*jni)->ThrowNew(jni, error, "pending");
    taken = as_long(stack_outer((size_t)bytes));
    return 0;
}

/* As compression libraries do it: no collection that moves the array, and no other JNI call, may come between. */
NATIVE(jlong, takeCritical)(JNIEnv *jni, jclass c, jbyteArray array, jint turns)
{
    jlong sum = 0;
    (void)c;
    jsize length = (*jni)->GetArrayLength(jni, array);
    char *bytes = (*jni)->GetPrimitiveArrayCritical(jni, array, NULL);
    for (jint i = 0; bytes != NULL && i < turns; i++) {
        char *copy = stack_outer((size_t)length + 1);
        memcpy(copy, bytes, (size_t)length);
        sum += copy[i % length];
        bytes[i % length] = (char)i;
        free(copy);
    }
    (*jni)->ReleasePrimitiveArrayCritical(jni, array, bytes, 0);
    return sum;
}

/* Held for good: its owner says what was walked in such a place. */
NATIVE(void, holdCritical)(JNIEnv *jni, jclass c, jbyteArray array, jint bytes)
{
    (void)c;
    void *elements = (*jni)->GetPrimitiveArrayCritical(jni, array, NULL);
    none = (uintptr_t)stack_outer((size_t)bytes) == 0;
    (*jni)->ReleasePrimitiveArrayCritical(jni, array, elements, 0);
}

/* malloc and free, as close as they come: what the bench measures. One block is held meanwhile, for the books to show. */
NATIVE(jlong, pairs)(JNIEnv *jni, jclass c, jint turns, jint bytes)
{
    void *volatile held = malloc((size_t)bytes);
    uintptr_t      sum = 0;
    (void)jni;
    (void)c;
    for (jint i = 0; i < turns; i++) {
        void *volatile p = malloc((size_t)bytes);
        sum += (uintptr_t)p;
        free(p);
    }
    free(held);
    return (jlong)sum;
}

/* For calls past JNI, by java.lang.foreign. */
NATIVE(jlong, address)(JNIEnv *jni, jclass c)
{
    void *(*f)(size_t) = stack_outer;
    void *p;
    (void)jni;
    (void)c;
    memcpy(&p, (const void *)&f, sizeof p);
    return as_long(p);
}
