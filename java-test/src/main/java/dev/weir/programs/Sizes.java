// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

/** Tables of block sizes: multiples of 8, and odd primes whose sums name their source. */
enum Sizes {
    EIGHTS(8, 64, 1_000, 4_096, 65_536, 1_000_008),
    PRIMES(1, 61, 1_009, 4_099, 65_537, 1_000_003);

    private final int[] table;

    Sizes(int... table) {
        this.table = table;
    }

    int at(int i) {
        return table[Math.floorMod(i, table.length)];
    }

    /** For loops that run many thousand times: nothing above 4 KiB. */
    int smallAt(int i) {
        return table[Math.floorMod(i, 4)];
    }
}
