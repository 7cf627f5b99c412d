// SPDX-License-Identifier: Apache-2.0
package com.example.crowd;

import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;

/**
 * Job "crowd": a Hoarder that takes HOARD_MIB of direct memory and a Victim, on a thread of its own,
 * that asks for VICTIM_MIB as soon as somebody makes the file "ask" in GATE_DIR. Within their share
 * both are healthy; the job runs until it is cancelled. Arguments: HOARD_MIB VICTIM_MIB GATE_DIR.
 */
public final class CrowdJob {
    private CrowdJob() {
    }

    public static void main(String[] args) throws Exception {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        env.setRuntimeMode(RuntimeExecutionMode.STREAMING);
        env.setParallelism(1);
        env.fromSequence(1, Long.MAX_VALUE)
                .map(new Hoarder(Integer.parseInt(args[0]), args[2])).returns(Long.class).name("Hoarder")
                .disableChaining()
                .map(new Victim(Integer.parseInt(args[1]), args[2])).returns(Long.class).name("Victim")
                .disableChaining()
                .sinkTo(new DiscardingSink<>()).name("nowhere");
        env.execute("crowd");
    }
}
