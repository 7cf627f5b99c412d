// SPDX-License-Identifier: Apache-2.0
package com.example.loan;

import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.api.common.functions.RichMapFunction;

/**
 * Makes the file "ready" in the gate directory at its first record and takes its loan, unless there is a file
 * "wait": then as soon as there is a file "take". Leaves the library's own figure in the file "held", and gives
 * the loan back when it closes.
 */
public final class Borrower extends RichMapFunction<Long, Long> {
    private static final long serialVersionUID = 1L;
    private static final long PAUSE_MILLIS = 20;

    private final Loan loan;
    private final String gate;
    private transient boolean ready;
    private transient boolean asked;

    Borrower(Loan loan, String gate) {
        this.loan = loan;
        this.gate = gate;
    }

    @Override
    public Long map(Long value) throws Exception {
        if (!ready) {
            ready = true;
            Files.createFile(Path.of(gate, "ready"));
        }
        if (!asked && (!Files.exists(Path.of(gate, "wait")) || Files.exists(Path.of(gate, "take")))) {
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
