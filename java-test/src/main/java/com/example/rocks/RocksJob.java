// SPDX-License-Identifier: Apache-2.0
package com.example.rocks;

import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;

/**
 * Job "keyed state": two subtasks hold KEYS values of 1000 bytes, then wait for the gate. Arguments: KEYS GATE_DIR, and
 * "lookup" for a RocksDB of the user's own in each subtask of another operator, as a table to look things up in.
 */
public final class RocksJob {
    private RocksJob() {
    }

    public static void main(String[] args) throws Exception {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        env.setParallelism(2);
        env.disableOperatorChaining();
        int keys = Integer.parseInt(args[0]);
        boolean lookup = args.length > 2 && args[2].equals("lookup");
        env.fromSequence(1, 2L * keys).name("numbers")
                .keyBy(n -> n % keys)
                .process(new State(keys, args[1])).returns(Long.class).name("State")
                .map(lookup ? new Lookup(args[1]) : new Nothing()).returns(Long.class).name("Lookup")
                .sinkTo(new DiscardingSink<>()).name("nowhere");
        env.execute("keyed state");
    }
}
