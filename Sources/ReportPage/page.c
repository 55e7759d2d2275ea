/* The page that --report writes, as bytes in the program. d3's modules are those of Debian, each behind those it needs. */
#include "report_page.h"

static const unsigned char html[] = {
#embed "page.html"
};
static const unsigned char style[] = {
#embed "page.css"
};
static const unsigned char script[] = {
#embed "page.js"
};
static const unsigned char libraries[] = {
    '/', '*', '\n',
#embed "/usr/share/doc/node-d3-zoom/copyright"
    , '*', '/', '\n',
#embed "/usr/share/nodejs/d3-array/dist/d3-array.min.js"
    , '\n',
#embed "/usr/share/nodejs/d3-collection/dist/d3-collection.min.js"
    , '\n',
#embed "/usr/share/nodejs/d3-color/dist/d3-color.min.js"
    , '\n',
#embed "/usr/share/nodejs/d3-interpolate/dist/d3-interpolate.min.js"
    , '\n',
#embed "/usr/share/nodejs/d3-format/dist/d3-format.min.js"
    , '\n',
#embed "/usr/share/nodejs/d3-time/dist/d3-time.min.js"
    , '\n',
#embed "/usr/share/nodejs/d3-time-format/dist/d3-time-format.min.js"
    , '\n',
#embed "/usr/share/nodejs/d3-scale/dist/d3-scale.min.js"
    , '\n',
#embed "/usr/share/nodejs/d3-dispatch/dist/d3-dispatch.min.js"
    , '\n',
#embed "/usr/share/nodejs/d3-selection/dist/d3-selection.min.js"
    , '\n',
#embed "/usr/share/nodejs/d3-axis/dist/d3-axis.min.js"
    , '\n',
#embed "/usr/share/nodejs/d3-drag/dist/d3-drag.min.js"
    , '\n',
#embed "/usr/share/nodejs/d3-ease/dist/d3-ease.min.js"
    , '\n',
#embed "/usr/share/nodejs/d3-timer/dist/d3-timer.min.js"
    , '\n',
#embed "/usr/share/nodejs/d3-transition/dist/d3-transition.min.js"
    , '\n',
#embed "/usr/share/nodejs/d3-zoom/dist/d3-zoom.min.js"
    , '\n',
};

int pmap_page_byte(pmap_page_part part, size_t place) {
    switch (part) {
    case PMAP_PAGE_HTML: return place < sizeof html ? html[place] : -1;
    case PMAP_PAGE_STYLE: return place < sizeof style ? style[place] : -1;
    case PMAP_PAGE_SCRIPT: return place < sizeof script ? script[place] : -1;
    case PMAP_PAGE_LIBRARIES: return place < sizeof libraries ? libraries[place] : -1;
    }
    return -1;
}
