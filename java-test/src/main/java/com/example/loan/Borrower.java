// SPDX-License-Identifier: Apache-2.0
package com.example.loan;

import java.nio.file.Path;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichMapFunction;

/**
 * Takes its loan at the first record, leaves the library's figure in the file "held" of the gate directory,
 * passes records until there is a file "fail" or the job is cancelled, and gives the loan back when it closes.
 */
public final class Borrower extends RichMapFunction<Long, Long> {
    private static final long serialVersionUID = 1L;
    private static final long PAUSE_MILLIS = 20;

    private final Loan loan;
    private final String gate;
    private transient boolean asked;

    Borrower(Loan loan, String gate) {
        this.loan = loan;
        this.gate = gate;
    }

    @Override
    public void open(OpenContext context) {
        asked = false;
    }

    @Override
    public Long map(Long value) throws Exception {
        if (!asked) {
            asked = true;
            loan.take();
            Word.leave(Path.of(gate, "held"), String.valueOf(loan.held()));
        }
        Thread.sleep(PAUSE_MILLIS);
        return value;
    }

    @Override
    public void close() throws Exception {
        if (asked) {
            loan.give();
        }
    }
}
