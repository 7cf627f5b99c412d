// SPDX-License-Identifier: Apache-2.0
package com.example.sort;

import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;

/** Job "big sort": batch, a keyed input sorted in managed memory. Arguments: RECORDS GATE_DIR. */
public final class SortJob {
    private SortJob() {
    }

    public static void main(String[] args) throws Exception {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        env.setRuntimeMode(RuntimeExecutionMode.BATCH);
        env.setParallelism(1);
        env.fromSequence(1, Long.parseLong(args[0]))
                .keyBy(SortJob::key)
                .process(new Gate(args[1])).returns(Long.class)
                .sinkTo(new DiscardingSink<>());
        env.execute("big sort");
    }

    private static Long key(Long value) {
        return value * 2_654_435_761L % 100_003;
    }
}
