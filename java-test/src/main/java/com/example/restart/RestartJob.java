// SPDX-License-Identifier: Apache-2.0
package com.example.restart;

import java.util.Arrays;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;

/**
 * Job "restarts": streams until it is cancelled or told to fail; each attempt takes direct memory.
 * Arguments: MODE MIB[,MIB...] GATE_DIR PARALLELISM. See Holder for the modes and the gate; attempt n
 * takes the n-th size, the last one counts for all that follow.
 */
public final class RestartJob {
    private RestartJob() {
    }

    public static void main(String[] args) throws Exception {
        int[] mib = Arrays.stream(args[1].split(",")).mapToInt(Integer::parseInt).toArray();
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        env.setRuntimeMode(RuntimeExecutionMode.STREAMING);
        env.setParallelism(Integer.parseInt(args[3]));
        env.fromSequence(1, Long.MAX_VALUE)
                .rebalance()
                .map(new Holder(args[0], mib, args[2])).returns(Long.class).name("Holder")
                .disableChaining()
                .sinkTo(new DiscardingSink<>()).name("nowhere");
        env.execute("restarts");
    }
}
