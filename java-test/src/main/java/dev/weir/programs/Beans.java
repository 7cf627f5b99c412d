// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryUsage;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Holds 40 MiB of heap; for each line on stdin prints what the VM's beans say of heap and code cache, until stdin ends. */
public final class Beans {
    private static final int HELD = 40 << 20;

    private Beans() {
    }

    public static void main(String[] args) throws IOException {
        byte[] held = new byte[HELD];
        Arrays.fill(held, (byte) 1);
        System.gc();
        System.out.println("ready");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        while (in.readLine() != null) {
            MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
            System.out.println("code=" + code() + " used=" + heap.getUsed() + " committed=" + heap.getCommitted());
        }
        System.out.println("held " + held.length);
    }

    private static long code() {
        long sum = 0;
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            if (pool.getName().startsWith("Code")) {
                sum += pool.getUsage().getCommitted();
            }
        }
        return sum;
    }
}
