// SPDX-License-Identifier: Apache-2.0
package com.example.sql;

import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;

/**
 * A session of short queries, each another one, so that code is generated for each. Arguments: REST_PORT QUERIES; prints
 * "done QUERIES".
 */
public final class SqlSession {
    private SqlSession() {
    }

    public static void main(String[] args) throws Exception {
        int queries = Integer.parseInt(args[1]);
        Configuration configuration = new Configuration();
        configuration.setString("execution.target", "remote");
        configuration.setString("rest.address", "127.0.0.1");
        configuration.setString("rest.port", args[0]);
        configuration.setString("table.exec.resource.default-parallelism", "1");
        TableEnvironment sql = TableEnvironment.create(
                EnvironmentSettings.newInstance().inBatchMode().withConfiguration(configuration).build());
        sql.executeSql("CREATE TEMPORARY TABLE numbers (k BIGINT, v STRING) WITH ('connector' = 'datagen', "
                + "'number-of-rows' = '100')");
        sql.executeSql("CREATE TEMPORARY TABLE nowhere (k BIGINT, v STRING) WITH ('connector' = 'blackhole')");
        for (int i = 0; i < queries; i++) {
            sql.executeSql("INSERT INTO nowhere SELECT k * " + i + " + CHAR_LENGTH(v), UPPER(v) || '" + i
                    + "' FROM numbers WHERE k > " + i).await();
        }
        System.out.println("done " + queries);
        System.exit(0);
    }
}
