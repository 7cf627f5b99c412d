// SPDX-License-Identifier: Apache-2.0
package com.example.channels;

import com.example.loan.Loan;
import com.example.loan.LoanJob;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Job "channels": threads that in turn write one large buffer of the heap through a FileChannel and then idle, as
 * those of a pool do. java.nio keeps a direct copy of that size for every thread. Arguments: THREADS KIB GATE_DIR.
 */
public final class ChannelsJob {
    private ChannelsJob() {
    }

    public static void main(String[] args) throws Exception {
        LoanJob.run("channels", new Writers(Integer.parseInt(args[0]), Integer.parseInt(args[1]), args[2]), args[2]);
    }

    /** The threads; their buffers go with them. */
    static final class Writers implements Loan {
        private static final long serialVersionUID = 1L;
        private static final long IDLE_MILLIS = 3000;

        private final int count;
        private final int kib;
        private final String dir;
        private transient CountDownLatch idle;
        private transient List<Thread> threads;
        private transient AtomicReference<Throwable> failure;

        Writers(int count, int kib, String dir) {
            this.count = count;
            this.kib = kib;
            this.dir = dir;
        }

        @Override
        public void take() throws Exception {
            byte[] bytes = new byte[kib << 10];
            idle = new CountDownLatch(1);
            failure = new AtomicReference<>();
            threads = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                Path file = Path.of(dir, "part-" + i);
                CountDownLatch written = new CountDownLatch(1);
                threads.add(new Thread(() -> write(file, bytes, written), "part-writer-" + i));
                threads.get(i).start();
                written.await();
                if (failure.get() != null) {
                    Thread.sleep(IDLE_MILLIS); // a pool's threads do not end when one of them fails
                    throw new IllegalStateException("a writer failed", failure.get());
                }
            }
        }

        private void write(Path file, byte[] bytes, CountDownLatch written) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.wrap(bytes));
            } catch (Throwable e) {
                failure.compareAndSet(null, e);
            }
            written.countDown();
            try {
                idle.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        /** What the threads wrote at once is what java.nio keeps for them. */
        @Override
        public long held() {
            return (long) count * (kib << 10);
        }

        @Override
        public void give() throws InterruptedException {
            idle.countDown();
            for (Thread thread : threads) {
                thread.join();
            }
        }
    }
}
