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
    const char *selected_names;
    uint32_t selected[pmap_most_parts]; /* their places, 0 for a name that no column has */
    int selected_count;
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
    bool is_known = reader->columns && reader->header_length == length;
    if (is_known && (length == 0 || !memcmp(reader->header, header, length))) return true;
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
    const char *at, *end;
    bool has_special; /* quotes or backslashes */
    pmap_row_status status;
} row;

/* A field without its quotes. */
typedef struct {
    const char *start, *end;
    bool is_escaped;
} field;

/* Most fields are shorter than the call of memchr takes: eight bytes at once are looked through first. */
static const char *find(const char *at, const char *end, char byte) {
    for (int words = 0; words < 2 && end - at >= 8; words++, at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        word ^= 0x0101010101010101u * (unsigned char)byte;
        uint64_t zeros = (word - 0x0101010101010101u) & ~word & 0x8080808080808080u; /* the lowest one is right */
        if (zeros) return at + __builtin_ctzll(zeros) / 8;
    }
    const char *found = memchr(at, byte, (size_t)(end - at));
    return found ? found : end;
}

/* Each of these finds the next field; `at` is behind it then, on a separator or the end. False when it is wrong. */
static bool find_quoted(row *r, char separator, field *f) {
    f->start = ++r->at;
    for (;;) {
        const char *quote = find(r->at, r->end, '"');
        if (quote == r->end) {
            r->status = pmap_row_open;
            return false;
        }
        r->at = quote + 1;
        if (r->at == r->end || *r->at != '"') {
            f->end = quote;
            if (r->at == r->end || *r->at == separator) return true;
            r->status = pmap_row_after_quote;
            return false;
        }
        f->is_escaped = true;
        r->at++;
    }
}

static bool find_csv_field(row *r, char separator, field *f) {
    if (r->has_special && r->at < r->end && *r->at == '"') return find_quoted(r, separator, f);
    f->start = r->at;
    f->end = r->at = find(f->start, r->end, separator);
    if (r->has_special && memchr(f->start, '"', (size_t)(f->end - f->start))) {
        r->status = pmap_row_late_quote;
        return false;
    }
    return true;
}

static void find_tsv_field(row *r, field *f) {
    f->start = r->at;
    f->end = r->at = find(f->start, r->end, '\t');
    f->is_escaped = r->has_special && memchr(f->start, '\\', (size_t)(f->end - f->start));
}

