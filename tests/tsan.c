/* SPDX-License-Identifier: Apache-2.0 */
/* tsan.c: what ThreadSanitizer cannot see: the dynamic linker's lock, which orders what happens to the linker's own structures
 * (a link map is freed by one thread and made by another, and read by us while we hold the library). */
#include "crew.h"

#if CREW_SANITIZED
__attribute__((visibility("default"))) const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
    return "race:^held$\nrace:rtld-malloc.h\n";
}
#endif
