// SPDX-License-Identifier: Apache-2.0
package dev.weir.test.ground;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** A child process that is a JVM (or becomes one): streams in files, ended for sure by close(). */
public final class Jvm implements AutoCloseable {
    private final Process process;
    private final Path out;
    private final Path err;
    private final String name;

    private Jvm(Process process, Path out, Path err, String name) {
        this.process = process;
        this.out = out;
        this.err = err;
        this.name = name;
    }

    /** What is to be started. */
    public static final class Plan {
        private final List<String> command = new ArrayList<>();
        private final Map<String, String> environment = new LinkedHashMap<>();
        private final Path dir;
        private String name = "jvm";

        private Plan(Path dir) {
            this.dir = dir;
        }

        public Plan add(String... words) {
            command.addAll(List.of(words));
            return this;
        }

        public Plan add(List<String> words) {
            command.addAll(words);
            return this;
        }

        public Plan env(String key, String value) {
            environment.put(key, value);
            return this;
        }

        /** Of the files NAME.out and NAME.err in the run's directory. */
        public Plan name(String value) {
            name = value;
            return this;
        }

        public Jvm start() {
            Path out = dir.resolve(name + ".out");
            Path err = dir.resolve(name + ".err");
            ProcessBuilder builder = new ProcessBuilder(command).directory(dir.toFile())
                    .redirectOutput(out.toFile()).redirectError(err.toFile());
            builder.environment().putAll(environment);
            try {
                return new Jvm(builder.start(), out, err, name);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** A plan to run java of this JDK in a run's directory. */
    public static Plan java(Jdk jdk, Path dir) {
        return new Plan(dir).add(jdk.java().toString());
    }

    /** A plan to run any command that ends in a JVM. */
    public static Plan command(Path dir, String... words) {
        return new Plan(dir).add(words);
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    public String out() {
        return text(out);
    }

    public String err() {
        return text(err);
    }

    public List<String> outLines() {
        return out().lines().toList();
    }

    public List<String> errLines() {
        return err().lines().toList();
    }

    /** The first line of stdout in which the pattern is found; fails early when the process ends. */
    public String awaitLine(String regex, Duration limit) {
        Pattern pattern = Pattern.compile(regex);
        return Wait.until(name + " to print " + regex, limit, () -> {
            boolean ended = !process.isAlive(); // asked before reading, so that no last line is missed
            Optional<String> line = outLines().stream().filter(l -> pattern.matcher(l).find()).findFirst();
            if (line.isEmpty() && ended) {
                throw new AssertionError(name + " ended with " + process.exitValue() + " before it printed "
                        + regex + "; stderr: " + err());
            }
            return line;
        });
    }

    public int awaitExit(Duration limit) {
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError(name + " did not end in " + limit.toSeconds() + " s; stdout: " + out()
                        + " stderr: " + err());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Writes one line to the program's stdin. */
    public void say(String line) {
        type(line + "\n");
    }

    /** Writes these characters and no more. */
    public void type(String text) {
        try {
            OutputStream stdin = process.getOutputStream();
            stdin.write(text.getBytes(StandardCharsets.UTF_8));
            stdin.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(name + " does not read its stdin; stderr: " + err(), e);
        }
    }

    public void endStdin() {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The polite signal; a Flink process leaves in order. */
    public void terminate() {
        process.destroy();
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String text(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
