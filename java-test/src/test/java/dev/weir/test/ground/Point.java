// SPDX-License-Identifier: Apache-2.0
package dev.weir.test.ground;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A line of DirectChurn at a quiescent point: the VM's bean and the program's own books. */
public record Point(String name, long directCount, long directUsed, long unsafeBlocks, long unsafeBytes) {
    private static final Pattern LINE = Pattern.compile(
            "(\\S+) direct_count=(\\d+) direct_used=(\\d+) unsafe_blocks=(\\d+) unsafe_bytes=(\\d+)");

    public static Point parse(String line) {
        Matcher m = LINE.matcher(line);
        if (!m.matches()) {
            throw new AssertionError("not a point of DirectChurn: " + line);
        }
        return new Point(m.group(1), number(m, 2), number(m, 3), number(m, 4), number(m, 5));
    }

    private static long number(Matcher m, int group) {
        return Long.parseLong(m.group(group));
    }
}
