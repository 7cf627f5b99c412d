// SPDX-License-Identifier: Apache-2.0
package com.acme.cache;

import java.lang.reflect.Constructor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A library for Flink's lib/ with the classic mistake: what it hands out stays in a static, for ever. */
public final class KeepAlive {
    private static final List<ByteBuffer> HELD = new ArrayList<>();

    private static final ConcurrentMap<Class<?>, Constructor<?>> CONSTRUCTORS = new ConcurrentHashMap<>();

    private static ExecutorService keeper;

    private KeepAlive() {
    }

    public static synchronized ByteBuffer take(int bytes) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(bytes);
        HELD.add(buffer);
        return buffer;
    }

    /** As Hadoop's ReflectionUtils does it: strong keys and values, for ever. */
    public static Constructor<?> constructor(Class<?> of) throws NoSuchMethodException {
        Constructor<?> found = of.getDeclaredConstructor();
        Constructor<?> known = CONSTRUCTORS.putIfAbsent(of, found);
        return known != null ? known : found;
    }

    /** A buffer on the library's one thread, which whoever comes first has started and nobody ends. */
    public static ByteBuffer takeOnKeeper(int bytes) throws Exception {
        return keeper().submit(() -> take(bytes)).get();
    }

    /** Somebody else's code on the library's one thread. */
    public static void runOnKeeper(Runnable code) throws Exception {
        keeper().submit(code).get();
    }

    private static synchronized ExecutorService keeper() {
        if (keeper == null) {
            keeper = Executors.newSingleThreadExecutor(task -> {
                Thread thread = new Thread(task, "acme-keeper");
                thread.setDaemon(true);
                return thread;
            });
        }
        return keeper;
    }
}
