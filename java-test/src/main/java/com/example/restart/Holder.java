// SPDX-License-Identifier: Apache-2.0
package com.example.restart;

import com.acme.cache.KeepAlive;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import org.apache.flink.api.common.functions.RichMapFunction;

/**
 * Takes its memory at the first record, then makes the file "held-ATTEMPT-SUBTASK" in the gate
 * directory and passes records until there is a file "fail-ATTEMPT". A file "collect-N" makes it ask
 * for a full collection and make the file "collected-N", N from 1 on. Modes: "keep", in a static of
 * the library in lib/; "drop", in a field; "thread", like keep, but taken by a thread it starts; "keeper",
 * like keep, but taken by the library's own thread; "pool", in a static of the job's own code, by a thread of
 * the JVM's common pool; "guest", the same by the library's own thread; "threads",
 * like keep, beside three threads that nobody ends; "joined", the same with threads that end at close().
 */
public final class Holder extends RichMapFunction<Long, Long> {
    private static final long serialVersionUID = 1L;
    private static final long PAUSE_MILLIS = 20;
    private static final int THREADS = 3;

    private static final List<ByteBuffer> KEPT = Collections.synchronizedList(new ArrayList<>());

    private final String mode;
    private final int[] mib;
    private final String gate;
    private final ArrayList<Thread> threads = new ArrayList<>(); // empty when it is serialized
    private transient ByteBuffer mine;
    private transient boolean taken;
    private transient int collections;

    public Holder(String mode, int[] mib, String gate) {
        this.mode = mode;
        this.mib = mib.clone();
        this.gate = gate;
    }

    @Override
    public Long map(Long value) throws Exception {
        int attempt = getRuntimeContext().getTaskInfo().getAttemptNumber();
        if (!taken) {
            take(mib[Math.min(attempt, mib.length - 1)] << 20);
            taken = true;
            int subtask = getRuntimeContext().getTaskInfo().getIndexOfThisSubtask();
            Files.createFile(Path.of(gate, "held-" + attempt + "-" + subtask));
        }
        if (Files.exists(Path.of(gate, "fail-" + attempt))) {
            throw new IllegalStateException("attempt " + attempt + " was told to fail");
        }
        collectWhenTold();
        Thread.sleep(PAUSE_MILLIS);
        return value;
    }

    private void collectWhenTold() throws Exception {
        if (Files.exists(Path.of(gate, "collect-" + (collections + 1)))) {
            System.gc();
            collections++;
            Files.createFile(Path.of(gate, "collected-" + collections));
        }
    }

    private void startThreads() {
        int attempt = getRuntimeContext().getTaskInfo().getAttemptNumber();
        for (int i = 0; i < THREADS; i++) {
            Thread thread = new Thread(Holder::sleepUntilInterrupted, "acme-io-" + attempt + "-" + i);
            thread.start();
            threads.add(thread);
        }
    }

    private static void sleepUntilInterrupted() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() throws InterruptedException {
        for (Thread thread : mode.equals("joined") ? threads : List.<Thread>of()) {
            thread.interrupt();
            thread.join();
        }
    }

    private static void keep(int bytes) {
        KEPT.add(ByteBuffer.allocateDirect(bytes));
    }

    private void take(int bytes) throws Exception {
        switch (mode) {
            case "keep":
                KeepAlive.take(bytes);
                break;
            case "drop":
                mine = ByteBuffer.allocateDirect(bytes);
                break;
            case "thread":
                Thread loader = new Thread(() -> KeepAlive.take(bytes), "cache-loader");
                loader.start();
                loader.join();
                break;
            case "keeper":
                KeepAlive.takeOnKeeper(bytes);
                break;
            case "pool":
                CountDownLatch kept = new CountDownLatch(1);
                ForkJoinPool.commonPool().execute(() -> {
                    keep(bytes);
                    kept.countDown();
                });
                kept.await(); // a get() could run it here
                break;
            case "threads":
            case "joined":
                startThreads();
                KeepAlive.take(bytes);
                break;
            case "guest":
                KeepAlive.runOnKeeper(() -> keep(bytes));
                break;
            default:
                throw new IllegalArgumentException(mode);
        }
    }
}
