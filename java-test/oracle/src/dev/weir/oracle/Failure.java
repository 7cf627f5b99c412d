// SPDX-License-Identifier: Apache-2.0
package dev.weir.oracle;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which kind of failure an exception of Flink is: by the fragments that identify its messages. */
final class Failure {
    /** Code and fragment; {@code $} in a code's place means that the first quoted word is the key. */
    private static final String[][] MARKS = {
        {"READ$", "^Cannot read memory size from config option"},
        {"READ", "^Cannot read total process memory size from environment variable"},
        {"RANGE$", "^Inconsistently configured"},
        {"NETRANGE", "is not in configured Network Memory range"},
        {"NETLEG", "does not match configured Network Memory size"},
        {"SUM-N", "and Managed Memory .* exceed configured Total Flink Memory"},
        {"SUM-T", "and Network Memory .* exceed configured Total Flink Memory"},
        {"JVMSUM", "exceed configured Total Process Memory"},
        {"PSMALL", "is less than the sum of the derived"},
        {"OVRANGE", "is not in configured JVM Overhead range"},
        {"CPU", "positive number of CPU cores"},
        {"SEG", "^Invalid configuration value for taskmanager.memory.segment-size"},
        {"SEG", "^Cannot downcast"},
        {"JMSUM", "does not match the configured Total Flink Memory"},
        {"JMHEAP", "exceeds the configured Total Flink Memory"},
        {"JMOFF", "is less than the configured Off-heap"},
        {"HEAPMB", "must not be less than 0"},
        {"NONE", "need to be configured explicitly"},
        {"NEG", "^bytes must be >= 0"},
        {"OVF", "long overflow"},
    };
    private static final Pattern QUOTED = Pattern.compile("'([^']*)'");
    private static final Pattern UNPARSED = Pattern.compile("^Could not parse value .* for key '([^']*)'", Pattern.DOTALL);

    private Failure() {}

    /** CODE KEY CLASSES. */
    static String of(Throwable t, Case c) {
        List<Throwable> chain = chain(t);
        String classes = String.join("<", chain.stream().map(Failure::name).toArray(String[]::new));
        for (int i = chain.size() - 1; i >= 0; i--) {
            String mark = mark(String.valueOf(chain.get(i).getMessage()), c);
            if (mark != null) {
                return mark + " " + classes;
            }
        }
        Matcher m = UNPARSED.matcher(String.valueOf(t.getMessage()));
        if (m.find()) {
            return (m.group(1).endsWith("fraction") ? "FLOAT " : "VALUE ") + m.group(1) + " " + classes;
        }
        return (t instanceof NumberFormatException ? "CPU - " : "UNKNOWN(" + t + ") - ") + classes;
    }

    private static String mark(String message, Case c) {
        for (String[] mark : MARKS) {
            if (!Pattern.compile(mark[1], Pattern.DOTALL).matcher(message).find()) {
                continue;
            }
            if (mark[0].endsWith("$")) {
                Matcher key = QUOTED.matcher(message);
                return mark[0].replace("$", " ") + (key.find() ? key.group(1) : "?");
            }
            return mark[0] + (mark[0].equals("READ") ? " FLINK_" + c.role.toUpperCase() + "_HEAP" : " -");
        }
        return null;
    }

    private static List<Throwable> chain(Throwable t) {
        List<Throwable> chain = new ArrayList<>();
        for (; t != null && chain.size() < 10; t = t.getCause()) {
            chain.add(t);
        }
        return chain;
    }

    private static String name(Throwable t) {
        switch (t.getClass().getSimpleName()) {
            case "IllegalConfigurationException":
                return "ICE";
            case "IllegalArgumentException":
                return "IAE";
            case "NumberFormatException":
                return "NFE";
            case "ArithmeticException":
                return "AE";
            default:
                return t.getClass().getSimpleName();
        }
    }
}
