// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.WriteOptions;

/**
 * What RocksDB's state backend does to a database, one key after the other, for scripts/bench.sh.
 * Arguments: DIR BATCHES OPERATIONS. Prints "put=NS get=NS all=NS": the medians of the batches in processor time of the
 * calling thread, which other programs disturb least, and what the whole process took for a put and a get.
 */
public final class RocksLoops {
    private static final int KEYS = 1 << 20;
    private static final int VALUE = 100;
    private static final int WARM_UP = 3;

    private final RocksDB db;
    private final WriteOptions noLog;
    private final Random random = new Random(7);
    private final byte[] key = new byte[16];
    private final byte[] value = new byte[VALUE];

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final OperatingSystemMXBean PROCESS =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    private static volatile long sink;

    private RocksLoops(RocksDB db, WriteOptions noLog) {
        this.db = db;
        this.noLog = noLog;
    }

    public static void main(String[] args) throws Exception {
        Path dir = Files.createDirectories(Path.of(args[0]));
        int batches = Integer.parseInt(args[1]);
        int operations = Integer.parseInt(args[2]);
        RocksDB.loadLibrary();
        try (LRUCache cache = new LRUCache(32 << 20); BloomFilter filter = new BloomFilter(10);
                Options options = new Options().setCreateIfMissing(true).setWriteBufferSize(16 << 20).setTableFormatConfig(
                        new BlockBasedTableConfig().setBlockCache(cache).setFilterPolicy(filter));
                WriteOptions noLog = new WriteOptions().setDisableWAL(true);
                RocksDB db = RocksDB.open(options, dir.toString())) {
            new RocksLoops(db, noLog).run(batches, operations);
        }
        try (Stream<Path> files = Files.walk(dir)) {
            files.sorted((a, b) -> b.compareTo(a)).forEach(file -> file.toFile().delete());
        }
    }

    private void run(int batches, int operations) throws Exception {
        double[] put = new double[batches];
        double[] get = new double[batches];
        double[] all = new double[batches];
        for (int i = -WARM_UP; i < batches; i++) {
            long allBegin = PROCESS.getProcessCpuTime();
            long begin = THREADS.getCurrentThreadCpuTime();
            puts(operations);
            long middle = THREADS.getCurrentThreadCpuTime();
            gets(operations);
            if (i >= 0) {
                put[i] = (middle - begin) / (double) operations;
                get[i] = (THREADS.getCurrentThreadCpuTime() - middle) / (double) operations;
                all[i] = (PROCESS.getProcessCpuTime() - allBegin) / (double) operations;
            }
        }
        System.out.printf("put=%.1f get=%.1f all=%.1f%n", median(put), median(get), median(all));
    }

    private void next() {
        int number = random.nextInt(KEYS);
        for (int i = 0; i < 4; i++) {
            key[i] = (byte) (number >>> 8 * i);
        }
    }

    private void puts(int operations) throws Exception {
        for (int i = 0; i < operations; i++) {
            next();
            value[i % VALUE]++;
            db.put(noLog, key, value);
        }
    }

    private void gets(int operations) throws Exception {
        for (int i = 0; i < operations; i++) {
            next();
            byte[] found = db.get(key);
            sink += found == null ? 0 : found.length;
        }
    }

    private static double median(double[] values) {
        Arrays.sort(values);
        return values[values.length / 2];
    }
}
