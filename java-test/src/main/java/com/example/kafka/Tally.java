// SPDX-License-Identifier: Apache-2.0
package com.example.kafka;

import com.example.loan.Word;
import java.nio.file.Path;
import org.apache.flink.api.common.functions.RichMapFunction;

/** Keeps the sum of what it has seen in a file. */
final class Tally extends RichMapFunction<Long, Long> {
    private static final long serialVersionUID = 1L;

    private final String gate;
    private final String file;
    private transient long sum;

    Tally(String gate, String file) {
        this.gate = gate;
        this.file = file;
    }

    @Override
    public Long map(Long bytes) throws Exception {
        sum += bytes;
        Word.leave(Path.of(gate, file), String.valueOf(sum));
        return bytes;
    }
}
