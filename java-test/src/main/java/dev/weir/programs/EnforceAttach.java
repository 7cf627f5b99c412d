// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/** Runs an action on the Attach Listener: loads itself into its own JVM as a Java agent. */
public final class EnforceAttach {
    private static volatile Runnable action;

    private EnforceAttach() {
    }

    /** Called by the JVM on the Attach Listener thread. */
    public static void agentmain(String arguments) {
        action.run();
    }

    /** Needs -Djdk.attach.allowAttachSelf=true. */
    static void load(Runnable wanted) throws ReflectiveOperationException, IOException {
        action = wanted;
        Class<?> type = Class.forName("com.sun.tools.attach.VirtualMachine");
        Method attach = type.getMethod("attach", String.class);
        Object vm = attach.invoke(null, String.valueOf(ProcessHandle.current().pid()));
        type.getMethod("loadAgent", String.class).invoke(vm, agentJar().toAbsolutePath().toString());
        type.getMethod("detach").invoke(vm);
    }

    /** Only a manifest: the class itself is on the class path. */
    private static Path agentJar() throws IOException {
        Path jar = Path.of("attach-agent.jar");
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Agent-Class", EnforceAttach.class.getName());
        try (OutputStream out = Files.newOutputStream(jar)) {
            new JarOutputStream(out, manifest).close();
        }
        return jar;
    }
}
