// SPDX-License-Identifier: Apache-2.0
package dev.weir.oracle;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/**
 * Prints random configurations, the same for the same arguments: how many, seed, Flink version. Sensible ones, ones a
 * byte or two around every limit that Flink checks, and broken ones; as arguments and in the file formats of the version.
 */
public final class Generate {
    private static final String TM = "taskmanager.memory.";
    private static final String JM = "jobmanager.memory.";
    private static final String[] TM_FREE = {
        TM + "process.size", TM + "flink.size", TM + "framework.heap.size", TM + "task.heap.size",
        TM + "framework.off-heap.size", TM + "task.off-heap.size", TM + "network.fraction", TM + "network.min",
        TM + "network.max", TM + "managed.size", TM + "managed.fraction", TM + "jvm-metaspace.size",
        TM + "jvm-overhead.fraction", TM + "jvm-overhead.min", TM + "jvm-overhead.max",
        "taskmanager.network.memory.fraction", "taskmanager.network.memory.min", "taskmanager.network.memory.max",
        TM + "size", TM + "fraction", "taskmanager.network.numberOfBuffers", TM + "segment-size", "taskmanager.heap.size",
        "taskmanager.heap.mb", "taskmanager.numberOfTaskSlots", "taskmanager.cpu.cores",
    };
    private static final String[] JM_FREE = {
        JM + "process.size", JM + "flink.size", JM + "heap.size", JM + "off-heap.size",
        JM + "enable-jvm-direct-memory-limit", JM + "jvm-metaspace.size", JM + "jvm-overhead.fraction",
        JM + "jvm-overhead.min", JM + "jvm-overhead.max", "jobmanager.heap.size", "jobmanager.heap.mb",
    };
    private static final long MIB = 1 << 20;

    private final Random random;
    private final Values values;
    private final Files files;
    private final boolean legacyFile;
    private final boolean standardFile;
    private Map<String, String> options;

    private Generate(long seed, String version) {
        random = new Random(seed);
        values = new Values(random);
        files = new Files(random);
        boolean two = version.startsWith("2.");
        int minor = Integer.parseInt(version.split("\\.")[1]);
        legacyFile = !two;
        standardFile = two || minor >= 19;
    }

    public static void main(String[] args) {
        Generate generate = new Generate(Long.parseLong(args[1]), args[2]);
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        for (int i = Integer.parseInt(args[0]); i > 0; i--) {
            out.print(generate.next().line() + "\n");
        }
        out.flush();
    }

    private Case next() {
        Case c = new Case();
        options = new LinkedHashMap<>();
        boolean jm = chance(0.25);
        c.role = jm ? "jm" : "tm";
        if (chance(0.15)) {
            salad(jm ? JM_FREE : TM_FREE);
        } else if (jm) {
            jobManager();
        } else {
            taskManager();
        }
        if (chance(0.1) && !options.isEmpty()) {
            String[] keys = options.keySet().toArray(new String[0]);
            String key = keys[random.nextInt(keys.length)];
            options.put(key, key.endsWith("fraction") ? values.brokenFraction() : values.broken());
        }
        c.tmEnv = chance(0.04) ? withoutNul(values.sizeOrBroken()) : null;
        c.jmEnv = chance(0.04) ? withoutNul(values.sizeOrBroken()) : null;
        place(c);
        return c;
    }

    private boolean chance(double p) {
        return random.nextDouble() < p;
    }

    private void maybe(double p, String key, String value) {
        if (chance(p)) {
            options.put(key, value);
        }
    }

    private void salad(String[] keys) {
        double p = random.nextDouble() * 0.6;
        for (String key : keys) {
            maybe(p, key, any(key));
        }
    }

    private String any(String key) {
        if (key.endsWith("fraction")) {
            return values.fraction();
        }
        if (key.endsWith("limit")) {
            return values.bool();
        }
        if (key.endsWith("Slots") || key.endsWith("Buffers") || key.endsWith(".mb")) {
            return values.integer();
        }
        return key.endsWith("cores") ? values.decimal() : values.size();
    }

    private void set(String key, long bytes) {
        options.put(key, values.text(Math.max(bytes, 0)));
    }

    /** A few bytes beside n, more often exactly n. */
    private long near(long n) {
        return n + (chance(0.5) ? 0 : random.nextInt(5) - 2);
    }

    private long mebibytes(int bound) {
        return (random.nextInt(bound) * MIB) + (chance(0.3) ? random.nextInt((int) MIB) : 0);
    }

    private void taskManager() {
        if (chance(0.25)) {
            set(TM + "process.size", 400 * MIB + mebibytes(20000));
        } else if (chance(0.3)) {
            set(TM + "flink.size", 300 * MIB + mebibytes(16000));
        } else {
            taskManagerByParts();
        }
        for (String key : new String[] {"network.fraction", "managed.fraction", "jvm-overhead.fraction"}) {
            maybe(0.2, TM + key, values.fraction());
        }
        maybe(0.1, TM + "network.min", values.size());
        maybe(0.1, TM + "network.max", values.size());
        maybe(0.1, TM + "jvm-overhead.min", values.size());
        maybe(0.1, TM + "jvm-overhead.max", values.size());
        maybe(0.08, TM + "task.heap.size", values.size());
        maybe(0.1, TM + "task.off-heap.size", values.size());
        maybe(0.1, TM + "managed.size", values.size());
        maybe(0.1, "taskmanager.network.numberOfBuffers", values.integer());
        maybe(0.1, TM + "segment-size", values.size());
        maybe(0.1, "taskmanager.numberOfTaskSlots", values.integer());
        maybe(0.05, "taskmanager.cpu.cores", values.decimal());
        renameToDeprecated();
    }

