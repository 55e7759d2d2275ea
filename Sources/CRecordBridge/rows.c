/* Rows of fields → Lua values. Names of columns are made once a header, in a table of the registry. */
#define _GNU_SOURCE /* memmem */
#include "rows.h"

#include <stdlib.h>
#include <string.h>

struct pmap_row_reader {
    pmap_row_format format;
    char separator[pmap_longest_separator];
    size_t separator_length;
    bool has_header, has_new_header;
    char *header;
    size_t header_length, header_size;
    size_t columns, fields;
    const void *first; /* the row before which a byte order mark is none of its bytes, or NULL */
};

pmap_row_reader *pmap_create_row_reader(
    pmap_row_format format, const char *separator, size_t length, bool has_header) {
    pmap_row_reader *reader = calloc(1, sizeof *reader);
    if (!reader) return NULL;
    reader->format = format;
    reader->separator_length = length;
    memcpy(reader->separator, separator, length);
    reader->has_header = has_header;
    return reader;
}

void pmap_destroy_row_reader(pmap_row_reader *reader) {
    free(reader->header);
    free(reader);
}

bool pmap_begin_rows(pmap_row_reader *reader, const char *header, size_t length, const void *first) {
    reader->first = first;
    if (reader->columns && reader->header_length == length && !memcmp(reader->header, header, length)) return true;
    if (reader->header_size < length + 1) {
        char *larger = realloc(reader->header, length + 1);
        if (!larger) return false;
        reader->header = larger;
        reader->header_size = length + 1;
    }
    if (length) memcpy(reader->header, header, length);
    reader->header_length = length;
    reader->has_new_header = reader->has_header;
    return true;
}

size_t pmap_row_fields(const pmap_row_reader *reader) { return reader->fields; }
size_t pmap_row_columns(const pmap_row_reader *reader) { return reader->columns; }

/* ---- Fields ---- */

/* What is left of a row. */
typedef struct {
    lua_State *L;
    const char *at, *end;
    bool has_special; /* quotes or backslashes */
    pmap_row_status status;
} row;

static const char *find(const char *at, const char *end, char byte) {
    const char *found = memchr(at, byte, (size_t)(end - at));
    return found ? found : end;
}

/* Each of these: stack: → field; `at` is behind it then, on a separator or the end. False when it is wrong. */
static bool push_quoted(row *r, char separator) {
    luaL_Buffer buffer;
    bool is_buffered = false;
    const char *start = ++r->at;
    for (;;) {
        const char *quote = find(r->at, r->end, '"');
        if (quote == r->end) {
            r->status = pmap_row_open;
            return false;
        }
        r->at = quote + 1;
        if (r->at == r->end || *r->at != '"') {
            if (is_buffered) {
                luaL_addlstring(&buffer, start, (size_t)(quote - start));
                luaL_pushresult(&buffer);
            } else {
                lua_pushlstring(r->L, start, (size_t)(quote - start));
            }
            if (r->at == r->end || *r->at == separator) return true;
            r->status = pmap_row_after_quote;
            return false;
        }
        if (!is_buffered) luaL_buffinit(r->L, &buffer);
        is_buffered = true;
        luaL_addlstring(&buffer, start, (size_t)(r->at - start)); /* with one of both quotes */
        start = ++r->at;
    }
}

static bool push_csv_field(row *r, char separator) {
    if (r->has_special && r->at < r->end && *r->at == '"') return push_quoted(r, separator);
    const char *start = r->at;
    r->at = find(start, r->end, separator);
    if (r->has_special && memchr(start, '"', (size_t)(r->at - start))) {
        r->status = pmap_row_late_quote;
        return false;
    }
    lua_pushlstring(r->L, start, (size_t)(r->at - start));
    return true;
}

/* The character behind a backslash; any other stands for itself, and so does the backslash then. */
static char unescaped(char escape) {
    switch (escape) {
    case 't': return '\t';
    case 'n': return '\n';
    case 'r': return '\r';
    case '\\': return '\\';
    default: return 0;
    }
}

static bool push_tsv_field(row *r) {
    const char *start = r->at, *backslash;
    r->at = find(start, r->end, '\t');
    if (!r->has_special || !(backslash = memchr(start, '\\', (size_t)(r->at - start)))) {
        lua_pushlstring(r->L, start, (size_t)(r->at - start));
        return true;
    }
    luaL_Buffer buffer;
    luaL_buffinit(r->L, &buffer);
    for (; backslash < r->at; backslash = find(start, r->at, '\\')) {
        char byte = backslash + 1 < r->at ? unescaped(backslash[1]) : 0;
        luaL_addlstring(&buffer, start, (size_t)(backslash - start));
        luaL_addchar(&buffer, byte ? byte : '\\');
        start = backslash + (byte ? 2 : 1);
    }
    luaL_addlstring(&buffer, start, (size_t)(r->at - start));
    luaL_pushresult(&buffer);
    return true;
}

/* ---- Rows ---- */

static bool begins_with_mark(const row *r) { return r->end - r->at >= 3 && !memcmp(r->at, "\xEF\xBB\xBF", 3); }

static bool push_field(pmap_row_reader *reader, row *r) {
    return reader->format == pmap_rows_csv ? push_csv_field(r, reader->separator[0]) : push_tsv_field(r);
}

