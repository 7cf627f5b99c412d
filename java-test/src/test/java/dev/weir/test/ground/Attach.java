// SPDX-License-Identifier: Apache-2.0
package dev.weir.test.ground;

import com.sun.tools.attach.AgentInitializationException;
import com.sun.tools.attach.AgentLoadException;
import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Loads the agent into a running JVM with the JDK's own client of the attach protocol, and again for each command: the agent's
 * side alone. The answer comes by the file named in reply=.
 */
public final class Attach implements AutoCloseable {
    private final VirtualMachine vm;
    private final Path dir;

    /** The directory is for the answers. */
    public Attach(Jvm jvm, Path dir) {
        this.dir = dir;
        try {
            this.vm = VirtualMachine.attach(String.valueOf(jvm.pid()));
        } catch (AttachNotSupportedException | IOException e) {
            throw new AssertionError("cannot attach to " + jvm.pid(), e);
        }
    }

    /** What a load with these options answers: "ok" or "error: ..." and the body. */
    public String ask(String options) {
        try {
            Path reply = Files.createTempFile(dir, "reply", "");
            load(options + ",reply=" + reply);
            String answer = Files.readString(reply);
            Files.delete(reply);
            return answer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A load that the target's end may cut short. */
    public void tryToLoad(String options) {
        try {
            load(options);
        } catch (IOException | AssertionError e) {
            // the socket went with the JVM
        }
    }

    private void load(String options) throws IOException {
        try {
            vm.loadAgentPath(Ground.lib().toString(), options);
        } catch (AgentInitializationException e) {
            // a refused command: the answer says why
        } catch (AgentLoadException e) {
            throw new AssertionError(options, e);
        }
    }

    /** The body of an answer that must be "ok". */
    public String ok(String options) {
        String answer = ask(options);
        if (!answer.startsWith("ok\n")) {
            throw new AssertionError(options + " was answered: " + answer);
        }
        return answer.substring(3);
    }

    @Override
    public void close() {
        try {
            vm.detach();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
