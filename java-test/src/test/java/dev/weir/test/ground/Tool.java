// SPDX-License-Identifier: Apache-2.0
package dev.weir.test.ground;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs a short command to its end. */
public final class Tool {
    private static final int LIMIT_MINUTES = 10; // a first scripts/flink.sh downloads

    /** What a command left behind. */
    public record Result(int exitCode, String out, String err) {
    }

    private Tool() {
    }

    public static Result run(List<String> command, Map<String, String> environment) {
        try {
            Path out = Files.createTempFile("weir-tool", ".out");
            Path err = Files.createTempFile("weir-tool", ".err");
            try {
                ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(out.toFile())
                        .redirectError(err.toFile());
                builder.environment().putAll(environment);
                int code = waitFor(builder.start(), command);
                return new Result(code, text(out), text(err));
            } finally {
                Files.delete(out);
                Files.delete(err);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int waitFor(Process process, List<String> command) {
        try {
            if (!process.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES)) {
                throw new AssertionError("did not end in " + LIMIT_MINUTES + " min: " + command);
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted: " + command, e);
        } finally {
            process.destroyForcibly();
        }
    }

    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }
}
