/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_ATTACHREPLY_H
#define MODEL_ATTACHREPLY_H
/* What came back from a `load`: the JVM's answer on the socket, and the agent's text in the reply file. */
#include <stdint.h>

#include "base/buf.h"

enum attachreply_kind {
    ATTACHREPLY_RETURNED, /* Agent_OnAttach ran; code is what it returned */
    ATTACHREPLY_FAILED,   /* the library was not loaded; the JVM's text, if any, says why */
    ATTACHREPLY_EARLY,    /* JDK 21 and newer: the JVM is still starting; ask again */
    ATTACHREPLY_CLOSED,   /* nothing: the JVM refused the connection's owner, or ended */
    ATTACHREPLY_GARBLED   /* not what a HotSpot answers */
};

/* Of the JVM's answer: 8 "0\n0\n"; 11 to 25 "0\nreturn code: 0\n"; a failure is a code other than 0, or from 21 on 0 and a
 * text. code and text are set as the kind says; text is one line. */
enum attachreply_kind attachreply_socket(const char *answer, size_t len, int32_t *code,
                                         struct buf *text);

enum attachreply_verdict {
    ATTACHREPLY_OK,
    ATTACHREPLY_ERROR,
    ATTACHREPLY_BAD_OPTION,
    ATTACHREPLY_SILENT
};

/* Of the reply file: "ok\n" and a body, or "error: MESSAGE\n". *body points into text, behind the first line for ok, at the
 * message for an error. Silent: empty, or not written by an agent that knows it. */
enum attachreply_verdict attachreply_file(const char *text, const char **body);

#endif
