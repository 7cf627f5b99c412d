// SPDX-License-Identifier: Apache-2.0
package dev.weir.test.ground;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;

/** Waits for something to become true or a deadline; no test waits for a fixed time. */
public final class Wait {
    public static final Duration MINUTE = Duration.ofMinutes(1);
    private static final long POLL_MILLIS = 50;

    private Wait() {
    }

    /** The first value that is present; at the deadline an error that says what was waited for. */
    public static <T> T until(String what, Duration limit, Callable<Optional<T>> probe) {
        long deadline = System.nanoTime() + limit.toNanos();
        try {
            while (true) {
                Optional<T> value = probe.call();
                if (value.isPresent()) {
                    return value.get();
                }
                if (System.nanoTime() > deadline) {
                    throw new AssertionError("not within " + limit.toSeconds() + " s: " + what);
                }
                Thread.sleep(POLL_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while waiting for " + what, e);
        } catch (Exception e) {
            throw new AssertionError("while waiting for " + what + ": " + e, e);
        }
    }

    public static void untilTrue(String what, Duration limit, Callable<Boolean> probe) {
        until(what, limit, () -> probe.call() ? Optional.of(true) : Optional.empty());
    }
}
