// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

/** Any program: one line on each stream, a chosen exit code, and "wait" to stay until stdin ends. */
public final class Hello {
    private Hello() {
    }

    public static void main(String[] args) throws Exception {
        System.out.println("hello from the program");
        System.err.println("error stream of the program");
        if (args.length > 1 && args[1].equals("wait")) {
            while (System.in.read() >= 0) {
                continue;
            }
        }
        System.exit(args.length > 0 ? Integer.parseInt(args[0]) : 0);
    }
}
