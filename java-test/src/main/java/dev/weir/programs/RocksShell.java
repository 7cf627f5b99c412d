// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.LRUCache;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Snapshot;
import org.rocksdb.Statistics;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteBufferManager;
import org.rocksdb.WriteOptions;

/** A RocksDB, opened, filled and closed by commands on stdin, one answer each: "1 ok ...". Works with 6.20 and 8.10. */
public final class RocksShell {
    private static final int VALUE = 1000;
    private static final byte[] NAME = "state".getBytes(StandardCharsets.UTF_8);

    private final Path dir;
    private final List<Object> kept = new ArrayList<>();
    private LRUCache cache;
    private WriteBufferManager buffers;
    private DBOptions options;
    private ColumnFamilyOptions columnOptions;
    private RocksDB db;
    private ColumnFamilyHandle state;
    private List<ColumnFamilyHandle> handles;

    private RocksShell(Path dir) {
        this.dir = dir;
    }

    public static void main(String[] args) throws Exception {
        RocksDB.loadLibrary();
        RocksShell shell = new RocksShell(Files.createDirectories(Path.of(args[0])));
        System.out.println("ready");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        int number = 0;
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            System.out.println(++number + " ok " + shell.obey(line.split(" ")));
        }
    }

    private String obey(String[] words) throws RocksDBException, IOException {
        if (words[0].equals("reported")) {
            return reported();
        }
        long n = words.length > 1 ? Long.parseLong(words[1]) : 0;
        switch (words[0]) {
            case "open": return open(n << 20, Long.parseLong(words[2]) << 20);
            case "close": return close();
            case "fill": return fill((int) n);
            case "flush": return flush();
            case "read": return read((int) n);
            case "iterate": return iterate((int) n);
            case "descriptors": return descriptors((int) n);
            case "iterators": return iterators((int) n);
            case "snapshots": return snapshots((int) n);
            default: throw new IllegalArgumentException(words[0]);
        }
    }

    /** A cache of so many bytes, and write buffers of so many: charged to it, as Flink does, unless 0. */
    private String open(long cacheBytes, long bufferBytes) throws RocksDBException {
        cache = new LRUCache(cacheBytes, 2, false, 0.1);
        options = new DBOptions().setCreateIfMissing(true);
        if (bufferBytes != 0) {
            buffers = new WriteBufferManager(bufferBytes, cache);
            options.setWriteBufferManager(buffers);
        }
        BlockBasedTableConfig table = new BlockBasedTableConfig();
        table.setBlockCache(cache);
        columnOptions = new ColumnFamilyOptions().setTableFormatConfig(table);
        handles = new ArrayList<>();
        db = RocksDB.open(options, dir.toString(),
                List.of(new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, columnOptions)), handles);
        state = db.createColumnFamily(new ColumnFamilyDescriptor(NAME, columnOptions));
        return "";
    }

    /** Block cache, memtables and table readers, as RocksDB itself says. */
    private String reported() throws RocksDBException {
        long bytes = db.getLongProperty(state, "rocksdb.block-cache-usage");
        for (ColumnFamilyHandle h : List.of(state, handles.get(0))) {
            bytes += db.getLongProperty(h, "rocksdb.size-all-mem-tables") + db.getLongProperty(h, "rocksdb.estimate-table-readers-mem");
        }
        return String.valueOf(bytes);
    }

    private String close() {
        for (Object o : kept) {
            if (o instanceof RocksIterator) {
                ((RocksIterator) o).close();
            }
        }
        state.close();
        handles.forEach(ColumnFamilyHandle::close);
        db.close();
        columnOptions.close();
        options.close();
        if (buffers != null) {
            buffers.close();
        }
        cache.close();
        return "";
    }

    private static byte[] key(int i) {
        return ("key-" + i).getBytes(StandardCharsets.UTF_8);
    }

    private String fill(int count) throws RocksDBException {
        byte[] value = new byte[VALUE];
        Random random = new Random(7);
        try (WriteOptions write = new WriteOptions().setDisableWAL(true)) {
            for (int i = 0; i < count; i += 100) {
                try (WriteBatch batch = new WriteBatch()) {
                    for (int k = i; k < i + 100; k++) {
                        random.nextBytes(value);
                        batch.put(state, key(k), value);
                    }
                    db.write(write, batch);
                }
            }
        }
        return "";
    }

    private String flush() throws RocksDBException {
        try (FlushOptions wait = new FlushOptions().setWaitForFlush(true)) {
            db.flush(wait, state);
        }
        return "";
    }

    private String read(int count) throws RocksDBException {
        int found = 0;
        for (int i = 0; i < count; i++) {
            found += db.get(state, key(i)) != null ? 1 : 0;
        }
        return String.valueOf(found);
    }

    private String iterate(int times) {
        for (int i = 0; i < times; i++) {
            try (ReadOptions read = new ReadOptions(); RocksIterator it = db.newIterator(state, read)) {
                it.seekToFirst();
            }
        }
        return "";
    }

    /** As Flink's Compactor did (FLINK-39753): the descriptor's options are never closed. */
    private String descriptors(int count) throws RocksDBException {
        for (int i = 0; i < count; i++) {
            kept.add(state.getDescriptor());
        }
        return "";
    }

    private String iterators(int count) {
        for (int i = 0; i < count; i++) {
            kept.add(db.newIterator(state));
        }
        return "";
    }

    private String snapshots(int count) {
        for (int i = 0; i < count; i++) {
            Snapshot snapshot = db.getSnapshot();
            db.releaseSnapshot(snapshot);
        }
        try (Statistics statistics = new Statistics()) {
            return String.valueOf(statistics.isOwningHandle());
        }
    }
}
