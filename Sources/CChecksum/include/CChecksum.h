#ifndef SYNCLINE_CCHECKSUM_H
#define SYNCLINE_CCHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/// CRC32C (Castagnoli, polynomial 0x1EDC6F41 reflected, as in RFC 3720) of `size` bytes, continuing from `seed` (0 at the start).
/// Uses the processor's instruction where there is one.
uint32_t syncline_crc32c(uint32_t seed, const void *bytes, size_t size);

/// The same from a table, for machines without the instruction and for the test that holds both together.
uint32_t syncline_crc32c_portable(uint32_t seed, const void *bytes, size_t size);

#endif
