// SPDX-License-Identifier: Apache-2.0
package com.example.netty;

import com.example.loan.Loan;
import com.example.loan.LoanJob;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;

/**
 * Job "netty": a function with a Netty of its own, in the job jar, and a pooled allocator of its own. Arguments:
 * BUFFERS KIB GATE_DIR [nocleaner]. With the last, Netty takes its chunks through Unsafe, past java.nio.Bits.
 */
public final class NettyJob {
    private NettyJob() {
    }

    public static void main(String[] args) throws Exception {
        boolean noCleaner = args.length > 3 && args[3].equals("nocleaner");
        LoanJob.run("netty", new Pool(Integer.parseInt(args[0]), Integer.parseInt(args[1]), noCleaner), args[2]);
    }

    /** COUNT buffers of so many KiB; their chunks go back to the system when the last buffer is released. */
    static final class Pool implements Loan {
        private static final long serialVersionUID = 1L;

        private final int count;
        private final int kib;
        private final boolean noCleaner;
        private transient PooledByteBufAllocator allocator;
        private transient List<ByteBuf> buffers;

        Pool(int count, int kib, boolean noCleaner) {
            this.count = count;
            this.kib = kib;
            this.noCleaner = noCleaner;
        }

        @Override
        public void take() {
            if (noCleaner) { // Netty reads it when its classes are loaded, which is with each job anew
                System.setProperty("io.netty.tryReflectionSetAccessible", "true");
            }
            allocator = new PooledByteBufAllocator(true, 0, 1, 8192, 9, 0, 0, false);
            buffers = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                buffers.add(allocator.directBuffer(kib << 10).writeZero(kib << 10));
            }
        }

        @Override
        public long held() {
            return allocator.metric().usedDirectMemory();
        }

        @Override
        public void give() {
            System.clearProperty("io.netty.tryReflectionSetAccessible");
            if (buffers != null) {
                buffers.forEach(ByteBuf::release);
            }
        }
    }
}
