// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.lang.invoke.MethodHandle;
import java.lang.reflect.Array;
import java.lang.reflect.Method;

/** A native function called past JNI (JDK 22 and newer), by reflection: the programs are compiled for JDK 11. */
final class Foreign {
    private Foreign() {
    }

    /** long f(long), linked as critical: its thread stays in Java as the VM sees it. */
    static long call(long address, long argument) throws Exception {
        Class<?> linker = type("Linker");
        Class<?> option = type("Linker$Option");
        Class<?> layout = type("MemoryLayout");
        Class<?> descriptor = type("FunctionDescriptor");
        Class<?> segment = type("MemorySegment");
        Object number = type("ValueLayout").getField("JAVA_LONG").get(null);
        Object arguments = Array.newInstance(layout, 1);
        Array.set(arguments, 0, number);
        Object shape = descriptor.getMethod("of", layout, arguments.getClass()).invoke(null, number, arguments);
        Object options = Array.newInstance(option, 1);
        Array.set(options, 0, option.getMethod("critical", boolean.class).invoke(null, false));
        Object function = segment.getMethod("ofAddress", long.class).invoke(null, address);
        Method link = linker.getMethod("downcallHandle", segment, descriptor, options.getClass());
        MethodHandle handle = (MethodHandle) link.invoke(linker.getMethod("nativeLinker").invoke(null), function, shape, options);
        try {
            return (long) handle.invokeWithArguments(argument);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static Class<?> type(String name) throws ClassNotFoundException {
        return Class.forName("java.lang.foreign." + name);
    }
}
