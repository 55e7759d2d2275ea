#include "lua_modules.h"

static const char arguments[] = {
#embed "lua/multiprocessing/arguments.lua"
};
static const char class[] = {
#embed "lua/multiprocessing/class.lua"
};
static const char command[] = {
#embed "lua/subprocess/command.lua"
};
static const char connection[] = {
#embed "lua/multiprocessing/connection.lua"
};
static const char definitions[] = {
#embed "lua/pmap/definitions.lua"
};
static const char errors[] = {
#embed "lua/multiprocessing/errors.lua"
};
static const char exit[] = {
#embed "lua/multiprocessing/exit.lua"
};
static const char functions[] = {
#embed "lua/pmap/functions.lua"
};
static const char futures[] = {
#embed "lua/concurrent/futures.lua"
};
static const char hints[] = {
#embed "lua/pmap/hints.lua"
};
static const char iterators[] = {
#embed "lua/multiprocessing/iterators.lua"
};
static const char jobs[] = {
#embed "lua/multiprocessing/jobs.lua"
};
static const char lists[] = {
#embed "lua/multiprocessing/lists.lua"
};
static const char logging[] = {
#embed "lua/logging.lua"
};
static const char managers[] = {
#embed "lua/multiprocessing/managers.lua"
};
static const char multiprocessing[] = {
#embed "lua/multiprocessing.lua"
};
static const char pool[] = {
#embed "lua/multiprocessing/pool.lua"
};
static const char popen[] = {
#embed "lua/subprocess/popen.lua"
};
static const char popen2[] = {
#embed "lua/popen2.lua"
};
static const char process[] = {
#embed "lua/multiprocessing/process.lua"
};
static const char queues[] = {
#embed "lua/multiprocessing/queues.lua"
};
static const char reducers[] = {
#embed "lua/pmap/reducers.lua"
};
static const char sharedctypes[] = {
#embed "lua/multiprocessing/sharedctypes.lua"
};
static const char shell[] = {
#embed "lua/pmap/shell.lua"
};
static const char shown[] = {
#embed "lua/multiprocessing/shown.lua"
};
static const char subprocess[] = {
#embed "lua/subprocess.lua"
};
static const char synchronize[] = {
#embed "lua/multiprocessing/synchronize.lua"
};
static const char unasked[] = {
#embed "lua/multiprocessing/unasked.lua"
};
static const char workers[] = {
#embed "lua/multiprocessing/workers.lua"
};

static const struct {
    const char *name;
    const void *text;
    size_t length;
} modules[] = {
    {"concurrent.futures", futures, sizeof futures},
    {"logging", logging, sizeof logging},
    {"multiprocessing", multiprocessing, sizeof multiprocessing},
    {"multiprocessing.arguments", arguments, sizeof arguments},
    {"multiprocessing.class", class, sizeof class},
    {"multiprocessing.connection", connection, sizeof connection},
    {"multiprocessing.errors", errors, sizeof errors},
    {"multiprocessing.exit", exit, sizeof exit},
    {"multiprocessing.iterators", iterators, sizeof iterators},
    {"multiprocessing.jobs", jobs, sizeof jobs},
    {"multiprocessing.lists", lists, sizeof lists},
    {"multiprocessing.managers", managers, sizeof managers},
    {"multiprocessing.pool", pool, sizeof pool},
    {"multiprocessing.process", process, sizeof process},
    {"multiprocessing.queues", queues, sizeof queues},
    {"multiprocessing.sharedctypes", sharedctypes, sizeof sharedctypes},
    {"multiprocessing.shown", shown, sizeof shown},
    {"multiprocessing.synchronize", synchronize, sizeof synchronize},
    {"multiprocessing.unasked", unasked, sizeof unasked},
    {"multiprocessing.workers", workers, sizeof workers},
    {"pmap.definitions", definitions, sizeof definitions},
    {"pmap.functions", functions, sizeof functions},
    {"pmap.hints", hints, sizeof hints},
    {"pmap.reducers", reducers, sizeof reducers},
    {"pmap.shell", shell, sizeof shell},
    {"popen2", popen2, sizeof popen2},
    {"subprocess", subprocess, sizeof subprocess},
    {"subprocess.command", command, sizeof command},
    {"subprocess.popen", popen, sizeof popen},
};

static const char meta_futures[] = {
#embed "meta/concurrent/futures.lua"
};
static const char meta_logging[] = {
#embed "meta/logging.lua"
};
static const char meta_multiprocessing[] = {
#embed "meta/multiprocessing.lua"
};
static const char meta_pmap[] = {
#embed "meta/pmap.lua"
};
static const char meta_popen2[] = {
#embed "meta/popen2.lua"
};
static const char meta_subprocess[] = {
#embed "meta/subprocess.lua"
};

/* In the order in which they are shown. */
static const struct {
    const void *text;
    size_t length;
} meta[] = {
    {meta_multiprocessing, sizeof meta_multiprocessing},
    {meta_futures, sizeof meta_futures},
    {meta_subprocess, sizeof meta_subprocess},
    {meta_popen2, sizeof meta_popen2},
    {meta_logging, sizeof meta_logging},
    {meta_pmap, sizeof meta_pmap},
};

enum { count = sizeof modules / sizeof *modules };

const char *pmap_lua_module_name(int place) { return place < count ? modules[place].name : NULL; }

const void *pmap_lua_module_text(int place, size_t *length) {
    *length = modules[place].length;
    return modules[place].text;
}

const void *pmap_lua_module_definitions(int place, size_t *length) {
    if (place >= (int)(sizeof meta / sizeof *meta)) return NULL;
    *length = meta[place].length;
    return meta[place].text;
}
