/* The files of the page that --report writes, and the modules of d3 that it uses, as bytes in the program. */
#ifndef PMAP_REPORT_PAGE_H
#define PMAP_REPORT_PAGE_H

#include <stddef.h>

enum pmap_page_part {
    PMAP_PAGE_HTML,
    PMAP_PAGE_STYLE,
    PMAP_PAGE_SCRIPT,
    PMAP_PAGE_LIBRARIES,
};
typedef enum pmap_page_part pmap_page_part;

/* One byte, or -1 behind the last: so the reader needs no pointers. */
int pmap_page_byte(pmap_page_part part, size_t place);

#endif
