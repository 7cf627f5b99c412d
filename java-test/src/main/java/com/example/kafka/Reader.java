// SPDX-License-Identifier: Apache-2.0
package com.example.kafka;

import com.example.loan.Word;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Polls a topic with the client of the job jar; the files "plain" and "plain-fetch" hold how many bytes came,
 * and how many at once by the client's own metric.
 */
final class Reader extends RichMapFunction<Long, Long> {
    private static final long serialVersionUID = 1L;
    private static final Duration PATIENCE = Duration.ofMillis(100);

    private final String servers;
    private final String topic;
    private final String fetch;
    private final String gate;
    private transient KafkaConsumer<byte[], byte[]> consumer;
    private transient long sum;

    Reader(String servers, String topic, String fetch, String gate) {
        this.servers = servers;
        this.topic = topic;
        this.fetch = fetch;
        this.gate = gate;
    }

    @Override
    public void open(OpenContext context) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", servers);
        properties.put("fetch.max.bytes", fetch);
        properties.put("max.partition.fetch.bytes", fetch);
        consumer = new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        TopicPartition partition = new TopicPartition(topic, 0);
        consumer.assign(List.of(partition));
        consumer.seekToBeginning(List.of(partition));
    }

    @Override
    public Long map(Long value) throws Exception {
        long before = sum;
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(PATIENCE)) {
            sum += record.value().length;
        }
        if (sum != before) {
            Word.leave(Path.of(gate, "plain-fetch"), String.valueOf(largestFetch()));
            Word.leave(Path.of(gate, "plain"), String.valueOf(sum));
        }
        return value;
    }

    private long largestFetch() {
        return consumer.metrics().values().stream()
                .filter(m -> m.metricName().name().equals("fetch-size-max") && m.metricName().tags().size() == 1)
                .mapToLong(m -> ((Double) m.metricValue()).longValue()).max().orElseThrow();
    }

    @Override
    public void close() {
        if (consumer != null) {
            consumer.close();
        }
    }
}
