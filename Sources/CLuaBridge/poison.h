/* AddressSanitizer knows no allocator but its own: it is told which memory is in use. */
#ifndef PMAP_POISON_H
#define PMAP_POISON_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define poison(start, size) __asan_poison_memory_region(start, size)
#define unpoison(start, size) __asan_unpoison_memory_region(start, size)
#endif
#endif
#ifndef poison
#define poison(start, size) ((void)0)
#define unpoison(start, size) ((void)0)
#endif

#endif