static bool find_field(const pmap_row_reader *reader, row *r, field *f) {
    f->is_escaped = false;
    if (reader->format == pmap_rows_csv) return find_csv_field(r, reader->separator[0], f);
    find_tsv_field(r, f);
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

/* Stack: → field */
static void push_escaped(lua_State *L, bool is_csv, const field *f) {
    const char *start = f->start, *special;
    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    while ((special = memchr(start, is_csv ? '"' : '\\', (size_t)(f->end - start)))) {
        char byte = is_csv ? '"' : special + 1 < f->end ? unescaped(special[1]) : 0;
        luaL_addlstring(&buffer, start, (size_t)(special - start));
        luaL_addchar(&buffer, byte ? byte : '\\');
        start = special + (byte ? 2 : 1);
    }
    luaL_addlstring(&buffer, start, (size_t)(f->end - start));
    luaL_pushresult(&buffer);
}

/* Stack: → field */
static void push_field(lua_State *L, const pmap_row_reader *reader, const field *f) {
    if (f->is_escaped) push_escaped(L, reader->format == pmap_rows_csv, f);
    else lua_pushlstring(L, f->start, (size_t)(f->end - f->start));
}

/* ---- Rows ---- */

static bool begins_with_mark(const row *r) { return r->end - r->at >= 3 && !memcmp(r->at, "\xEF\xBB\xBF", 3); }

static bool may_be_escaped(const pmap_row_reader *reader) {
    return reader->format == pmap_rows_csv || reader->format == pmap_rows_tsv;
}

static char separator_of(const pmap_row_reader *reader) {
    return reader->format == pmap_rows_csv ? reader->separator[0] : '\t';
}

/* Stack: …, list → the same with the fields in it, if `names` is 0; else under the names at this index. */
static bool set_fields(lua_State *L, pmap_row_reader *reader, row *r, int names) {
    char separator = separator_of(reader);
    field f;
    int list = lua_gettop(L);
    for (reader->fields = 0;; r->at++) {
        bool is_extra = names && reader->fields >= reader->columns;
        reader->fields++;
        if (!find_field(reader, r, &f)) return false;
        if (!is_extra) {
            if (names) lua_rawgeti(L, names, (lua_Integer)reader->fields);
            push_field(L, reader, &f);
            if (names) lua_rawset(L, list);
            else lua_rawseti(L, list, (lua_Integer)reader->fields);
        }
        if (r->at == r->end || *r->at != separator) break;
    }
    if (!names || reader->fields == reader->columns) return true;
    r->status = pmap_row_count;
    return false;
}

static row make_row(const pmap_row_reader *reader, const char *at, size_t length) {
    row r = {at, at + length, false, pmap_row_read};
    if (length && r.end[-1] == '\r') r.end--;
    r.has_special = memchr(at, reader->format == pmap_rows_csv ? '"' : '\\', (size_t)(r.end - at));
    return r;
}

/* Stack: names → the same; finds the places of the selected ones */
static void find_selected(lua_State *L, pmap_row_reader *reader) {
    const char *name = reader->selected_names;
    for (int place = 0; name && place < reader->selected_count; place++, name += strlen(name) + 1) {
        lua_pushstring(L, name);
        reader->selected[place] = 0;
        for (size_t column = 1; column <= reader->columns; column++) {
            lua_rawgeti(L, -2, (lua_Integer)column);
            if (lua_rawequal(L, -1, -2)) reader->selected[place] = (uint32_t)column;
            lua_pop(L, 1);
        }
        lua_pop(L, 1);
    }
}

/* Stack: → names */
static void push_names(lua_State *L, pmap_row_reader *reader) {
    if (!reader->has_new_header) {
        lua_rawgetp(L, LUA_REGISTRYINDEX, reader);
        return;
    }
    row header = make_row(reader, reader->header, reader->header_length);
    if (begins_with_mark(&header)) header.at += 3;
    lua_createtable(L, 8, 0);
    set_fields(L, reader, &header, 0); /* a header that is wrong is refused before */
    reader->columns = reader->fields;
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, reader);
    reader->has_new_header = false;
    find_selected(L, reader);
}

static pmap_row_status push_record(lua_State *L, pmap_row_reader *reader, const char *at, size_t length) {
    row r = make_row(reader, at, length);
    if (at == reader->first && begins_with_mark(&r)) r.at += 3;
    bool is_empty = r.at == r.end;
    if (!reader->has_header) {
        if (is_empty) return pmap_row_blank;
        lua_createtable(L, (int)reader->columns, 0);
        if (!set_fields(L, reader, &r, 0)) return r.status;
        reader->columns = reader->fields;
        return pmap_row_read;
    }
    push_names(L, reader);
    if (is_empty && reader->columns > 1) return pmap_row_blank;
    int names = lua_gettop(L);
    lua_createtable(L, 0, (int)reader->columns);
    if (!set_fields(L, reader, &r, names)) return r.status;
    lua_replace(L, names);
    return pmap_row_read;
}

static bool is_space(char byte) { return byte == ' ' || byte == '\t'; }

/* A line of fields that no quotes stand around; an empty one has none. */
static row make_line(const char *at, size_t length) {
    return (row){.at = length ? at : NULL, .end = at + length, .status = pmap_row_read};
}

/* Finds the next field of a line, unless there is none; `at` is NULL behind the last one. */
static bool next_field(const pmap_row_reader *reader, row *r, field *f) {
    if (!r->at) return false;
    *f = (field){.start = r->at, .end = r->end};
    if (reader->format == pmap_rows_split) {
        const char *separator = memmem(r->at, (size_t)(r->end - r->at), reader->separator, reader->separator_length);
        if (separator) f->end = separator;
        r->at = separator ? separator + reader->separator_length : NULL;
        return true;
    }
    while (f->start < r->end && is_space(*f->start)) f->start++;
    for (r->at = f->start; r->at < r->end && !is_space(*r->at);) r->at++;
    f->end = r->at;
    return f->start < f->end;
}

/* Stack: → list of the fields */
static void push_line(lua_State *L, const pmap_row_reader *reader, const char *at, size_t length) {
    row r = make_line(at, length);
    lua_createtable(L, 8, 0);
    field f;
    for (lua_Integer place = 1; next_field(reader, &r, &f); place++) {
        push_field(L, reader, &f);
        lua_rawseti(L, -2, place);
    }
}

