/* Strings between JSON's quotes. */
#ifndef PMAP_JSON_STRINGS_H
#define PMAP_JSON_STRINGS_H

#include <format.h>

/* Copies text that is ASCII and needs no escape; else false. Up to eight bytes more than the text has may be written; none
 * after the text is read. */
bool pmap_json_copy_plain(char *to, const char *text, size_t length);

/* With the quotes; false when there is no space, or the text is not UTF-8. */
bool pmap_json_put_string(pmap_cursor *cursor, const char *text, size_t length);

#endif