/* Stack: …, list → the same with the fields in it, if `names` is 0; else under the names at this index. */
static bool set_fields(pmap_row_reader *reader, row *r, int names) {
    lua_State *L = r->L;
    char separator = reader->format == pmap_rows_csv ? reader->separator[0] : '\t';
    int list = lua_gettop(L);
    for (reader->fields = 0;; r->at++) {
        bool is_extra = names && reader->fields == reader->columns;
        reader->fields++;
        if (names && !is_extra) lua_rawgeti(L, names, (lua_Integer)reader->fields);
        if (!push_field(reader, r)) return false;
        if (is_extra) lua_settop(L, list);
        else if (names) lua_rawset(L, list);
        else lua_rawseti(L, list, (lua_Integer)reader->fields);
        if (r->at == r->end || *r->at != separator) break;
    }
    if (!names || reader->fields == reader->columns) return true;
    r->status = pmap_row_count;
    return false;
}

static row make_row(lua_State *L, const pmap_row_reader *reader, const char *at, size_t length) {
    row r = {L, at, at + length, false, pmap_row_read};
    if (length && r.end[-1] == '\r') r.end--;
    r.has_special = memchr(at, reader->format == pmap_rows_csv ? '"' : '\\', (size_t)(r.end - at));
    return r;
}

/* Stack: → names */
static void push_names(lua_State *L, pmap_row_reader *reader) {
    if (!reader->has_new_header) {
        lua_rawgetp(L, LUA_REGISTRYINDEX, reader);
        return;
    }
    row header = make_row(L, reader, reader->header, reader->header_length);
    if (begins_with_mark(&header)) header.at += 3;
    lua_createtable(L, 8, 0);
    set_fields(reader, &header, 0); /* a header that is wrong is refused before */
    reader->columns = reader->fields;
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, reader);
    reader->has_new_header = false;
}

static pmap_row_status push_record(lua_State *L, pmap_row_reader *reader, const char *at, size_t length) {
    row r = make_row(L, reader, at, length);
    if (at == reader->first && begins_with_mark(&r)) r.at += 3;
    bool is_empty = r.at == r.end;
    if (!reader->has_header) {
        if (is_empty) return pmap_row_blank;
        lua_createtable(L, (int)reader->columns, 0);
        if (!set_fields(reader, &r, 0)) return r.status;
        reader->columns = reader->fields;
        return pmap_row_read;
    }
    push_names(L, reader);
    if (is_empty && reader->columns > 1) return pmap_row_blank;
    int names = lua_gettop(L);
    lua_createtable(L, 0, (int)reader->columns);
    if (!set_fields(reader, &r, names)) return r.status;
    lua_replace(L, names);
    return pmap_row_read;
}

static bool is_space(char byte) { return byte == ' ' || byte == '\t'; }

/* Stack: → list of the words, none of which is empty */
static void push_words(lua_State *L, const char *at, const char *end) {
    lua_createtable(L, 8, 0);
    for (lua_Integer place = 1;; place++) {
        while (at < end && is_space(*at)) at++;
        if (at == end) return;
        const char *start = at;
        while (at < end && !is_space(*at)) at++;
        lua_pushlstring(L, start, (size_t)(at - start));
        lua_rawseti(L, -2, place);
    }
}

/* Stack: → list of what is between separators; nothing of an empty line */
static void push_split(lua_State *L, const pmap_row_reader *reader, const char *at, const char *end) {
    lua_createtable(L, 8, 0);
    const char *next = at < end ? at : NULL;
    for (lua_Integer place = 1; next; place++) {
        next = memmem(at, (size_t)(end - at), reader->separator, reader->separator_length);
        lua_pushlstring(L, at, (size_t)((next ? next : end) - at));
        lua_rawseti(L, -2, place);
        at = next + reader->separator_length;
    }
}

pmap_row_status pmap_push_row(lua_State *L, pmap_row_reader *reader, const char *at, size_t length) {
    switch (reader->format) {
    case pmap_rows_words: push_words(L, at, at + length); return pmap_row_read;
    case pmap_rows_split: push_split(L, reader, at, at + length); return pmap_row_read;
    default: return push_record(L, reader, at, length);
    }
}

bool pmap_push_row_item(lua_State *L, pmap_item_loop *loop) {
    return pmap_push_row(L, loop->reader, loop->record, loop->length) == pmap_row_read;
}

/* ---- Batches ---- */

bool pmap_push_batch_item(lua_State *L, pmap_item_loop *loop) {
    const pmap_batch_reader *batch = loop->reader;
    const char *const start = loop->record, *end = start + loop->length;
    pmap_framing framing = batch->framing;
    lua_createtable(L, 0, 0);
    bool is_read = true;
    lua_Integer place = 1;
    loop->reader = batch->reader;
    for (const char *at = start, *next; is_read && at < end; at = next) {
        next = pmap_item_end_before(&framing, at, end);
        loop->record = at;
        loop->length = pmap_record_length(&framing, at, next);
        is_read = batch->push(L, loop);
        if (is_read) lua_rawseti(L, -2, place++);
    }
    loop->record = start;
    loop->length = (size_t)(end - start);
    loop->reader = (void *)batch;
    return is_read;
}

/* ---- Items ---- */

const char *pmap_loop_item_end(pmap_item_loop *loop) {
    const char *end = pmap_item_end_before(loop->framing, loop->next, loop->end);
    loop->record = loop->next;
    loop->length = pmap_record_length(loop->framing, loop->next, end);
    return end;
}
