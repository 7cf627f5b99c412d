// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/** Takes native memory by commands on stdin, through zlib or through Netty, one answer each: "1 ok ...". */
public final class NativeShell {
    private static final int TEXT = 200_000;

    private final List<Deflater> deflaters = new ArrayList<>();
    private final List<Inflater> inflaters = new ArrayList<>();
    private Buffers buffers;

    private NativeShell() {
    }

    public static void main(String[] args) throws Exception {
        NativeShell shell = new NativeShell();
        System.out.println("ready");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        int number = 0;
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            System.out.println(++number + " ok " + shell.obey(line.split(" ")));
        }
    }

    private String obey(String[] words) throws DataFormatException, IOException {
        int n = words.length > 1 ? Integer.parseInt(words[1]) : 0;
        switch (words[0]) {
            case "deflaters": return deflaters(n);
            case "inflaters": return inflaters(n);
            case "end": return end();
            case "classes": return classes();
            case "buffers": return buffers().take(n, Integer.parseInt(words[2]));
            case "release": return buffers().release(n);
            default: throw new IllegalArgumentException(words[0]);
        }
    }

    /** They are never ended, as in iceberg#3950 and amoro#2789. */
    private String deflaters(int count) {
        for (int i = 0; i < count; i++) {
            deflaters.add(new Deflater());
        }
        return "";
    }

    /** Each has read something, and not to its end. */
    private String inflaters(int count) throws DataFormatException {
        byte[] plain = new byte[TEXT];
        byte[] packed = new byte[2 * TEXT];
        new Random(1).nextBytes(plain);
        Deflater deflater = new Deflater();
        deflater.setInput(plain);
        deflater.finish();
        int length = deflater.deflate(packed);
        deflater.end();
        for (int i = 0; i < count; i++) {
            Inflater inflater = new Inflater();
            inflater.setInput(packed, 0, length);
            inflater.inflate(new byte[1000]);
            inflaters.add(inflater);
        }
        return "";
    }

    private String end() {
        deflaters.forEach(Deflater::end);
        inflaters.forEach(Inflater::end);
        deflaters.clear();
        inflaters.clear();
        return "";
    }

    /** Reads archives: the JDK's own inflaters. */
    private static String classes() throws IOException {
        try (java.util.jar.JarFile jar = new java.util.jar.JarFile(NativeShell.class.getProtectionDomain().getCodeSource().getLocation().getPath())) {
            return String.valueOf(jar.getInputStream(jar.getEntry("dev/weir/programs/NativeShell.class")).readAllBytes().length);
        }
    }

    private Buffers buffers() {
        if (buffers == null) {
            buffers = new Buffers(); // Netty may not be there
        }
        return buffers;
    }

    /** What Netty itself says it holds is the answer. */
    private static final class Buffers {
        private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
        private final List<ByteBuf> held = new ArrayList<>();

        String take(int count, int bytes) {
            for (int i = 0; i < count; i++) {
                held.add(allocator.directBuffer(bytes));
            }
            return String.valueOf(allocator.metric().usedDirectMemory());
        }

        String release(int count) {
            for (int i = 0; i < count; i++) {
                held.remove(held.size() - 1).release();
            }
            return String.valueOf(allocator.metric().usedDirectMemory());
        }
    }
}
