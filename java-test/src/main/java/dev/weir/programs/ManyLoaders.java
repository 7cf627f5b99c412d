// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Argument COUNT: so many class loaders, each with its own copy of Taker, and a buffer of 4 KiB taken by each. Prints
 * "held", waits for a line, drops all of them, prints "dropped" when the collector has freed the buffers, waits for a
 * line, does the same with as many new loaders, prints "held" again and waits for a last line.
 */
public final class ManyLoaders {
    private static final int BYTES = 4096;

    private ManyLoaders() {
    }

    /** Loaded anew by each loader. */
    public static final class Taker implements IntFunction<ByteBuffer> {
        @Override
        public ByteBuffer apply(int bytes) {
            return ByteBuffer.allocateDirect(bytes);
        }
    }

    private static final class Own extends ClassLoader {
        Own() {
            super(ClassLoader.getPlatformClassLoader());
        }

        @SuppressWarnings("unchecked")
        IntFunction<ByteBuffer> taker(byte[] code) throws ReflectiveOperationException {
            Class<?> c = defineClass(Taker.class.getName(), code, 0, code.length);
            return (IntFunction<ByteBuffer>) c.getDeclaredConstructor().newInstance();
        }
    }

    public static void main(String[] args) throws Exception {
        int count = Integer.parseInt(args[0]);
        byte[] code = code();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        List<Object> held = hold(count, code);
        System.out.println("held");
        in.readLine();
        held.clear();
        System.gc();
        System.gc();
        System.out.println("dropped");
        in.readLine();
        held = hold(count, code);
        System.out.println("held " + held.size() / 2);
        in.readLine();
    }

    private static List<Object> hold(int count, byte[] code) throws ReflectiveOperationException {
        List<Object> held = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            IntFunction<ByteBuffer> taker = new Own().taker(code);
            held.add(taker);
            held.add(taker.apply(BYTES)); // two for each
        }
        return held;
    }

    private static byte[] code() throws IOException {
        try (InputStream in = ManyLoaders.class.getResourceAsStream("ManyLoaders$Taker.class")) {
            return in.readAllBytes();
        }
    }
}
