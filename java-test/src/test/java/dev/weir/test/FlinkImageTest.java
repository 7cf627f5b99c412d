// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.FlinkCluster;
import dev.weir.test.ground.FlinkHome;
import dev.weir.test.ground.FlinkMemory;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Jvm;
import dev.weir.test.ground.Ledgers;
import dev.weir.test.ground.Sheet;
import dev.weir.test.ground.Tool;
import dev.weir.test.ground.Wait;
import dev.weir.test.ground.WeirJson;
import dev.weir.test.ground.WeirText;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What `make dist` packs, copied into the layout of Flink's official image (scripts/flink-image.sh: only a JRE, uid 9999,
 * read-only root, jemalloc preloaded, pid 1): loaded at the start, and into a running TaskManager from inside and outside.
 * Needs root, as a CI container has. The JobManager runs outside.
 */
class FlinkImageTest {
    private static final String FLINK = "1.20.5";
    private static final int SEGMENT = 32_768;
    private static final int BUFFER = 16 << 20;
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final String AGENT = "/opt/weir/libweir.so";

    private static FlinkHome home;
    private static FlinkCluster cluster;
    private static Path image;
    private static Path packed;

    @BeforeAll
    static void layOut() {
        assumeTrue(run("id", "-u").out().equals("0\n"), "these cases need root");
        assertThat(run(Ground.script("dist.sh").toString()).exitCode()).isZero();
        packed = packed();
        image = Ground.run("image").resolve("root");
        ok(Ground.script("flink-image.sh").toString(), "make", image.toString(), packed.toString());
        home = FlinkHome.of(FLINK);
        cluster = FlinkCluster.plan(home, Ground.run("image-cluster")).taskManagers(0)
                .set("taskmanager.memory.task.off-heap.size", "64m").start();
    }

    @AfterAll
    static void close() {
        if (cluster != null) {
            cluster.close();
        }
    }

    /** Such an image has nothing but a JRE, or the other cases would prove little. */
    @Test
    void layoutIsThatOfTheImage() throws IOException {
        try (Stream<Path> files = Files.walk(image)) {
            List<String> names = files.map(f -> f.getFileName().toString()).toList();
            assertThat(names).contains("java", "libjvm.so", "libjemalloc.so.2", "libweir.so", "weir")
                    .doesNotContain("jcmd", "libattach.so", "javac", "sh", "bash");
        }
        try (TaskManager tm = TaskManager.start("layout", "")) {
            Path proc = Path.of("/proc/" + tm.pid);
            assertThat(Files.readString(proc.resolve("status"))).containsPattern("Uid:\t9999\t9999\t9999\t9999\n")
                    .containsPattern("NSpid:\t\\d+\t1\n").containsPattern("CapEff:\t0+\n").containsPattern("NoNewPrivs:\t1\n");
            assertThat(Files.readString(proc.resolve("maps"))).contains("libjemalloc.so.2").doesNotContain("libweir.so");
            assertThatThrownBy(() -> Files.createFile(proc.resolve("root/opt/weir/file")))
                    .isInstanceOf(FileSystemException.class).hasMessageContaining("Read-only file system");
        }
    }

    @Test
    void agentpathWatchesFromTheStart() {
        try (TaskManager tm = TaskManager.start("agentpath", "-agentpath:" + AGENT + "=interval=1s")) {
            assertThat(tm.weir().start().path("limits").path("task.off-heap").path("declared").asBoolean()).isTrue();
            checkFigures(tm);
            assertThat(inside(tm, "top", "--once", "1")).satisfies(r -> {
                assertThat(r.err()).isEmpty();
                assertThat(r.out()).startsWith("running: ").contains("taskmanager agentpath, ").contains("\nnetwork ");
                assertThat(r.exitCode()).isZero();
            });
            checkEnd(tm);
        }
    }

    @Test
    void attachAsTheJvmsOwnUserInside() {
        try (TaskManager tm = TaskManager.start("inside", "")) {
            assertOk(inside(tm, "attach", "1", "interval=1s"));
            checkFigures(tm);
            assertOk(inside(tm, "status", "1"));
            checkEnd(tm);
        }
    }

    @Test
    void attachAsRootFromOutside() {
        try (TaskManager tm = TaskManager.start("outside", "")) {
            String tool = packed.resolve("weir").toString();
            assertOk(run(tool, "attach", String.valueOf(tm.pid), "interval=1s", "--lib", AGENT));
            checkFigures(tm);
            assertOk(run(tool, "status", String.valueOf(tm.pid)));
            assertThat(run(tool, "top", "--once", String.valueOf(tm.pid)).out()).contains("taskmanager outside, ");
            assertThat(run("setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace", tool, "top", "--once",
                    String.valueOf(tm.pid)).out()).as("root as docker exec has it").contains("taskmanager outside, ");
            checkEnd(tm);
        }
    }

    // ---- what must hold, however the agent came in

