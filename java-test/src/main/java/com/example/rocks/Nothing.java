// SPDX-License-Identifier: Apache-2.0
package com.example.rocks;

import org.apache.flink.api.common.functions.RichMapFunction;

/** Hands everything on. */
public final class Nothing extends RichMapFunction<Long, Long> {
    private static final long serialVersionUID = 1L;

    @Override
    public Long map(Long value) {
        return value;
    }
}
