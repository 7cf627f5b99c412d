// SPDX-License-Identifier: Apache-2.0
package dev.weir.oracle;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Texts of configuration files: every shape a person or a tool writes, and damaged ones. */
final class Files {
    private static final String[] JUNK_LEGACY = {
        "# comment", "", "   ", "key:value", "no separator", "key: ", ": value", "a: b: c", "- list: 3", "x: y # z",
        "\tindented: 1", "s3.secret-key: hunter2", "k:\tv", "taskmanager.memory.managed.size:1g", "\u00fcber: gr\u00f6\u00dfe",
    };
    private static final String[] JUNK_STANDARD = {
        "# comment", "", "x.list: [a, b, {c: d}]", "y.text: |\n  two\n  lines", "z: >-\n  folded\n  text", "q: 'it''s'",
        "w: \"a\\tb\\u00e9\"", "n: 012", "h: 0xFF", "o: 0o17", "f: 1e3", "b: true", "s: 1_000", "e: {}", "l: []",
        "s3.secret-key: hunter2", "an: &anchor {p: 1}", "t: !!str 12", "m:\n  deep:\n    er: 1", "? complex\n: value",
        "\"quoted.key\": 1", "d: 2024-01-01", "u: \u00fcber", "merge: {<<: {a: 1}}", "seq:\n- 1\n- 2: x", "env: ${HOME}",
        "colon: a:b", "hash: a#b", "url: http://h:80/p?q=1", "neg: -5", "big: 123456789012345678901234567890",
        "flow: {a: 1, b: [2, 3], \"c\": {d: e}}", "sp :  1", "'single': 1", "exp: -1.5e-3", "plus: +5",
        "multi: one\n  two\n  three", "tagged: !!float 1", "notnull: 'null'", "q2: \"\"", "inf: .inf", "nan: .NaN",
    };
    private static final String[] BAD_STANDARD = {
        "nothing:", "nil: ~", "nil2: null", "1: x", "true: x", "1.5: x", "dup: 1\ndup: 2", "- item", "tab:\tx", "tabbed:\n \tx: 1", "\tled: 1", "bad: [1",
        "bad2: {a: 1", "bad3: 'x", "bad4: \"x", "unknown: !foo x", "al: *nowhere", "---\na: 1\n---\nb: 2", "a: b: c",
        "  indent: 1", "plain", "%YAML 1.2", "? [a, b]\n: 1", "? {a: b}\n: 1", "x: !!int abc", "x: !!float abc",
        "x: !!bool abc", "x: !!null abc", "x: !!binary aGVsbG8=", "x: !!set {a, b}", "x: +.inf", "rec: &r {a: *r}",
        "recl: &r [*r]", "~: x", "x: {a: 1, a: 2}", "x: [{1: a}]", "x: [{a: 1, a: 2}]", "x: {1: a}", "\"a\": 1\na: 2",
        "a.b: 1\na:\n  b: 2", "x: @y", "x: `y", "x: %y", "...", "--- {}", "x: \u0001", "x: !!map 1", "x: !!seq 1",
        "x: !!str [1]", "x: &a", "&a x: 1", "*a : 1", "x: |3\n   y", "x: |\n y\n  z\nw: 1", "x: \"\\q\"", "{a: 1}", "x: ''",
        "x: >+\n\n", "x: - y", "x: ? y", "x: !<tag:yaml.org,2002:str> 1", "x: !!python/object y",
        "x: [a, , b]", "x: {a, b}", "x: {a: , b: 1}", "x: [a b: c]", "x: ,", "x:  # c", "x : : y", "x: #", "'': 1",
        "!!str x: 1", "x: [",
    };

    private final Random random;

    Files(Random random) {
        this.random = random;
    }

    private boolean chance(double p) {
        return random.nextDouble() < p;
    }

    private String pick(String... of) {
        return of[random.nextInt(of.length)];
    }

    String legacy(Map<String, String> options) {
        List<String> lines = new ArrayList<>();
        options.forEach((key, value) -> {
            lines.add(pick("", "", " ", "  ") + key + pick("", "", " ") + ": " + value + pick("", "", " ", " # c"));
            if (chance(0.05)) {
                lines.add(0, key + ": 77m");
            }
        });
        junk(lines, JUNK_LEGACY, 3);
        String text = String.join(pick("\n", "\n", "\n", "\r\n", "\r"), lines) + pick("", "\n");
        return chance(0.08) ? damaged(text) : text;
    }

