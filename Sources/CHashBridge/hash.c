#include "hash_bridge.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

pmap_hash pmap_hash_bytes(const void *bytes, size_t count) {
    XXH128_hash_t hash = XXH3_128bits(bytes, count);
    return (pmap_hash){.high = hash.high64, .low = hash.low64};
}

uint64_t pmap_hash_more(const void *bytes, size_t count, uint64_t before) {
    return XXH3_64bits_withSeed(bytes, count, before);
}
