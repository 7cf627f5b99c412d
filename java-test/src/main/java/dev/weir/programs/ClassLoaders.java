// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.reflect.Proxy;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.security.CodeSource;
import java.security.ProtectionDomain;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.List;

/**
 * "table COUNT": so many class loaders of three classes; number i has 1 + i % 17 classes from a jar of its class's own, every
 * fifth a proxy more. "generated": one loader defines classes until there is no metaspace left. "leaked": so many loaders of one
 * class, each with ten classes, do. All print "ready" and wait for a line; the last two then print the error, wait and end.
 */
public final class ClassLoaders {
    private static final int MOST_CLASSES = 17;
    private static final int PER_LOADER = 10;
    private static final String TEMPLATE = "dev/weir/programs/ClassLoaders$Gen00000";
    private static final List<Object> HELD = new ArrayList<>();

    private ClassLoaders() {
    }

    /** Defined anew under other names of the same length. */
    public static class Gen00000 implements Runnable {
        @Override
        public void run() {
            HELD.clear();
        }
    }

    private abstract static class Own extends ClassLoader {
        private final ProtectionDomain domain;

        Own(String jar) throws IOException {
            super(ClassLoader.getSystemClassLoader());
            URL url = new File("/opt/" + jar).toURI().toURL();
            domain = new ProtectionDomain(new CodeSource(url, (Certificate[]) null), null, this, null);
        }

        Class<?> define(byte[] template, int number) {
            byte[] code = renamed(template, number);
            Class<?> c = defineClass(null, code, 0, code.length, domain);
            c.getDeclaredMethods(); // linked
            return c;
        }
    }

    private static final class First extends Own {
        First() throws IOException {
            super("first-1.0.jar");
        }
    }

    private static final class Second extends Own {
        Second() throws IOException {
            super("second-2.0.jar");
        }
    }

    private static final class Third extends Own {
        Third() throws IOException {
            super("third.jar");
        }
    }

    public static void main(String[] args) throws Exception {
        byte[] template = template();
        for (int i = 0; args[0].equals("table") && i < Integer.parseInt(args[1]); i++) {
            HELD.add(loader(template, i));
        }
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        System.out.println("ready");
        in.readLine();
        if (!args[0].equals("table")) {
            fill(template, args[0].equals("generated") ? Integer.MAX_VALUE : PER_LOADER);
            in.readLine();
        }
    }

    private static Object loader(byte[] template, int i) throws IOException {
        Own loader = i % 3 == 0 ? new First() : i % 3 == 1 ? new Second() : new Third();
        for (int c = 0; c < 1 + i % MOST_CLASSES; c++) {
            loader.define(template, c);
        }
        if (i % 5 == 0) {
            HELD.add(Proxy.newProxyInstance(loader, new Class<?>[] {Runnable.class}, (p, m, a) -> null));
        }
        return loader;
    }

    private static void fill(byte[] template, int perLoader) throws IOException {
        Own loader = null;
        try {
            for (int i = 0; i < 100_000; i++) {
                if (i % perLoader == 0) {
                    loader = new First();
                    HELD.add(loader);
                }
                loader.define(template, i);
            }
            System.out.println("room for all");
        } catch (OutOfMemoryError e) {
            System.out.println(e);
        }
    }

    private static byte[] template() throws IOException {
        try (InputStream in = ClassLoaders.class.getResourceAsStream("ClassLoaders$Gen00000.class")) {
            return in.readAllBytes();
        }
    }

    /** Wherever the template's name stands, it is of the same length. */
    private static byte[] renamed(byte[] template, int number) {
        byte[] from = TEMPLATE.getBytes(StandardCharsets.US_ASCII);
        byte[] to = String.format("%s%05d", TEMPLATE.substring(0, TEMPLATE.length() - 5), number)
                .getBytes(StandardCharsets.US_ASCII);
        byte[] code = template.clone();
        for (int at = 0; at + from.length <= code.length; at++) {
            if (java.util.Arrays.equals(code, at, at + from.length, from, 0, from.length)) {
                System.arraycopy(to, 0, code, at, to.length);
            }
        }
        return code;
    }
}
