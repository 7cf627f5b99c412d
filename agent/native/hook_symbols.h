/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NATIVE_HOOK_SYMBOLS_H
#define NATIVE_HOOK_SYMBOLS_H
/* The functions that are replaced in native libraries. X(n, symbol, name, shape, what it does): the shape names the wrapper in
 * hook_sets.inc, n is handed through. In strcmp() order, as elfmany_find() wants them. */
#define HOOK_SYMBOLS(X, n) \
    X(n, DELETE_ARRAY, "_ZdaPv", DELETE1, GIVE) \
    X(n, DELETE_ARRAY_NOTHROW, "_ZdaPvRKSt9nothrow_t", DELETE2, GIVE) \
    X(n, DELETE_ARRAY_ALIGN, "_ZdaPvSt11align_val_t", DELETE2, GIVE) \
    X(n, DELETE_ARRAY_ALIGN_NOTHROW, "_ZdaPvSt11align_val_tRKSt9nothrow_t", DELETE3, GIVE) \
    X(n, DELETE_ARRAY_SIZED, "_ZdaPvm", DELETE2, GIVE) \
    X(n, DELETE_ARRAY_SIZED_ALIGN, "_ZdaPvmSt11align_val_t", DELETE3, GIVE) \
    X(n, DELETE, "_ZdlPv", DELETE1, GIVE) \
    X(n, DELETE_NOTHROW, "_ZdlPvRKSt9nothrow_t", DELETE2, GIVE) \
    X(n, DELETE_ALIGN, "_ZdlPvSt11align_val_t", DELETE2, GIVE) \
    X(n, DELETE_ALIGN_NOTHROW, "_ZdlPvSt11align_val_tRKSt9nothrow_t", DELETE3, GIVE) \
    X(n, DELETE_SIZED, "_ZdlPvm", DELETE2, GIVE) \
    X(n, DELETE_SIZED_ALIGN, "_ZdlPvmSt11align_val_t", DELETE3, GIVE) \
    X(n, NEW_ARRAY, "_Znam", NEW1, TAKE) \
    X(n, NEW_ARRAY_NOTHROW, "_ZnamRKSt9nothrow_t", NEW2, TAKE) \
    X(n, NEW_ARRAY_ALIGN, "_ZnamSt11align_val_t", NEW2, TAKE) \
    X(n, NEW_ARRAY_ALIGN_NOTHROW, "_ZnamSt11align_val_tRKSt9nothrow_t", NEW3, TAKE) \
    X(n, NEW, "_Znwm", NEW1, TAKE) \
    X(n, NEW_NOTHROW, "_ZnwmRKSt9nothrow_t", NEW2, TAKE) \
    X(n, NEW_ALIGN, "_ZnwmSt11align_val_t", NEW2, TAKE) \
    X(n, NEW_ALIGN_NOTHROW, "_ZnwmSt11align_val_tRKSt9nothrow_t", NEW3, TAKE) \
    X(n, STRDUP_INNER, "__strdup", STRDUP, TAKE) \
    X(n, STRNDUP_INNER, "__strndup", STRNDUP, TAKE) \
    X(n, ALIGNED_ALLOC, "aligned_alloc", ALIGNED, TAKE) \
    X(n, CALLOC, "calloc", CALLOC, TAKE) \
    X(n, FREE, "free", FREE, GIVE) \
    X(n, MALLOC, "malloc", MALLOC, TAKE) \
    X(n, MEMALIGN, "memalign", ALIGNED, TAKE) \
    X(n, MMAP, "mmap", MMAP, TAKE) \
    X(n, MMAP64, "mmap64", MMAP, TAKE) \
    X(n, MREMAP, "mremap", MREMAP, CHANGE) \
    X(n, MUNMAP, "munmap", MUNMAP, GIVE) \
    X(n, POSIX_MEMALIGN, "posix_memalign", POSIX_MEMALIGN, TAKE) \
    X(n, PVALLOC, "pvalloc", MALLOC, TAKE) \
    X(n, REALLOC, "realloc", REALLOC, CHANGE) \
    X(n, REALLOCARRAY, "reallocarray", REALLOCARRAY, CHANGE) \
    X(n, STRDUP, "strdup", STRDUP, TAKE) \
    X(n, STRNDUP, "strndup", STRNDUP, TAKE) \
    X(n, VALLOC, "valloc", MALLOC, TAKE)

#define HOOK_ENUM_SYMBOL(n, sym, name, shape, does) HOOK_##sym,
enum hook_symbol { HOOK_SYMBOLS(HOOK_ENUM_SYMBOL, ) HOOK_SYMBOL_COUNT };
#undef HOOK_ENUM_SYMBOL

#endif