    String standard(Map<String, String> options) {
        List<String> blocks = new ArrayList<>();
        if (chance(0.4)) {
            blocks.add(nested(options));
        } else {
            options.forEach((key, value) -> blocks.add(key(key) + ": " + scalar(value) + pick("", "", " # c")));
        }
        if (chance(0.1) && !options.isEmpty()) {
            String key = options.keySet().iterator().next();
            blocks.add(key.replaceFirst("\\.", ":\n  ") + ": 77m");
        }
        junk(blocks, JUNK_STANDARD, 4);
        if (chance(0.1)) {
            blocks.add(random.nextInt(blocks.size() + 1), pick(BAD_STANDARD));
        }
        String text = pick("", "", "", "---\n", "# head\n", "%YAML 1.2\n---\n") + String.join("\n", blocks) + pick("", "\n", "\n...\n");
        return chance(0.08) ? damaged(text) : text;
    }

    /** Each junk once at most: its keys must not repeat. */
    private void junk(List<String> lines, String[] junk, int most) {
        List<String> left = new ArrayList<>(List.of(junk));
        for (int i = random.nextInt(most + 1); i > 0; i--) {
            lines.add(random.nextInt(lines.size() + 1), left.remove(random.nextInt(left.size())));
        }
    }

    private String key(String key) {
        return chance(0.05) ? "\"" + key + "\"" : chance(0.05) ? "'" + key + "'" : key;
    }

    private String scalar(String value) {
        boolean plain = value.matches("[A-Za-z0-9.+-]([A-Za-z0-9 ._+-]*[A-Za-z0-9._+-])?");
        if (plain && chance(0.8) || !value.matches("[|>]?") && chance(0.1)) {
            return value;
        }
        if (chance(0.4) && value.chars().allMatch(c -> c >= ' ' && c < 127)) {
            return "'" + value.replace("'", "''") + "'";
        }
        if (chance(0.1)) {
            return "!!str \"" + escaped(value) + "\"";
        }
        return "\"" + escaped(value) + "\"";
    }

    private static String escaped(String value) {
        return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\t", "\\t").replace("\0", "\\0");
    }

    /** A tree by the dots of the keys, printed as nested mappings, in block or flow style. */
    @SuppressWarnings("unchecked")
    private String nested(Map<String, String> options) {
        Map<String, Object> root = new LinkedHashMap<>();
        options.forEach((key, value) -> {
            Map<String, Object> map = root;
            String[] parts = key.split("\\.");
            int i = 0;
            for (; i < parts.length - 1 && !chance(0.2); i++) {
                Object child = map.computeIfAbsent(parts[i], k -> new LinkedHashMap<String, Object>());
                if (!(child instanceof Map)) {
                    break;
                }
                map = (Map<String, Object>) child;
            }
            String rest = String.join(".", List.of(parts).subList(i, parts.length));
            if (!(map.get(rest) instanceof Map)) {
                map.put(rest, value);
            }
        });
        StringBuilder out = new StringBuilder();
        block(root, "", out);
        return out.toString().stripTrailing();
    }

    @SuppressWarnings("unchecked")
    private void block(Map<String, Object> map, String indent, StringBuilder out) {
        map.forEach((key, value) -> {
            out.append(indent).append(key(key)).append(":");
            if (!(value instanceof Map)) {
                out.append(" ").append(scalar((String) value)).append("\n");
            } else if (chance(0.1)) {
                out.append(" ").append(flow((Map<String, Object>) value)).append("\n");
            } else {
                out.append("\n");
                block((Map<String, Object>) value, indent + "  ", out);
            }
        });
    }

    @SuppressWarnings("unchecked")
    private String flow(Map<String, Object> map) {
        List<String> parts = new ArrayList<>();
        map.forEach((key, value) -> parts.add(
                key + ": " + (value instanceof Map ? flow((Map<String, Object>) value) : "\"" + escaped((String) value) + "\"")));
        return "{" + String.join(pick(", ", ","), parts) + "}";
    }

    /**
     * A few characters more or less; not in directives, anchors, tags and flow mappings, where libyaml is known to be stricter than
     * SnakeYAML (see flinkconf_tree.c).
     */
    private String damaged(String text) {
        StringBuilder out = new StringBuilder(text);
        String marks = " \n\t:#-?[]{},*|'\"@`~.0a\\";
        for (int i = 1 + random.nextInt(3); i > 0 && out.length() > 0; i--) {
            int at = random.nextInt(out.length());
            int line = out.lastIndexOf("\n", at - 1) + 1;
            int end = out.indexOf("\n", at);
            if (out.substring(line, end < 0 ? out.length() : end).matches("(?s).*[%&!>{].*")) {
                continue;
            }
            char mark = marks.charAt(random.nextInt(marks.length()));
            if (chance(0.4)) {
                out.deleteCharAt(at);
            } else if (mark != '\t' || !out.substring(line, at).isBlank()) { // a block scalar's first line
                out.insert(at, mark);
            }
        }
        return out.toString();
    }
}
