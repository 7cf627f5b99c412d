// SPDX-License-Identifier: Apache-2.0
package com.example.loan;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** A file that the test finds either whole or not at all. */
public final class Word {
    private Word() {
    }

    public static void leave(Path file, String text) throws IOException {
        Path half = file.resolveSibling(file.getFileName() + ".half");
        Files.writeString(half, text);
        Files.move(half, file, StandardCopyOption.ATOMIC_MOVE);
    }
}
