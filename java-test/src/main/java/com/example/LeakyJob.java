// SPDX-License-Identifier: Apache-2.0
package com.example;

import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;

/**
 * Job "orders": a streaming job whose Flat Map holds direct memory.
 * Arguments: MIB COUNT RECORDS PAUSE_MS PARALLELISM. Each subtask takes COUNT buffers of MIB one by
 * one, a record every PAUSE_MS; the job ends after RECORDS records. Under the share it is healthy.
 */
public final class LeakyJob {
    private LeakyJob() {
    }

    public static void main(String[] args) throws Exception {
        int mib = Integer.parseInt(args[0]);
        int count = Integer.parseInt(args[1]);
        long records = Long.parseLong(args[2]);
        long pauseMillis = Long.parseLong(args[3]);
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        env.setRuntimeMode(RuntimeExecutionMode.STREAMING);
        env.setParallelism(Integer.parseInt(args[4]));
        env.fromSequence(1, records)
                .rebalance()
                .flatMap(new Leak(mib << 20, count, pauseMillis)).returns(Long.class).name("Flat Map")
                .disableChaining()
                .sinkTo(new DiscardingSink<>()).name("nowhere");
        env.execute("orders");
    }
}
