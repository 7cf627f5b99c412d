// SPDX-License-Identifier: Apache-2.0
package com.example.acme;

import org.apache.flink.connector.acme.AcmeLookup;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;

/** Job "lookups" on the connector of lib/. Arguments: MIB RECORDS PAUSE_MS. */
public final class AcmeJob {
    private AcmeJob() {
    }

    public static void main(String[] args) throws Exception {
        int mib = Integer.parseInt(args[0]);
        long records = Long.parseLong(args[1]);
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        env.setParallelism(1);
        env.fromSequence(1, records)
                .map(new AcmeLookup(mib << 20, Long.parseLong(args[2]))).returns(Long.class).name("Lookup")
                .sinkTo(new DiscardingSink<>()).name("nowhere");
        env.execute("lookups");
    }
}
