// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** Two libraries of ours that take and give back memory by commands on stdin, one answer each: "1 ok ...". */
public final class HeapShell {
    private static final int WAYS = 11;
    private static final int MMAP = 10;
    private static final int PAGE = 4096;

    private final Deque<Block> held = new ArrayDeque<>();

    private HeapShell() {
    }

    /** What one way took; bytes are what its library was asked for, of pages whole ones. */
    private static final class Block {
        final int way;
        final long addr;
        final long bytes;

        Block(int way, long addr, long bytes) {
            this.way = way;
            this.addr = addr;
            this.bytes = bytes;
        }
    }

    private static final class One {
        static native long take(int way, long bytes);

        static native void give(int way, long addr, long bytes);

        static native long change(long addr, long bytes);

        static native boolean throwsBadAlloc();

        static native void threads(int count, int rounds);

        static native int fork();

        static native int visit(String path, int times);
    }

    private static final class Two {
        static native long take(int way, long bytes);

        static native void give(int way, long addr, long bytes);
    }

    public static void main(String[] args) throws IOException {
        System.load(args[0]);
        System.load(args[1]);
        HeapShell shell = new HeapShell();
        System.out.println("ready");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        int number = 0;
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            System.out.println(++number + " ok " + shell.obey(line.split(" ")));
        }
    }

    private String obey(String[] words) {
        int n = words.length > 1 && words[1].matches("\\d+") ? Integer.parseInt(words[1]) : 0;
        switch (words[0]) {
            case "take": return take(n);
            case "other": return other(n);
            case "change": return change(n);
            case "give": return give();
            case "until": return until(n);
            case "throws": return String.valueOf(One.throwsBadAlloc());
            case "threads": return threads(n, Integer.parseInt(words[2]));
            case "fork": return String.valueOf(One.fork());
            case "visit": return String.valueOf(One.visit(words[1], Integer.parseInt(words[2])));
            default: throw new IllegalArgumentException(words[0]);
        }
    }

    /** Of each way so many blocks, by the first library; the answer is what it holds by them. */
    private String take(int each) {
        long sum = 0;
        for (int i = 0; i < each; i++) {
            for (int way = 0; way < WAYS; way++) {
                long bytes = way == MMAP ? PAGE * (1 + i % 3) : way == 4 ? 64 * (1 + i % 61) : 1009 + 2L * i;
                held.add(new Block(way, One.take(way, bytes), bytes));
                sum += bytes;
            }
        }
        return String.valueOf(sum);
    }

    /** Blocks of so many bytes until there is no memory; how many. */
    private String until(int bytes) {
        int count = 0;
        for (long p = One.take(0, bytes); p != 0 && count < 1000; p = One.take(0, bytes)) {
            held.add(new Block(0, p, bytes));
            count++;
        }
        return String.valueOf(count);
    }

    /** The second library takes; the first is to give it back. */
    private String other(int count) {
        long sum = 0;
        for (int i = 0; i < count; i++) {
            held.add(new Block(0, Two.take(0, 2003), 2003));
            sum += 2003;
        }
        return String.valueOf(sum);
    }

    /** Grown by the first library, and shrunk to nothing, which frees where realloc(p, 0) answers null. */
    private String change(int count) {
        int blocks = 0;
        for (int i = 0; i < count; i++) {
            long p = One.change(0, 101);
            p = One.change(p, 100_003);
            p = One.change(p, 0);
            if (p != 0) {
                One.give(0, p, 0);
                blocks++;
            }
        }
        return String.valueOf(blocks);
    }

    /** Each library gives back what the other took, where it is C's; the second everything else. */
    private String give() {
        List<Block> all = new ArrayList<>(held);
        held.clear();
        for (int i = 0; i < all.size(); i++) {
            Block b = all.get(i);
            if (i % 2 == 0) {
                One.give(b.way, b.addr, b.bytes);
            } else {
                Two.give(b.way, b.addr, b.bytes);
            }
        }
        return "";
    }

    private String threads(int count, int rounds) {
        Thread[] java = new Thread[count];
        for (int i = 0; i < count; i++) {
            java[i] = new Thread(() -> {
                for (int k = 0; k < rounds; k++) {
                    long p = One.take(k % MMAP, 64 * (1 + k % 17));
                    Two.give(k % MMAP, p, 64 * (1 + k % 17));
                }
            });
            java[i].start();
        }
        One.threads(count, rounds);
        for (Thread t : java) {
            try {
                t.join();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
        return "";
    }
}
