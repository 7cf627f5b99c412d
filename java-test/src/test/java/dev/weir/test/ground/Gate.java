// SPDX-License-Identifier: Apache-2.0
package dev.weir.test.ground;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** A directory of empty files by which a test and a running job tell each other how far they are. */
public record Gate(Path dir) {
    public static Gate of(String run) {
        return new Gate(Ground.run(run));
    }

    public void open(String file) {
        try {
            Files.createFile(dir.resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public void await(String file, Duration limit) {
        Wait.untilTrue("file " + file + " in " + dir, limit, () -> Files.exists(dir.resolve(file)));
    }

    public boolean has(String file) {
        return Files.exists(dir.resolve(file));
    }

    /** What the job wrote into the file, as soon as it is there. */
    public long number(String file, Duration limit) {
        await(file, limit);
        try {
            return Long.parseLong(Files.readString(dir.resolve(file)).trim());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return dir.toString();
    }
}
