// SPDX-License-Identifier: Apache-2.0
package com.example.loan;

import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;

/** A source, a Borrower on a thread of its own, and nowhere: runs until it is cancelled. */
public final class LoanJob {
    private LoanJob() {
    }

    public static void run(String name, Loan loan, String gate) throws Exception {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        env.setRuntimeMode(RuntimeExecutionMode.STREAMING);
        env.setParallelism(1);
        env.fromSequence(1, Long.MAX_VALUE)
                .map(new Borrower(loan, gate)).returns(Long.class).name("Borrower")
                .disableChaining()
                .sinkTo(new DiscardingSink<>()).name("nowhere");
        env.execute(name);
    }
}
