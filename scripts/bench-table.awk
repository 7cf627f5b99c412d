# SPDX-License-Identifier: Apache-2.0
#
# bench-table.awk: the table of scripts/bench.sh from its single figures (round, row, variant, value).
# A result is taken round by round between the variants of that round; printed are the medians
# and, in brackets, the quartiles of the results. Rows without figures are left out. "noise" is no
# verdict: the median's standard error exceeds what the bound allows, or the distance to the bound.

BEGIN {
    FS = "\t"
    line("unsafe64", "Unsafe allocate(64)+free, ns", "added", "", "")
    line("unsafe64", "  of what NMT adds", "of-nmt", "<=", 0.8)
    line("direct4k", "allocateDirect(4 KiB)+clean, ns", "ratio", "<=", 1.25)
    line("direct1m", "allocateDirect(1 MiB)+clean, ns", "ratio", "<=", 1.05)
    line("enforce", "mode=enforce, decided call+free, ns", "added", "<=", 1200)
    line("idle", "hooks idle, allocate(64)+free, ns", "added", "", "")
    line("throwable", "Throwable built, ns", "added", "<=", 25)
    line("thread", "thread start+join, ns", "ratio", "<=", 1.08)
    line("thread-cpu", "  the process's CPU, ns", "ratio", "", "")
    line("classdef", "class definition, ns", "ratio", "<=", 1.02)
    line("malloc", "malloc(64)+free in a JNI library, ns", "added", "", "")
    line("malloc", "  of what NMT adds to Unsafe's", "of-nmt", "<=", 1.0, "weir", "malloc-unsafe")
    line("rocksdb-put", "RocksDB put, million/s of CPU", "ratio", ">=", 0.9)
    line("rocksdb-get", "RocksDB get, million/s of CPU", "ratio", ">=", 0.9)
    line("rocksdb-all", "  both, with its own threads", "ratio", "", "")
    line("start", "JVM start to end, ms", "added", "<=", 20)
    line("start", "  agent dormant", "added", "<=", 20, "dormant")
    line("memory", "agent, 10,000 live, MiB", "value", "<=", 12)
    line("memory-more", "  per further one, bytes", "value", "<=", 40)
    line("rss", "process, 10,000 live, MiB RSS", "added", "<=", 12)
    line("rss-more", "  per further one, bytes RSS", "added", "<=", 40)
    line("flink", "Flink job, million records/s", "ratio", ">=", 0.99)
    line("flink-cpu", "  TaskManagers' CPU, s", "ratio", "", "")
    line("flink-rocksdb", "with state in RocksDB, million rec/s", "ratio", ">=", 0.97)
    line("flink-rocksdb-cpu", "  TaskManagers' CPU, s", "ratio", "", "")
}

{
    value[$2, $3, $1] = $4
    if ($1 > rounds)
        rounds = $1
}

END {
    print_row("row", "bare", "nmt", "weir", "result", "quartiles", "bound", "ok?")
    for (i = 1; i <= lines; i++)
        report(i)
}

# nmt_row: where what NMT adds is measured, if not in the row itself.
function line(row, title, kind, sense, bound, variant, nmt_row)
{
    lines++
    row_of[lines] = row
    title_of[lines] = title
    kind_of[lines] = kind
    sense_of[lines] = sense
    bound_of[lines] = bound
    variant_of[lines] = variant == "" ? "weir" : variant
    nmt_row_of[lines] = nmt_row == "" ? row : nmt_row
}

# A round's result, or "" when the round lacks a variant.
function result(i, round,    row, bare, nmt, unseen, weir)
{
    row = row_of[i]
    bare = value[row, "bare", round]
    nmt = value[nmt_row_of[i], "nmt", round]
    unseen = value[nmt_row_of[i], "bare", round]
    weir = value[row, variant_of[i], round]
    if (kind_of[i] == "value")
        return weir
    if (bare == "" || weir == "")
        return ""
    if (kind_of[i] == "ratio")
        return weir / bare
    if (kind_of[i] == "added")
        return weir - bare
    return nmt == "" || unseen == "" || nmt == unseen ? "" : (weir - bare) / (nmt - unseen)
}

# What the bound lets the agent add, in the unit of the result.
function allowed(i)
{
    return kind_of[i] != "ratio" ? bound_of[i] : bound_of[i] > 1 ? bound_of[i] - 1 : 1 - bound_of[i]
}

# The standard error of a median is about 1.25 deviations / sqrt(n), a deviation 0.74 quartile distances.
function verdict(i, middle, distance, n,    error, within)
{
    if (sense_of[i] == "")
        return "-"
    error = n < 2 ? allowed(i) + 1 : 1.25 * 0.74 * distance / sqrt(n)
    within = sense_of[i] == "<=" ? bound_of[i] - middle : middle - bound_of[i]
    if (within >= 0)
        return error <= allowed(i) ? "yes" : "noise"
    return error <= -within ? "no" : "noise"
}

function report(i,    n, round, r, results, middle, q1, q3)
{
    for (round = 1; round <= rounds; round++)
        if ((r = result(i, round)) != "")
            results[++n] = r + 0
    if (n == 0)
        return
    sort(results, n)
    middle = quantile(results, n, 0.5)
    q1 = quantile(results, n, 0.25)
    q3 = quantile(results, n, 0.75)
    print_row(title_of[i], of(i, "bare"), of(i, "nmt"), of(i, variant_of[i]), shown(i, middle),
              "[" plain(q1) " .. " plain(q3) "] n=" n,
              sense_of[i] == "" ? "-" : sense_of[i] " " bound_of[i], verdict(i, middle, q3 - q1, n))
}

# The median of a variant's own figures.
function of(i, variant,    n, round, values)
{
    for (round = 1; round <= rounds; round++)
        if (value[row_of[i], variant, round] != "")
            values[++n] = value[row_of[i], variant, round] + 0
    if (n == 0 || kind_of[i] == "of-nmt")
        return "-"
    sort(values, n)
    return plain(quantile(values, n, 0.5))
}

function shown(i, x)
{
    if (kind_of[i] == "added")
        return (x < 0 ? "" : "+") plain(x)
    return kind_of[i] == "value" ? plain(x) : plain(x) " x"
}

function plain(x) { return sprintf((x < 0 ? -x : x) >= 1000 ? "%.0f" : (x < 0 ? -x : x) >= 20 ? "%.1f" : "%.3f", x) }

function quantile(sorted, n, q,    at, low)
{
    at = 1 + (n - 1) * q
    low = int(at)
    return low >= n ? sorted[n] : sorted[low] + (at - low) * (sorted[low + 1] - sorted[low])
}

function sort(a, n,    i, j, x)
{
    for (i = 2; i <= n; i++) {
        x = a[i]
        for (j = i - 1; j >= 1 && a[j] > x; j--)
            a[j + 1] = a[j]
        a[j + 1] = x
    }
}

function print_row(title, bare, nmt, weir, r, spread, bound, ok)
{
    printf "%-36s| %9s | %9s | %9s | %10s | %-27s | %-7s | %s\n", title, bare, nmt, weir, r, spread, bound, ok
}
