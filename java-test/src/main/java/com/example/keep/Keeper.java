// SPDX-License-Identifier: Apache-2.0
package com.example.keep;

import com.acme.cache.KeepAlive;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.api.common.functions.RichMapFunction;

/**
 * MODE cache: a library of lib/ remembers a constructor; thread: one that nobody stops; local: a ThreadLocal on the library's
 * pooled thread; hook: a shutdown hook; clean: nothing. Then makes the file "kept-NUMBER" in the gate directory.
 */
final class Keeper extends RichMapFunction<Long, Long> {
    private static final long serialVersionUID = 1L;
    private static final long PAUSE_MILLIS = 10;
    private static final ThreadLocal<Note> NOTES = new ThreadLocal<>();

    private final String mode;
    private final String gate;
    private final int number;
    private final int classes;
    private transient boolean kept;

    Keeper(String mode, String gate, int number, int classes) {
        this.mode = mode;
        this.gate = gate;
        this.number = number;
        this.classes = classes;
    }

    /** Of this job; and the code of its thread and its hook. */
    static final class Note implements Runnable {
        @Override
        public void run() {
            try {
                Thread.sleep(Long.MAX_VALUE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public Long map(Long value) throws Exception {
        if (!kept) {
            kept = true;
            Ballast.make(classes);
            keep();
            Files.createFile(Path.of(gate, "kept-" + number));
        }
        Thread.sleep(PAUSE_MILLIS);
        return value;
    }

    private void keep() throws Exception {
        switch (mode) {
            case "cache":
                KeepAlive.constructor(Note.class);
                break;
            case "thread":
                Thread thread = new Thread(new Note(), "housekeeper-" + number);
                thread.setDaemon(true);
                thread.start();
                break;
            case "local":
                KeepAlive.runOnKeeper(() -> NOTES.set(new Note()));
                break;
            case "hook":
                Runtime.getRuntime().addShutdownHook(new Thread(new Note(), "closer-" + number));
                break;
            default:
                break;
        }
    }
}
