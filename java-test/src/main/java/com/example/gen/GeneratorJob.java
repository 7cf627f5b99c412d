// SPDX-License-Identifier: Apache-2.0
package com.example.gen;

import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;

/** Job "rules": defines a class for every record and keeps it. Arguments: RECORDS METHODS, so many in each class. */
public final class GeneratorJob {
    private GeneratorJob() {
    }

    public static void main(String[] args) throws Exception {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        env.setParallelism(1);
        env.fromSequence(1, Long.parseLong(args[0]))
                .map(new Generator(Integer.parseInt(args[1]))).returns(Long.class).name("Generator")
                .sinkTo(new DiscardingSink<>()).name("nowhere");
        env.execute("rules");
    }
}
