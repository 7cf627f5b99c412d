// SPDX-License-Identifier: Apache-2.0
package com.example.edge;

import java.io.FileWriter;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Leaves word of how a request for memory ended, where Flink itself would only log it. */
final class Note {
    private Note() {
    }

    static void take(int bytes, String file) throws IOException {
        String outcome;
        try {
            outcome = "taken " + ByteBuffer.allocateDirect(bytes).capacity();
        } catch (OutOfMemoryError e) {
            outcome = "refused " + e.getMessage();
        }
        try (FileWriter writer = new FileWriter(file)) {
            writer.write(outcome + " on " + Thread.currentThread().getName() + "\n");
        }
    }
}
