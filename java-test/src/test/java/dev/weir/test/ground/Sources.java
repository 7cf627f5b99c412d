// SPDX-License-Identifier: Apache-2.0
package dev.weir.test.ground;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The sources of the programs: a stack frame must name the very line. */
public final class Sources {
    private Sources() {
    }

    /** "com.example.Leak.flatMap(Leak.java:41)": the one line of the class that holds the text. */
    public static String frame(String className, String method, String text) {
        Path file = Ground.root().resolve("java-test/src/main/java")
                .resolve(className.replace('.', '/') + ".java");
        try {
            List<String> lines = Files.readAllLines(file);
            List<String> hits = lines.stream().filter(l -> l.contains(text)).toList();
            if (hits.size() != 1) {
                throw new AssertionError(hits.size() + " lines of " + file + " hold " + text);
            }
            int number = lines.indexOf(hits.get(0)) + 1;
            return className + "." + method + "(" + file.getFileName() + ":" + number + ")";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
