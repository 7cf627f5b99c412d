// SPDX-License-Identifier: Apache-2.0
package com.example.shuffle;

import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;

/**
 * Job "shuffle": a bounded streaming job that is as fast as the machine. Each record, 100
 * characters and two numbers, goes by its key to a sum in heap state. Arguments: RECORDS PARALLELISM.
 */
public final class ShuffleJob {
    private static final int KEYS = 10_007;
    private static final String TEXT = "0123456789".repeat(10);

    private ShuffleJob() {
    }

    public static void main(String[] args) throws Exception {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        env.setRuntimeMode(RuntimeExecutionMode.STREAMING);
        env.setParallelism(Integer.parseInt(args[1]));
        env.fromSequence(1, Long.parseLong(args[0]))
                .map(n -> Tuple3.of((int) (n * 2_654_435_761L % KEYS), n, TEXT))
                .returns(Types.TUPLE(Types.INT, Types.LONG, Types.STRING))
                .keyBy(record -> record.f0)
                .reduce((sum, record) -> Tuple3.of(sum.f0, sum.f1 + record.f1, record.f2))
                .sinkTo(new DiscardingSink<>());
        env.execute("shuffle");
    }
}
