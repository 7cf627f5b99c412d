// SPDX-License-Identifier: Apache-2.0
package dev.weir.test.ground;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A JVM that runs the program Answer, to be attached to: whatever is done to it, it must go on answering. */
public final class Answering implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Jvm jvm;
    private final long pid;
    private int asked;

    private Answering(Jvm jvm, long pid) {
        this.jvm = jvm;
        this.pid = pid;
    }

    /** The words of a command line that runs it, from java on. */
    public static List<String> command(Jdk jdk, Path jar, String... options) {
        List<String> words = new java.util.ArrayList<>(List.of(jdk.java().toString(), "-Xmx64m", "-Xshare:auto"));
        words.addAll(List.of(options));
        words.addAll(List.of("-cp", jar.toString(), "dev.weir.programs.Answer"));
        return words;
    }

    /** Started, whether or not it is ready. */
    public static Answering start(Jdk jdk, Path dir, String... options) {
        Jvm jvm = Jvm.command(dir).add(command(jdk, Ground.jar("programs.jar"), options)).start();
        return new Answering(jvm, jvm.pid());
    }

    public static Answering ready(Jdk jdk, Path dir, String... options) {
        return start(jdk, dir, options).awaitReady();
    }

    /** Of a plan that runs it in some other way; pid is the JVM's on this side of any namespace. */
    public static Answering of(Jvm jvm, long pid) {
        return new Answering(jvm, pid);
    }

    public Answering awaitReady() {
        jvm.awaitLine("^ready$", LIMIT);
        return this;
    }

    public long pid() {
        return pid;
    }

    public Jvm jvm() {
        return jvm;
    }

    /** Alive, answering, and nothing in its stdout that the program did not write: no thread dump above all. */
    public void assertUnharmed() {
        String word = "word-" + ++asked;
        jvm.say(word);
        jvm.awaitLine("^heard " + word + "$", LIMIT);
        assertThat(jvm.outLines()).allMatch(l -> l.equals("ready") || l.startsWith("heard "), "a line of the program");
    }

    @Override
    public void close() {
        jvm.close();
    }
}
