// SPDX-License-Identifier: Apache-2.0
package com.example.kafka;

import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;

/** A record is as many bytes as it has. */
final class Length implements DeserializationSchema<Long> {
    private static final long serialVersionUID = 1L;

    @Override
    public Long deserialize(byte[] message) {
        return (long) message.length;
    }

    @Override
    public boolean isEndOfStream(Long next) {
        return false;
    }

    @Override
    public TypeInformation<Long> getProducedType() {
        return TypeInformation.of(Long.class);
    }
}
