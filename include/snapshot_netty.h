/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WEIR_SNAPSHOT_NETTY_H
#define WEIR_SNAPSHOT_NETTY_H
/* What Netty 4.2 holds by a malloc of its own (JDK 24 and newer): in no pool and no bean of the JVM. */
#include <stdint.h>

struct weir_netty_malloc {
    uint64_t    bytes, blocks; /* all copies of Netty; 0: none */
    const char *source;        /* the jar of the one that holds most: netty-common-4.2.20.Final.jar; "" unknown */
};

#endif
