/* SPDX-License-Identifier: Apache-2.0 */
/* pinfields.c: a class's interfaces are gathered once each, then the chain of superclasses is gone through from its root.
 * Bound: INTERFACES interfaces and CHAIN superclasses; of a class with more the number is not found. */
#include "jvm/pinfields.h"

#include <stdio.h>
#include <string.h>

#include "jvm/env.h"
#include "base/poison.h"

enum { INTERFACES = 128, CHAIN = 64, STATIC_BIT = 0x0008 };

struct line { /* local references, dropped with the caller's frame */
    jclass interface[INTERFACES], chain[CHAIN];
    size_t interfaces, depth;
    bool   whole;
};

static bool has(JNIEnv *jni, const struct line *l, jclass c)
{
    for (size_t i = 0; i < l->interfaces; i++)
        if ((*jni)->IsSameObject(jni, l->interface[i], c))
            return true;
    return false;
}

static void add_interfaces(JNIEnv *jni, struct line *l, jclass c, int depth)
{
    jclass *of = NULL;
    jint    count = 0;
    if (depth > CHAIN || (*env_ti())->GetImplementedInterfaces(env_ti(), c, &count, &of) != JVMTI_ERROR_NONE) {
        l->whole = false;
        return;
    }
    for (jint i = 0; i < count; i++) {
        if (has(jni, l, of[i]))
            continue;
        if (l->interfaces == INTERFACES) {
            l->whole = false;
            break;
        }
        l->interface[l->interfaces++] = of[i];
        add_interfaces(jni, l, of[i], depth + 1);
    }
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)of);
}

static void read_line(JNIEnv *jni, jclass c, struct line *l)
{
    l->interfaces = l->depth = 0;
    l->whole = true;
    for (jclass at = c; at != NULL && l->whole; at = (*jni)->GetSuperclass(jni, at)) {
        if (l->depth == CHAIN) {
            l->whole = false;
            return;
        }
        l->chain[l->depth++] = at;
        add_interfaces(jni, l, at, 0);
    }
}

static jint fields_of(jclass c, jfieldID **fields)
{
    jint count = 0;
    *fields = NULL;
    return (*env_ti())->GetClassFields(env_ti(), c, &count, fields) == JVMTI_ERROR_NONE ? count : 0;
}

static int32_t count_fields(jclass c)
{
    jfieldID *fields;
    jint      count = fields_of(c, &fields);
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)fields);
    return count;
}

static int32_t of_interfaces(const struct line *l)
{
    int32_t sum = 0;
    for (size_t i = 0; i < l->interfaces; i++)
        sum += count_fields(l->interface[i]);
    return sum;
}

/* Its place among the fields that c declares; -1: none. */
static int32_t place_of(jclass c, const char *name)
{
    jfieldID *fields;
    jint      count = fields_of(c, &fields);
    int32_t   at = -1;
    for (jint i = 0; i < count && at < 0; i++) {
        char *own = NULL;
        if ((*env_ti())->GetFieldName(env_ti(), c, fields[i], &own, NULL, NULL) == JVMTI_ERROR_NONE && strcmp(own, name) == 0)
            at = i;
        (*env_ti())->Deallocate(env_ti(), (unsigned char *)own);
    }
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)fields);
    return at;
}

int32_t pinfields_number(JNIEnv *jni, jclass c, jclass owner, const char *name)
{
    static struct line l; /* the reporter's */
    int32_t            number = -1;
    if ((*jni)->PushLocalFrame(jni, INTERFACES) != JNI_OK) {
        env_threw(jni);
        return -1;
    }
    read_line(jni, c, &l);
    int32_t before = of_interfaces(&l);
    for (size_t i = l.depth; i-- > 0 && l.whole && number < 0;) {
        if ((*jni)->IsSameObject(jni, l.chain[i], owner)) {
            int32_t at = place_of(l.chain[i], name);
            number = at < 0 ? -1 : before + at;
            break;
        }
        before += count_fields(l.chain[i]);
    }
    (*jni)->PopLocalFrame(jni, NULL);
    return number;
}

static bool name_at(jclass c, int32_t place, char *out, size_t cap)
{
    jfieldID *fields;
    char     *name = NULL;
    jint      count = fields_of(c, &fields);
    bool      found = place < count &&
                 (*env_ti())->GetFieldName(env_ti(), c, fields[place], &name, NULL, NULL) == JVMTI_ERROR_NONE;
    if (found)
        snprintf(out, cap, "%s", name);
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)name);
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)fields);
    return found;
}

/* number: from the first field of the first of them on; what is left of it otherwise. */
static bool name_among(const jclass *classes, size_t count, bool backwards, int32_t *number, char *out, size_t cap)
{
    for (size_t i = 0; i < count; i++) {
        jclass  c = classes[backwards ? count - 1 - i : i];
        int32_t fields = count_fields(c);
        if (*number < fields)
            return name_at(c, *number, out, cap);
        *number -= fields;
    }
    return false;
}

void pinfields_name(JNIEnv *jni, jclass c, int32_t number, char *out, size_t cap)
{
    static struct line l; /* the reporter's */
    snprintf(out, cap, "?");
    if (number < 0 || (*jni)->PushLocalFrame(jni, INTERFACES) != JNI_OK) {
        env_threw(jni);
        return;
    }
    read_line(jni, c, &l);
    number -= of_interfaces(&l);
    if (l.whole && number >= 0)
        name_among(l.chain, l.depth, true, &number, out, cap);
    (*jni)->PopLocalFrame(jni, NULL);
}

/* Final classes of the JDK without further references; arrays of primitives. */
static bool is_plain(const char *signature)
{
    static const char *const plain[] = { "Ljava/lang/String;",  "Ljava/lang/Integer;", "Ljava/lang/Long;",
                                         "Ljava/lang/Boolean;", "Ljava/lang/Byte;",    "Ljava/lang/Short;",
                                         "Ljava/lang/Double;",  "Ljava/lang/Float;",   "Ljava/lang/Character;" };
    if (signature[0] == '[')
        return signature[1] != '[' ? signature[1] != 'L' || is_plain(signature + 1) : is_plain(signature + 1);
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (strcmp(plain[i], signature) == 0)
            return true;
    return signature[0] != 'L';
}

static bool field_leads_on(jclass c, jfieldID field)
{
    char *name = NULL, *signature = NULL;
    jint  bits = STATIC_BIT;
    bool  leads = true;
    if ((*env_ti())->GetFieldModifiers(env_ti(), c, field, &bits) == JVMTI_ERROR_NONE && (bits & STATIC_BIT) != 0)
        return false;
    if ((*env_ti())->GetFieldName(env_ti(), c, field, &name, &signature, NULL) == JVMTI_ERROR_NONE)
        leads = !is_plain(signature);
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)name);
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)signature);
    return leads;
}

bool pinfields_lead_on(jclass c)
{
    jfieldID *fields;
    char     *signature = NULL;
    bool      leads = false;
    if ((*env_ti())->GetClassSignature(env_ti(), c, &signature, NULL) != JVMTI_ERROR_NONE)
        return true;
    bool array = signature[0] == '[', plain = is_plain(signature);
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)signature);
    if (array || plain)
        return !plain;
    jint count = fields_of(c, &fields);
    if (fields == NULL)
        return true; /* not prepared: cannot be told */
    for (jint i = 0; i < count && !leads; i++)
        leads = field_leads_on(c, fields[i]);
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)fields);
    return leads;
}
