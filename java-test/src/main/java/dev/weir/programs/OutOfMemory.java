// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs out of memory in the way that its first argument names, survives, and prints each error as it
 * sees it: "direct" (three times), "plain" and "subclass" (made by Java code), "heap", "metaspace",
 * "hidden" (one direct behind many plain ones), "storm" (100,000 of them, then one each 100 ms for SECONDS; prints how many there were).
 */
public final class OutOfMemory {
    private static final int STORM = 100_000;
    private static final int MIB = 1 << 20;
    private static final List<Object> HELD = new ArrayList<>();

    /** An error of a library's own. */
    private static final class Full extends OutOfMemoryError {
        private static final long serialVersionUID = 1L;

        Full(String message) {
            super(message);
        }
    }

    /** A loader that defines its own copy of one class. */
    private static final class Copies extends ClassLoader {
        Class<?> define(byte[] bytes) {
            return defineClass(Sizes.class.getName(), bytes, 0, bytes.length);
        }
    }

    private OutOfMemory() {
    }

    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "direct":
                direct();
                break;
            case "plain":
                print(caught(() -> refuse(new OutOfMemoryError("x"))));
                break;
            case "subclass":
                print(caught(() -> refuse(new Full("y"))));
                break;
            case "hidden":
                hidden();
                break;
            case "heap":
                survive(OutOfMemory::fillHeap);
                break;
            case "metaspace":
                survive(OutOfMemory::fillMetaspace);
                break;
            case "storm":
                storm(Long.parseLong(args[1]));
                break;
            default:
                throw new IllegalArgumentException(args[0]);
        }
        System.out.println("done");
    }

    private static void direct() {
        for (int i = 0; i < 3; i++) {
            HELD.add(ByteBuffer.allocateDirect(16 * MIB));
        }
        for (int i = 0; i < 3; i++) {
            print(caught(() -> ByteBuffer.allocateDirect(32 * MIB)));
        }
    }

    private static void hidden() {
        for (int i = 0; i < 5; i++) {
            caught(() -> refuse(new OutOfMemoryError("x")));
        }
        print(caught(() -> ByteBuffer.allocateDirect(80 * MIB)));
        caught(() -> refuse(new OutOfMemoryError("x")));
    }

    private static void refuse(OutOfMemoryError error) {
        throw error;
    }

    private static void fillHeap() {
        while (true) {
            HELD.add(new byte[MIB]);
        }
    }

    private static void fillMetaspace() {
        byte[] bytes = bytes();
        while (true) {
            HELD.add(new Copies().define(bytes));
        }
    }

    private static byte[] bytes() {
        try (InputStream in = OutOfMemory.class.getResourceAsStream("Sizes.class")) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Text only: the stack of an error that the VM made itself depends on where the memory ended. */
    private static void survive(Runnable step) {
        OutOfMemoryError error = caught(step);
        HELD.clear();
        System.out.println(error);
    }

    private static void storm(long seconds) throws InterruptedException {
        long made = 0;
        for (; made < STORM; made++) {
            caught(() -> refuse(new OutOfMemoryError("storm")));
        }
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        for (; System.nanoTime() < end; made++) {
            Thread.sleep(100);
            caught(() -> refuse(new OutOfMemoryError("after the storm")));
        }
        System.out.println("made " + made);
    }

    private static OutOfMemoryError caught(Runnable step) {
        try {
            step.run();
        } catch (OutOfMemoryError e) {
            return e;
        }
        throw new IllegalStateException("there was memory");
    }

    private static void print(OutOfMemoryError error) {
        System.out.println(error + " cause " + error.getCause() + " suppressed " + error.getSuppressed().length);
        for (StackTraceElement frame : error.getStackTrace()) {
            System.out.println("    at " + frame);
        }
    }
}
