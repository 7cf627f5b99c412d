// SPDX-License-Identifier: Apache-2.0
package dev.weir.test.ground;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** EnforceShell, or another program of its manners, running under the agent: one command, one answer. */
public final class Shell implements AutoCloseable {
    private static final int UNSAFE_WARNS_FROM = 23; // the JDK itself warns about sun.misc.Unsafe
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final Jvm jvm;
    private final WeirJson weir;
    private int asked;

    private Shell(Jvm jvm, WeirJson weir) {
        this.jvm = jvm;
        this.weir = weir;
    }

    /** Starts it in the run's directory; interval and dir are added to the agent's options. */
    public static Shell start(Jdk jdk, Path dir, String agentOptions, String... jvmOptions) {
        List<String> options = new ArrayList<>(List.of("-Xmx256m", "-Djdk.attach.allowAttachSelf=true",
                "--add-opens", "java.base/jdk.internal.ref=ALL-UNNAMED"));
        if (jdk.version() >= UNSAFE_WARNS_FROM) {
            options.add("--sun-misc-unsafe-memory-access=allow");
        }
        options.addAll(List.of(jvmOptions));
        options.add(Ground.agentpath("interval=1s,dir=" + dir + "," + agentOptions));
        return of(Jvm.java(jdk, dir).add(options).add("-cp", Ground.jar("programs.jar").toString())
                .add("dev.weir.programs.EnforceShell").start(), dir);
    }

    /** Of such a program that was started; the agent writes to dir. */
    public static Shell of(Jvm jvm, Path dir) {
        Shell shell = new Shell(jvm, new WeirJson(dir));
        try {
            shell.jvm.awaitLine("^ready$", LIMIT);
            return shell;
        } catch (Throwable e) { // nothing may stay behind
            shell.close();
            throw e;
        }
    }

    /** What the program says to the command: "ok RESULT" or "refused CLASS: MESSAGE". */
    public String ask(String command) {
        jvm.say(command);
        String prefix = ++asked + " ";
        return jvm.awaitLine("^" + prefix, LIMIT).substring(prefix.length());
    }

    /** The result of a command that must succeed. */
    public String ok(String command) {
        String answer = ask(command);
        if (!answer.startsWith("ok ")) {
            throw new AssertionError(command + ": " + answer + "; stderr: " + jvm.err());
        }
        return answer.substring("ok ".length());
    }

    /** The text of the OutOfMemoryError that the command must end with. */
    public String refused(String command) {
        String prefix = "refused java.lang.OutOfMemoryError: ";
        String answer = ask(command);
        if (!answer.startsWith(prefix)) {
            throw new AssertionError(command + " was not refused with an OutOfMemoryError: " + answer);
        }
        return answer.substring(prefix.length());
    }

    /** What the VM's bean and the program itself say now. */
    public Point point() {
        return Point.parse(ok("point"));
    }

    public WeirJson weir() {
        return weir;
    }

    public Jvm jvm() {
        return jvm;
    }

    /** Ends it in order. */
    public void end() {
        jvm.endStdin();
        int code = jvm.awaitExit(Wait.MINUTE);
        if (code != 0) {
            throw new AssertionError("exit code " + code + "; stderr: " + jvm.err());
        }
    }

    @Override
    public void close() {
        jvm.close();
    }
}
