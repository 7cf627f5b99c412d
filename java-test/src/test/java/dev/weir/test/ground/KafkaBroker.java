// SPDX-License-Identifier: Apache-2.0
package dev.weir.test.ground;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** A Kafka broker, its own controller, as one small process on loopback, from the published server jars. */
public final class KafkaBroker implements AutoCloseable {
    private static final int LARGEST = 4 << 20;

    private final Jvm jvm;
    private final String servers;

    private KafkaBroker(Jvm jvm, String servers) {
        this.jvm = jvm;
        this.servers = servers;
    }

    /** Formats its storage in the run's directory and starts. */
    public static KafkaBroker start(Path dir) {
        int port = FlinkCluster.freePort();
        Path settings = write(dir.resolve("server.properties"), settings(dir, port, FlinkCluster.freePort()));
        String java = Jdks.of(17).java().toString();
        Tool.Result format = Tool.run(List.of(java, "-Xmx128m", "-cp", classPath(), "kafka.tools.StorageTool", "format",
                "-t", "AAAAAAAAAAAAAAAAAAAAAQ", "-c", settings.toString()), Map.of());
        if (format.exitCode() != 0) {
            throw new AssertionError("the broker's storage: " + format.out() + format.err());
        }
        Jvm jvm = Jvm.java(Jdks.of(17), dir).name("broker").add("-Xmx256m", "-XX:+UseSerialGC", "-cp", classPath(),
                "kafka.Kafka", settings.toString()).start();
        return new KafkaBroker(jvm, "127.0.0.1:" + port);
    }

    /** One partition with so many records of random bytes, each a batch of its own. */
    public void fill(String topic, int records, int bytes) {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
            admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
        } catch (ExecutionException e) {
            throw new AssertionError("topic " + topic + "; the broker's stderr: " + jvm.err(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
        produce(topic, records, bytes);
    }

    private void produce(String topic, int records, int bytes) {
        Map<String, Object> options = Map.of("bootstrap.servers", servers, "max.request.size", LARGEST);
        byte[] value = new byte[bytes];
        new Random(1).nextBytes(value);
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(options, new ByteArraySerializer(),
                new ByteArraySerializer())) {
            Future<?> last = null;
            for (int i = 0; i < records; i++) {
                last = producer.send(new ProducerRecord<>(topic, value));
            }
            producer.flush();
            if (last != null) {
                last.get();
            }
        } catch (ExecutionException e) {
            throw new AssertionError("topic " + topic + " does not take " + bytes + " bytes", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    public String servers() {
        return servers;
    }

    @Override
    public void close() {
        jvm.close();
    }

    /** The tests' own class path has the server on it; Surefire hands it on in this property. */
    private static String classPath() {
        String all = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return String.join(File.pathSeparator, List.of(all.split(File.pathSeparator)).stream()
                .filter(entry -> entry.endsWith(".jar") && !entry.contains("flink")).toList());
    }

    private static List<String> settings(Path dir, int port, int controllerPort) {
        return List.of("process.roles=broker,controller", "node.id=1",
                "controller.quorum.voters=1@127.0.0.1:" + controllerPort,
                "listeners=PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort,
                "advertised.listeners=PLAINTEXT://127.0.0.1:" + port, "controller.listener.names=CONTROLLER",
                "log.dirs=" + dir.resolve("data"), "message.max.bytes=" + LARGEST,
                "offsets.topic.num.partitions=1", "offsets.topic.replication.factor=1",
                "transaction.state.log.replication.factor=1", "transaction.state.log.min.isr=1",
                "group.initial.rebalance.delay.ms=0", "log.cleaner.enable=false");
    }

    private static Path write(Path file, List<String> lines) {
        try {
            return Files.write(file, lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
