/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_IDS_H
#define CLI_IDS_H
/* Root acts as the owner of the process it attaches to: a JVM accepts its own uid and gid only, and what root does in a
 * directory of somebody else's should be done with their rights. */
#include <stdbool.h>
#include <sys/types.h>

/* Effective ids from now on. True at once when they are ours already; false (errno) when we may not. */
bool ids_become(uid_t uid, gid_t gid);
/* Those this program was started with. */
void ids_back(void);
/* "flink", or "9999" where no name is known. Overwritten by the next call. */
const char *ids_user(uid_t uid);

#endif
