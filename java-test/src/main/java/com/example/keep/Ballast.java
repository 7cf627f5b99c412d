// SPDX-License-Identifier: Apache-2.0
package com.example.keep;

import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.nio.charset.StandardCharsets;

/** Makes classes as a library does that generates code: copies of Piece0000 under other names, in the job's own loader. */
final class Ballast {
    private static final byte[] OLD = "Piece0000".getBytes(StandardCharsets.US_ASCII);

    private Ballast() {
    }

    static void make(int count) throws IOException, IllegalAccessException {
        byte[] code;
        try (InputStream in = Ballast.class.getResourceAsStream("Piece0000.class")) {
            code = in.readAllBytes();
        }
        for (int i = 1; i <= count; i++) {
            MethodHandles.lookup().defineClass(renamed(code, String.format("Piece%04d", i)));
        }
    }

    private static byte[] renamed(byte[] code, String name) {
        byte[] fresh = name.getBytes(StandardCharsets.US_ASCII);
        byte[] renamed = code.clone();
        for (int at = 0; at + OLD.length <= renamed.length; at++) {
            int same = 0;
            while (same < OLD.length && code[at + same] == OLD[same]) {
                same++;
            }
            if (same == OLD.length) {
                System.arraycopy(fresh, 0, renamed, at, fresh.length);
            }
        }
        return renamed;
    }
}
