// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.FlinkCluster;
import dev.weir.test.ground.FlinkHome;
import dev.weir.test.ground.FlinkProcess;
import dev.weir.test.ground.Gate;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.WeirText;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A TaskManager with two slots and the RocksDB state backend: what it was given, what it holds, what is left of it. */
class FlinkRocksTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final long MANAGED = 256L << 20;
    private static final int KEYS = 60_000;

    @Test
    void managedIsComparedPerSlotAndWhatIsLeftIsNamed() {
        String version = FlinkHome.versions().get(0);
        Path dir = Ground.run("rocks-" + version);
        FlinkHome home = FlinkHome.of(version).copyTo(dir.resolve("flink"),
                List.of(Ground.published("flink-statebackend-rocksdb"), Ground.jar("frocksdbjni-6.20.3-ververica-2.0.jar")));
        try (FlinkCluster cluster = FlinkCluster.plan(home, dir).agent("mode=warn")
                .set("taskmanager.numberOfTaskSlots", 2)
                .set("taskmanager.memory.managed.size", "256m")
                .set("state.backend.type", "rocksdb").start()) {
            FlinkProcess tm = cluster.taskManager();
            aHealthyJobSaysNothing(cluster, tm);
            aLeakIsRightInTheFirstLine(cluster, tm);
        }
    }

    private static void aHealthyJobSaysNothing(FlinkCluster cluster, FlinkProcess tm) {
        Gate gate = Gate.of("rocks-gate");
        String job = cluster.rest().submit(Ground.jar("rocks-job.jar"), String.valueOf(KEYS), gate.toString());
        gate.await("filled-0", LIMIT);
        gate.await("filled-1", LIMIT);
        JsonNode sheet = tm.weir().freshSheet().json();
        JsonNode handles = sheet.path("handles");
        JsonNode share = handles.path("slot_share");
        assertThat(share.path("slots").asInt()).isEqualTo(2);
        assertThat(share.path("slot").asLong()).isEqualTo(MANAGED / 2);
        assertThat(share.path("source").asText()).isEqualTo("managed memory");
        assertThat(handles.path("databases").asInt()).as("one per subtask with state").isEqualTo(2);
        assertThat(handles.path("caches")).as("one per slot").hasSize(2);
        for (JsonNode cache : handles.path("caches")) {
            assertThat(cache.path("cache").asLong()).isEqualTo(share.path("cache").asLong());
            assertThat(cache.path("write_buffers").asLong()).isEqualTo(share.path("write_buffers").asLong());
        }
        JsonNode managed = sheet.path("components").path("managed");
        assertThat(managed.path("by_kind").path("native").asLong()).as("60 MB were written, of which memtables and caches hold a part")
                .isBetween(16L << 20, MANAGED);
        gate.open("open");
        cluster.rest().awaitState(job, "FINISHED", LIMIT);
        JsonNode after = tm.weir().awaitSheet("no database", LIMIT, s -> s.json().path("handles").path("databases").asInt() == 0
                && s.json().path("handles").path("idle_ms").asLong() > 12_000).json();
        assertThat(after.path("handles").path("opened").asLong()).as("all that was opened was closed: " + after.path("handles"))
                .isEqualTo(after.path("handles").path("closed").asLong());
        assertThat(after.path("components").path("managed").path("by_kind").path("native").asLong()).isLessThan(16L << 20);
        assertThat(WeirText.aboveInfo(tm.jvm().err())).isEmpty();
    }

    private static void aLeakIsRightInTheFirstLine(FlinkCluster cluster, FlinkProcess tm) {
        Gate gate = Gate.of("rocks-leak-gate");
        String job = cluster.rest().submit(Ground.jar("rocks-job.jar"), "1000", gate.toString(), "lookup");
        gate.await("filled-0", LIMIT);
        gate.open("open");
        cluster.rest().awaitState(job, "FINISHED", LIMIT);
        JsonNode breach = tm.weir().await("breach", LIMIT, e -> e.path("reason").asText().equals("handles-left"));
        assertThat(breach.path("diagnosis").get(0).path("id").asText()).isEqualTo("rocksdb-leak");
        String line = WeirText.aboveInfo(tm.jvm().err()).get(0);
        assertThat(line).containsPattern("WARN +weir - LEAK of RocksDB's memory, MANAGED native \\d+\\.\\d of 256\\.0 MiB live with 0 databases open; "
                + "ColumnFamilyOptions opened \\d+, closed \\d+, at com\\.example\\.rocks\\.Lookup\\.remember\\(Lookup\\.java:\\d+\\) of job keyed state");
    }
}
