// SPDX-License-Identifier: Apache-2.0
package com.example.loan;

import java.io.Serializable;

/** A way to hold off-heap memory, with the library's own word for how much it is. */
public interface Loan extends Serializable {
    void take() throws Exception;

    /** Bytes as the library itself counts them. */
    long held() throws Exception;

    void give() throws Exception;
}
