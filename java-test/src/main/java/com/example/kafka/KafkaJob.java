// SPDX-License-Identifier: Apache-2.0
package com.example.kafka;

import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;

/**
 * Job "kafka": the SQL connector of lib/, with its relocated client, and a function with the plain client of
 * the job jar read the same topic. Arguments: SERVERS TOPIC FETCH_BYTES GATE_DIR both|relocated.
 */
public final class KafkaJob {
    private KafkaJob() {
    }

    public static void main(String[] args) throws Exception {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        env.setRuntimeMode(RuntimeExecutionMode.STREAMING);
        env.setParallelism(1);
        env.fromSource(source(args[0], args[1], args[2]), WatermarkStrategy.noWatermarks(), "Relocated")
                .map(new Tally(args[3], "relocated")).returns(Long.class).name("Tally")
                .sinkTo(new DiscardingSink<>()).name("nowhere");
        if (args[4].equals("both")) {
            env.fromSequence(1, Long.MAX_VALUE)
                    .map(new Reader(args[0], args[1], args[2], args[3])).returns(Long.class).name("Reader")
                    .disableChaining()
                    .sinkTo(new DiscardingSink<>()).name("nowhere, too");
        }
        env.execute("kafka");
    }

    private static KafkaSource<Long> source(String servers, String topic, String fetch) {
        return KafkaSource.<Long>builder().setBootstrapServers(servers).setTopics(topic).setGroupId("relocated")
                .setStartingOffsets(OffsetsInitializer.earliest()).setValueOnlyDeserializer(new Length())
                .setProperty("fetch.max.bytes", fetch).setProperty("max.partition.fetch.bytes", fetch).build();
    }
}
