// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.nio.ByteBuffer;
import java.util.TreeMap;

/** What EnforceShell holds, by number: direct buffers and blocks of Unsafe, each with its pattern. */
final class EnforceBlocks {
    private static final int STRIDE = 4096;

    private final TreeMap<Integer, ByteBuffer> buffers = new TreeMap<>();
    private final TreeMap<Integer, long[]> blocks = new TreeMap<>(); // address, size
    private int next;

    /** Returns the number under which the buffer is held. */
    int direct(int bytes) {
        return hold(NativeMemory.direct(bytes));
    }

    int hold(ByteBuffer buffer) {
        buffers.put(++next, buffer);
        return next;
    }

    int unsafe(long bytes) {
        long address = NativeMemory.allocate(bytes);
        blocks.put(++next, new long[] {address, bytes});
        fill(address, bytes, next);
        return next;
    }

    /** When the JVM refuses, the old block is still held. */
    void reallocate(int number, long bytes) {
        long[] block = blocks.get(number);
        block[0] = NativeMemory.reallocate(block[0], bytes);
        verify(number, Math.min(block[1], bytes));
        block[1] = bytes;
        fill(block[0], bytes, number);
    }

    /** Every page still holds what was written: the block is valid and nobody else's. */
    void verify(int number) {
        verify(number, blocks.get(number)[1]);
    }

    private void verify(int number, long bytes) {
        long address = blocks.get(number)[0];
        for (long at = 0; at < bytes; at += STRIDE) {
            if (RawMemory.get(address + at) != pattern(number, at)) {
                throw new IllegalStateException("block " + number + " was overwritten at " + at);
            }
        }
    }

    private static void fill(long address, long bytes, int number) {
        for (long at = 0; at < bytes; at += STRIDE) {
            RawMemory.put(address + at, pattern(number, at));
        }
    }

    private static byte pattern(int number, long at) {
        return (byte) (number * 31 + at / STRIDE);
    }

    void free(int number) {
        ByteBuffer buffer = buffers.remove(number);
        if (buffer != null) {
            NativeMemory.clean(buffer);
        } else {
            NativeMemory.free(blocks.remove(number)[0]);
        }
    }

    void freeAll() {
        buffers.values().forEach(NativeMemory::clean);
        buffers.clear();
        blocks.values().forEach(b -> NativeMemory.free(b[0]));
        blocks.clear();
    }

    /** Leaves all buffers to the collector. */
    void dropBuffers() {
        buffers.clear();
    }

    int bufferCount() {
        return buffers.size();
    }

    int blockCount() {
        return blocks.size();
    }

    long blockBytes() {
        return blocks.values().stream().mapToLong(b -> (b[1] + 7) & ~7L).sum();
    }
}
