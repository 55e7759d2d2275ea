/* Streams of random numbers by seed and stream number. */
#include "random.h"

/* A process has one state, so its data is static. */
static struct {
    unsigned long long seed, stream, children;
    unsigned long long item; /* the last one that has begun, also in its forked processes */
    bool is_seeded;
    bool uses_seed; /* of the run */
    bool is_final;  /* math.randomseed does not change the seed */
    bool is_chosen; /* math.randomseed has changed it */
} randomness;

static lua_CFunction library_random, library_randomseed;

/* SplitMix64: different pairs give different numbers, as far as 64 bits can distinguish them. */
static unsigned long long mix(unsigned long long a, unsigned long long b) {
    unsigned long long z = a * 0x9E3779B97F4A7C15 + b + 0x632BE59BD9B4E019;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

void pmap_random_seed(unsigned long long seed, bool is_final) {
    randomness.seed = seed;
    randomness.is_final = is_final;
}

bool pmap_random_chosen(unsigned long long *seed) {
    *seed = randomness.seed;
    return randomness.is_chosen;
}

void pmap_random_end_script(void) { randomness.is_final = true; }

static void begin(unsigned long long stream) {
    randomness.stream = stream;
    randomness.children = 0;
    randomness.is_seeded = false;
}

void pmap_random_begin_item(unsigned long long item) {
    begin(item);
    randomness.item = item;
    randomness.uses_seed = false;
}

unsigned long long pmap_random_item(void) { return randomness.item; }

unsigned long long pmap_random_next_child(void) { return ++randomness.children; }

void pmap_random_begin_child(unsigned long long number) {
    begin(mix(randomness.stream, number));
    pmap_random_end_script();
}

unsigned long long pmap_random_seed_of_call(unsigned long long pool, unsigned long long call) {
    return mix(mix(mix(randomness.seed, randomness.stream), pool), call);
}

bool pmap_random_uses_seed(void) { return randomness.uses_seed; }

/* Upvalues: the library's own, math.randomseed */
static int draw(lua_State *L) {
    if (!randomness.is_seeded) {
        randomness.is_seeded = true;
        randomness.uses_seed = true;
        lua_pushvalue(L, lua_upvalueindex(2));
        lua_pushinteger(L, (lua_Integer)randomness.seed);
        lua_pushinteger(L, (lua_Integer)randomness.stream);
        lua_call(L, 2, 0);
    }
    return library_random(L);
}

/* A chosen seed is for the item or process that has chosen it; the script's own is for all its items and processes.
 * Upvalues: the library's own */
static int set_seed(lua_State *L) {
    bool is_given = lua_gettop(L) > 0;
    int results = library_randomseed(L); /* the two numbers of the seed */
    randomness.is_seeded = true;
    if (randomness.is_final || results < 2) return results;
    lua_Integer first = lua_tointeger(L, -2), second = lua_tointeger(L, -1);
    randomness.seed = second ? mix((unsigned long long)first, (unsigned long long)second) : (unsigned long long)first;
    randomness.is_chosen = is_given;
    return results;
}

/* Stack: math → math; `function` replaces the library's, as a closure with the same upvalue: it calls the original
 * as a C function, as a call through Lua would cost as much as the number. */
static lua_CFunction replace(lua_State *L, const char *name, lua_CFunction function, int upvalues) {
    lua_getfield(L, -1, name);
    lua_CFunction original = lua_tocfunction(L, -1);
    if (!original || !lua_getupvalue(L, -1, 1)) luaL_error(L, "math.%s is not Lua's", name);
    if (upvalues > 1) lua_getfield(L, -3, "randomseed");
    lua_pushcclosure(L, function, upvalues);
    lua_setfield(L, -3, name);
    lua_pop(L, 1);
    return original;
}

static int change(lua_State *L) {
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_getfield(L, -1, LUA_MATHLIBNAME);
    lua_CFunction random = replace(L, "random", draw, 2); /* before randomseed is replaced */
    library_randomseed = replace(L, "randomseed", set_seed, 1);
    library_random = random;
    return 0;
}

int pmap_change_random(lua_State *L, unsigned long long seed) {
    pmap_random_seed(seed, false);
    lua_pushcfunction(L, change);
    return lua_pcall(L, 0, 0, 0);
}
