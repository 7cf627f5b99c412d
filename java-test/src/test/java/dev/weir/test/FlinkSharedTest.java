// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.FlinkCluster;
import dev.weir.test.ground.FlinkHome;
import dev.weir.test.ground.FlinkProcess;
import dev.weir.test.ground.Gate;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.OomReport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A library in lib/ takes memory for everybody on its one thread and keeps it in a static. The thread was started
 * by the first job, which has ended: what it holds is neither that job's leak nor the running one's.
 */
class FlinkSharedTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final long MIB = 1L << 20;

    @Test
    void staticOfALibrarysThreadIsShared() {
        Path dir = Ground.run("shared");
        FlinkHome home = FlinkHome.of(FlinkHome.versions().get(0)).copyTo(dir.resolve("flink"),
                List.of(Ground.jar("acme-cache.jar")));
        try (FlinkCluster cluster = FlinkCluster.plan(home, dir).agent("mode=warn")
                .set("taskmanager.numberOfTaskSlots", 2).set("restart-strategy.type", "none").start()) {
            FlinkProcess tm = cluster.taskManager();
            String first = submit(cluster, 1, "shared-gate-1");
            cluster.rest().cancel(first);
            tm.weir().await("attempt", LIMIT, e -> e.path("phase").asText().equals("end")
                    && e.path("job_id").asText().equals(first) && e.path("vertex").asText().equals("Holder"));
            submit(cluster, 90, "shared-gate-2");
            String victim = cluster.rest().submit(Ground.jar("restart-job.jar"), "drop", "50",
                    Gate.of("shared-gate-3").toString(), "1");
            OomReport oom = OomReport.only(tm);
            assertThat(oom.firstLine()).startsWith("ERROR weir - direct OutOfMemoryError: open: 90.0 MiB of "
                    + "acme-cache.jar are shared, of no single attempt [oom 1");
            assertThat(oom.string("job_id")).isEqualTo(victim);
            assertThat(oom.job(first).path("ended").asLong()).as("what it had taken itself").isEqualTo(MIB);
            checkOwner(oom.owners().get(0), first);
        }
    }

    private static void checkOwner(JsonNode owner, String starter) {
        assertThat(owner.path("component").asText()).isEqualTo("task.off-heap");
        assertThat(owner.path("source").asText()).isEqualTo("acme-cache.jar");
        assertThat(owner.path("loader").asText()).contains("AppClassLoader");
        assertThat(owner.path("bytes").asLong()).isEqualTo(90 * MIB);
        assertThat(owner.path("state").asText()).isEqualTo("shared");
        assertThat(owner.path("job_id").asText()).as("who started the thread").isEqualTo(starter);
    }

    private static String submit(FlinkCluster cluster, int mib, String run) {
        Gate gate = Gate.of(run);
        String job = cluster.rest().submit(Ground.jar("restart-job.jar"), "keeper", String.valueOf(mib),
                gate.toString(), "1");
        gate.await("held-0-0", LIMIT);
        return job;
    }
}
