// Python's modules that do not exist here, and what to write instead, for the error of `require`.

enum PythonNames {
    /// The error of `require` for a module of Python's; nil for other names.
    static func message(requiring module: String) -> String? {
        advice[module].map { "there is no module '\(module)'; \($0)" }
    }

    private static let pool = #"write require "multiprocessing" for processes, with Queue, Lock and Event"#
    private static let text = "Lua has string.match, gmatch and gsub, and Debian lua-lpeg"
    private static let files = "Lua has io and os; Debian has lua-filesystem, which is require \"lfs\""

    private static let advice: [String: String] = [
        "argparse": "the arguments are in arg, and what -D NAME=VALUE says in pmap.args",
        "asyncio": "write coroutine.wrap for coroutines, or require \"concurrent.futures\" for calls in processes",
        "atexit": "write local guard <close> = … for what is to run at the end of a block",
        "collections": "write tables",
        "concurrent": "write require \"concurrent.futures\"",
        "contextlib": "write local variable <close> = …",
        "copy": "write pmap.loads(pmap.dumps(value)) for a deep copy",
        "datetime": "write os.date and os.time",
        "functools": "write a function",
        "glob": files,
        "itertools": "write a loop, or a coroutine.wrap",
        "joblib": "write pmap.map(f, items)",
        "json": "Debian has lua-cjson, which is require \"cjson\"",
        "multiprocessing.dummy": "Lua has no threads; \(pool)",
        "multiprocessing.shared_memory": "write mp.Array or mp.Value for numbers and bytes in shared memory",
        "numpy": "write mp.Array for numbers in shared memory",
        "os.path": files,
        "pathlib": files,
        "pickle": "write pmap.dumps and pmap.loads",
        "psutil": "write mp.cpu_count, mp.active_children and process:is_alive",
        "queue": "write require \"multiprocessing\".Queue",
        "random": "write math.random and math.randomseed",
        "re": text,
        "shutil": files,
        "signal": "write process:terminate(), process:kill() and process:interrupt()",
        "socket": "Debian has lua-socket",
        "sys": "write arg, io.stdin, io.stdout, io.stderr and os.exit(status)",
        "tempfile": "write os.tmpname and io.tmpfile",
        "threading": "Lua has no threads; \(pool)",
        "time": "write os.time(), os.clock(), pmap.clock() and pmap.sleep(seconds)",
        "tqdm": "Lua has none; write io.stderr:write(done, \"\\r\")",
        "traceback": "write debug.traceback, xpcall(f, debug.traceback), or logging.exception",
        "typing": "Lua has no types to declare",
        "uuid": "write ids of your own, as name .. number",
    ]
}
