// SPDX-License-Identifier: Apache-2.0
package dev.weir.test.ground;

import java.nio.file.Path;
import java.util.List;

/** Plans for the plain JVM programs of programs.jar. */
public final class Programs {
    private static final int UNSAFE_WARNS_FROM = 23; // the JDK itself warns about sun.misc.Unsafe

    private static final int NATIVE_ACCESS_WARNS_FROM = 22;

    private Programs() {
    }

    /** DirectChurn with 4 threads; each JVM option may be given as a word of its own. */
    public static Jvm.Plan churn(Jdk jdk, Path dir, int rounds, List<String> jvmOptions, String... more) {
        Jvm.Plan plan = Jvm.java(jdk, dir).add("-Xmx256m");
        if (jdk.version() >= UNSAFE_WARNS_FROM) {
            plan.add("--sun-misc-unsafe-memory-access=allow");
        }
        return plan.add(jvmOptions).add("-cp", Ground.jar("programs.jar").toString())
                .add("dev.weir.programs.DirectChurn", "4", String.valueOf(rounds)).add(more);
    }

    /** Sampled: 200,000 blocks held in a storm. */
    public static Jvm.Plan sampled(Jdk jdk, Path dir, List<String> jvmOptions) {
        Jvm.Plan plan = Jvm.java(jdk, dir).add("-Xmx256m");
        if (jdk.version() >= UNSAFE_WARNS_FROM) {
            plan.add("--sun-misc-unsafe-memory-access=allow");
        }
        return plan.add(jvmOptions).add("-cp", Ground.jar("programs.jar").toString()).add("dev.weir.programs.Sampled");
    }

    /** ManyLoaders: so many class loaders, twice; each one's code holds one buffer of 4 KiB. */
    public static Jvm.Plan manyLoaders(Jdk jdk, Path dir, List<String> jvmOptions, int count) {
        return Jvm.java(jdk, dir).add("-Xmx512m").add(jvmOptions).add("-cp", Ground.jar("programs.jar").toString())
                .add("dev.weir.programs.ManyLoaders", String.valueOf(count));
    }

    /** Pins: class loaders that are pinned, as lines on its stdin ask for. */
    public static Jvm.Plan pins(Jdk jdk, Path dir, List<String> jvmOptions) {
        return Jvm.java(jdk, dir).add("-Xmx256m").add(jvmOptions).add("-cp", Ground.jar("programs.jar").toString())
                .add("dev.weir.programs.Pins", Ground.holdLibrary().toString());
    }

    /** NativeStacks: memory that a JNI library takes. */
    public static Jvm.Plan nativeStacks(Jdk jdk, Path dir, List<String> jvmOptions, String... arguments) {
        Jvm.Plan plan = Jvm.java(jdk, dir);
        if (jdk.version() >= NATIVE_ACCESS_WARNS_FROM) {
            plan.add("--enable-native-access=ALL-UNNAMED");
        }
        return plan.add(jvmOptions).add("-cp", Ground.jar("programs.jar").toString())
                .add("dev.weir.programs.NativeStacks", Ground.stackLibrary().toString()).add(arguments);
    }

    /** Hello: prints one line, ends with the exit code; with "wait" when its stdin ends. */
    public static Jvm.Plan hello(Jdk jdk, Path dir, List<String> jvmOptions, String... arguments) {
        return Jvm.java(jdk, dir).add(jvmOptions).add("-cp", Ground.jar("programs.jar").toString())
                .add("dev.weir.programs.Hello").add(arguments);
    }
}
