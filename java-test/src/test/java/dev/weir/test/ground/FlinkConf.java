// SPDX-License-Identifier: Apache-2.0
package dev.weir.test.ground;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** A flat config.yaml: the one flink.sh wrote, with keys replaced or added. */
public final class FlinkConf {
    private final Map<String, String> keys = new LinkedHashMap<>();

    public FlinkConf(FlinkHome home) {
        try {
            for (String line : Files.readAllLines(home.conf().resolve("config.yaml"))) {
                int colon = line.indexOf(": ");
                keys.put(line.substring(0, colon), line.substring(colon + 2));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private FlinkConf(Map<String, String> keys) {
        this.keys.putAll(keys);
    }

    public FlinkConf copy() {
        return new FlinkConf(keys);
    }

    public FlinkConf set(String key, Object value) {
        keys.put(key, String.valueOf(value));
        return this;
    }

    public FlinkConf remove(String key) {
        keys.remove(key);
        return this;
    }

    /** Writes DIR/config.yaml and returns DIR. */
    public Path write(Path dir) {
        StringBuilder text = new StringBuilder();
        keys.forEach((key, value) -> text.append(key).append(": ").append(value).append('\n'));
        try {
            Files.createDirectories(dir);
            Files.writeString(dir.resolve("config.yaml"), text);
            return dir;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
