// SPDX-License-Identifier: Apache-2.0
package dev.weir.test.ground;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** One cluster for each version of Flink, shared by the cases of a class: started when first asked for, closed after all of them. */
public final class FlinkClusters implements AfterAllCallback {
    private final Map<String, FlinkCluster> running = new HashMap<>();
    private final Function<String, FlinkCluster> start;

    public FlinkClusters(Function<String, FlinkCluster> start) {
        this.start = start;
    }

    public FlinkCluster of(String version) {
        return running.computeIfAbsent(version, start);
    }

    @Override
    public void afterAll(ExtensionContext context) {
        running.values().forEach(FlinkCluster::close);
        running.clear();
    }

    /** Of a Flink with these jars in its lib/, in a run of this name. */
    public static FlinkCluster.Plan withLibraries(String name, String version, String... jars) {
        Path dir = Ground.run(name + "-" + version);
        List<Path> libraries = Stream.of(jars).map(Ground::jar).toList();
        return FlinkCluster.plan(FlinkHome.of(version).copyTo(dir.resolve("flink"), libraries), dir);
    }
}
