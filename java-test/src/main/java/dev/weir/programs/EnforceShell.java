// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Takes native memory on request: reads commands from stdin, answers each with one line that begins
 * with the command's running number and says "ok RESULT" or "refused CLASS: MESSAGE". Commands of
 * bytes: direct, unsafe, ffm; realloc NUMBER BYTES; verify, free NUMBER; free-all; drop; point;
 * classes WAY COUNT METHODS, class NAME METHODS, classes-drop, jdk-class NAME, loaded, committed (see EnforceClasses);
 * map WAY BYTES, copy BYTES, unmap-all, map-drop, mapped (see EnforceMapped); churn COUNT BYTES; crowd THREADS MILLIS BYTES; try COUNT BYTES; in PLACE BYTES and thread BYTES NAME
 * (see EnforcePlaces). The end of stdin ends it.
 */
public final class EnforceShell {
    /** One command; what it returns is printed. */
    private interface Command {
        Object run(String[] words) throws Throwable;
    }

    private final EnforceBlocks blocks = new EnforceBlocks();
    private final EnforceMapped mapped = new EnforceMapped();
    private final Map<String, Command> commands = new TreeMap<>();

    private EnforceShell() {
        commands.put("direct", w -> blocks.direct(Integer.parseInt(w[1])));
        commands.put("unsafe", w -> blocks.unsafe(Long.parseLong(w[1])));
        commands.put("ffm", w -> Arenas.allocate(Long.parseLong(w[1])));
        commands.put("ffm-close", w -> Arenas.closeAll());
        commands.put("realloc", w -> done(() -> blocks.reallocate(number(w), Long.parseLong(w[2]))));
        commands.put("verify", w -> done(() -> blocks.verify(number(w))));
        commands.put("free", w -> done(() -> blocks.free(number(w))));
        commands.put("free-all", w -> done(blocks::freeAll));
        commands.put("drop", w -> done(blocks::dropBuffers));
        commands.put("point", w -> point());
        commands.put("collected", w -> collected());
        commands.put("churn", w -> churn(number(w), Integer.parseInt(w[2])));
        commands.put("crowd", w -> crowd(number(w), Integer.parseInt(w[2]), Integer.parseInt(w[3])));
        commands.put("try", w -> tryOften(number(w), Integer.parseInt(w[2])));
        commands.put("map", w -> mapped.map(w[1], Long.parseLong(w[2])));
        commands.put("copy", w -> mapped.copy(Long.parseLong(w[1])));
        commands.put("unmap-all", w -> mapped.unmapAll());
        commands.put("map-drop", w -> mapped.drop());
        commands.put("mapped", w -> MappedPool.count() + " " + MappedPool.used());
        commands.put("classes", w -> EnforceClasses.define(EnforceClasses.Way.valueOf(w[1]), Integer.parseInt(w[2]),
                Integer.parseInt(w[3])));
        commands.put("class", w -> EnforceClasses.one(w[1], Integer.parseInt(w[2])));
        commands.put("classes-drop", w -> EnforceClasses.drop());
        commands.put("jdk-class", w -> EnforceClasses.jdk(w[1]));
        commands.put("loaded", w -> EnforceClasses.loaded());
        commands.put("committed", w -> EnforceClasses.committed());
        commands.put("in", w -> EnforcePlaces.valueOf(w[1]).run(blocks, Integer.parseInt(w[2])));
        commands.put("thread", w -> EnforcePlaces.onThread(w[2].replace('_', ' '), blocks, number(w)));
        commands.put("jdk-thread", w -> EnforcePlaces.jdkAlone(w[2].replace('_', ' '), number(w)));
        EnforcePlaces.values(); // loaded before the first command
    }

    public static void main(String[] args) throws Exception {
        EnforceShell shell = new EnforceShell();
        shell.point(); // loads what later figures must not be disturbed by
        System.out.println("ready");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        int count = 0;
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            System.out.println(++count + " " + shell.answer(line.split(" ")));
        }
    }

    private String answer(String[] words) {
        try {
            return "ok " + commands.get(words[0]).run(words);
        } catch (InvocationTargetException e) {
            return "refused " + e.getCause();
        } catch (Throwable e) { // whatever it is, the caller wants to see it
            return "refused " + e;
        }
    }

    private static int number(String[] words) {
        return Integer.parseInt(words[1]);
    }

    private static Object done(Runnable step) {
        step.run();
        return "";
    }

    private String point() {
        return "point direct_count=" + DirectPool.count() + " direct_used=" + DirectPool.used()
                + " unsafe_blocks=" + blocks.blockCount() + " unsafe_bytes=" + blocks.blockBytes();
    }

    /** Waits until the collector has taken everything that was dropped. */
    private Object collected() throws InterruptedException {
        DirectPool.collectDownTo(blocks.bufferCount());
        return "";
    }

    /** Takes buffers and drops each at once: only the collector gives them back. */
    private static Object churn(int count, int bytes) {
        for (int i = 0; i < count; i++) {
            NativeMemory.direct(bytes);
        }
        return count;
    }

    /** So many threads that churn for so many ms; how many buffers they were given, how many refused. */
    private static Object crowd(int threads, int millis, int bytes) throws InterruptedException {
        AtomicLong taken = new AtomicLong();
        AtomicLong refused = new AtomicLong();
        long end = System.nanoTime() + millis * 1_000_000L;
        List<Thread> crowd = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            crowd.add(new Thread(() -> {
                while (System.nanoTime() < end) {
                    try {
                        NativeMemory.direct(bytes);
                        taken.incrementAndGet();
                    } catch (OutOfMemoryError e) {
                        refused.incrementAndGet();
                    }
                }
            }));
        }
        crowd.forEach(Thread::start);
        for (Thread thread : crowd) {
            thread.join();
        }
        return taken + " " + refused;
    }

    /** How many of so many requests were refused, and how long they took in ms. */
    private static Object tryOften(int count, int bytes) {
        int refused = 0;
        long begin = System.nanoTime();
        for (int i = 0; i < count; i++) {
            try {
                NativeMemory.clean(NativeMemory.direct(bytes));
            } catch (OutOfMemoryError e) {
                refused++;
            }
        }
        return refused + " " + (System.nanoTime() - begin) / 1_000_000;
    }
}
