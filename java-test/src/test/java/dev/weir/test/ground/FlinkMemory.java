// SPDX-License-Identifier: Apache-2.0
package dev.weir.test.ground;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The limits as Flink itself logs them, by the ids of Weir's components. */
public final class FlinkMemory {
    private static final Pattern ROW = Pattern.compile(" - +([A-Za-z -]+): +.*?(\\d+) bytes");
    private static final List<String> TASK_MANAGER = List.of("Total Process Memory", "Total Flink Memory",
            "Total JVM Heap Memory", "framework.heap", "task.heap", "Total Off-heap Memory", "managed",
            "Total JVM Direct Memory", "framework.off-heap", "task.off-heap", "network", "jvm-metaspace",
            "jvm-overhead");
    private static final List<String> JOB_MANAGER = List.of("Total Process Memory", "Total Flink Memory",
            "heap", "off-heap", "jvm-metaspace", "jvm-overhead");

    private FlinkMemory() {
    }

    /** From the table below "Final TaskExecutor Memory configuration:". */
    public static Map<String, Long> taskManager(String log) {
        return table(log, "Final TaskExecutor Memory configuration:", TASK_MANAGER);
    }

    /** From the table below "Final Master Memory configuration:". */
    public static Map<String, Long> jobManager(String log) {
        return table(log, "Final Master Memory configuration:", JOB_MANAGER);
    }

    /** Flink prints a fixed order of rows and reuses names ("Framework", "Task"): order decides. */
    private static Map<String, Long> table(String log, String title, List<String> ids) {
        int at = log.indexOf(title);
        if (at < 0) {
            throw new AssertionError("Flink did not log \"" + title + "\" in: " + log);
        }
        List<Long> sizes = new ArrayList<>();
        Matcher row = ROW.matcher(log.substring(at + title.length()));
        while (sizes.size() < ids.size() && row.find()) {
            sizes.add(Long.parseLong(row.group(2)));
        }
        Map<String, Long> limits = new LinkedHashMap<>();
        for (int i = 0; i < ids.size(); i++) {
            if (!ids.get(i).startsWith("Total")) {
                limits.put(ids.get(i), sizes.get(i));
            }
        }
        return limits;
    }
}