    private void renameToDeprecated() {
        for (String key : new String[] {"min", "max", "fraction"}) {
            rename(TM + "network." + key, "taskmanager.network.memory." + key);
        }
        rename(TM + "managed.size", TM + "size");
        if (chance(0.05)) {
            rename(TM + "flink.size", "taskmanager.heap.size");
        }
    }

    private void rename(String key, String other) {
        if (chance(0.15) && options.containsKey(key)) {
            options.put(other, chance(0.7) ? options.remove(key) : any(key));
        }
    }

    /** Every part given, and totals that are a byte or two off what Flink accepts. */
    private void taskManagerByParts() {
        long frameworkHeap = chance(0.3) ? mebibytes(300) : 128 * MIB;
        long frameworkOffHeap = chance(0.3) ? mebibytes(300) : 128 * MIB;
        long taskHeap = mebibytes(2000);
        long taskOffHeap = chance(0.4) ? mebibytes(500) : 0;
        long managed = mebibytes(2000);
        long min = chance(0.5) ? 64 * MIB : mebibytes(200);
        long max = chance(0.5) ? 1024 * MIB : min + (chance(0.3) ? 0 : mebibytes(1000));
        maybeSet(frameworkHeap != 128 * MIB, TM + "framework.heap.size", frameworkHeap);
        maybeSet(frameworkOffHeap != 128 * MIB, TM + "framework.off-heap.size", frameworkOffHeap);
        maybeSet(taskOffHeap != 0, TM + "task.off-heap.size", taskOffHeap);
        maybeSet(chance(0.9), TM + "task.heap.size", taskHeap);
        maybeSet(chance(0.9), TM + "managed.size", managed);
        maybeSet(min != 64 * MIB, TM + "network.min", min);
        maybeSet(max != 1024 * MIB || chance(0.3), TM + "network.max", max);
        long network = near(new long[] {min, max, (min + max) / 2, 0}[random.nextInt(4)]);
        if (chance(0.15)) {
            long page = 4096L << random.nextInt(6);
            set(TM + "segment-size", page);
            options.put("taskmanager.network.numberOfBuffers", String.valueOf(network / page));
            network = near(network / page * page);
        }
        long flink = frameworkHeap + frameworkOffHeap + taskHeap + taskOffHeap + managed + network;
        maybeSet(chance(0.7), TM + "flink.size", flink);
        process(TM, flink);
    }

    private void maybeSet(boolean yes, String key, long bytes) {
        if (yes) {
            set(key, bytes);
        }
    }

    private void process(String prefix, long flink) {
        long metaspace = chance(0.3) ? mebibytes(500) : 256 * MIB;
        long min = chance(0.5) ? 192 * MIB : mebibytes(300);
        long max = chance(0.5) ? 1024 * MIB : min + (chance(0.3) ? 0 : mebibytes(1000));
        maybeSet(metaspace != 256 * MIB, prefix + "jvm-metaspace.size", metaspace);
        maybeSet(min != 192 * MIB, prefix + "jvm-overhead.min", min);
        maybeSet(max != 1024 * MIB, prefix + "jvm-overhead.max", max);
        long overhead = near(new long[] {min, max, (min + max) / 2, 0}[random.nextInt(4)]);
        maybeSet(chance(0.5), prefix + "process.size", flink + metaspace + overhead);
    }

    private void jobManager() {
        long heap = mebibytes(2000);
        long offHeap = chance(0.4) ? mebibytes(500) : 128 * MIB;
        maybeSet(chance(0.5), JM + "heap.size", heap);
        maybeSet(offHeap != 128 * MIB, JM + "off-heap.size", offHeap);
        long flink = chance(0.3) ? near(offHeap) : near(heap + offHeap);
        maybeSet(chance(0.5), JM + "flink.size", flink);
        process(JM, flink);
        maybe(0.2, JM + "jvm-overhead.fraction", values.fraction());
        maybe(0.1, JM + "enable-jvm-direct-memory-limit", values.bool());
        maybe(0.05, "jobmanager.heap.mb", values.integer());
        maybe(0.05, "jobmanager.heap.size", values.size());
    }

    /** Options go to the file, to the arguments, or to both with different values. */
    private void place(Case c) {
        Map<String, String> file = new LinkedHashMap<>();
        double inFile = random.nextInt(3) / 2.0;
        for (Map.Entry<String, String> e : options.entrySet()) {
            if (chance(inFile)) {
                file.put(e.getKey(), e.getValue());
            } else {
                argument(c, e.getKey(), e.getValue());
            }
            if (chance(0.03)) {
                argument(c, e.getKey(), any(e.getKey()));
            }
        }
        if (chance(0.02)) {
            c.args.add("-D" + TM + "process.size"); // "true"
        }
        if (!file.isEmpty() || chance(0.1)) {
            boolean standard = standardFile && (!legacyFile || chance(0.6));
            c.format = standard ? "standard" : "legacy";
            c.text = standard ? files.standard(file) : files.legacy(file);
        }
    }

    private void argument(Case c, String key, String value) {
        double form = random.nextDouble();
        if (form < 0.5) {
            c.args.add("-D" + key + "=" + withoutNul(value));
        } else if (form < 0.55 && !value.startsWith("-")) {
            c.args.add("-D");
            c.args.add(key);
            c.args.add(withoutNul(value));
        } else {
            c.args.add("-D");
            c.args.add(key + "=" + withoutNul(value));
        }
    }

    /** Files can hold a NUL, arguments and the environment cannot. */
    private static String withoutNul(String value) {
        return value.replace("\0", "");
    }
}
