// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** Mappings of one sparse file that EnforceShell holds. */
final class EnforceMapped {
    private static final long FILE_SIZE = 1L << 30;
    private final List<Object> held = new ArrayList<>();
    private final List<MappedWays> ways = new ArrayList<>();
    private FileChannel file;

    /** How many are held now, or the error with its cause. WAY is one of MappedWays. */
    Object map(String way, long bytes) throws Exception {
        try {
            Object mapping = MappedWays.valueOf(way).map(file(), MapMode.READ_WRITE, 0, bytes);
            held.add(mapping);
            ways.add(MappedWays.valueOf(way));
            return held.size();
        } catch (IOException e) {
            return "failed " + e + " cause " + e.getCause();
        } catch (IllegalStateException e) { // by reflection
            return "failed " + e.getCause() + " cause " + e.getCause().getCause();
        }
    }

    /** The JDK's own: it maps the source, piece by piece. */
    Object copy(long bytes) throws IOException {
        Path target = Path.of("copy.bin");
        try (FileChannel to = FileChannel.open(target, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            return file().transferTo(0, bytes, to);
        } catch (IOException e) {
            return "failed " + e + " cause " + e.getCause();
        } finally {
            Files.delete(target);
        }
    }

    Object unmapAll() throws Exception {
        for (int i = 0; i < held.size(); i++) {
            ways.get(i).unmap(held.get(i));
        }
        drop();
        return "";
    }

    /** Only the collector can give them back from here on. */
    Object drop() {
        held.clear();
        ways.clear();
        return "";
    }

    private FileChannel file() throws IOException {
        if (file == null) {
            file = FileChannel.open(Files.createTempFile(Path.of("."), "mapped", ".bin"), StandardOpenOption.READ,
                    StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
            file.write(ByteBuffer.wrap(new byte[] {1}), FILE_SIZE - 1);
        }
        return file;
    }
}
