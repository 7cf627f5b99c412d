// SPDX-License-Identifier: Apache-2.0
package com.example.keep;

/** What Ballast copies: a class of some thousand bytes. */
final class Piece0000 {
    private Piece0000() {
    }

    static long step0(long a, long b) {
        return a * 3L + b / 1L - (a ^ b) + (a > b ? a % 7L : b % 5L);
    }

    static long step1(long a, long b) {
        return a * 4L + b / 2L - (a ^ b) + (a > b ? a % 8L : b % 6L);
    }

    static long step2(long a, long b) {
        return a * 5L + b / 3L - (a ^ b) + (a > b ? a % 9L : b % 7L);
    }

    static long step3(long a, long b) {
        return a * 6L + b / 4L - (a ^ b) + (a > b ? a % 10L : b % 8L);
    }

    static long step4(long a, long b) {
        return a * 7L + b / 5L - (a ^ b) + (a > b ? a % 11L : b % 9L);
    }

    static long step5(long a, long b) {
        return a * 8L + b / 6L - (a ^ b) + (a > b ? a % 12L : b % 10L);
    }

    static long step6(long a, long b) {
        return a * 9L + b / 7L - (a ^ b) + (a > b ? a % 13L : b % 11L);
    }

    static long step7(long a, long b) {
        return a * 10L + b / 8L - (a ^ b) + (a > b ? a % 14L : b % 12L);
    }

    static long step8(long a, long b) {
        return a * 11L + b / 9L - (a ^ b) + (a > b ? a % 15L : b % 13L);
    }

    static long step9(long a, long b) {
        return a * 12L + b / 10L - (a ^ b) + (a > b ? a % 16L : b % 14L);
    }

    static long step10(long a, long b) {
        return a * 13L + b / 11L - (a ^ b) + (a > b ? a % 17L : b % 15L);
    }

    static long step11(long a, long b) {
        return a * 14L + b / 12L - (a ^ b) + (a > b ? a % 18L : b % 16L);
    }

    static long step12(long a, long b) {
        return a * 15L + b / 13L - (a ^ b) + (a > b ? a % 19L : b % 17L);
    }

    static long step13(long a, long b) {
        return a * 16L + b / 14L - (a ^ b) + (a > b ? a % 20L : b % 18L);
    }

    static long step14(long a, long b) {
        return a * 17L + b / 15L - (a ^ b) + (a > b ? a % 21L : b % 19L);
    }

    static long step15(long a, long b) {
        return a * 18L + b / 16L - (a ^ b) + (a > b ? a % 22L : b % 20L);
    }

    static long step16(long a, long b) {
        return a * 19L + b / 17L - (a ^ b) + (a > b ? a % 23L : b % 21L);
    }

    static long step17(long a, long b) {
        return a * 20L + b / 18L - (a ^ b) + (a > b ? a % 24L : b % 22L);
    }

    static long step18(long a, long b) {
        return a * 21L + b / 19L - (a ^ b) + (a > b ? a % 25L : b % 23L);
    }

    static long step19(long a, long b) {
        return a * 22L + b / 20L - (a ^ b) + (a > b ? a % 26L : b % 24L);
    }

    static long step20(long a, long b) {
        return a * 23L + b / 21L - (a ^ b) + (a > b ? a % 27L : b % 25L);
    }

    static long step21(long a, long b) {
        return a * 24L + b / 22L - (a ^ b) + (a > b ? a % 28L : b % 26L);
    }

    static long step22(long a, long b) {
        return a * 25L + b / 23L - (a ^ b) + (a > b ? a % 29L : b % 27L);
    }

    static long step23(long a, long b) {
        return a * 26L + b / 24L - (a ^ b) + (a > b ? a % 30L : b % 28L);
    }
}
