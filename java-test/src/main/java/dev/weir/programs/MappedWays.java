// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;

/** How a program maps a part of a file and gives it back: as a buffer, or (JDK 22) as a segment. */
enum MappedWays {
    BUFFER {
        @Override
        Object map(FileChannel file, MapMode mode, long position, long size) throws IOException {
            return file.map(mode, position, size);
        }

        @Override
        void unmap(Object mapping) {
            NativeMemory.clean((ByteBuffer) mapping);
        }
    },
    /** An arena of its own for each mapping; by reflection, since these programs also run on JDK 11. */
    SEGMENT {
        @Override
        Object map(FileChannel file, MapMode mode, long position, long size) throws Exception {
            Object arena = arena("ofShared");
            mapIn(arena, file, mode, position, size);
            return arena;
        }

        @Override
        void unmap(Object mapping) throws Exception {
            arenaType().getMethod("close").invoke(mapping);
        }
    },
    /** An arena that ends when the collector finds nobody holding the segment. */
    AUTO_SEGMENT {
        @Override
        Object map(FileChannel file, MapMode mode, long position, long size) throws Exception {
            return mapIn(arena("ofAuto"), file, mode, position, size);
        }

        @Override
        void unmap(Object mapping) {
            // only the collector can: whoever drops the last reference has done what there is to do
        }
    };

    abstract Object map(FileChannel file, MapMode mode, long position, long size) throws Exception;

    abstract void unmap(Object mapping) throws Exception;

    boolean exists() {
        return this == BUFFER || Runtime.version().feature() >= 22;
    }

    private static Class<?> arenaType() throws ClassNotFoundException {
        return Class.forName("java.lang.foreign.Arena");
    }

    private static Object arena(String factory) throws Exception {
        return arenaType().getMethod(factory).invoke(null);
    }

    private static Object mapIn(Object arena, FileChannel file, MapMode mode, long position, long size)
            throws Exception {
        Method map = FileChannel.class.getMethod("map", MapMode.class, long.class, long.class, arenaType());
        try {
            return map.invoke(file, mode, position, size, arena);
        } catch (InvocationTargetException e) {
            throw new IllegalStateException(e.getCause());
        }
    }
}
