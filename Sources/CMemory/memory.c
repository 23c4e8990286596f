#include "CMemory.h"
#include <stdint.h>
#include <sys/mman.h>

void *syncline_reserve(size_t size) {
    void *base = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return base == MAP_FAILED ? NULL : base;
}

int syncline_commit(void *base, size_t from, size_t to) {
    if (mprotect((uint8_t *)base + from, to - from, PROT_READ | PROT_WRITE) != 0) return -1;
    if (to >= ((size_t)8 << 20)) madvise((uint8_t *)base + from, to - from, MADV_HUGEPAGE);
    return 0;
}

void syncline_release(void *base, size_t size) { munmap(base, size); }
