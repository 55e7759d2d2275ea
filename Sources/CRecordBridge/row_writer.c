/* Results → rows. The columns of a table's keys are found by the identity of their names, which Lua keeps once each. */
#include "row_writer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { longest_unique = 40 }; /* bytes of a string that Lua keeps once */

/* What a field of the row is. */
typedef struct {
    int type; /* Lua's; LUA_TNIL for nothing */
    bool is_integer;
    const char *text;
    size_t length;
    lua_Integer integer;
    lua_Number number;
} field;

typedef struct {
    const char *name; /* Lua's own string; NULL in an empty cell */
    size_t column;
} cell;

struct pmap_row_writer {
    char separator;
    pmap_row_write_float write_float;
    bool is_special[256]; /* in a field, it needs quotes or an escape */
    char *names;
    size_t *lengths, columns;
    field *fields;
    cell *cells; /* a power of two of them, at least twice the columns */
    size_t cell_mask;
    bool has_long_name, is_interned;
};

pmap_row_writer *pmap_create_row_writer(char separator, pmap_row_write_float write_float) {
    pmap_row_writer *writer = calloc(1, sizeof *writer);
    if (!writer) return NULL;
    writer->separator = separator;
    writer->write_float = write_float;
    for (const char *at = separator ? "\"\n\r" : "\\\t\n\r"; *at; at++) writer->is_special[(unsigned char)*at] = true;
    if (separator) writer->is_special[(unsigned char)separator] = true;
    return writer;
}

static void free_columns(pmap_row_writer *writer) {
    free(writer->names);
    free(writer->lengths);
    free(writer->fields);
    free(writer->cells);
}

void pmap_destroy_row_writer(pmap_row_writer *writer) {
    free_columns(writer);
    free(writer);
}

bool pmap_use_columns(pmap_row_writer *writer, const char *names, const size_t *lengths, size_t count) {
    size_t bytes = 0, cells = 2;
    writer->has_long_name = false;
    for (size_t column = 0; column < count; column++) {
        bytes += lengths[column];
        if (lengths[column] > longest_unique) writer->has_long_name = true;
    }
    while (cells < 2 * count) cells *= 2;
    free_columns(writer);
    writer->names = malloc(bytes + 1);
    writer->lengths = calloc(count + 1, sizeof *writer->lengths);
    writer->fields = calloc(count + 1, sizeof *writer->fields);
    writer->cells = calloc(cells, sizeof *writer->cells);
    if (!writer->names || !writer->lengths || !writer->fields || !writer->cells) return false;
    if (bytes) memcpy(writer->names, names, bytes);
    if (count) memcpy(writer->lengths, lengths, count * sizeof *lengths);
    writer->columns = count;
    writer->cell_mask = cells - 1;
    writer->is_interned = false;
    return true;
}

/* ---- Fields ---- */

static char escape(char byte) {
    switch (byte) {
    case '\t': return 't';
    case '\n': return 'n';
    case '\r': return 'r';
    default: return byte;
    }
}

static bool put_special(const pmap_row_writer *writer, const char *text, size_t length, pmap_cursor *cursor) {
    if (!pmap_has_space(cursor, 2 * length + 3)) return false;
    if (writer->separator) *cursor->next++ = '"';
    for (size_t index = 0; index < length; index++) {
        char byte = text[index];
        if (writer->separator) {
            if (byte == '"') *cursor->next++ = '"';
            *cursor->next++ = byte;
        } else if (writer->is_special[(unsigned char)byte]) {
            *cursor->next++ = '\\';
            *cursor->next++ = escape(byte);
        } else {
            *cursor->next++ = byte;
        }
    }
    if (writer->separator) *cursor->next++ = '"';
    return true;
}

bool pmap_put_field(const pmap_row_writer *writer, const char *text, size_t length, pmap_cursor *cursor) {
    for (size_t index = 0; index < length; index++) {
        if (writer->is_special[(unsigned char)text[index]]) return put_special(writer, text, length, cursor);
    }
    if (!pmap_has_space(cursor, length + 1)) return false; /* one byte follows a field */
    pmap_put(cursor, text, length);
    return true;
}

/* A string stays where it is as long as it is in its table. */
static bool take_field(lua_State *L, int index, field *field) {
    field->type = lua_type(L, index);
    switch (field->type) {
    case LUA_TSTRING: field->text = lua_tolstring(L, index, &field->length); return true;
    case LUA_TNUMBER:
        field->is_integer = lua_isinteger(L, index);
        if (field->is_integer) field->integer = lua_tointeger(L, index);
        else field->number = lua_tonumber(L, index);
        return true;
    case LUA_TBOOLEAN: field->integer = lua_toboolean(L, index); return true;
    case LUA_TNIL: return true;
    case LUA_TLIGHTUSERDATA: field->type = LUA_TNIL; return !lua_touserdata(L, index); /* null */
    default: return false;
    }
}

