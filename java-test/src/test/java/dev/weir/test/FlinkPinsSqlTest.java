// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.test.ground.FlinkCluster;
import dev.weir.test.ground.FlinkHome;
import dev.weir.test.ground.FlinkProcess;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Jvm;
import dev.weir.test.ground.Pinning;
import dev.weir.test.ground.Wait;
import dev.weir.test.ground.WeirText;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A SQL session: each query's generated classes stay in Flink's own cache of compiled code, which is no leak. */
class FlinkPinsSqlTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final String VERSION = FlinkHome.versions().get(1); // all of its jars are published
    private static final int QUERIES = 50;

    @Test
    void generatedCodeOfFiftyQueriesIsNoLeak() {
        Path dir = Ground.run("pins-sql");
        FlinkHome home = FlinkHome.of(VERSION).copyTo(dir.resolve("flink"), List.of(
                Ground.published("flink-table-api-java-uber"), Ground.published("flink-table-runtime"),
                Ground.published("flink-table-planner-loader"), Ground.published("flink-cep")));
        try (FlinkCluster cluster = FlinkCluster.plan(home, dir).agent("mode=warn")
                .set("web.refresh-interval", 100).start()) {
            FlinkProcess tm = cluster.taskManager();
            try (Jvm client = Jvm.java(Jdks.of(17), dir).name("sql").add("-Xmx512m", "-cp",
                    home.classPath() + ":" + Ground.jar("sql-program.jar"), "com.example.sql.SqlSession",
                    String.valueOf(cluster.rest().port()), String.valueOf(QUERIES)).start()) {
                client.awaitLine("^done " + QUERIES + "$", LIMIT);
            }
            String found = Wait.until("every loader to be held by a cache or gone", LIMIT, () -> {
                Pinning.collect(tm);
                return Optional.of(Pinning.ask(tm)).filter(f -> !f.contains("not yet collected"));
            });
            assertThat(found).startsWith(QUERIES + " class loaders: " + QUERIES + " bounded cache\n");
            assertThat(Pinning.holders(found)).singleElement().asString().startsWith(QUERIES + " of " + QUERIES + " by static "
                    + "org.apache.flink.table.runtime.generated.CompileUtils.COMPILED_CLASS_CACHE [flink-table-runtime-")
                    .endsWith(", a bounded cache: no leak");
            assertThat(WeirText.aboveInfo(tm.jvm().err())).isEmpty();
            assertThat(tm.weir().events("breach")).noneMatch(e -> e.path("component").asText().equals("jvm-metaspace"));
        }
    }
}
