// SPDX-License-Identifier: Apache-2.0
package com.example.sql;

import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.TableResult;

/**
 * What a SQL client does: plans on its own side and ships nothing but the job. A batch aggregation, so that its
 * generated code takes managed memory, throttled, so that somebody can look. Arguments: REST_PORT MIB GATE_DIR;
 * prints "job ID".
 */
public final class SqlProgram {
    private SqlProgram() {
    }

    public static void main(String[] args) throws Exception {
        Configuration configuration = new Configuration();
        configuration.setString("execution.target", "remote");
        configuration.setString("rest.address", "127.0.0.1");
        configuration.setString("rest.port", args[0]);
        configuration.setString("table.exec.resource.default-parallelism", "1");
        TableEnvironment sql = TableEnvironment.create(
                EnvironmentSettings.newInstance().inBatchMode().withConfiguration(configuration).build());
        sql.executeSql("CREATE TEMPORARY SYSTEM FUNCTION take_memory AS 'com.acme.sql.Hold'");
        sql.executeSql("CREATE TEMPORARY TABLE numbers (k BIGINT, v BIGINT) WITH ('connector' = 'datagen', "
                + "'number-of-rows' = '10000000', 'rows-per-second' = '5000', 'fields.k.min' = '1', "
                + "'fields.k.max' = '1000', 'fields.v.min' = '1', 'fields.v.max' = '9')");
        sql.executeSql("CREATE TEMPORARY TABLE sums (k BIGINT, n BIGINT, s BIGINT) WITH ('connector' = 'blackhole')");
        TableResult result = sql.executeSql("INSERT INTO sums SELECT k, COUNT(*), SUM(take_memory(v, " + args[1] + ", '"
                + args[2] + "')) FROM numbers GROUP BY k");
        System.out.println("job " + result.getJobClient().orElseThrow().getJobID());
        System.exit(0);
    }
}
