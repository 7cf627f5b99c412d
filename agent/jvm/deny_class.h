/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_DENY_CLASS_H
#define JVM_DENY_CLASS_H
/* mode=enforce: may a class be defined (DESIGN.md 5)? What metaspace holds is read by the reporter, since asking the VM runs Java
 * code; a hook says when a reading is due, and waits for it a moment. */
#include <jni.h>
#include <stdbool.h>
#include <stdint.h>

struct deny_class_request {
    const char *name; /* com/acme/Foo; NULL: not known */
    uint64_t    bytes; /* of its class file */
    jobject     loader; /* that will define it */
    jclass      beside; /* or the class in whose loader it will be; NULL: loader counts, and NULL is the boot loader */
};

/* Outside hooks, again at each change of the mode. */
void deny_class_init(bool on);
/* True: go on. False: refused, said, and an OutOfMemoryError is pending. Denied are definitions that the user's code or a
 * library's decided (attribute_decides_class()), when a reading of the VM's own figure leaves no room for them, also not after a
 * collection; waits for a tenth of a second for a reading, and for two collections at most; holds nothing meanwhile. */
bool deny_class(JNIEnv *jni, const struct deny_class_request *request);
/* Reporter: is a reading waited for? */
bool deny_class_waits(void);
/* Around each reading. known false: this JVM does not say. */
struct deny_class_reading {
    uint64_t guessed;
    unsigned asked;
};
struct deny_class_reading deny_class_begin(void);
void                      deny_class_read(struct deny_class_reading begun, bool known, uint64_t committed, uint64_t used);

#endif
