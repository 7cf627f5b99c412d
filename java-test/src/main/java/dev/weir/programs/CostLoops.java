// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What scripts/bench.sh measures, one row in a JVM of its own. Arguments: ROW WARMUP_MS BATCHES, of
 * malloc64 also the library of NativeStacks, or "live" BLOCKS. A loop prints what one turn costs, "cpu=NS wall=NS depth=FRAMES"; "live" prints
 * "rss=KIB" and ends with its blocks held, so that the agent's last sheet counts them.
 */
public final class CostLoops {
    private static final int MOST_LIVE = 1_000_000;
    private static final int BLOCK = 64;
    /** The loop is this deep; the native below Unsafe is then the 30th frame, hidden ones counted. */
    private static final int DEPTH = 23;

    private static volatile long sink; // so that no result is computed for nobody
    private static volatile Object objectSink;

    private CostLoops() {
    }

    public static void main(String[] args) throws Exception {
        if (args[0].equals("live")) {
            live(Integer.parseInt(args[1]));
            return;
        }
        CostMeter meter = new CostMeter(Long.parseLong(args[1]), Integer.parseInt(args[2]));
        switch (args[0]) {
            case "unsafe64": meter.print(DEPTH, CostLoops::unsafe); break;
            case "malloc64": System.load(args[3]); meter.print(DEPTH, turns -> sink = NativeStacks.pairs(turns, BLOCK)); break;
            case "direct4k": meter.print(DEPTH, turns -> direct(turns, 4096)); break;
            case "direct1m": meter.print(DEPTH, turns -> direct(turns, 1 << 20)); break;
            case "throwable": meter.print(0, CostLoops::throwable); break;
            case "classdef": meter.print(DEPTH, new Definitions()::run); break;
            case "thread": meter.printEach(CostLoops::thread); break;
            default: throw new IllegalArgumentException("no row " + args[0]);
        }
    }

    /** The same small classes again and again, in a loader for each round of them, which the collector takes. */
    private static final class Definitions {
        private static final int CLASSES = 256;
        private static final int METHODS = 62; // a file of 2.2 KB, the median of flink-runtime 1.20

        private final String[] names = new String[CLASSES];
        private final byte[][] files = new byte[CLASSES][];

        Definitions() {
            for (int i = 0; i < CLASSES; i++) {
                names[i] = "com.acme.gen.Gen" + i;
                files[i] = ClassFile.of(names[i], METHODS);
            }
        }

        private static final class Loader extends ClassLoader {
            Class<?> define(String name, byte[] file) {
                return defineClass(name, file, 0, file.length);
            }
        }

        void run(int turns) {
            Loader loader = new Loader();
            for (int i = 0; i < turns; i++) {
                int at = i % CLASSES;
                loader = at == 0 ? new Loader() : loader;
                objectSink = loader.define(names[at], files[at]);
            }
        }
    }

    private static void unsafe(int turns) {
        for (int i = 0; i < turns; i++) {
            long address = NativeMemory.allocate(BLOCK);
            sink = address;
            NativeMemory.free(address);
        }
    }

    private static void direct(int turns, int size) {
        for (int i = 0; i < turns; i++) {
            ByteBuffer buffer = NativeMemory.direct(size);
            sink = buffer.capacity();
            NativeMemory.clean(buffer);
        }
    }

    /** From a shallow stack: walking a deep one takes longer and hides what is added. */
    private static void throwable(int turns) {
        for (int i = 0; i < turns; i++) {
            objectSink = new Exception();
        }
    }

    private static void thread() throws InterruptedException {
        Thread thread = new Thread(() -> sink++);
        thread.start();
        thread.join();
    }

    private static void live(int blocks) throws Exception {
        long[] held = new long[MOST_LIVE]; // of one size in all runs: the heap must not differ
        CostMeter.deeper(DEPTH, turns -> {
            for (int i = 0; i < turns; i++) {
                held[i] = NativeMemory.allocate(BLOCK);
            }
        }, blocks);
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmRSS:")) {
                System.out.println("rss=" + line.replaceAll("[^0-9]", ""));
            }
        }
        sink = held[blocks - 1];
    }
}
