// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Maps parts of files in every way this JDK has and says at each quiescent point what the VM's bean
 * and its own books say. Arguments: DIR THREADS ROUNDS. At each point it waits for a line on stdin.
 * The pieces begin and end anywhere in a page.
 */
public final class MappedFiles {
    private static final long FILE_SIZE = 3_000_017;
    private static final long[][] PIECES = { // position, size
        {0, 1}, {0, 4096}, {0, 4097}, {1, 61}, {4095, 2}, {4096, 65_537}, {12_345, 1_000_003}, {8191, 8193},
        {2_999_999, 18}, {0, FILE_SIZE}, {5, 0},
    };
    private static final MapMode[] MODES = {MapMode.READ_ONLY, MapMode.READ_WRITE, MapMode.PRIVATE};

    private final List<FileChannel> files = new ArrayList<>();
    private final int rounds;
    private final int threads;
    private final BufferedReader step =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    private final List<Object> held = new ArrayList<>();
    private long ownCount;
    private long ownCapacity;

    private MappedFiles(Path dir, int threads, int rounds) throws IOException {
        for (int i = 0; i < 3; i++) {
            FileChannel file = FileChannel.open(Files.createTempFile(dir, "mapped", ".bin"),
                    StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
            file.write(ByteBuffer.wrap(new byte[] {1}), FILE_SIZE - 1);
            files.add(file);
        }
        this.threads = threads;
        this.rounds = rounds;
    }

    public static void main(String[] args) throws Exception {
        new MappedFiles(Path.of(args[0]), Integer.parseInt(args[1]), Integer.parseInt(args[2])).run();
    }

    private void run() throws Exception {
        say("base");
        for (MappedWays way : MappedWays.values()) {
            if (!way.exists()) {
                continue;
            }
            String name = way.name().toLowerCase().replace('_', '-');
            if (way != MappedWays.AUTO_SEGMENT) { // those would pile up until a collection
                churn(way);
            }
            hold(way);
            say("held-" + name);
            release(way);
            say("freed-" + name);
        }
        copy();
        say("copied");
        System.out.println("done");
    }

    private void hold(MappedWays way) throws Exception {
        for (FileChannel file : files) {
            for (MapMode mode : MODES) {
                for (long[] piece : PIECES) {
                    held.add(way.map(file, mode, piece[0], piece[1]));
                    ownCount += piece[1] > 0 ? 1 : 0; // an empty one asks the system for nothing
                    ownCapacity += piece[1];
                }
            }
        }
    }

    /** Every other mapping is given back by the program, the rest left to the collector. */
    private void release(MappedWays way) throws Exception {
        for (int i = 0; i < held.size(); i += way == MappedWays.SEGMENT ? 1 : 2) {
            way.unmap(held.get(i));
        }
        held.clear();
        ownCount = 0;
        ownCapacity = 0;
        MappedPool.collectDownTo(0);
    }

    /** The kernel hands the same addresses from one thread to the other. */
    private void churn(MappedWays way) throws Exception {
        List<Thread> running = new ArrayList<>();
        List<Throwable> failed = Collections.synchronizedList(new ArrayList<>());
        for (int t = 0; t < threads; t++) {
            FileChannel file = files.get(t % files.size());
            Thread thread = new Thread(() -> {
                try {
                    for (int i = 0; i < rounds; i++) {
                        long[] piece = PIECES[i % PIECES.length];
                        way.unmap(way.map(file, MODES[i % MODES.length], piece[0], piece[1]));
                    }
                } catch (Throwable e) {
                    failed.add(e);
                }
            });
            running.add(thread);
            thread.start();
        }
        for (Thread thread : running) {
            thread.join();
        }
        if (!failed.isEmpty()) {
            throw new IllegalStateException(failed.get(0));
        }
        MappedPool.collectDownTo(0);
    }

    /** The JDK itself maps the source, piece by piece. */
    private void copy() throws IOException {
        long copied = files.get(0).transferTo(0, FILE_SIZE, files.get(1));
        if (copied != FILE_SIZE) {
            throw new IllegalStateException("copied " + copied);
        }
    }

    private void say(String point) throws Exception {
        System.out.println(point + " count=" + MappedPool.count() + " used=" + MappedPool.used()
                + " capacity=" + MappedPool.capacity() + " own_count=" + ownCount + " own_capacity=" + ownCapacity
                + " pages=" + mappedPages());
        if (step.readLine() == null) {
            throw new IllegalStateException("stdin ended at " + point);
        }
    }

    /** What the kernel says is mapped of our files, in bytes: whole pages. */
    private static long mappedPages() throws IOException {
        long sum = 0;
        for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
            if (line.contains("/mapped") && line.contains(".bin")) {
                String[] range = line.substring(0, line.indexOf(' ')).split("-");
                sum += Long.parseLong(range[1], 16) - Long.parseLong(range[0], 16);
            }
        }
        return sum;
    }
}
