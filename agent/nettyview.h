/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NETTYVIEW_H
#define NETTYVIEW_H
/* What Netty holds by its own malloc, found among the owners. The reporter only. */
#include "snapshot_netty.h"

struct weir_netty_malloc nettyview_read(void);

#endif
