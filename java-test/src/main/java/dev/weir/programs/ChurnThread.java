// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * One thread's share of the work: a warm-up loop long enough for C2, blocks that it holds, and their
 * release. The methods are called by one thread at a time; the totals are read when it is idle.
 */
final class ChurnThread {
    private static final int HELD = 24;

    private final int number;
    private final List<ByteBuffer> buffers = new ArrayList<>();
    private final List<Long> addresses = new ArrayList<>();
    private long unsafeBytes;

    ChurnThread(int number) {
        this.number = number;
    }

    int heldBuffers() {
        return buffers.size();
    }

    int heldBlocks() {
        return addresses.size();
    }

    long heldUnsafeBytes() {
        return unsafeBytes;
    }

    /** Takes and gives back in every way there is; one buffer in 64 is left to the collector. */
    void churn(Sizes sizes, int rounds) {
        for (int i = 0; i < rounds; i++) {
            ByteBuffer buffer = take(sizes.smallAt(i + number));
            if (i % 64 != 0) {
                NativeMemory.clean(buffer);
            }
            swap(sizes.smallAt(i), sizes.smallAt(i + 1));
        }
    }

    /** Compiled by C2 in the warm-up: the test looks for it in the compilation log. */
    static ByteBuffer take(int size) {
        return NativeMemory.direct(size);
    }

    /** Likewise: allocate, reallocate (sometimes smaller), free. */
    static void swap(int size, int newSize) {
        NativeMemory.free(NativeMemory.reallocate(NativeMemory.allocate(size), newSize));
    }

    void hold(Sizes sizes) {
        if (sizes == Sizes.PRIMES) {
            buffers.add(take(0)); // counts as one buffer of one byte
        }
        for (int i = 0; i < HELD; i++) {
            buffers.add(take(sizes.at(i + number)));
            holdBlock(sizes.at(i + number), i % 3 == 0 ? 3 : 1);
        }
    }

    private void holdBlock(int size, int factor) {
        long address = NativeMemory.allocate(size);
        if (factor != 1) {
            address = NativeMemory.reallocate(address, (long) size * factor);
        }
        addresses.add(address);
        unsafeBytes += roundUp((long) size * factor);
    }

    /** Unsafe rounds every size up to a multiple of 8 before it calls the allocator. */
    private static long roundUp(long size) {
        return (size + 7) & ~7L;
    }

    /** Half of the buffers by their Cleaner, the other half by dropping them. */
    void release() {
        for (int i = 0; i < buffers.size(); i += 2) {
            NativeMemory.clean(buffers.get(i));
        }
        buffers.clear();
        addresses.forEach(NativeMemory::free);
        addresses.clear();
        unsafeBytes = 0;
    }
}
