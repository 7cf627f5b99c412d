// SPDX-License-Identifier: Apache-2.0
package com.example.keep;

import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;

/**
 * Job "keeps": at its first record does what makes its class loader outlive it, and runs until it is cancelled. Arguments:
 * MODE (see Keeper) GATE_DIR NUMBER CLASSES; CLASSES is how many classes it makes for itself.
 */
public final class KeepJob {
    private KeepJob() {
    }

    public static void main(String[] args) throws Exception {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        env.setParallelism(1);
        env.fromSequence(1, Long.MAX_VALUE)
                .map(new Keeper(args[0], args[1], Integer.parseInt(args[2]), Integer.parseInt(args[3])))
                .returns(Long.class).name("Keeper")
                .sinkTo(new DiscardingSink<>()).name("nowhere");
        env.execute("keeps");
    }
}
