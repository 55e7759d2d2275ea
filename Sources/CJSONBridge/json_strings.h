/* Strings between JSON's quotes. */
#ifndef PMAP_JSON_STRINGS_H
#define PMAP_JSON_STRINGS_H

#include <text.h>

/* Copies text in which nothing needs an escape and all is ASCII; else false. Up to eight bytes more than there are may be
 * written; what is read ends with the text. */
bool pmap_json_copy_plain(char *to, const char *text, size_t length);

/* With the quotes; false when there is no room, or the text is not UTF-8. */
bool pmap_json_put_string(pmap_room *room, const char *text, size_t length);

#endif
