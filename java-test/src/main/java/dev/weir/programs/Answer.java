// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;

/** Says ready, then hands back each line it hears: while it does, the JVM is well. Ends with its stdin. */
public final class Answer {
    private Answer() {
    }

    public static void main(String[] args) throws IOException {
        System.out.println("ready");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            System.out.println("heard " + line);
        }
    }
}
