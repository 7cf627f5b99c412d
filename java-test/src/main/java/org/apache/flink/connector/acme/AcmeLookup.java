// SPDX-License-Identifier: Apache-2.0
package org.apache.flink.connector.acme;

import java.nio.ByteBuffer;
import org.apache.flink.api.common.functions.MapFunction;

/** A third party's connector: lies in lib/, in Flink's own package, and takes one direct buffer. */
public final class AcmeLookup implements MapFunction<Long, Long> {
    private static final long serialVersionUID = 1L;

    private final int bytes;
    private final long pauseMillis;
    private transient ByteBuffer cache;

    public AcmeLookup(int bytes, long pauseMillis) {
        this.bytes = bytes;
        this.pauseMillis = pauseMillis;
    }

    @Override
    public Long map(Long value) throws Exception {
        if (cache == null) {
            cache = ByteBuffer.allocateDirect(bytes);
        }
        Thread.sleep(pauseMillis);
        return value;
    }
}
