// SPDX-License-Identifier: Apache-2.0
package dev.weir.oracle;

import java.util.ArrayList;
import java.util.List;

/** One configuration, as a line: fields end in tabs, see agent/cli/derive_batch.c. */
final class Case {
    String role = "tm";
    /** none, legacy (flink-conf.yaml) or standard (config.yaml). */
    String format = "none";
    String text = "";
    /** FLINK_TM_HEAP and FLINK_JM_HEAP, null when not set. */
    String tmEnv;
    String jmEnv;
    final List<String> args = new ArrayList<>();

    String line() {
        List<String> fields = new ArrayList<>(List.of(role, format, text, env(tmEnv), env(jmEnv)));
        fields.addAll(args);
        StringBuilder line = new StringBuilder();
        for (String field : fields) {
            line.append(line.length() == 0 ? "" : "\t").append(escape(field));
        }
        return line.toString();
    }

    static Case of(String line) {
        String[] fields = line.split("\t", -1);
        for (int i = 0; i < fields.length; i++) {
            fields[i] = unescape(fields[i]);
        }
        Case c = new Case();
        c.role = fields[0];
        c.format = fields[1];
        c.text = fields[2];
        c.tmEnv = fields[3].startsWith("=") ? fields[3].substring(1) : null;
        c.jmEnv = fields[4].startsWith("=") ? fields[4].substring(1) : null;
        c.args.addAll(List.of(fields).subList(5, fields.length));
        return c;
    }

    private static String env(String value) {
        return value == null ? "-" : "=" + value;
    }

    private static String escape(String s) {
        return s.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
                .replace("\t", "\\t").replace("\0", "\\0");
    }

    private static String unescape(String s) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            int known = c == '\\' && i + 1 < s.length() ? "nrt0\\".indexOf(s.charAt(i + 1)) : -1;
            out.append(known < 0 ? c : "\n\r\t\0\\".charAt(known));
            i += known < 0 ? 0 : 1;
        }
        return out.toString();
    }
}
