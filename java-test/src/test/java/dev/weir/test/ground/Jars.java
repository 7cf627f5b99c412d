// SPDX-License-Identifier: Apache-2.0
package dev.weir.test.ground;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** How a jar is called on a TaskManager. */
public final class Jars {
    private Jars() {
    }

    /**
     * A regular expression for the code source of an uploaded jar's classes: its own name, or that of
     * Flink's copy in the blob cache, "blob_p-" and the SHA-1 of the jar.
     */
    public static String sourcePattern(Path jar) {
        return ".*(\\Q" + jar.getFileName() + "\\E|blob_p-" + sha1(jar) + ").*";
    }

    private static String sha1(Path jar) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(Files.readAllBytes(jar)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
