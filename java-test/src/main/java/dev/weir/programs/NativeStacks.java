// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Memory that a JNI library takes by malloc: LIBRARY hold, on threads of all kinds, held until a line
 * comes on stdin; LIBRARY critical MS, between GetPrimitiveArrayCritical and its end, beside threads
 * that make the collector work; LIBRARY exit MS, on threads that the JVM's end does not wait for.
 */
public final class NativeStacks {
    static final int BLOCK = 1_000_003; // prime; the n-th kind of thread takes n of them and n bytes

    private static volatile Object garbage;

    private NativeStacks() {
    }

    static native long take(int bytes);

    static native void give(long address);

    static native long takeOnThread(int bytes, int number);

    static native long takeAttached(int bytes);

    static native long takeThrowing(int bytes);

    static native long takeCritical(byte[] array, int turns);

    static native void holdCritical(byte[] array, int bytes);

    static native long pairs(int turns, int bytes);

    static native long address();

    public static void main(String[] args) throws Exception {
        System.load(args[0]);
        if (args[1].equals("hold")) {
            hold();
        } else if (args[1].equals("exit")) {
            exit(Long.parseLong(args[2]));
        } else {
            critical(Long.parseLong(args[2]));
        }
    }

    private static void hold() throws Exception {
        List<Long> held = new ArrayList<>();
        held.add(java());
        held.add(takeOnThread(2 * BLOCK, 7));
        held.add(takeOnThread(2 * BLOCK, 12));
        held.add(takeAttached(3 * BLOCK));
        held.add(throwing());
        held.add(past());
        held.add(virtual());
        System.out.println("held");
        awaitLine();
        held.forEach(NativeStacks::give);
        System.out.println("given");
        awaitLine();
    }

    private static long java() {
        return take(5 * BLOCK);
    }

    private static long throwing() {
        try {
            takeThrowing(BLOCK);
            throw new AssertionError("the exception is gone");
        } catch (IllegalStateException expected) {
            if (!expected.getMessage().equals("pending")) {
                throw expected;
            }
        }
        return takeThrowing(-1);
    }

    /** By java.lang.foreign, linked as critical: the thread stays in Java as the VM sees it. */
    private static long past() throws Exception {
        if (Runtime.version().feature() < 22) {
            return 0;
        }
        return Foreign.call(address(), 4L * BLOCK);
    }

    private static long virtual() throws Exception {
        if (Runtime.version().feature() < 21) {
            return 0;
        }
        AtomicLong taken = new AtomicLong();
        Runnable take = () -> taken.set(take(6 * BLOCK));
        ((Thread) Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, take)).join();
        return taken.get();
    }

    private static void critical(long millis) throws InterruptedException {
        AtomicBoolean stop = new AtomicBoolean();
        AtomicLong turns = new AtomicLong();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            threads.add(new Thread(() -> {
                while (!stop.get()) {
                    takeCritical(new byte[4096], 20);
                    turns.addAndGet(20);
                }
            }));
        }
        for (int i = 0; i < 2; i++) {
            threads.add(new Thread(() -> {
                while (!stop.get()) {
                    garbage = new byte[100_000];
                }
            }));
        }
        threads.forEach(Thread::start);
        Thread.sleep(millis / 2);
        holdCritical(new byte[100], 7 * BLOCK);
        Thread.sleep(millis / 2);
        stop.set(true);
        for (Thread thread : threads) {
            thread.join();
        }
        System.out.println("turns=" + turns.get());
    }

    /** In the midst of it all System.exit(7). */
    private static void exit(long millis) throws InterruptedException {
        for (int i = 0; i < 4; i++) {
            boolean java = i % 2 == 0;
            Thread thread = new Thread(() -> {
                while (true) {
                    give(java ? take(1000) : takeAttached(1000));
                }
            });
            thread.setDaemon(true);
            thread.start();
        }
        Thread.sleep(millis);
        System.exit(7);
    }

    private static void awaitLine() throws IOException {
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
    }
}
