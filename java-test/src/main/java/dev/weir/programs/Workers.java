// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;

/** A fixed set of threads that live as long as the program; each step runs on all of them at once. */
final class Workers {
    private final List<ChurnThread> shares = new ArrayList<>();
    private final List<ExecutorService> threads = new ArrayList<>();

    Workers(int count) {
        for (int i = 0; i < count; i++) {
            shares.add(new ChurnThread(i));
            threads.add(Executors.newSingleThreadExecutor());
        }
    }

    void each(Consumer<ChurnThread> step) throws InterruptedException, ExecutionException {
        List<Future<?>> running = new ArrayList<>();
        for (int i = 0; i < shares.size(); i++) {
            ChurnThread share = shares.get(i);
            running.add(threads.get(i).submit(() -> step.accept(share)));
        }
        for (Future<?> future : running) {
            future.get();
        }
    }

    long sum(ToLongFunction<ChurnThread> figure) {
        return shares.stream().mapToLong(figure).sum();
    }

    void stop() {
        threads.forEach(ExecutorService::shutdown);
    }
}
