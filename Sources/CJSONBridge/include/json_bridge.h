/* simdjson behind plain C: text in, its tape out. Nothing here throws, and nothing is allocated or looked up
 * before the first text is parsed. The tape's form is simdjson's doc/tape.md. */
#ifndef PMAP_JSON_BRIDGE_H
#define PMAP_JSON_BRIDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pmap_json pmap_json;

/* What is wrong with a text; 0 is nothing. */
typedef enum {
    pmap_json_ok,
    pmap_json_structure,
    pmap_json_empty,
    pmap_json_string,
    pmap_json_control_character,
    pmap_json_unclosed_string,
    pmap_json_atom,
    pmap_json_number,
    pmap_json_utf8,
    pmap_json_depth,
    pmap_json_length,
    pmap_json_memory
} pmap_json_status;

enum {
    pmap_json_padding = 64,     /* bytes that must be readable after a text */
    pmap_json_max_depth = 1024  /* arrays and objects in one another */
};

pmap_json *pmap_json_create(void);
void pmap_json_destroy(pmap_json *parser);

/* After pmap_json_ok `pmap_json_tape` and `pmap_json_strings` hold what was read, until the next call. */
pmap_json_status pmap_json_parse(pmap_json *parser, const void *text, size_t length);
const void *pmap_json_tape(const pmap_json *parser);
const void *pmap_json_strings(const pmap_json *parser);

bool pmap_json_is_utf8(const void *text, size_t length);

#ifdef __cplusplus
}
#endif

#endif
