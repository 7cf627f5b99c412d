// SPDX-License-Identifier: Apache-2.0
package dev.weir.oracle;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.util.ConfigurationParserUtils;
import org.apache.flink.runtime.util.bash.BashJavaUtils;

/**
 * Answers configurations (lines on stdin) with what Flink's start scripts get from its own classes: arguments and files
 * go through Flink's parsers, the derivation through BashJavaUtils. The answers have the form of `weir derive --batch`.
 *
 * <p>Arguments: the Flink version to write into the answers, a directory for the configuration files.
 */
public final class Oracle {
    private static final String TM = "taskmanager.memory.";
    private static final String JM = "jobmanager.memory.";
    private static final String[][] TM_ROWS = {
        {"framework.heap", TM + "framework.heap.size"}, {"task.heap", TM + "task.heap.size"},
        {"managed", TM + "managed.size"}, {"framework.off-heap", TM + "framework.off-heap.size"},
        {"task.off-heap", TM + "task.off-heap.size"}, {"network", TM + "network.min", TM + "network.max"},
        {"jvm-metaspace", TM + "jvm-metaspace.size"},
        {"jvm-overhead", TM + "jvm-overhead.min", TM + "jvm-overhead.max"},
    };
    private static final String[][] JM_ROWS = {
        {"heap", JM + "heap.size"}, {"off-heap", JM + "off-heap.size"},
        {"jvm-metaspace", JM + "jvm-metaspace.size"},
        {"jvm-overhead", JM + "jvm-overhead.min", JM + "jvm-overhead.max"},
    };

    private final String version;
    private final Path dir;

    private Oracle(String version, Path dir) {
        this.version = version;
        this.dir = dir;
    }

    public static void main(String[] args) throws Exception {
        Oracle oracle = new Oracle(args[0], Path.of(args[1]));
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        System.setOut(System.err); // Flink's own parser prints its usage there
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.println(oracle.answer(Case.of(line)));
        }
        out.flush();
    }

    private String answer(Case c) throws Exception {
        Configuration conf;
        setEnv("FLINK_TM_HEAP", c.tmEnv);
        setEnv("FLINK_JM_HEAP", c.jmEnv);
        try {
            conf = load(c);
        } catch (Exception | StackOverflowError e) {
            return "error CONF - -";
        }
        try {
            return "ok " + render(c, derive(c, conf));
        } catch (InvocationTargetException e) {
            return "error " + Failure.of(e.getCause(), c);
        }
    }

    private Configuration load(Case c) throws Exception {
        boolean legacy = c.format.equals("none") ? version.compareTo("1.19") < 0 : c.format.equals("legacy");
        Files.deleteIfExists(dir.resolve(legacy ? "config.yaml" : "flink-conf.yaml"));
        Files.writeString(dir.resolve(legacy ? "flink-conf.yaml" : "config.yaml"), c.text);
        List<String> args = new ArrayList<>(List.of("--configDir", dir.toString()));
        args.addAll(c.args);
        return ConfigurationParserUtils.loadCommonConfiguration(args.toArray(new String[0]), "oracle");
    }

    /** JVM flags and dynamic properties. */
    @SuppressWarnings("unchecked")
    private static List<String> derive(Case c, Configuration conf) throws Exception {
        String name = c.role.equals("jm") ? "getJmResourceParams" : "getTmResourceParams";
        Method method = BashJavaUtils.class.getDeclaredMethod(name, Configuration.class);
        method.setAccessible(true);
        return (List<String>) method.invoke(null, conf);
    }

    private String render(Case c, List<String> params) {
        boolean tm = c.role.equals("tm");
        Map<String, String> given = dynamic(params.get(1));
        StringBuilder components = new StringBuilder();
        StringBuilder properties = new StringBuilder();
        long flink = 0;
        long process = 0;
        for (String[] row : tm ? TM_ROWS : JM_ROWS) {
            long bytes = Long.parseLong(given.get(row[1]).replaceAll("b$", ""));
            components.append(components.length() == 0 ? "" : ",").append("\"" + row[0] + "\":" + bytes);
            process += bytes;
            flink += row[0].startsWith("jvm-") ? 0 : bytes;
            for (int i = 1; i < row.length; i++) {
                properties.append(" -D ").append(row[i]).append("=").append(given.remove(row[i]));
            }
        }
        for (String key : new String[] {"taskmanager.cpu.cores", "taskmanager.numberOfTaskSlots"}) {
            properties.append(tm ? " -D " + key + "=" + given.remove(key) : "");
        }
        given.forEach((key, value) -> properties.append(" -D ").append(key).append("=").append(value));
        return "{\"role\":\"" + (tm ? "taskmanager" : "jobmanager") + "\",\"flink\":\"" + version
                + "\",\"components\":{" + components + "},\"total_flink\":" + flink + ",\"total_process\":" + process
                + ",\"jvm\":{" + flags(params.get(0)) + "}}\t" + params.get(0) + "\t" + properties.substring(1);
    }

    private static Map<String, String> dynamic(String text) {
        Map<String, String> map = new TreeMap<>();
        for (String token : text.trim().split("\\s*-D ")) {
            if (!token.isEmpty()) {
                map.put(token.substring(0, token.indexOf('=')), token.substring(token.indexOf('=') + 1).trim());
            }
        }
        return map;
    }

    private static String flags(String text) {
        Map<String, String> map = new LinkedHashMap<>();
        for (String flag : text.split(" ")) {
            if (flag.startsWith("-Xmx")) {
                map.put("Xmx", flag.substring(4));
            } else if (flag.startsWith("-XX:")) {
                map.put(flag.substring(4, flag.indexOf('=')), flag.substring(flag.indexOf('=') + 1));
            }
        }
        StringBuilder out = new StringBuilder();
        map.forEach((k, v) -> out.append(out.length() == 0 ? "" : ",").append("\"" + k + "\":" + v));
        return out.toString();
    }

    /** Flink asks System.getenv: the map behind it is changed. */
    @SuppressWarnings("unchecked")
    private static void setEnv(String name, String value) throws Exception {
        Map<String, String> view = System.getenv();
        Field field = view.getClass().getDeclaredField("m");
        field.setAccessible(true);
        Map<String, String> env = (Map<String, String>) field.get(view);
        if (value == null) {
            env.remove(name);
        } else {
            env.put(name, value);
        }
    }
}
