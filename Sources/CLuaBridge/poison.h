/* AddressSanitizer knows no allocator but its own: it is told which memory is in use. */
#ifndef PMAP_HIDDEN_H
#define PMAP_HIDDEN_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define hide(start, size) __asan_poison_memory_region(start, size)
#define show(start, size) __asan_unpoison_memory_region(start, size)
#endif
#endif
#ifndef hide
#define hide(start, size) ((void)0)
#define show(start, size) ((void)0)
#endif

#endif
