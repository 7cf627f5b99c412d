// SPDX-License-Identifier: Apache-2.0
package com.example.arrow;

import com.example.loan.Loan;
import com.example.loan.LoanJob;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocatorL;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.memory.netty.NettyAllocationManager;
import org.apache.arrow.vector.BigIntVector;

/**
 * Job "arrow": a function that fills Arrow vectors. Arguments: VECTORS VALUES GATE_DIR MANAGER, the last is one
 * of Arrow's own names, Unsafe or Netty.
 */
public final class ArrowJob {
    private ArrowJob() {
    }

    public static void main(String[] args) throws Exception {
        LoanJob.run("arrow", new Vectors(Integer.parseInt(args[0]), Integer.parseInt(args[1]), args[3]), args[2]);
    }

    /** Vectors of 64-bit numbers under one root allocator. */
    static final class Vectors implements Loan {
        private static final long serialVersionUID = 1L;

        private final int count;
        private final int values;
        private final String manager;
        private transient BufferAllocator allocator;
        private transient List<BigIntVector> vectors;

        Vectors(int count, int values, String manager) {
            this.count = count;
            this.values = values;
            this.manager = manager;
        }

        @Override
        public void take() {
            // Arrow reads it when its classes are loaded, which is with each job anew
            System.setProperty("arrow.allocation.manager.type", manager);
            allocator = new RootAllocator();
            vectors = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                BigIntVector vector = new BigIntVector("v" + i, allocator);
                vectors.add(vector);
                vector.allocateNew(values);
                for (int at = 0; at < values; at += 512) {
                    vector.set(at, at);
                }
                vector.setValueCount(values);
            }
        }

        /** With Unsafe what Arrow has handed out; with Netty what the pool below Arrow has taken. */
        @Override
        public long held() throws ReflectiveOperationException {
            return manager.equals("Unsafe") ? allocator.getAllocatedMemory() : pool().metric().usedDirectMemory();
        }

        private static PooledByteBufAllocator pool() throws ReflectiveOperationException {
            Object outer = field(NettyAllocationManager.class, "INNER_ALLOCATOR").get(null);
            return (PooledByteBufAllocator) field(PooledByteBufAllocatorL.class, "allocator").get(outer);
        }

        private static Field field(Class<?> type, String name) throws NoSuchFieldException {
            Field field = type.getDeclaredField(name);
            field.setAccessible(true);
            return field;
        }

        @Override
        public void give() {
            vectors.forEach(BigIntVector::close);
            allocator.close();
        }
    }
}
