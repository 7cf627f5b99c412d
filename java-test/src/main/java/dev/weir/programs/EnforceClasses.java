// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.lang.invoke.LambdaMetafactory;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;

/** Defines classes in the ways that Java has, keeps them, and says how many class files of how many bytes it made itself. */
final class EnforceClasses {
    private static final String PACKAGE = EnforceClasses.class.getPackageName() + ".";
    private static final List<Object> KEPT = new ArrayList<>();
    private static int made;

    /** Each way names its classes so that they are one family. */
    enum Way {
        /** ClassLoader.defineClass: com.acme.gen.Gen12. */
        LOADER {
            @Override
            int define(int number, int methods) {
                String name = "com.acme.gen.Gen" + number;
                return LOADER_OF_ALL.define(name, methods);
            }
        },
        /** The same without telling the name. */
        NAMELESS {
            @Override
            int define(int number, int methods) {
                return LOADER_OF_ALL.defineNameless("com.acme.silent.Gen" + number, methods);
            }
        },
        /** A loader for each class. */
        LOADERS {
            @Override
            int define(int number, int methods) {
                Definer loader = new Definer();
                KEPT.add(loader);
                return loader.define("com.acme.alone.Gen", methods);
            }
        },
        /** MethodHandles.Lookup.defineClass. */
        LOOKUP {
            @Override
            int define(int number, int methods) throws ReflectiveOperationException {
                byte[] file = ClassFile.of(PACKAGE + "ByLookup" + number, methods);
                KEPT.add(MethodHandles.lookup().defineClass(file));
                return file.length;
            }
        },
        /** MethodHandles.Lookup.defineHiddenClass, from JDK 15 on. */
        HIDDEN {
            @Override
            int define(int number, int methods) throws ReflectiveOperationException {
                byte[] file = ClassFile.of(PACKAGE + "ByHidden" + number, methods);
                Class<?> option = Class.forName("java.lang.invoke.MethodHandles$Lookup$ClassOption");
                Method define = MethodHandles.Lookup.class.getMethod("defineHiddenClass", byte[].class, boolean.class,
                        Array.newInstance(option, 0).getClass());
                KEPT.add(define.invoke(MethodHandles.lookup(), file, true, Array.newInstance(option, 0)));
                return file.length;
            }
        },
        /** sun.misc.Unsafe.defineAnonymousClass, up to JDK 16. */
        ANONYMOUS {
            @Override
            int define(int number, int methods) throws ReflectiveOperationException {
                byte[] file = ClassFile.of(PACKAGE + "ByUnsafe" + number, methods);
                Class<?> type = Class.forName("sun.misc.Unsafe");
                Field field = type.getDeclaredField("theUnsafe");
                field.setAccessible(true);
                KEPT.add(type.getMethod("defineAnonymousClass", Class.class, byte[].class, Object[].class)
                        .invoke(field.get(null), EnforceClasses.class, file, null));
                return file.length;
            }
        },
        /** A dynamic proxy, in a loader of its own. */
        PROXY {
            @Override
            int define(int number, int methods) {
                KEPT.add(Proxy.newProxyInstance(new Definer(), new Class<?>[] {Runnable.class}, (p, m, a) -> null));
                return 0; // the JDK makes the file
            }
        },
        /** A lambda, made as the linkage of one makes it. */
        LAMBDA {
            @Override
            int define(int number, int methods) throws ReflectiveOperationException {
                MethodHandles.Lookup lookup = MethodHandles.lookup();
                MethodType nothing = MethodType.methodType(void.class);
                MethodHandle body = lookup.findStatic(EnforceClasses.class, "body", nothing);
                try {
                    KEPT.add(LambdaMetafactory.metafactory(lookup, "run", MethodType.methodType(Runnable.class), nothing,
                            body, nothing).getTarget());
                } catch (java.lang.invoke.LambdaConversionException e) {
                    throw new IllegalStateException(e);
                }
                return 0; // the JDK makes the file
            }
        };

        /** How long the class file was that this made. */
        abstract int define(int number, int methods) throws ReflectiveOperationException;
    }

    /** Defines what it is given, and finds it again. */
    private static final class Definer extends ClassLoader {
        Definer() {
            super(EnforceClasses.class.getClassLoader());
        }

        int define(String name, int methods) {
            byte[] file = ClassFile.of(name, methods);
            KEPT.add(defineClass(name, file, 0, file.length));
            return file.length;
        }

        int defineNameless(String name, int methods) {
            byte[] file = ClassFile.of(name, methods);
            KEPT.add(defineClass(null, file, 0, file.length));
            return file.length;
        }
    }

    private static final Definer LOADER_OF_ALL = new Definer();

    private EnforceClasses() {
    }

    static void body() {
    }

    /** COUNT classes; answers how many bytes of class files were made here. A class that is refused keeps its number. */
    static long define(Way way, int count, int methods) throws ReflectiveOperationException {
        long bytes = 0;
        for (int i = 0; i < count; i++) {
            bytes += way.define(made, methods);
            made++;
        }
        return bytes;
    }

    /** The class of this name in the loader of all, defined now. */
    static Object one(String name, int methods) throws ReflectiveOperationException {
        LOADER_OF_ALL.define(name, methods);
        return LOADER_OF_ALL.loadClass(name).getDeclaredMethods().length;
    }

    /** Only what LOADER_OF_ALL defined stays. */
    static Object drop() {
        KEPT.clear();
        return "";
    }

    static long loaded() {
        return ManagementFactory.getClassLoadingMXBean().getTotalLoadedClassCount();
    }

    /** What the VM checks against its limit. */
    static long committed() {
        return ManagementFactory.getMemoryPoolMXBeans().stream().filter(p -> p.getName().equals("Metaspace"))
                .mapToLong(p -> p.getUsage().getCommitted()).sum();
    }

    /** Has the JDK define a class of its own that nobody has asked for yet. */
    static Object jdk(String name) throws ClassNotFoundException {
        return Class.forName(name).getName();
    }
}
