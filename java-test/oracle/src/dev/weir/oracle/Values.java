// SPDX-License-Identifier: Apache-2.0
package dev.weir.oracle;

import java.util.Random;

/** Texts of option values: plain, odd and broken. */
final class Values {
    private static final String[][] UNITS = {
        {"", "b", "bytes", " B", "Bytes"}, {"k", "kb", "kibibytes", " KB"}, {"m", "mb", "mebibytes", "M", " Mb"},
        {"g", "gb", "gibibytes", "G"}, {"t", "tb", "tebibytes", " TB"},
    };
    private static final String[] BROKEN = {
        "", " ", "abc", "-1", "+1", "1.5g", "1 2m", "1_000", "1KiB", "12 mbytes", "1p", "m", "0x10", "1e3", "1e9m",
        "9223372036854775807", "9223372036854775808", "8388607t", "8388608t", "16777217t", "18014398509481984k",
        "9007199254740991k", "1\u00a0m", "1\u2126", "1\u212a", "1\u212ab", "\"1g\"", "'1g'", "1g # x", "1g#x", "a: b",
        "true", "yes", "null", "~", "012m", "00012", ".5", "1.", "NaN", "Infinity", "-0", "${HOME}", "*", "&a", "!x",
        "[1g]", "{a: 1}", "- 1", "1g, 2g", "\u0661\u0662m", "1\t2", "\t12m\t", "1g\u0000", "@x", "%x", "|", ">", "`x",
        "0o17", "0o8", "1:2", "=", "==1g", "1=2",
    };
    private static final String[] FRACTIONS = {
        "0", "0.0", "-0.0", "0.1", "0.4", "0.5", "0.05", "0.9", "0.99", "0.999999", "0.9999999", "0.99999999", "1", "1.0",
        "1e-1", "1E-3", "0x1p-3", "0x.8p0", "0.1f", "0.1F", "0.1d", " 0.1 ", "1e-50", "1e-46", "1e-45", ".25", "3e-1",
    };
    private static final String[] BROKEN_FRACTIONS = {
        "", "abc", "-0.1", "1.5", "2", "NaN", "Infinity", "-Infinity", "1e40", "1e400", "0,1", "0.1.2", "0x1", "1e", "1e+",
        ".", "-", "+", "nan", "inf", ".inf", "-.inf", "+.inf", ".nan", "10%", "0.1ff", "true", "0x1.8", "1_0", "--1", "0.1 f",
    };

    private final Random random;

    Values(Random random) {
        this.random = random;
    }

    private String pick(String... of) {
        return of[random.nextInt(of.length)];
    }

    private boolean chance(double p) {
        return random.nextDouble() < p;
    }

    String broken() {
        return pick(BROKEN);
    }

    String brokenFraction() {
        return chance(0.7) ? pick(BROKEN_FRACTIONS) : pick(BROKEN);
    }

    String sizeOrBroken() {
        return chance(0.7) ? size() : broken();
    }

    /** Mostly up to some GiB, sometimes nothing, sometimes near the end of 64 bits. */
    String size() {
        double kind = random.nextDouble();
        if (kind < 0.05) {
            return text(Long.MAX_VALUE >> random.nextInt(8));
        }
        if (kind < 0.1) {
            return text(random.nextInt(5000));
        }
        if (kind < 0.15) {
            return text(1L << random.nextInt(40));
        }
        return text(kind < 0.3 ? random.nextInt() & 0x7fffffffL : (long) random.nextInt(4000) << 20);
    }

    /** The bytes in one of the units that divide them. */
    String text(long bytes) {
        int unit = random.nextInt(UNITS.length);
        while (unit > 0 && bytes % (1L << (10 * unit)) != 0) {
            unit--;
        }
        String blank = chance(0.1) ? " " : "";
        String zeros = chance(0.03) ? "00" : "";
        return blank + zeros + (bytes >> (10 * unit)) + blank + pick(UNITS[unit]);
    }

    String fraction() {
        if (chance(0.3)) {
            return pick(FRACTIONS);
        }
        if (chance(0.2)) {
            return String.valueOf(random.nextDouble());
        }
        return chance(0.5) ? String.valueOf(random.nextFloat() * 0.6f) : "0." + random.nextInt(1000);
    }

    String bool() {
        return pick("true", "false", "TRUE", "False", "yes", "1", "", " true");
    }

    String integer() {
        return pick("0", "1", "2", "4", "-1", "+3", "1000", "2048", "65536", "2147483647", "2147483648", "-2147483649",
                "99999999999999999999", "1.0", "1e3", "0x10", "012", "x", "", " 1", String.valueOf(random.nextInt(10000)));
    }

    String decimal() {
        return pick("0", "1", "0.5", "-1", "1e-9", "2.5", "NaN", "Infinity", "-0.0", "x", "", "1e400", "16", "0.123456789012",
                "1e300", " 2 ", "3d", ".inf", ".nan", "1e-400", "100000000.5");
    }
}