    /** Limits as Flink logged them, network to the byte, and a job's buffers where they belong. */
    private static void checkFigures(TaskManager tm) {
        JsonNode start = tm.weir().start();
        Map<String, Long> flink = FlinkMemory.taskManager(tm.log());
        Map<String, Long> limits = new HashMap<>();
        start.path("limits").fields().forEachRemaining(e -> limits.put(e.getKey(), e.getValue().path("bytes").asLong()));
        assertThat(start.path("role").asText()).isEqualTo("taskmanager");
        assertThat(start.path("flink").asText()).isEqualTo(FLINK);
        assertThat(start.path("hooks").path("unsafe").asText()).isEqualTo("ok");
        assertThat(limits).containsAllEntriesOf(flink);
        Sheet sheet = tm.weir().freshSheet();
        assertThat(sheet.used("network")).isEqualTo(flink.get("network") / SEGMENT * SEGMENT);
        assertThat(sheet.blocks("network")).isEqualTo(flink.get("network") / SEGMENT);
        String job = cluster.rest().submit(Ground.jar("leaky-job.jar"), "16", "2", "400", "50", "1");
        Sheet running = tm.weir().awaitSheet("the function's two buffers", LIMIT,
                s -> s.used("task.off-heap", "direct") >= 2L * BUFFER);
        assertThat(running.used("task.off-heap", "direct")).isEqualTo(2L * BUFFER);
        cluster.rest().awaitState(job, "FINISHED", LIMIT);
        assertThat(Ledgers.read(Ledgers.only(Ledgers.of(tm.logs())))).startsWith("the JVM is running; ");
    }

    /** Nothing to complain of, and it leaves as a container's JVM does. */
    private static void checkEnd(TaskManager tm) {
        assertThat(WeirText.aboveInfo(tm.jvm.err())).isEmpty();
        ok("kill", "-TERM", String.valueOf(tm.pid));
        assertThat(tm.jvm.awaitExit(LIMIT)).isEqualTo(143);
        assertThat(tm.jvm.err()).contains("INFO  weir - stopped: vm exit: a signal");
    }

    // ---- a TaskManager in the image

    /** pid: of the JVM, outside. */
    private record TaskManager(Jvm jvm, long pid) implements AutoCloseable {
        static TaskManager start(String id, String javaOption) {
            Path dir = Ground.run("image-" + id);
            Jvm.Plan plan = Jvm.command(dir, Ground.script("flink-image.sh").toString(), "tm", image.toString(),
                    home.dir().toString(), conf(dir, javaOption).toString(), "-D", "taskmanager.resource-id=" + id)
                    .env("JAVA_HOME", Jdks.of(17).home().toString()).name("tm");
            Jvm jvm = plan.start();
            try {
                Wait.untilTrue(id + " to register", LIMIT, () -> {
                    assertThat(jvm.isAlive()).as(jvm.out() + jvm.err()).isTrue();
                    return cluster.rest().taskManagers().contains(id);
                });
                return new TaskManager(jvm, ProcessHandle.of(jvm.pid()).orElseThrow().children().findFirst()
                        .orElseThrow().pid());
            } catch (Throwable e) { // nothing may stay behind
                jvm.close();
                throw e;
            }
        }

        /** That of the JobManager, with what differs inside. */
        private static Path conf(Path dir, String javaOption) {
            List<String> lines = new ArrayList<>();
            try (Stream<String> outside = Files.lines(cluster.jobManager().dir().resolve("conf/config.yaml"))) {
                outside.filter(l -> !l.startsWith("io.tmp.dirs")).forEach(lines::add);
                if (!javaOption.isEmpty()) {
                    lines.add("env.java.opts.taskmanager: " + javaOption);
                }
                Path conf = Files.createDirectories(dir.resolve("conf"));
                Files.write(conf.resolve("config.yaml"), lines);
                return conf;
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        Path logs() {
            return Path.of("/proc", String.valueOf(pid), "root", "opt", "flink", "log");
        }

        String log() {
            try {
                return Files.readString(logs().resolve("flink--taskexecutor-0-image.log"));
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        WeirJson weir() {
            return new WeirJson(logs());
        }

        @Override
        public void close() {
            jvm.close();
        }
    }

    // ---- the tool

    /** The packed tool within the JVM's namespaces and root, as its user: what `kubectl exec` does. */
    private static Tool.Result inside(TaskManager tm, String... words) {
        List<String> command = new ArrayList<>(List.of("nsenter", "--target", String.valueOf(tm.pid), "--mount", "--pid",
                "--root", "--wd=/", "--setuid", "9999", "--setgid", "9999", "/opt/weir/weir"));
        command.addAll(List.of(words));
        return Tool.run(command, Map.of());
    }

    private static Path packed() {
        try (Stream<Path> dirs = Files.list(Ground.root().resolve("build"))) {
            return dirs.filter(d -> d.getFileName().toString().matches("weir-[\\d.]+-linux-[a-z0-9_]+")).findFirst().orElseThrow();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static Tool.Result run(String... command) {
        return Tool.run(List.of(command), Map.of());
    }

    private static void ok(String... command) {
        assertOk(run(command));
    }

    private static void assertOk(Tool.Result result) {
        assertThat(result.exitCode()).as(result.out() + result.err()).isZero();
    }
}
