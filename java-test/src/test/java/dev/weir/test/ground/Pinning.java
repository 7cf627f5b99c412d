// SPDX-License-Identifier: Apache-2.0
package dev.weir.test.ground;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;

/** What `weir pins` says of a TaskManager's ended jobs. */
public final class Pinning {
    private Pinning() {
    }

    /** A full collection; Flink's StreamTask had a finalizer, so that a job needs more than one. */
    public static void collect(FlinkProcess tm) {
        String jcmd = Jdks.of(17).home().resolve("bin/jcmd").toString();
        Tool.run(List.of(jcmd, String.valueOf(tm.jvm().pid()), "GC.run"), Map.of());
    }

    public static String ask(FlinkProcess tm) {
        Tool.Result result = Tool.run(List.of(Ground.tool().toString(), "pins", String.valueOf(tm.jvm().pid())), Map.of());
        assertThat(result.exitCode()).as(result.err()).isZero();
        return result.out();
    }

    /** "3 of 4 by static com.x.Y.Z [x.jar]" */
    public static List<String> holders(String found) {
        return found.lines().filter(l -> l.matches("  \\d+ of \\d+ by .*")).map(String::trim).toList();
    }
}
