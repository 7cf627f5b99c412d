// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

/** Nothing: what remains is the start and the end of a JVM. */
public final class Empty {
    private Empty() {
    }

    public static void main(String[] args) {
    }
}
