/* XXH3 with 128 bits, from the headers of the xxHash library: https://xxhash.com */
#ifndef PMAP_HASH_BRIDGE_H
#define PMAP_HASH_BRIDGE_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t high, low;
} pmap_hash;

pmap_hash pmap_hash_bytes(const void *bytes, size_t count);

/* 64 bits, of bytes that go on where others of the hash `before` ended. */
uint64_t pmap_hash_more(const void *bytes, size_t count, uint64_t before);

#endif
