// SPDX-License-Identifier: Apache-2.0
package dev.weir.test.ground;

import java.util.List;
import java.util.regex.Pattern;

/** The agent's text lines in log4j shape among others of a stream. */
public final class WeirText {
    private static final String TIME = "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d,\\d{3}";
    private static final Pattern ANY = Pattern.compile("^" + TIME + " (INFO |WARN |ERROR) weir - ");
    private static final Pattern ABOVE_INFO = Pattern.compile("^" + TIME + " (WARN |ERROR) weir - ");

    private WeirText() {
    }

    public static List<String> lines(String stream) {
        return matching(stream, ANY);
    }

    /** What asks for somebody's attention: nothing while a job is healthy. */
    public static List<String> aboveInfo(String stream) {
        return matching(stream, ABOVE_INFO);
    }

    private static List<String> matching(String stream, Pattern pattern) {
        return stream.lines().filter(line -> pattern.matcher(line).find()).toList();
    }
}