pmap_row_status pmap_push_row(lua_State *L, pmap_row_reader *reader, const char *at, size_t length) {
    if (may_be_escaped(reader)) return push_record(L, reader, at, length);
    push_line(L, reader, at, length);
    return pmap_row_read;
}

bool pmap_push_row_item(lua_State *L, pmap_item_loop *loop) {
    return pmap_push_row(L, loop->reader, loop->record, loop->length) == pmap_row_read;
}

/* ---- Selected fields ---- */

void pmap_select_fields(pmap_row_reader *reader, int count, const char *names, const uint32_t *places) {
    reader->selected_count = count;
    reader->selected_names = names;
    if (places) memcpy(reader->selected, places, (size_t)count * sizeof *places);
}

static void keep_selected(const pmap_row_reader *reader, const field *f, field *found) {
    for (int place = 0; place < reader->selected_count; place++) {
        if (reader->selected[place] == reader->fields) found[place] = *f;
    }
}

static bool select_row(pmap_row_reader *reader, const char *at, size_t length, field *found) {
    row r = make_row(reader, at, length);
    if (at == reader->first && begins_with_mark(&r)) r.at += 3;
    if (r.at == r.end && !(reader->has_header && reader->columns == 1)) return false;
    char separator = separator_of(reader);
    for (reader->fields = 1;; reader->fields++, r.at++) {
        field f;
        if (!find_field(reader, &r, &f)) return false;
        keep_selected(reader, &f, found);
        if (r.at == r.end || *r.at != separator) break;
    }
    if (reader->has_header) return reader->fields == reader->columns;
    reader->columns = reader->fields;
    return true;
}

static bool select_line(pmap_row_reader *reader, const char *at, size_t length, field *found) {
    row r = make_line(at, length);
    field f;
    for (reader->fields = 1; next_field(reader, &r, &f); reader->fields++) keep_selected(reader, &f, found);
    return true;
}

/* Finds the selected fields; `start` is NULL of one that the row does not have. False when it is no row. */
static bool select_fields(const pmap_item_loop *loop, field *found) {
    pmap_row_reader *reader = loop->reader;
    for (int place = 0; place < reader->selected_count; place++) found[place].start = NULL;
    return (may_be_escaped(reader) ? select_row : select_line)(reader, loop->record, loop->length, found);
}

bool pmap_push_selected(lua_State *L, pmap_item_loop *loop) {
    pmap_row_reader *reader = loop->reader;
    field found[pmap_most_parts];
    if (!lua_checkstack(L, LUA_MINSTACK + pmap_most_parts)) return false;
    if (reader->has_new_header) {
        push_names(L, reader);
        lua_pop(L, 1);
    }
    if (!select_fields(loop, found)) return false;
    for (int place = 0; place < reader->selected_count; place++) {
        if (found[place].start) push_field(L, reader, &found[place]);
        else lua_pushnil(L);
    }
    return true;
}

int pmap_find_selected(pmap_item_loop *loop, pmap_part *parts) {
    const pmap_row_reader *reader = loop->reader;
    field found[pmap_most_parts];
    if (reader->has_new_header || !select_fields(loop, found)) return 0;
    for (int place = 0; place < reader->selected_count; place++) {
        const field *f = &found[place];
        if (!f->start || f->is_escaped) return 0;
        parts[place] = (pmap_part){f->start, (size_t)(f->end - f->start)};
    }
    return reader->selected_count;
}

/* ---- Batches ---- */

enum { most_expected = 1 << 16 };

bool pmap_push_batch_item(lua_State *L, pmap_item_loop *loop) {
    pmap_batch_reader *batch = loop->reader;
    const char *const start = loop->record, *end = start + loop->length;
    pmap_framing framing = batch->framing;
    lua_createtable(L, batch->last_count, 0);
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
    if (place - 1 <= most_expected) batch->last_count = (int)(place - 1);
    loop->record = start;
    loop->length = (size_t)(end - start);
    loop->reader = batch;
    return is_read;
}

/* ---- Items ---- */

const char *pmap_loop_item_end(pmap_item_loop *loop) {
    const char *end = pmap_item_end_before(loop->framing, loop->next, loop->end);
    loop->record = loop->next;
    loop->length = pmap_record_length(loop->framing, loop->next, end);
    return end;
}
