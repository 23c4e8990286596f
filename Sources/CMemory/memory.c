#include "CMemory.h"
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static const size_t huge_page = (size_t)2 << 20;

void *syncline_reserve(size_t size) {
    uint8_t *base = mmap(NULL, size + huge_page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) return NULL;
    size_t before = (huge_page - (uintptr_t)base % huge_page) % huge_page;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t end = (before + size + page - 1) / page * page;
    if (before > 0) munmap(base, before);
    if (end < size + huge_page) munmap(base + end, size + huge_page - end);
    return base + before;
}

int syncline_commit(void *base, size_t from, size_t to) {
    if (mprotect((uint8_t *)base + from, to - from, PROT_READ | PROT_WRITE) != 0) return -1;
    if (to >= huge_page) madvise((uint8_t *)base + from, to - from, MADV_HUGEPAGE);
    return 0;
}

void syncline_release(void *base, size_t size) { munmap(base, size); }
