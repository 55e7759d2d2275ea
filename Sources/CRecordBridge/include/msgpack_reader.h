/* MessagePack from outside → Lua values: only data, and never code. Called where Lua may raise for lack of memory.
 *
 * An array is a tagged table, and so is a map; nil is null. Text and binary are strings. */
#ifndef PMAP_MSGPACK_READER_H
#define PMAP_MSGPACK_READER_H

#include <item.h>
#include <tags.h>

#include <stdint.h>

typedef enum {
    pmap_msgpack_ok,
    pmap_msgpack_cut,         /* bytes are missing at its end */
    pmap_msgpack_no_value,    /* the byte `detail` begins none */
    pmap_msgpack_big_integer, /* `detail` is outside 64 bits */
    pmap_msgpack_extension,   /* its type is `detail` */
    pmap_msgpack_timestamp,   /* it is malformed */
    pmap_msgpack_nil_key,
    pmap_msgpack_nan_key,
    pmap_msgpack_depth
} pmap_msgpack_status;

typedef enum { pmap_msgpack_refuse, pmap_msgpack_as_float, pmap_msgpack_as_string } pmap_msgpack_big_integers;

enum { pmap_msgpack_max_depth = 1024 /* arrays and maps in one another */ };

/* A step of a path: a key of a map that is a string, in the record; or an integer; or another key. */
typedef struct {
    const char *name; /* or NULL */
    size_t length;
    bool is_integer;
    int64_t integer;
} pmap_msgpack_step;

/* The reader of one Lua state. */
typedef struct pmap_msgpack_reader pmap_msgpack_reader;
pmap_msgpack_reader *pmap_msgpack_create_reader(pmap_table_tags tags, pmap_msgpack_big_integers big_integers);
void pmap_msgpack_destroy_reader(pmap_msgpack_reader *reader);

/* Stack: → the value that the record begins with; or anything, when it is refused. */
pmap_msgpack_status pmap_msgpack_push(lua_State *L, pmap_msgpack_reader *reader, const char *record, size_t length);

/* Of the record that was refused last: what is wrong, and where, from the outermost array or map inwards. */
uint64_t pmap_msgpack_detail(const pmap_msgpack_reader *reader);
size_t pmap_msgpack_steps(const pmap_msgpack_reader *reader);
pmap_msgpack_step pmap_msgpack_path_step(const pmap_msgpack_reader *reader, size_t index);

/* Reads a record; `loop->reader` is a pmap_msgpack_reader. */
bool pmap_msgpack_push_item(lua_State *L, pmap_item_loop *loop);

#endif
