// SPDX-License-Identifier: Apache-2.0
package com.example.rocks;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.configuration.Configuration;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.FlushOptions;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;

/**
 * A table in a RocksDB of the user's own, read once through a cache of 32 MiB. All is closed when the task ends but what
 * getDescriptor() handed out, which keeps the cache (FLINK-39753).
 */
public final class Lookup extends RichMapFunction<Long, Long> {
    private static final long serialVersionUID = 1L;
    private static final int ROWS = 40_000;
    private static final List<ColumnFamilyDescriptor> KEPT = new ArrayList<>();

    private final String dir;
    private transient LRUCache cache;
    private transient Options options;
    private transient RocksDB table;

    public Lookup(String dir) {
        this.dir = dir;
    }

    @Override
    public void open(Configuration parameters) throws Exception {
        RocksDB.loadLibrary();
        Path path = Files.createTempDirectory(Path.of(dir), "table");
        cache = new LRUCache(32L << 20, 2, false, 0.1);
        BlockBasedTableConfig blocks = new BlockBasedTableConfig();
        blocks.setBlockCache(cache);
        options = new Options().setCreateIfMissing(true).setTableFormatConfig(blocks);
        table = RocksDB.open(options, path.toString());
        byte[] row = new byte[1000];
        Random random = new Random(3);
        for (int i = 0; i < ROWS; i++) {
            random.nextBytes(row);
            table.put(key(i), row);
        }
        try (FlushOptions wait = new FlushOptions()) {
            table.flush(wait);
        }
        for (int i = 0; i < ROWS; i++) {
            table.get(key(i));
        }
        remember();
    }

    private void remember() throws Exception {
        synchronized (KEPT) {
            KEPT.add(table.getDefaultColumnFamily().getDescriptor());
        }
    }

    private static byte[] key(int i) {
        return ("row-" + i).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public Long map(Long value) {
        return value;
    }

    @Override
    public void close() {
        table.close();
        options.close();
        cache.close();
    }
}
