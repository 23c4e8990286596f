#ifndef SYNCLINE_CMEMORY_H
#define SYNCLINE_CMEMORY_H

#include <stddef.h>

/// Asks the processor to bring the cache line at `address` near; never faults.
static inline void syncline_prefetch(const void *address) { __builtin_prefetch(address, 1, 3); }

/// Reserves `size` bytes of address space without committing any, from a huge page's beginning; NULL when the system refuses.
void *syncline_reserve(size_t size);

/// Makes `[base + from, base + to)` of a reservation readable and writable, zero-filled; 0 on success.
/// Huge pages are asked for from 2 MiB on, where a table walk would otherwise miss the TLB on every event.
int syncline_commit(void *base, size_t from, size_t to);

/// Whether these `wanted_size` bytes stand somewhere among the `size` bytes; none always do.
int syncline_contains(const void *bytes, size_t size, const void *wanted, size_t wanted_size);

/// Gives a reservation back.
void syncline_release(void *base, size_t size);

#endif
