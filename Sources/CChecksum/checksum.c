#include "CChecksum.h"
#include <pthread.h>
#include <string.h>

// Slicing by eight: M. Kounavis and F. Berry, "A Systematic Approach to Building High Performance Software-based CRC Generators" (2005).
static uint32_t table[8][256];
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void make_table(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int k = 0; k < 8; k++) c = (c >> 1) ^ (0x82F63B78u & (0u - (c & 1)));
        table[0][i] = c;
    }
    for (uint32_t i = 0; i < 256; i++)
        for (int s = 1; s < 8; s++) table[s][i] = (table[s - 1][i] >> 8) ^ table[0][table[s - 1][i] & 0xFF];
}

uint32_t syncline_crc32c_portable(uint32_t seed, const void *bytes, size_t size) {
    pthread_once(&table_once, make_table);
    const uint8_t *p = bytes;
    uint32_t c = ~seed;
    while (size >= 8) {
        uint32_t low, high;
        memcpy(&low, p, 4);
        memcpy(&high, p + 4, 4);
        low ^= c;
        c = table[7][low & 0xFF] ^ table[6][(low >> 8) & 0xFF] ^ table[5][(low >> 16) & 0xFF] ^ table[4][low >> 24] ^ table[3][high & 0xFF]
            ^ table[2][(high >> 8) & 0xFF] ^ table[1][(high >> 16) & 0xFF] ^ table[0][high >> 24];
        p += 8;
        size -= 8;
    }
    while (size--) c = (c >> 8) ^ table[0][(c ^ *p++) & 0xFF];
    return ~c;
}

#if defined(__x86_64__)
#include <immintrin.h>

// x^(n) mod P, reflected: the constant that moves a CRC over n zero bits. Method: Peter Cawley, "Faster CRC32-C on x86".
__attribute__((target("sse4.2,pclmul"))) static uint32_t power(uint64_t n) {
    uint64_t stack = ~(uint64_t)1, low;
    for (; n > 191; n = (n >> 1) - 16) stack = (stack << 1) + (n & 1);
    stack = ~stack;
    uint32_t acc = ((uint32_t)0x80000000) >> (n & 31);
    for (n >>= 5; n; --n) acc = _mm_crc32_u32(acc, 0);
    while ((low = stack & 1), stack >>= 1) {
        __m128i x = _mm_cvtsi32_si128((int)acc);
        uint64_t y = (uint64_t)_mm_cvtsi128_si64(_mm_clmulepi64_si128(x, x, 0));
        acc = (uint32_t)_mm_crc32_u64(0, y << low);
    }
    return acc;
}

// A long stride is a third of 64 KiB, what a checkpoint is checked by: streams that lie far apart are what the processor reads ahead of, which is more than twice as fast for
// what is in no cache. The short one is for what is left.
enum { SHORT_STRIDE = 1024, LONG_STRIDE = 21840 };
static struct powers { uint32_t one, two; } short_powers, long_powers;
static int usable;
static pthread_once_t hardware_once = PTHREAD_ONCE_INIT;

static void find_hardware(void) {
    usable = __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul");
    if (usable) {
        short_powers = (struct powers){power(SHORT_STRIDE * 8 - 33), power(2 * SHORT_STRIDE * 8 - 33)};
        long_powers = (struct powers){power(LONG_STRIDE * 8 - 33), power(2 * LONG_STRIDE * 8 - 33)};
    }
}

__attribute__((target("sse4.2"))) static uint64_t step(uint64_t c, const uint8_t *p) {
    uint64_t word;
    memcpy(&word, p, 8);
    return _mm_crc32_u64(c, word);
}

// Goes on over three strides. As many independent streams hide the instruction's latency of three cycles; a carry-less multiplication joins them.
__attribute__((target("sse4.2,pclmul"), always_inline)) static inline uint64_t three(
    uint64_t a, const uint8_t *p, size_t stride, struct powers powers) {
    uint64_t b = 0, c = 0, last;
    const uint8_t *q = p + stride, *r = q + stride;
    for (size_t i = 0; i < stride - 8; i += 8) {
        a = step(a, p + i);
        b = step(b, q + i);
        c = step(c, r + i);
    }
    a = step(a, q - 8);
    b = step(b, r - 8);
    memcpy(&last, r + stride - 8, 8);
    __m128i first = _mm_clmulepi64_si128(_mm_cvtsi32_si128((int)(uint32_t)a), _mm_cvtsi32_si128((int)powers.two), 0);
    __m128i second = _mm_clmulepi64_si128(_mm_cvtsi32_si128((int)(uint32_t)b), _mm_cvtsi32_si128((int)powers.one), 0);
    return _mm_crc32_u64(c, last ^ (uint64_t)_mm_cvtsi128_si64(_mm_xor_si128(first, second)));
}

__attribute__((target("sse4.2,pclmul"))) static uint32_t hardware(uint32_t seed, const uint8_t *p, size_t size) {
    uint64_t a = (uint32_t)~seed;
    for (; size >= 3 * LONG_STRIDE; p += 3 * LONG_STRIDE, size -= 3 * LONG_STRIDE) a = three(a, p, LONG_STRIDE, long_powers);
    for (; size >= 3 * SHORT_STRIDE; p += 3 * SHORT_STRIDE, size -= 3 * SHORT_STRIDE) a = three(a, p, SHORT_STRIDE, short_powers);
    for (; size >= 8; p += 8, size -= 8) a = step(a, p);
    uint32_t c = (uint32_t)a;
    while (size--) c = _mm_crc32_u8(c, *p++);
    return ~c;
}

uint32_t syncline_crc32c(uint32_t seed, const void *bytes, size_t size) {
    pthread_once(&hardware_once, find_hardware);
    return usable ? hardware(seed, bytes, size) : syncline_crc32c_portable(seed, bytes, size);
}
#else
uint32_t syncline_crc32c(uint32_t seed, const void *bytes, size_t size) { return syncline_crc32c_portable(seed, bytes, size); }
#endif
