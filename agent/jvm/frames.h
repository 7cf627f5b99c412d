/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_FRAMES_H
#define JVM_FRAMES_H
/* The Java stack of the current thread: walked, resolved while its frames are live, judged. */
#include <jni.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/owners.h"
#include "core/stacks.h"
#include "model/attribute.h"
#include "model/rules.h"
#include "weir.h"

struct frames_config {
    struct stacks      *stacks;
    const struct rules *rules; /* outlives the process's hooks */
    enum weir_role      role;
    uint32_t            depth; /* frames kept, 1..WEIR_MAX_DEPTH */
    const char         *runtime_source; /* code source of TaskExecutor; "" unknown */
    const char *const  *agent_sources;  /* NULL-terminated file names of -javaagent jars */
};

enum weir_rc frames_init(const struct frames_config *config);
/* From now on keep no more than the first few frames where these decide: enforce walks every call. At any time. */
void frames_few(bool few);
/* Walks and frames so far, of all threads: what the governor of stacks=auto goes by. */
void frames_count(uint64_t *walks, uint64_t *frames);
/* Of these not counted: those above native frames. */
void frames_count_above(uint64_t *walks, uint64_t *frames);
/* For core/capture.h; `jni` is the calling thread's JNIEnv, no exception pending. Runs no Java code. */
bool frames_site(void *jni, struct owner_key *out);
void frames_whole(void *jni, struct owner_key *key);
/* The Java frames above native ones: `ids` holds count native frames and gets the Java frames behind them, up to WEIR_MAX_DEPTH
 * in all. False: no Java frame is there, or none can be walked. */
struct frames_above {
    size_t   count;            /* of Java frames */
    int16_t  decider;          /* index in ids; -1 none kept */
    uint32_t loader, loader_tag, attempt;
    bool     shared;
    uint8_t  component;        /* that a frame decided, else what the thread works for; WEIR_COMPONENT_COUNT: neither */
};
bool frames_above(void *jni, uint32_t *ids, size_t count, struct frames_above *out);
/* The same for the place an error is thrown at: the frames that only make the error are left out. */
bool frames_thrown(void *jni, struct owner_key *out);
/* The same for who starts a thread, with all the frames that are kept. by_user: code of the user, a connector or a library decided. */
bool frames_starter(void *jni, struct owner_key *out, bool *by_user);
/* Who makes the error whose stack is being filled in: a method of this class, or this method (either may be NULL)? Its
 * constructors stand between. */
enum frames_maker { FRAMES_OF_OTHERS, FRAMES_OF_CLASS, FRAMES_OF_METHOD };
enum frames_maker frames_maker(void *jni, jclass c, jmethodID method);
/* May this thread's present call not be denied, whatever the limit (jvm/deny.h)? `key` is its site. Walks deep: rare. */
bool frames_spared(void *jni, const struct owner_key *key);
/* Does the user's code, or a library's, have a class defined on this thread, as mode=enforce may deny? Walks deep: rare. */
bool frames_user_defines(void *jni, enum attr_loader definer);
void frames_thread_name(void *jni, char *name, size_t cap);

#endif
