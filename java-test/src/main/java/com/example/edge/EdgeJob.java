// SPDX-License-Identifier: Apache-2.0
package com.example.edge;

import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;

/**
 * Job "edges": asks for direct memory at the edges of a task's life. Arguments: WHERE MIB NOTE_FILE
 * RECORDS PAUSE_MS. WHERE is close (the function's close()), static (the initialiser of a class of the
 * job's jar) or cancel (cancel() of a SourceFunction; Flink 1.x only, endless).
 */
public final class EdgeJob {
    private EdgeJob() {
    }

    public static void main(String[] args) throws Exception {
        int bytes = Integer.parseInt(args[1]) << 20;
        long records = Long.parseLong(args[3]);
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        env.setParallelism(1);
        if (args[0].equals("cancel")) {
            CancelledSource.build(env, bytes, args[2]);
        } else {
            env.fromSequence(1, records)
                    .map(new Edge(args[0], bytes, args[2], Long.parseLong(args[4]))).returns(Long.class).name("Edge")
                    .sinkTo(new DiscardingSink<>()).name("nowhere");
        }
        env.execute("edges");
    }
}
