/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_ZONE_H
#define TESTS_ZONE_H
/* The time zone of a test. POSIX rules written out ("CET-1CEST,M3.5.0,M10.5.0/3"): a machine without zone files knows them too. */

void zone_set(const char *rule);
/* Back to what the environment said before the first zone_set(). */
void zone_restore(void);

#endif
