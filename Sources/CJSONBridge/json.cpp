/* simdjson's parser behind plain C. */
#include "json_bridge.h"

#include <new>
#include <simdjson.h>

static_assert(simdjson::SIMDJSON_PADDING <= pmap_json_padding, "records need more readable bytes after them");

struct pmap_json {
    simdjson::dom::parser parser;
};

namespace {

constexpr size_t smallest_capacity = 16 << 10;
constexpr size_t largest_cached = 16 << 20; /* memory for longer texts, 14 times their size, is freed after them */

size_t capacity_for(size_t length) noexcept {
    if (length > largest_cached) return length;
    size_t capacity = smallest_capacity;
    while (capacity < length) capacity *= 2;
    return capacity;
}

simdjson::error_code ensure_capacity(simdjson::dom::parser &parser, size_t length) noexcept {
    if (length > simdjson::SIMDJSON_MAXSIZE_BYTES) return simdjson::CAPACITY;
    bool oversized = parser.capacity() > largest_cached && length <= largest_cached;
    if (parser.capacity() >= length && parser.capacity() > 0 && !oversized) return simdjson::SUCCESS;
    size_t capacity = capacity_for(length);
    /* simdjson counts the document itself as a level, and refuses the level at its limit */
    simdjson::error_code failure = parser.allocate(capacity, pmap_json_max_depth + 1);
    return failure ? failure : parser.doc.allocate(capacity);
}

pmap_json_status status_of(simdjson::error_code code) noexcept {
    switch (code) {
    case simdjson::SUCCESS: return pmap_json_ok;
    case simdjson::EMPTY: return pmap_json_empty;
    case simdjson::STRING_ERROR: return pmap_json_string;
    case simdjson::UNESCAPED_CHARS: return pmap_json_control_character;
    case simdjson::UNCLOSED_STRING: return pmap_json_unclosed_string;
    case simdjson::T_ATOM_ERROR:
    case simdjson::F_ATOM_ERROR:
    case simdjson::N_ATOM_ERROR: return pmap_json_atom;
    case simdjson::NUMBER_ERROR: return pmap_json_number;
    case simdjson::UTF8_ERROR: return pmap_json_utf8;
    case simdjson::DEPTH_ERROR: return pmap_json_depth;
    case simdjson::CAPACITY: return pmap_json_length;
    case simdjson::MEMALLOC: return pmap_json_memory;
    default: return pmap_json_structure;
    }
}

} // namespace

pmap_json *pmap_json_create(void) { return new (std::nothrow) pmap_json; }

void pmap_json_destroy(pmap_json *parser) { delete parser; }

pmap_json_status pmap_json_parse(pmap_json *parser, const void *text, size_t length) {
    simdjson::error_code failure = ensure_capacity(parser->parser, length);
    if (!failure) failure = parser->parser.parse(static_cast<const uint8_t *>(text), length, false).error();
    return status_of(failure);
}

const void *pmap_json_tape(const pmap_json *parser) { return parser->parser.doc.tape.get(); }

const void *pmap_json_strings(const pmap_json *parser) { return parser->parser.doc.string_buf.get(); }

bool pmap_json_is_utf8(const void *text, size_t length) {
    return simdjson::validate_utf8(static_cast<const char *>(text), length);
}
