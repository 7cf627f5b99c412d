// SPDX-License-Identifier: Apache-2.0
package dev.weir.test.ground;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** One installed JDK and what it can do. */
public record Jdk(int version, Path home) {
    private static final List<String> COLLECTORS = List.of("Serial", "Parallel", "G1", "Z", "Shenandoah");
    private static final Map<Jdk, List<String>> PROBED = new ConcurrentHashMap<>();

    public Path java() {
        return home.resolve("bin/java");
    }

    /** Names X of the collectors that -XX:+UseXGC starts with on this JDK. */
    public List<String> collectors() {
        return PROBED.computeIfAbsent(this, jdk -> COLLECTORS.stream().filter(jdk::starts).toList());
    }

    private boolean starts(String collector) {
        return Tool.run(List.of(java().toString(), "-XX:+Use" + collector + "GC", "-Xmx64m", "-version"),
                Map.of()).exitCode() == 0;
    }

    @Override
    public String toString() {
        return "JDK " + version;
    }
}
