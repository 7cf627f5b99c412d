// SPDX-License-Identifier: Apache-2.0
package dev.weir.test.ground;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The ledgers in a directory, and what the tool makes of them. */
public final class Ledgers {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private Ledgers() {
    }

    /** Ledgers under the name they were written with. */
    public static List<Path> of(Path dir) {
        return ending(dir, ".ledger");
    }

    public static List<Path> crashed(Path dir) {
        return ending(dir, ".ledger.crashed");
    }

    /** The only one. */
    public static Path only(List<Path> ledgers) {
        if (ledgers.size() != 1) {
            throw new AssertionError("not one ledger: " + ledgers);
        }
        return ledgers.get(0);
    }

    /** What `weir read` prints; it must find the ledger whole. */
    public static String read(Path ledger) {
        return run("read", ledger.toString());
    }

    /** The sheet of `weir read --json`. */
    public static Sheet sheet(Path ledger) {
        try {
            JsonNode node = MAPPER.readTree(run("read", "--json", ledger.toString()));
            return new Sheet(node);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String run(String... arguments) {
        String tool = System.getProperty("weir.bin");
        List<String> command = Stream.concat(Stream.of(tool), Stream.of(arguments)).toList();
        Tool.Result result = Tool.run(command, Map.of());
        if (result.exitCode() != 0 || !result.err().isEmpty()) {
            throw new AssertionError(command + " ended with " + result.exitCode() + ": " + result.err());
        }
        return result.out();
    }

    private static List<Path> ending(Path dir, String suffix) {
        try (Stream<Path> files = Files.list(dir)) {
            return files.filter(f -> f.getFileName().toString().endsWith(suffix)).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
