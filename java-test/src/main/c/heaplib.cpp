// SPDX-License-Identifier: Apache-2.0
// heaplib.cpp: native methods of the test program dev.weir.programs.HeapShell, built twice, for HeapShell$One and $Two: memory
// taken and given back in every way of C and C++, on Java's threads and on its own, in a child of fork, and by a library that
// comes and goes. Every block says nothing of itself: the program keeps the books.
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <jni.h>
#include <new>
#include <string>
#include <sys/mman.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#define NAME2(type, method) Java_dev_weir_programs_HeapShell_00024##type##_##method
#define NAME1(type, method) NAME2(type, method)
#define METHOD(result, method) extern "C" JNIEXPORT result JNICALL NAME1(LIBRARY, method)

static constexpr std::align_val_t wide{ 64 };

enum way { MALLOC, CALLOC, REALLOC, POSIX, ALIGNED, STRDUP, NEW, NEW_ARRAY, NEW_NOTHROW, NEW_ALIGNED, MMAP, WAYS };

static void *take(int way, size_t bytes)
{
    void *p = nullptr;
    std::string text;
    switch (way) {
    case MALLOC: return malloc(bytes);
    case CALLOC: return calloc(1, bytes);
    case REALLOC: return realloc(malloc(7), bytes);
    case POSIX: return posix_memalign(&p, 128, bytes) == 0 ? p : nullptr;
    case ALIGNED: return aligned_alloc(64, bytes);
    case STRDUP: text.assign(bytes - 1, 'x'); return strdup(text.c_str());
    case NEW: return ::operator new(bytes);
    case NEW_ARRAY: return ::operator new[](bytes);
    case NEW_NOTHROW: return ::operator new(bytes, std::nothrow);
    case NEW_ALIGNED: return ::operator new(bytes, wide);
    default: return mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    }
}

static void give(int way, void *p, size_t bytes)
{
    switch (way) {
    case NEW: ::operator delete(p, bytes); break;
    case NEW_ARRAY: ::operator delete[](p); break;
    case NEW_NOTHROW: ::operator delete(p, std::nothrow); break;
    case NEW_ALIGNED: ::operator delete(p, wide); break;
    case MMAP: munmap(p, bytes); break;
    default: free(p); break;
    }
}

static jlong address(const void *p)
{
    return static_cast<jlong>(reinterpret_cast<intptr_t>(p));
}

static void *pointer(jlong p)
{
    return reinterpret_cast<void *>(static_cast<intptr_t>(p));
}

METHOD(jlong, take)(JNIEnv *, jclass, jint way, jlong bytes)
{
    return address(take(way, static_cast<size_t>(bytes)));
}

METHOD(void, give)(JNIEnv *, jclass, jint way, jlong p, jlong bytes)
{
    give(way, pointer(p), static_cast<size_t>(bytes));
}

METHOD(jlong, change)(JNIEnv *, jclass, jlong p, jlong bytes)
{
    return address(realloc(pointer(p), static_cast<size_t>(bytes)));
}

/* As std::vector asks for it. */
METHOD(jboolean, throwsBadAlloc)(JNIEnv *, jclass)
{
    try {
        give(NEW, take(NEW, PTRDIFF_MAX), 0);
        return JNI_FALSE;
    } catch (const std::bad_alloc &) {
        return JNI_TRUE;
    }
}

static void juggle(unsigned seed, int rounds)
{
    std::vector<std::string> texts(16);
    for (int i = 0; i < rounds; i++) {
        seed = seed * 1103515245 + 12345;
        int    way = static_cast<int>(seed >> 16) % MMAP;
        size_t bytes = 64 * (1 + (seed >> 8) % 64);
        give(way, take(way, bytes), bytes);
        texts[seed % 16].assign(bytes, 'y');
    }
}

/* Threads that Java never sees; at their end nothing of theirs is left. */
METHOD(void, threads)(JNIEnv *, jclass, jint count, jint rounds)
{
    std::vector<std::thread> all;
    for (int i = 0; i < count; i++)
        all.emplace_back(juggle, static_cast<unsigned>(i + 1), rounds);
    for (auto &t : all)
        t.join();
}

/* The child's allocations are nobody's. */
METHOD(jint, fork)(JNIEnv *, jclass)
{
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < 1000; i++)
            take(i % MMAP, 4096);
        _exit(23);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A library of no Java class, loaded and unloaded; how many times it was gone indeed. */
METHOD(jint, visit)(JNIEnv *jni, jclass, jstring path, jint times)
{
    const char *file = jni->GetStringUTFChars(path, nullptr);
    int gone = 0;
    for (int i = 0; i < times; i++) {
        void *lib = dlopen(file, RTLD_LAZY | RTLD_LOCAL);
        auto *visit = reinterpret_cast<void (*)()>(lib != nullptr ? dlsym(lib, "heaplib_guest") : nullptr);
        if (visit == nullptr)
            break;
        visit();
        dlclose(lib);
        void *still = dlopen(file, RTLD_LAZY | RTLD_NOLOAD);
        gone += still == nullptr;
        if (still != nullptr)
            dlclose(still);
    }
    jni->ReleaseStringUTFChars(path, file);
    return gone;
}

extern "C" JNIEXPORT void heaplib_guest();
void heaplib_guest()
{
    juggle(1, 100);
}
