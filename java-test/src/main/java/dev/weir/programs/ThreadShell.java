// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * Starts threads on request: reads commands from stdin, answers each with one line that begins with the command's running
 * number and says "ok RESULT" or "refused CLASS: MESSAGE". Commands: start COUNT NAME STACK_KIB, up to the first that is
 * refused; churn COUNT, each ended before the next starts; again, the one that was refused; state, its state and how many live; end, all of them; counts, what the kernel and
 * the VM's bean say. The end of stdin ends it.
 */
public final class ThreadShell {
    private final List<Thread> started = new ArrayList<>();
    private CountDownLatch end = new CountDownLatch(1);
    private Thread refused;
    private int count;

    private ThreadShell() {
    }

    public static void main(String[] args) throws Exception {
        ThreadShell shell = new ThreadShell();
        shell.counts(); // loads what later figures must not be disturbed by
        System.out.println("ready");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        int number = 0;
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String answer;
            try {
                answer = "ok " + shell.run(line.split(" "));
            } catch (Throwable e) { // whatever it is, the caller wants to see it
                answer = "refused " + e;
            }
            System.out.println(++number + " " + answer);
        }
        shell.end.countDown();
    }

    private Object run(String[] words) throws Exception {
        switch (words[0]) {
            case "start":
                return start(Integer.parseInt(words[1]), words[2], Long.parseLong(words[3]) << 10);
            case "again":
                launch(refused);
                return refused.isAlive();
            case "state":
                return refused.getState() + " " + started.size();
            case "churn":
                return churn(Integer.parseInt(words[1]));
            case "end":
                return end();
            case "counts":
                return counts();
            default:
                throw new IllegalArgumentException(words[0]);
        }
    }

    private int start(int threads, String name, long stack) {
        for (int i = 0; i < threads; i++) {
            launch(new Thread(null, this::sleep, name + "-" + count++, stack));
        }
        return threads;
    }

    private void launch(Thread thread) {
        refused = thread;
        thread.start();
        started.add(thread);
    }

    /** One after the other, as fast as it goes. */
    private static int churn(int threads) throws InterruptedException {
        for (int i = 0; i < threads; i++) {
            Thread thread = new Thread(() -> { });
            thread.start();
            thread.join();
        }
        return threads;
    }

    private void sleep() {
        try {
            end.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private int end() throws InterruptedException {
        end.countDown();
        for (Thread thread : started) {
            thread.join();
        }
        int ended = started.size();
        started.clear();
        end = new CountDownLatch(1);
        return ended;
    }

    private String counts() {
        return new File("/proc/self/task").list().length + " " + ManagementFactory.getThreadMXBean().getThreadCount();
    }
}
