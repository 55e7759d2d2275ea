/* The metatables that tag a table as an array or as an object: see Lua/TableTags.swift. */
#ifndef PMAP_TAGS_H
#define PMAP_TAGS_H

#include "bridge.h"

/* Their references in the registry, and their identities. */
typedef struct {
    int array, object;
    const void *array_identity, *object_identity;
} pmap_table_tags;

/* Stack: …, table → the same, tagged */
static inline void pmap_set_tag(lua_State *L, int reference) {
    lua_rawgeti(L, LUA_REGISTRYINDEX, reference);
    lua_setmetatable(L, -2);
}

/* Of the table's metatable, or NULL. */
static inline const void *pmap_metatable_identity(lua_State *L, int table) {
    if (!lua_getmetatable(L, table)) return NULL;
    const void *identity = lua_topointer(L, -1);
    lua_pop(L, 1);
    return identity;
}

#endif
