// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;

/** Two buffers of 20 MiB from Netty without cleaners, of which the second meets Netty's own limit; prints the error's text. */
public final class NettyLimit {
    private static final int BYTES = 20 << 20;

    private NettyLimit() {
    }

    public static void main(String[] args) {
        UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true, true, true);
        ByteBuf first = allocator.directBuffer(BYTES);
        try {
            allocator.directBuffer(BYTES);
            throw new IllegalStateException("there was room");
        } catch (OutOfMemoryError e) {
            System.out.println(e.getMessage());
        }
        first.setByte(0, 1); // held to the end: the report is made after the error was thrown
    }
}
