// SPDX-License-Identifier: Apache-2.0
package dev.weir.test.ground;

import com.fasterxml.jackson.databind.JsonNode;

/** One balance sheet of the agent. A figure that is missing or "not measured" fails the test. */
public record Sheet(JsonNode json) {
    public long used(String component) {
        return number("components", component, "used");
    }

    public long limit(String component) {
        return number("components", component, "limit");
    }

    public long blocks(String component) {
        return number("components", component, "blocks");
    }

    /** Bytes of one kind in one component; a kind that is absent there holds nothing. */
    public long used(String component, String kind) {
        number("components", component, "used");
        return json.path("components").path(component).path("by_kind").path(kind).asLong(0);
    }

    public long kindBytes(String kind) {
        return number("kinds", kind, "bytes");
    }

    public long kindBlocks(String kind) {
        return number("kinds", kind, "blocks");
    }

    public long pool(String pool, String figure) {
        return number("pools", pool, figure);
    }

    public long number(String... path) {
        JsonNode node = json;
        for (String step : path) {
            node = node.path(step);
        }
        if (!node.isIntegralNumber()) {
            throw new AssertionError("no number at " + String.join("/", path) + " in " + json);
        }
        return node.asLong();
    }
}
