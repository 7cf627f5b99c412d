// SPDX-License-Identifier: Apache-2.0
package dev.weir.test.ground;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A memory cgroup of its own with a limit, below this process's, or below the root where that is not ours to write to. */
public final class MemoryGroup implements AutoCloseable {
    private final Path group;

    private MemoryGroup(Path group) {
        this.group = group;
    }

    /** NULL: this machine does not let us, as most containers do not. */
    public static MemoryGroup make(String name, long bytes) {
        for (Path root : List.of(Path.of("/sys/fs/cgroup/memory" + own()), Path.of("/sys/fs/cgroup/memory"), Path.of("/sys/fs/cgroup"))) {
            Path group = root.resolve("weir-test-" + ProcessHandle.current().pid() + "-" + name);
            if (!Files.isWritable(root.resolve("cgroup.procs"))) {
                continue;
            }
            try {
                Files.createDirectory(group);
                if (limit(group, "memory.limit_in_bytes", bytes) || limit(group, "memory.max", bytes)) {
                    return new MemoryGroup(group);
                }
                Files.delete(group);
            } catch (IOException e) {
                continue; // read-only
            }
        }
        return null;
    }

    private static boolean limit(Path group, String file, long bytes) throws IOException {
        if (!Files.isWritable(group.resolve(file))) {
            return false;
        }
        Files.writeString(group.resolve(file), "" + bytes);
        Path swap = group.resolve(file.equals("memory.max") ? "memory.swap.max" : "memory.memsw.limit_in_bytes");
        if (Files.isWritable(swap)) {
            Files.writeString(swap, file.equals("memory.max") ? "0" : "" + bytes);
        }
        return true;
    }

    private static String own() {
        try {
            Optional<String> line = Files.readAllLines(Path.of("/proc/self/cgroup")).stream().filter(l -> l.contains(":memory:")).findFirst();
            return line.map(l -> l.substring(l.lastIndexOf(':') + 1)).orElse("");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where a process writes its id to be in it. */
    public Path processes() {
        return group.resolve("cgroup.procs");
    }

    /** When all its processes have ended. */
    @Override
    public void close() {
        try {
            for (String pid : Files.readAllLines(processes())) {
                ProcessHandle.of(Long.parseLong(pid)).ifPresent(ProcessHandle::destroyForcibly);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Wait.untilTrue("the group to be empty", Wait.MINUTE, () -> group.toFile().delete() || !Files.exists(group));
    }
}
