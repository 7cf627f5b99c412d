// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.test.ground.FlinkCluster;
import dev.weir.test.ground.FlinkHome;
import dev.weir.test.ground.FlinkProcess;
import dev.weir.test.ground.Ground;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Configuration, arguments and environment are full of secrets; none may reach a file or line of ours. */
class SecretsTest {
    private static final String IN_FILE = "weir-secret-in-config-yaml";
    private static final String IN_ARGUMENT = "weir-secret-in-argument";
    private static final String IN_ENVIRONMENT = "weir-secret-in-environment";
    private static final String IN_SYSTEM_PROPERTY = "weir-secret-in-system-property";
    private static final Duration LIMIT = Duration.ofMinutes(1);

    @Test
    void noSecretReachesOurFilesOrLines() throws IOException {
        List<String> versions = FlinkHome.versions();
        Path dir = Ground.run("secrets");
        try (FlinkCluster cluster = FlinkCluster.plan(FlinkHome.of(versions.get(versions.size() - 1)), dir)
                .agent("mode=warn")
                .set("s3.secret-key", IN_FILE)
                .set("env.java.default-opts.all", "-Dapp.token=" + IN_SYSTEM_PROPERTY)
                .env("AWS_SECRET_ACCESS_KEY", IN_ENVIRONMENT)
                .taskManagerArguments("-D", "my.password=" + IN_ARGUMENT)
                .set("taskmanager.memory.task.off-heap.size", "8m").start()) {
            FlinkProcess tm = cluster.taskManager();
            cluster.rest().submit(Ground.jar("leaky-job.jar"), "16", "1", "20", "50", "1");
            tm.weir().await("breach", LIMIT, e -> true); // the fullest report there is
            cluster.stop();
            for (FlinkProcess process : cluster.processes()) {
                checkFiles(process.dir().resolve("weir"));
                check(process.id() + " stderr", process.jvm().err());
                check(process.id() + " stdout below Flink's own lines", ours(process.jvm().out()));
            }
        }
    }

    private static void checkFiles(Path dir) throws IOException {
        try (Stream<Path> files = Files.walk(dir)) {
            List<Path> written = files.filter(Files::isRegularFile).toList();
            assertThat(written).isNotEmpty();
            for (Path file : written) {
                check(file.toString(), new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
            }
        }
    }

    /** Flink logs its arguments to stdout itself; lines that name us are ours. */
    private static String ours(String stdout) {
        return String.join("\n", stdout.lines().filter(l -> l.contains(" weir - ")).toList());
    }

    private static void check(String where, String text) {
        assertThat(text).as(where).doesNotContain(IN_FILE, IN_ARGUMENT, IN_ENVIRONMENT, IN_SYSTEM_PROPERTY);
    }
}
