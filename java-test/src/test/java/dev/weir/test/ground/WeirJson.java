// SPDX-License-Identifier: Apache-2.0
package dev.weir.test.ground;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The JSON lines that the agent writes into a directory: one object per event. */
public final class WeirJson {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Path dir;

    /** The directory given to the agent as dir=; exactly one JVM may write there. */
    public WeirJson(Path dir) {
        this.dir = dir;
    }

    public Optional<Path> file() {
        try (Stream<Path> files = Files.list(dir)) {
            List<Path> found = files.filter(f -> f.getFileName().toString().matches("weir-.*\\.jsonl")).toList();
            if (found.size() > 1) {
                throw new AssertionError("more than one JVM wrote into " + dir + ": " + found);
            }
            return found.stream().findFirst();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Every complete line; a line that is no JSON object fails the test. */
    public List<JsonNode> events() {
        List<JsonNode> events = new ArrayList<>();
        file().ifPresent(file -> complete(file).lines().forEach(line -> events.add(parse(line))));
        return events;
    }

    public List<JsonNode> events(String event) {
        return events().stream().filter(e -> e.path("event").asText().equals(event)).toList();
    }

    public JsonNode await(String event, Duration limit, Predicate<JsonNode> condition) {
        return Wait.until("event " + event + " in " + dir, limit,
                () -> events(event).stream().filter(condition).findFirst());
    }

    public JsonNode start() {
        return await("start", Wait.MINUTE, e -> true);
    }

    /** The first sheet whose snapshot was taken after the call; needs interval=1s or so. */
    public Sheet freshSheet() {
        Instant now = Instant.now();
        return new Sheet(await("sheet", Wait.MINUTE, e -> Instant.parse(e.path("time").asText()).isAfter(now)));
    }

    /** Fresh sheets until one fulfils the condition. */
    public Sheet awaitSheet(String what, Duration limit, Predicate<Sheet> condition) {
        Instant now = Instant.now();
        try {
            return new Sheet(await("sheet", limit, e -> Instant.parse(e.path("time").asText()).isAfter(now)
                    && condition.test(new Sheet(e))));
        } catch (AssertionError e) {
            List<JsonNode> sheets = events("sheet");
            throw new AssertionError("no sheet with " + what + "; the last one is "
                    + (sheets.isEmpty() ? "missing" : sheets.get(sheets.size() - 1)), e);
        }
    }

    /** The last sheet of a JVM that ended. */
    public Sheet exitSheet() {
        return new Sheet(await("sheet", Wait.MINUTE, e -> e.path("reason").asText().equals("exit")));
    }

    private static String complete(Path file) {
        try {
            String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
            return text.substring(0, text.lastIndexOf('\n') + 1); // the writer may be in the middle of one
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static JsonNode parse(String line) {
        try {
            JsonNode node = MAPPER.readTree(line);
            if (!node.isObject()) {
                throw new AssertionError("not a JSON object: " + line);
            }
            return node;
        } catch (IOException e) {
            throw new AssertionError("not JSON: " + line, e);
        }
    }
}
