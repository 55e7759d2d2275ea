/* Lua's files by the C stream in them. */
#include "file.h"

#include <stdio.h>

/* The stream behind the Lua file at `index`, or NULL. */
static FILE *stream_at(lua_State *L, int index) {
    const luaL_Stream *file = luaL_testudata(L, index, LUA_FILEHANDLE);
    return file && file->closef ? file->f : NULL;
}

int pmap_file_descriptor(lua_State *L, int index) {
    FILE *stream = stream_at(L, index);
    if (!stream) return luaL_testudata(L, index, LUA_FILEHANDLE) ? PMAP_CLOSED_FILE : PMAP_NO_FILE;
    fflush(stream); /* of a file that is read: its offset becomes that of the script, not of the buffer's end */
    int descriptor = fileno(stream);
    if (descriptor >= 0) return descriptor;
    return stream == stdout ? 1 : PMAP_NO_DESCRIPTOR;
}

/* glibc has a function for how much is buffered for writing, and none for how much is buffered for reading. */
size_t pmap_file_buffered(lua_State *L, int index) {
    const FILE *stream = stream_at(L, index);
    return stream ? (size_t)(stream->_IO_read_end - stream->_IO_read_ptr) : 0;
}

size_t pmap_push_buffered(lua_State *L, int index) {
    FILE *stream = stream_at(L, index);
    size_t size = pmap_file_buffered(L, index);
    char *buffer = lua_newuserdatauv(L, size, 0);
    if (size > 0) size = fread(buffer, 1, size, stream);
    lua_pushlstring(L, buffer, size);
    lua_remove(L, -2);
    return size;
}

void pmap_file_unbuffered(lua_State *L, int index) {
    FILE *stream = stream_at(L, index);
    if (stream) setvbuf(stream, NULL, _IONBF, 0);
}

bool pmap_file_write(lua_State *L, int index, const char *bytes, size_t size) {
    FILE *stream = stream_at(L, index);
    return stream && fwrite(bytes, 1, size, stream) == size && fflush(stream) == 0;
}
