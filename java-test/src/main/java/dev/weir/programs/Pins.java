// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.ref.SoftReference;
import java.lang.ref.WeakReference;
import java.lang.reflect.Constructor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * Class loaders that are pinned in every way, and in none. Reads lines "pin CASE", "free CASE" and "heap MIB" and answers
 * each with a line "done ..."; "free" says how many loaders of the case are still alive after collections. All loaders
 * of a case have a class of its own, Pins$CASE, so that a search can ask for them by name; all are also held weakly and
 * softly.
 */
public final class Pins {
    private static final Map<String, List<WeakReference<ClassLoader>>> ALIVE = new HashMap<>();
    private static final Map<ClassLoader, String> WEAK_KEYS = new WeakHashMap<>();
    private static final List<SoftReference<Object>> SOFT = new ArrayList<>();
    private static final List<Object> HEAP = new ArrayList<>();
    private static final int TOGETHER = 3;
    private static final int SETTLED_MILLIS = 5000;

    private Pins() {
    }

    /** Loaded anew by each loader. */
    public static final class Payload implements Runnable, Supplier<Thread> {
        private static final Map<String, Object> OWN = new HashMap<>();
        public Object other;

        public Payload() {
            OWN.put("self", this);
        }

        @Override
        public void run() {
            Shelf.rest();
        }

        /** A thread that has nothing of this class but the access rights it inherits. */
        @Override
        public Thread get() {
            return new Thread(new Rest(), "inherits");
        }
    }

    /** A Runnable of the application's own. */
    public static final class Rest implements Runnable {
        @Override
        public void run() {
            Shelf.rest();
        }
    }

    /** Where the application keeps what it should not. */
    public static final class Shelf implements Marks {
        static final ConcurrentHashMap<String, Constructor<?>> CACHE = new ConcurrentHashMap<>();
        static final List<Object> LIST = new ArrayList<>();
        static final Map<String, Object> FIRST = new LinkedHashMap<>();
        static final Map<Object, Object> SECOND = new IdentityHashMap<>();
        static Object chain;
        static Object softly;
        static final ThreadLocal<Object> LOCAL = new ThreadLocal<>();

        private Shelf() {
        }

        public static void rest() {
            try {
                Thread.sleep(Long.MAX_VALUE);
            } catch (InterruptedException e) {
                return; // freed
            }
        }
    }

    /** Constants, so that fields of interfaces count too. */
    public interface Marks {
        Object ONE = new Object();
        String TWO = "two";
    }

    /** A soft reference whose `referent` is not the first field. */
    public static final class NamedSoft extends SoftReference<Object> implements Marks {
        final Object name = new Object();

        NamedSoft(Object referent) {
            super(referent);
        }
    }

    public static class Own extends ClassLoader {
        Own(ClassLoader parent) {
            super(parent);
        }

        Object payload() throws ReflectiveOperationException, IOException {
            byte[] code;
            try (InputStream in = Pins.class.getResourceAsStream("Pins$Payload.class")) {
                code = in.readAllBytes();
            }
            return defineClass(Payload.class.getName(), code, 0, code.length).getDeclaredConstructor().newInstance();
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            Class<?> mine = findLoadedClass(name);
            return mine != null ? mine : super.loadClass(name, resolve);
        }
    }

    public static final class Static extends Own {
        Static() {
            super(Pins.class.getClassLoader());
        }
    }

    public static final class Runs extends Own {
        Runs() {
            super(Pins.class.getClassLoader());
        }
    }

    public static final class Local extends Own {
        Local() {
            super(Pins.class.getClassLoader());
        }
    }

    public static final class Context extends Own {
        Context() {
            super(Pins.class.getClassLoader());
        }
    }

    public static final class Inherits extends Own {
        Inherits() {
            super(Pins.class.getClassLoader());
        }
    }

    public static final class Hook extends Own {
        Hook() {
            super(Pins.class.getClassLoader());
        }
    }

    public static final class Deep extends Own {
        Deep() {
            super(Pins.class.getClassLoader());
        }
    }

    public static final class Two extends Own {
        Two() {
            super(Pins.class.getClassLoader());
        }
    }

    public static final class Child extends Own {
        Child() {
            super(Pins.class.getClassLoader());
        }
    }

    public static final class Soft extends Own {
        Soft() {
            super(Pins.class.getClassLoader());
        }
    }

    public static final class Nothing extends Own {
        Nothing() {
            super(Pins.class.getClassLoader());
        }
    }

    public static final class Jni extends Own {
        Jni() {
            super(Pins.class.getClassLoader());
        }
    }

    /** Two loaders, the first pinned by a static, the second by an object of the first alone. */
    public static final class Other extends Own {
        Other() {
            super(Pins.class.getClassLoader());
        }
    }

    /** Of src/main/c/holdlib.c: a JNI global reference for each; free() drops them all. */
    private static native void hold(Object object);

    private static native void free();

