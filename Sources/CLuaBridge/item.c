#include "item.h"

#include <string.h>

static bool host_was_called;

void pmap_note_host_call(void) { host_was_called = true; }

void pmap_begin_item(lua_State *L, int base, int task, unsigned long long item) {
    pmap_library_begin_item(item);
    lua_settop(L, base);
    lua_pushvalue(L, task);
}

pmap_answer pmap_run_item(lua_State *L, int handler, long long index) {
    int below = lua_gettop(L) - 2;
    lua_pushinteger(L, index);
    pmap_answer answer = {.status = pmap_call_handled(L, 2, LUA_MULTRET, handler)};
    answer.results = lua_gettop(L) - below;
    answer.type = lua_type(L, below + 1);
    answer.printed = pmap_has_captured();
    answer.uses_seed = pmap_library_uses_seed();
    if (answer.results == 1 && answer.type == LUA_TSTRING) answer.text = lua_tolstring(L, -1, &answer.length);
    return answer;
}

/* ---- Lines ---- */

static bool take_line(pmap_lines *lines, const char **line, size_t *length) {
    if (lines->next == lines->end) return false;
    const char *end = memchr(lines->next, lines->terminator, (size_t)(lines->end - lines->next));
    *line = lines->next;
    *length = (size_t)((end ? end : lines->end) - lines->next);
    lines->next = end ? end + 1 : lines->end;
    return true;
}

/* Appends the answer, if it is a line and there is room for it, and commits the item. */
static bool finish_line(pmap_lines *lines, const pmap_answer *answer) {
    bool is_line = answer->status == LUA_OK && answer->text && !answer->printed && !host_was_called;
    if (!is_line || lines->capacity - lines->used <= answer->length) return false;
    memcpy(lines->output + lines->used, answer->text, answer->length);
    lines->used += answer->length;
    lines->output[lines->used++] = lines->output_terminator;
    lines->finished++;
    __atomic_store_n(lines->committed, lines->finished << 32 | lines->used, __ATOMIC_RELEASE);
    return true;
}

pmap_lines_end pmap_run_lines(
    lua_State *L, int base, int task, int handler, pmap_lines *lines, pmap_answer *answer, const char **line,
    size_t *length) {
    for (; lines->items > 0; lines->items--) {
        if (__atomic_load_n(lines->stop, __ATOMIC_ACQUIRE)) return PMAP_LINES_STOPPED;
        if (!take_line(lines, line, length)) return PMAP_LINES_MISSING;
        unsigned long long item = lines->item++;
        __atomic_store_n(lines->current, item, __ATOMIC_RELEASE);
        host_was_called = false;
        pmap_begin_item(L, base, task, item);
        lua_pushlstring(L, *line, *length);
        *answer = pmap_run_item(L, handler, (long long)item);
        bool is_finished = finish_line(lines, answer);
        if (!is_finished || lines->used >= lines->enough) {
            lines->items--;
            return is_finished ? PMAP_LINES_FULL : PMAP_LINES_ANSWER;
        }
    }
    return PMAP_LINES_DONE;
}
