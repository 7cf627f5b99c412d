// SPDX-License-Identifier: Apache-2.0
package dev.weir.test.ground;

import java.util.List;
import java.util.Map;
import java.nio.file.Path;

/** The JDKs at hand, as scripts/jdks.sh lists them: lines "VERSION HOME". 17 and 25 must be there. */
public final class Jdks {
    private static final List<Integer> REQUIRED = List.of(17, 25);
    private static List<Jdk> found;

    private Jdks() {
    }

    public static synchronized List<Jdk> all() {
        if (found == null) {
            found = list();
        }
        return found;
    }

    public static Jdk of(int version) {
        return all().stream().filter(j -> j.version() == version).findFirst()
                .orElseThrow(() -> new AssertionError("JDK " + version + " is not installed"));
    }

    private static List<Jdk> list() {
        Tool.Result result = Tool.run(List.of(Ground.script("jdks.sh").toString()), Map.of());
        if (result.exitCode() != 0) {
            throw new AssertionError("scripts/jdks.sh: " + result.err());
        }
        List<Jdk> jdks = result.out().lines().filter(l -> !l.isBlank()).map(Jdks::parse).toList();
        for (int version : REQUIRED) {
            if (jdks.stream().noneMatch(j -> j.version() == version)) {
                throw new AssertionError("JDK " + version + " must be installed, found only " + jdks);
            }
        }
        return jdks;
    }

    private static Jdk parse(String line) {
        String[] fields = line.trim().split("\\s+", 2);
        return new Jdk(Integer.parseInt(fields[0]), Path.of(fields[1]));
    }
}
