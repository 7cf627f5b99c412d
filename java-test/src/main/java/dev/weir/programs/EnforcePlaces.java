// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.io.IOException;
import java.lang.ref.Cleaner;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/**
 * Places from which a direct buffer is asked for. Each answers with the held buffer's number and, as
 * the proof that it was the place meant, the name of the thread that asked.
 */
enum EnforcePlaces {
    /** The class's own initialiser; run once. */
    CLINIT {
        @Override
        Object run(EnforceBlocks blocks, int bytes) {
            wanted = bytes;
            return answer(blocks, Initialised.BUFFER);
        }
    },
    /** An action of a java.lang.ref.Cleaner of the program's own. */
    CLEANER {
        @Override
        Object run(EnforceBlocks blocks, int bytes) throws Throwable {
            return whenUnreachable(blocks, bytes, Cleaner.create()::register);
        }
    },
    COMMON_CLEANER {
        @Override
        Object run(EnforceBlocks blocks, int bytes) throws Throwable {
            Class<?> factory = Class.forName("jdk.internal.ref.CleanerFactory");
            Cleaner cleaner = (Cleaner) factory.getMethod("cleaner").invoke(null);
            return whenUnreachable(blocks, bytes, cleaner::register);
        }
    },
    /** jdk.internal.ref.Cleaner, that of direct buffers: runs on the Reference Handler itself. */
    REFERENCE_HANDLER {
        @Override
        Object run(EnforceBlocks blocks, int bytes) throws Throwable {
            var create = Class.forName("jdk.internal.ref.Cleaner").getMethod("create", Object.class, Runnable.class);
            return whenUnreachable(blocks, bytes, (object, action) -> {
                try {
                    create.invoke(null, object, action);
                } catch (ReflectiveOperationException e) {
                    throw new IllegalStateException(e);
                }
            });
        }
    },
    FINALIZER {
        @Override
        Object run(EnforceBlocks blocks, int bytes) throws Throwable {
            return whenUnreachable(blocks, bytes, (object, action) -> ((Doomed) object).last = action);
        }
    },
    /** The agentmain of a Java agent that is loaded at run time. */
    ATTACH_LISTENER {
        @Override
        Object run(EnforceBlocks blocks, int bytes) throws Throwable {
            return await(blocks, result -> EnforceAttach.load(() -> complete(result, bytes)));
        }
    },
    /** No frame but the JDK's: the temporary buffer of a write on a thread of the JDK's own. */
    BOOT_ONLY {
        @Override
        Object run(EnforceBlocks blocks, int bytes) throws Throwable {
            Path file = Path.of("boot-only.bin");
            try (AsynchronousFileChannel channel = AsynchronousFileChannel.open(file,
                    StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                return channel.write(ByteBuffer.allocate(bytes), 0).get(30, TimeUnit.SECONDS);
            } catch (ExecutionException e) {
                throw e.getCause();
            }
        }
    },
    /** A library of a class loader that nobody knows, called by the program: framework.off-heap. */
    FOREIGN {
        @Override
        Object run(EnforceBlocks blocks, int bytes) throws Throwable {
            @SuppressWarnings("unchecked")
            IntFunction<ByteBuffer> library = (IntFunction<ByteBuffer>) foreign().getDeclaredConstructor().newInstance();
            return answer(blocks, library.apply(bytes));
        }
    };

    private static volatile int wanted;

    abstract Object run(EnforceBlocks blocks, int bytes) throws Throwable;

    private static final class Initialised {
        static final ByteBuffer BUFFER = NativeMemory.direct(wanted);
    }

    /** Runs its last action when it is finalized. */
    @SuppressWarnings("removal")
    private static final class Doomed {
        private volatile Runnable last;

        @Override
        protected void finalize() {
            if (last != null) {
                last.run();
            }
        }
    }

    /** Loaded a second time, by a class loader of its own. */
    public static final class Library implements IntFunction<ByteBuffer> {
        @Override
        public ByteBuffer apply(int bytes) {
            return ByteBuffer.allocateDirect(bytes);
        }
    }

    private static Class<?> foreign() throws IOException, ClassNotFoundException {
        URL here = EnforcePlaces.class.getProtectionDomain().getCodeSource().getLocation();
        ClassLoader loader = new URLClassLoader(new URL[] {here}, ClassLoader.getPlatformClassLoader());
        return loader.loadClass(Library.class.getName());
    }

    private static String answer(EnforceBlocks blocks, ByteBuffer buffer) {
        return blocks.hold(buffer) + " " + Thread.currentThread().getName();
    }

    /** On a thread of this name, with the program's frames on its stack. */
    static Object onThread(String name, EnforceBlocks blocks, int bytes) throws Throwable {
        return await(blocks, result -> new Thread(() -> complete(result, bytes), name).start());
    }

    /** On a thread of this name, without any frame of the program: the temporary buffer of a write. */
    static Object jdkAlone(String name, int bytes) throws Throwable {
        ExecutorService one = Executors.newSingleThreadExecutor(task -> new Thread(task, name));
        try (AsynchronousFileChannel channel = AsynchronousFileChannel.open(Path.of("boot-only.bin"),
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE), one)) {
            return channel.write(ByteBuffer.allocate(bytes), 0).get(30, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause();
        } finally {
            one.shutdown();
            one.awaitTermination(30, TimeUnit.SECONDS); // its buffer goes with the thread
        }
    }

    /** What a place did: the buffer or the error, and where. */
    private static final class Outcome {
        private final ByteBuffer buffer;
        private final Throwable error;
        private final String thread = Thread.currentThread().getName();

        Outcome(ByteBuffer buffer, Throwable error) {
            this.buffer = buffer;
            this.error = error;
        }
    }

    private interface Start {
        void with(CompletableFuture<Outcome> result) throws Exception;
    }

    private interface Register {
        void register(Object object, Runnable action);
    }

    private static void complete(CompletableFuture<Outcome> result, int bytes) {
        try {
            result.complete(new Outcome(NativeMemory.direct(bytes), null));
        } catch (Throwable e) {
            result.complete(new Outcome(null, e));
        }
    }

    private static Object await(EnforceBlocks blocks, Start start) throws Throwable {
        CompletableFuture<Outcome> result = new CompletableFuture<>();
        start.with(result);
        Outcome outcome = result.get(30, TimeUnit.SECONDS);
        if (outcome.error != null) {
            throw outcome.error;
        }
        return blocks.hold(outcome.buffer) + " " + outcome.thread;
    }

    private static Object whenUnreachable(EnforceBlocks blocks, int bytes, Register register) throws Throwable {
        return await(blocks, result -> {
            register.register(new Doomed(), () -> complete(result, bytes));
            for (int i = 0; i < 600 && !result.isDone(); i++) {
                System.gc();
                Thread.sleep(20);
            }
        });
    }
}
