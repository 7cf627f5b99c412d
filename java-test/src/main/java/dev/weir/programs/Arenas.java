// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;

/** Arenas of java.lang.foreign (JDK 21 and newer) by reflection: the programs are compiled for JDK 11. */
final class Arenas {
    private static final List<AutoCloseable> OPEN = new ArrayList<>();

    private Arenas() {
    }

    /** A shared arena with one segment. A refused one is closed again. */
    static Object allocate(long bytes) throws Throwable {
        Class<?> type = Class.forName("java.lang.foreign.Arena");
        AutoCloseable arena = (AutoCloseable) type.getMethod("ofShared").invoke(null);
        Method allocate = type.getMethod("allocate", long.class, long.class);
        try {
            allocate.invoke(arena, bytes, 8L);
        } catch (java.lang.reflect.InvocationTargetException e) {
            arena.close();
            throw e.getCause();
        }
        OPEN.add(arena);
        return OPEN.size();
    }

    static Object closeAll() throws Exception {
        for (AutoCloseable arena : OPEN) {
            arena.close();
        }
        OPEN.clear();
        return "";
    }
}
