// Processes that a C module forks are not of the tree until they have to do with it: they may be what others wait for.

import Running
import Testing

private let library = """
    #include <unistd.h>
    void lua_pushinteger(void *state, long long number);
    int split(void *state) { lua_pushinteger(state, fork()); return 1; }
    """

private func stranger(_ claim: String, does act: String, out: String = "", err: String = "", status: Int32 = 0) -> Row {
    let script = """
        local mp = require "multiprocessing"
        local queue = mp.Queue()
        if package.loadlib("./c.so", "split")() == 0 then \(act) os.exit() end
        print(queue:get())
        """
    return Row(
        claim, ["c.c": library, "t.lua": script], "clang -shared -fPIC -o c.so c.c && pmap run t.lua", out: out,
        err: err, status: status)
}

@Test(arguments: [
    stranger("it puts something later", does: "os.execute 'sleep 2.2' queue:put(7)", out: "7\n"),
    stranger(
        "its own fork does",
        does: "if package.loadlib('./c.so', 'split')() == 0 then os.execute 'sleep 2.2' queue:put(7) end",
        out: "7\n"),
    stranger(
        "it ends", does: "os.execute 'sleep 0.1'",
        err: "pmap: deadlock: every process waits for another one\n"
            + "pmap:   MainProcess (pid N) waits for an empty queue at t.lua:4\n", status: 3),
])
func `a process that is not of the tree makes no deadlock while it is there`(row: Row) throws { try row.check() }
