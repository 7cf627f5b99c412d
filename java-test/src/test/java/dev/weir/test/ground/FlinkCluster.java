// SPDX-License-Identifier: Apache-2.0
package dev.weir.test.ground;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A JobManager and TaskManagers as real processes on loopback, each with its own directory
 * DIR/jm, DIR/tm-1, ...: conf/, logs, and weir/ for the agent's files. Started through
 * scripts/flink-jvm.sh, so flags and argument order are those of Flink's own scripts.
 */
public final class FlinkCluster implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofSeconds(90);
    private static final Set<Integer> GIVEN_PORTS = new HashSet<>();

    private final List<FlinkProcess> processes = new ArrayList<>();
    private final FlinkRest rest;

    /** What is to be started; every setting has a default, the agent is off unless asked for. */
    public static final class Plan {
        private final FlinkHome home;
        private final Path dir;
        private final FlinkConf conf;
        private final int restPort;
        private Jdk jdk = Jdks.of(17);
        private String agentOptions;
        private String taskManagerJvm = "";
        private final Map<String, String> oneTaskManagersJvm = new LinkedHashMap<>();
        private int taskManagers = 1;
        private final Map<String, String> environment = new LinkedHashMap<>();
        private final List<String> taskManagerArguments = new ArrayList<>();

        private Plan(FlinkHome home, Path dir) {
            this.home = home;
            this.dir = dir;
            this.restPort = freePort();
            this.conf = new FlinkConf(home)
                    .set("jobmanager.rpc.address", "127.0.0.1").set("jobmanager.bind-host", "127.0.0.1")
                    .set("jobmanager.rpc.port", freePort())
                    .set("rest.address", "127.0.0.1").set("rest.bind-address", "127.0.0.1")
                    .set("rest.port", restPort).set("rest.bind-port", restPort)
                    .set("taskmanager.host", "127.0.0.1").set("taskmanager.bind-host", "127.0.0.1")
                    .set("metrics.fetcher.update-interval", 500)
                    .set("io.tmp.dirs", dir.resolve("tmp"))
                    .set("web.tmpdir", dir.resolve("tmp"));
        }

        public Plan jdk(Jdk value) {
            jdk = value;
            return this;
        }

        public Plan set(String key, Object value) {
            conf.set(key, value);
            return this;
        }

        public Plan taskManagers(int count) {
            taskManagers = count;
            return this;
        }

        public Plan env(String key, String value) {
            environment.put(key, value);
            return this;
        }

        /** Program arguments behind those of Flink's scripts, such as -D key=value. */
        public Plan taskManagerArguments(String... words) {
            taskManagerArguments.addAll(List.of(words));
            return this;
        }

        /** A JVM option of the TaskManagers, behind the agent. */
        public Plan taskManagerJvm(String option) {
            taskManagerJvm += " " + option;
            return this;
        }

        /** A JVM option of one TaskManager, "tm-2". */
        public Plan taskManagerJvm(String id, String option) {
            oneTaskManagersJvm.merge(id, " " + option, String::concat);
            return this;
        }

        /** Options of the agent in every process; interval and dir are added. */
        public Plan agent(String options) {
            agentOptions = options;
            return this;
        }

        public FlinkCluster start() {
            FlinkCluster cluster = new FlinkCluster(this);
            try {
                cluster.startAll(this);
                return cluster;
            } catch (Throwable e) { // nothing may stay behind
                cluster.close();
                throw e;
            }
        }

        /** The java option as it would stand in a configuration file: through Flink's eval echo. */
        private String agentOption(Path weirDir) {
            String common = "interval=1s,dir=" + weirDir;
            return Ground.agentpath(agentOptions.isEmpty() ? common : common + "," + agentOptions);
        }

        private FlinkProcess launch(String id) {
            boolean taskManager = id.startsWith("tm");
            Path own = dir.resolve(id);
            FlinkConf mine = conf.copy();
            if (agentOptions != null) {
                mine.set(taskManager ? "env.java.opts.taskmanager" : "env.java.opts.jobmanager",
                        agentOption(directory(own.resolve("weir"))) + (taskManager ? taskManagerJvm + oneTaskManagersJvm.getOrDefault(id, "") : ""));
            }
            Path confDir = mine.write(own.resolve("conf"));
            Jvm.Plan plan = Jvm.command(directory(own), Ground.script("flink-jvm.sh").toString(),
                    taskManager ? "tm" : "jm", home.dir().toString(), confDir.toString(), own.toString());
            if (taskManager) {
                plan.add("-D", "taskmanager.resource-id=" + id).add(taskManagerArguments);
            }
            environment.forEach(plan::env);
            return new FlinkProcess(id, plan.env("JAVA_HOME", jdk.home().toString()).name(id).start(), own);
        }
    }

    public static Plan plan(FlinkHome home, Path dir) {
        return new Plan(home, dir);
    }

    private FlinkCluster(Plan plan) {
        this.rest = new FlinkRest(plan.restPort);
    }

    private void startAll(Plan plan) {
        directory(plan.dir.resolve("tmp"));
        processes.add(plan.launch("jm"));
        for (int i = 1; i <= plan.taskManagers; i++) {
            processes.add(plan.launch("tm-" + i));
        }
        Wait.untilTrue("the JobManager to answer", START_LIMIT, () -> allAlive() && rest.isUp());
        Wait.untilTrue(plan.taskManagers + " TaskManagers to register", START_LIMIT,
                () -> allAlive() && rest.taskManagers().size() == plan.taskManagers);
    }

    private boolean allAlive() {
        for (FlinkProcess process : processes) {
            if (!process.jvm().isAlive()) {
                throw new AssertionError(process.id() + " ended: " + process.jvm().out() + process.jvm().err());
            }
        }
        return true;
    }

    public FlinkRest rest() {
        return rest;
    }

    public FlinkProcess jobManager() {
        return processes.get(0);
    }

    public FlinkProcess taskManager() {
        return taskManagers().get(0);
    }

    public List<FlinkProcess> taskManagers() {
        return processes.subList(1, processes.size());
    }

    public List<FlinkProcess> processes() {
        return List.copyOf(processes);
    }

    /** Ends all in order with the polite signal and waits, so that exit sheets get written. */
    public void stop() {
        for (int i = processes.size() - 1; i >= 0; i--) {
            processes.get(i).jvm().terminate();
            processes.get(i).jvm().awaitExit(Wait.MINUTE);
        }
    }

    @Override
    public void close() {
        processes.forEach(FlinkProcess::close);
    }

    private static Path directory(Path dir) {
        try {
            return Files.createDirectories(dir);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Free now and not given before: the kernel may offer a closed one again. Another process may take it
     * before Flink does, then the start fails loudly.
     */
    static synchronized int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int port = socket.getLocalPort();
            return GIVEN_PORTS.add(port) ? port : freePort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
