/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_ATTRIBUTE_H
#define MODEL_ATTRIBUTE_H
/* Which Flink component an allocation belongs to, from its Java stack (DESIGN.md 4). Two steps: each frame is judged
 * once (attribute_frame; the caller caches the result per method), each stack by its frames' judgements
 * (attribute_decide; runs inside hooks: no strings, no allocation). */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/rules.h"
#include "weir.h"

/* Who defined the class: judged by the jvm layer from the loader's class, its superclasses and its `parent` chain. */
enum attr_loader {
    ATTR_LOADER_BOOT,
    ATTR_LOADER_PLATFORM,
    ATTR_LOADER_REFLECTION, /* DelegatingClassLoader of reflection accessors */
    ATTR_LOADER_APP,        /* the application (system) loader */
    ATTR_LOADER_USER,       /* a Flink user-code loader, or a loader with one among its ancestors */
    ATTR_LOADER_PLUGIN,     /* PluginLoader$PluginClassLoader */
    ATTR_LOADER_FLINK,      /* ComponentClassLoader (planner), SubmoduleClassLoader (RPC) */
    ATTR_LOADER_FOREIGN     /* any other, -javaagent code included */
};

struct attr_frame {
    const char *class_name; /* dotted: java.nio.DirectByteBuffer */
    const char *method;
    /* Last path segment of the code source, "flink-dist-1.20.5.jar", of a directory too ("classes"); "" only if the
     * class has none. */
    const char      *source;
    enum attr_loader loader;
    bool             runtime_source; /* same code source as Flink's TaskExecutor */
    bool             agent_source;   /* a -javaagent jar */
};

/* What one frame says. Fits a cache entry. All zero: a frame of the JDK. */
struct attr_trait {
    uint8_t verdict;   /* enum in attribute.c */
    uint8_t component; /* enum weir_component that a user's rule names, else WEIR_COMPONENT_COUNT */
    uint8_t marks;     /* ATTR_MARK_* */
};
enum {
    ATTR_MARK_HIDE = 1,    /* JDK plumbing inside the call that a reader knows */
    ATTR_MARK_DIRECT = 2,  /* java.nio.DirectByteBuffer: counted by java.nio.Bits */
    ATTR_MARK_FFM = 4,     /* jdk.internal.foreign */
    ATTR_MARK_TASK_RUN = 8, /* org.apache.flink.runtime.taskmanager.Task.run: a task thread */
    ATTR_MARK_SPARE = 16    /* below it nothing is denied: a task's cancel and cleanup, a class initialiser not of user code */
};

struct attr_context {
    enum weir_role role;
    bool           user_context_loader; /* the thread's context class loader is of user code */
};

struct attr_decision {
    enum weir_component component;
    enum weir_kind      kind;
    int                 decider; /* index of the deciding frame, -1 if none did */
    /* The given frames do not settle it: deeper ones, where there are any, may. With a decider: a file system client
     * whose user, or a class without code source whose caller, is not among them. */
    bool open;
};

/* rules may be NULL. */
struct attr_trait attribute_frame(const struct attr_frame *frame, const struct rules *rules);

/* Is the frame code of the user, a connector or a library, as opposed to the JDK's and Flink's? */
bool attribute_is_application(struct attr_trait trait);

/* Is a class, to be defined by such a loader, the decision of the user's, a connector's or a library's code (DESIGN.md 5)? That
 * of the nearest such frame, unless Flink's code stands before it; or of a task that loads its user's classes. Never what the
 * JDK makes for itself, nor below a mark that spares. Thread rules as below. */
bool attribute_decides_class(const struct attr_trait *traits, size_t count, enum attr_loader definer);

/* traits[0] is the innermost frame. Thread rules: pure, any thread. */
struct attr_decision attribute_decide(const struct attr_trait *traits, size_t count,
                                      struct attr_context context);

#endif