    private static final Map<Thread, String> THREADS = new WeakHashMap<>();
    private static final ExecutorService POOL = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "pool-thread-7");
        thread.setDaemon(true);
        return thread;
    });

    private static Thread started(String of, Thread thread) {
        thread.setDaemon(true);
        thread.setContextClassLoader(Pins.class.getClassLoader());
        thread.start();
        THREADS.put(thread, of);
        return thread;
    }

    private static Own make(String name) throws ReflectiveOperationException {
        return (Own) Class.forName("dev.weir.programs.Pins$" + name).getDeclaredConstructor().newInstance();
    }

    private static Object met(String name, Own loader) throws ReflectiveOperationException, IOException {
        Object payload = loader.payload();
        ALIVE.computeIfAbsent(name, k -> new ArrayList<>()).add(new WeakReference<>(loader));
        WEAK_KEYS.put(loader, name);
        if (!name.equals("Nothing")) {
            SOFT.add(new NamedSoft(payload));
        }
        return payload;
    }

    @SuppressWarnings("unchecked")
    private static void pin(String name) throws Exception {
        Own loader = make(name);
        Object payload = met(name, loader);
        switch (name) {
            case "Static":
                Shelf.CACHE.put("codec-0", payload.getClass().getDeclaredConstructor());
                for (int i = 1; i < TOGETHER; i++) {
                    Shelf.CACHE.put("codec-" + i, met(name, make(name)).getClass().getDeclaredConstructor());
                }
                break;
            case "Runs":
                for (int i = 1; i <= TOGETHER; i++) {
                    Object own = i == 1 ? payload : met(name, make(name));
                    Thread thread = new Thread((Runnable) own, "Hikari-" + i + " housekeeper");
                    thread.setDaemon(true);
                    thread.setContextClassLoader(own.getClass().getClassLoader());
                    thread.start();
                    THREADS.put(thread, name);
                }
                break;
            case "Local":
                POOL.submit(() -> Shelf.LOCAL.set(new ArrayList<>(List.of(Map.of("value", payload))))).get();
                break;
            case "Context":
                POOL.submit(() -> Thread.currentThread().setContextClassLoader(loader)).get();
                break;
            case "Inherits":
                started(name, ((Supplier<Thread>) payload).get());
                break;
            case "Hook":
                Thread hook = new Thread((Runnable) payload, "closer of files");
                Runtime.getRuntime().addShutdownHook(hook);
                THREADS.put(hook, name);
                break;
            case "Deep":
                Map<Object, Object> inner = new ConcurrentHashMap<>();
                inner.put("deeper", new Object[] { List.of(new Object[] { Map.of(1, new ThreadLocal[0], 2, payload) }) });
                Shelf.FIRST.put("deep", new LinkedHashMap<>(Map.of("x", new ArrayList<>(List.of(inner)))));
                break;
            case "Two":
                Shelf.LIST.add(payload);
                Shelf.SECOND.put(loader, "two");
                break;
            case "Child":
                Shelf.LIST.add(new Own(loader).payload());
                break;
            case "Soft":
                Shelf.softly = new NamedSoft(new ArrayList<>(List.of(payload)));
                break;
            case "Jni":
                hold(payload);
                break;
            case "Other":
                payload.getClass().getField("other").set(payload, Map.of("next", met(name, make(name))));
                Shelf.chain = payload;
                break;
            default:
                break;
        }
    }

    private static int alive(String name) {
        int count = 0;
        for (WeakReference<ClassLoader> loader : ALIVE.getOrDefault(name, List.of())) {
            count += loader.get() != null ? 1 : 0;
        }
        return count;
    }

    private static void release(String name) throws Exception {
        for (Thread thread : List.copyOf(THREADS.keySet())) {
            if (!name.equals(THREADS.get(thread))) {
                continue;
            }
            if (name.equals("Hook")) {
                Runtime.getRuntime().removeShutdownHook(thread);
            } else {
                thread.interrupt();
                thread.join();
            }
        }
        Shelf.CACHE.clear();
        Shelf.LIST.clear();
        Shelf.FIRST.clear();
        Shelf.SECOND.clear();
        Shelf.chain = null;
        Shelf.softly = null;
        SOFT.clear();
        POOL.submit(() -> {
            Shelf.LOCAL.remove();
            Thread.currentThread().setContextClassLoader(Pins.class.getClassLoader());
        }).get();
        if (name.equals("Jni")) {
            free();
        }
    }

    /** Small objects, as records of a state backend are, besides byte arrays. */
    private static void grow(int mib) {
        for (long i = 0; i < mib * 1024L * 1024 / 120; i++) {
            Map.Entry<Long, Object> entry = Map.entry(i, new Object[] { i, HEAP });
            HEAP.add(entry);
        }
    }

    public static void main(String[] args) throws Exception {
        if (args.length > 0) {
            System.load(args[0]);
        }
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        System.out.println("ready");
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ");
            if (words[0].equals("pin")) {
                pin(words[1]);
                System.out.println("done pin " + words[1]);
            } else if (words[0].equals("heap")) {
                grow(Integer.parseInt(words[1]));
                System.gc();
                System.out.println("done heap");
            } else {
                release(words[1]);
                long until = System.nanoTime() + SETTLED_MILLIS * 1_000_000L;
                do {
                    System.gc();
                } while (alive(words[1]) > 0 && System.nanoTime() < until);
                System.out.println("done free " + words[1] + " " + alive(words[1]));
            }
        }
    }
}