static bool put(const pmap_row_writer *writer, const field *field, pmap_cursor *cursor) {
    if (field->type == LUA_TSTRING) return pmap_put_field(writer, field->text, field->length, cursor);
    if (!pmap_has_space(cursor, pmap_number_space)) return false;
    switch (field->type) {
    case LUA_TNUMBER:
        if (field->is_integer) pmap_put_integer(cursor, field->integer);
        else if (!pmap_put_short_float(cursor, field->number))
            cursor->next += writer->write_float(field->number, cursor->next);
        return true;
    case LUA_TBOOLEAN: pmap_put(cursor, field->integer ? "true" : "false", field->integer ? 4 : 5); return true;
    default: return true;
    }
}

/* One field alone that is empty would be an empty line. */
static void end_row(const pmap_row_writer *writer, const char *start, size_t fields, pmap_cursor *cursor) {
    if (fields == 1 && cursor->next == start && writer->separator) {
        pmap_put(cursor, "\"\"", 2);
    }
    *cursor->next++ = '\n';
}

char pmap_row_separator(const pmap_row_writer *writer) { return writer->separator ? writer->separator : '\t'; }

/* ---- Rows ---- */

static cell *find_cell(const pmap_row_writer *writer, const char *name) {
    size_t index = (uintptr_t)name >> 4;
    index ^= index >> 7;
    for (;; index++) {
        cell *found = &writer->cells[index & writer->cell_mask];
        if (!found->name || found->name == name) return found;
    }
}

/* Makes the names Lua's, which a table of the registry keeps. */
static void intern(lua_State *L, pmap_row_writer *writer) {
    const char *name = writer->names;
    lua_createtable(L, (int)writer->columns, 0);
    memset(writer->cells, 0, (writer->cell_mask + 1) * sizeof *writer->cells);
    for (size_t column = 0; column < writer->columns; column++) {
        const char *own = lua_pushlstring(L, name, writer->lengths[column]);
        lua_rawseti(L, -2, (lua_Integer)column + 1);
        *find_cell(writer, own) = (cell){own, column};
        name += writer->lengths[column];
    }
    lua_rawsetp(L, LUA_REGISTRYINDEX, writer);
    writer->is_interned = true;
}

/* A key that is no column may have nothing to show. */
static bool take_pair(lua_State *L, pmap_row_writer *writer) {
    if (lua_type(L, -2) != LUA_TSTRING) return false;
    size_t length;
    const char *name = lua_tolstring(L, -2, &length);
    const cell *found = length <= longest_unique ? find_cell(writer, name) : NULL;
    if (found && found->name) return take_field(L, -1, &writer->fields[found->column]);
    return lua_type(L, -1) == LUA_TSTRING && lua_rawlen(L, -1) == 0;
}

static bool append_named(lua_State *L, int table, pmap_row_writer *writer, pmap_cursor *cursor) {
    if (writer->has_long_name) return false;
    if (!writer->is_interned) intern(L, writer);
    for (size_t column = 0; column < writer->columns; column++) writer->fields[column].type = LUA_TNIL;
    lua_pushnil(L);
    while (lua_next(L, table)) {
        if (!take_pair(L, writer)) return false;
        lua_pop(L, 1);
    }
    const char *start = cursor->next;
    for (size_t column = 0; column < writer->columns; column++) {
        if (column) *cursor->next++ = pmap_row_separator(writer);
        if (!put(writer, &writer->fields[column], cursor) || !pmap_has_space(cursor, 3)) return false;
    }
    end_row(writer, start, writer->columns, cursor);
    return true;
}

static bool append_values(lua_State *L, int first, int last, pmap_row_writer *writer, pmap_cursor *cursor) {
    const char *start = cursor->next;
    for (int index = first; index <= last; index++) {
        field field;
        if (index > first) *cursor->next++ = pmap_row_separator(writer);
        if (!take_field(L, index, &field) || !put(writer, &field, cursor) || !pmap_has_space(cursor, 3)) return false;
    }
    end_row(writer, start, (size_t)(last - first + 1), cursor);
    return true;
}

bool pmap_append_row(lua_State *L, int first, int last, pmap_item_loop *loop) {
    pmap_row_writer *writer = loop->writer;
    if (lua_isnoneornil(L, first)) return last <= first; /* nil alone is no record */
    bool is_table = first == last && lua_type(L, first) == LUA_TTABLE;
    if (!pmap_has_space(&loop->cursor, 3)) return false;
    if (is_table && writer->columns) return append_named(L, first, writer, &loop->cursor);
    if (is_table || writer->columns) return false;
    return append_values(L, first, last, writer, &loop->cursor);
}
