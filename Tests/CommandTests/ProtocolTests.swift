// Tasks that find pmap's own pipes and write into them or fill them, and what happens around those pipes. A worker
// cannot be kept from it; what it gains is its own end.

import Running
import Testing

/// `pipes(reading)` and `pipes(writing)` are the paths of a worker's pipe from the host, and to it; after `hold()` the
/// host sees nothing until it is continued.
private let library = """
    reading, writing = "0", "1"
    function pipes(direction)
      local own = "/proc/" .. io.open("/proc/self/stat"):read "n"
      local found = {}
      local output = io.popen("readlink " .. own .. "/fd/1"):read() -- a pipe as well, for what programs print
      for number in io.popen("ls " .. own .. "/fd"):lines() do
        local info = io.open(own .. "/fdinfo/" .. number)
        local target = io.popen("readlink " .. own .. "/fd/" .. number):read() or ""
        if info and tonumber(number) > 63 and target:find "^pipe" and target ~= output and info:read "a":match "flags:%s*%d-(%d)\\n" == direction then
          found[#found + 1] = own .. "/fd/" .. number
        end
      end
      return found
    end
    host = math.tointeger(io.open("/proc/self/stat"):read "n")
    function hold()
      os.execute("kill -STOP " .. host)
      repeat local state = io.open("/proc/" .. host .. "/stat"):read "a":match "%) (%u)" until state == "T"
    end
    """

private func onX(
    _ claim: String, _ code: String, _ line: String, out: String, err: String = "", status: Int32 = 0
) -> Row {
    Row(
        claim,
        ["t.lua": library + "\nfunction task(item) if item == 'x' then \(code) end return item end"],
        line, out: out, err: err, status: status)
}

private func killed(_ place: Int, of items: Int) -> String {
    "pmap: :::\(place): the worker (pid N) was killed by SIGKILL while it ran this item, "
        + "after something had written into pmap's own pipes; the others went on\n"
        + lastLine(1, of: items, "1 crash")
}

@Test(arguments: ["-j 1", "-j 2", "-j 1 --chunk 1", "-j 1 --chunk 3"])
func `what a task does to pmap's pipes costs its item at most`(options: String) throws {
    let table = [
        onX(
            "garbage for the host",
            "io.open(pipes(writing)[1], 'a'):write(('garbage'):rep(1000)):close() os.execute 'sleep 5'",
            "pmap \(options) t.lua ::: a x b c", out: "a\nb\nc\n", err: killed(2, of: 4), status: 1),
        onX(
            "garbage for the worker itself", "io.open(pipes(reading)[1], 'a'):write(('garbage'):rep(100)):close()",
            "pmap \(options) t.lua ::: a x b c", out: "a\nx\nb\nc\n"),
        onX(
            "a gigabyte for the host, which has less memory",
            "local file = io.open(pipes(writing)[1], 'a') local megabyte = ('garbage!'):rep(1 << 17) for i = 1, 1024 do file:write(megabyte) end",
            "ulimit -v 200000; pmap \(options) t.lua ::: a x b c", out: "a\nb\nc\n", err: killed(2, of: 4), status: 1),
        onX(
            "a pipe filled until it takes no more",
            "local file = io.open(pipes(reading)[1], 'a') while true do file:write(('garbage'):rep(10000)) end",
            "pmap --timeout 0.5 \(options) t.lua ::: a x b c", out: "a\nb\nc\n",
            err: "pmap: :::2: timed out after 0.5 s‹…›" + lastLine(1, of: 4, "1 timeout"), status: 1),
    ]
    for row in table { try row.check() }
}

@Test(arguments: ["a", "x"])
func `what was done before pmap sees what a task has written into its pipe is done, and is done once`(
    first: String
) throws {
    // Every item is sent by itself; pmap sees nothing of them between the item `first` and z.
    let script = """
        \(library)
        function task(item)
          io.open("ran", "a"):write(item, " "):close()
          if item == "\(first)" then hold() end
          if item == "x" then io.open(pipes(writing)[1], "a"):write(("garbage"):rep(100)):close() end
          if item == "z" then os.execute("kill -CONT " .. host .. "; sleep 60") end
          return item
        end
        """
    try Row(
        "batches around garbage", script,
        "pmap -j 1 --chunk 4 --halt soon,success=9 t.lua ::: a x b z c; s=$?; cat ran; exit $s",
        out: "a\nx\nb\nc\na x b z c ", err: killed(4, of: 5), status: 1
    ).check()
}

@Test func `a task that makes what it tells unreadable costs its item, though others are told of with it`() throws {
    // An empty batch with the number of the next one: what the worker sends itself is a batch too many from then on.
    let script = """
        \(library)
        function task(item)
          if item == "x" then
            hold()
            local own = io.open("/proc/self/stat"):read "n"
            os.execute("(await test -e last; await asleep " .. own .. "; kill -CONT " .. host .. ") > /dev/null 2>&1 &")
            io.open(pipes(writing)[1], "a"):write(string.pack("=I8I8I8", 0x70616d7062617463, 1, 0)):close()
          end
          if item == "d" then io.open("last", "w"):close() end
          return item
        end
        """
    try Row(
        "a batch that is not the worker's", script, "pmap -j 1 --chunk 5 t.lua ::: a b x c d", out: "a\nb\nc\nd\n",
        err: killed(3, of: 5), status: 1
    ).check()
}

@Test func `a worker holds no other worker's pipes`() throws {
    // Of six workers alive at once, a pipe is one's own or, as standard input and output, everybody's.
    let task = """
        os.execute "await '[ $(ls ran | wc -l) -ge 6 ]'"
        return io.popen("ls -l /proc/" .. own .. "/fd 2>/dev/null | awk '$9 > 63 && /pipe/ { print $11 }' | sort -u"):read "a"
        """
    try Row(
        "six workers",
        "function task() local own = io.open('/proc/self/stat'):read 'n' io.open('ran/' .. own, 'w'):close()\n\(task) end",
        "mkdir ran; seq 6 | pmap -j 6 --chunk 1 --max-tasks 1 t.lua | grep . | sort | uniq -c | awk '{ print ($1 == 1 || $1 >= 6) }' | sort -u",
        out: "1\n"
    ).check()
}

@Test func `a worker that is killed in the middle of reading its items is replaced, and they run`() throws {
    // The worker is stopped when the large item comes, so that the pipe takes only part of it; of the host's writing all else is
    // less.
    let script = """
        function task(item)
          if item == "a" then io.open("worker", "w"):write(io.open("/proc/self/stat"):read "n"):close() end
          return #item
        end
        """
    let input = """
        echo a; await test -s out; worker=$(cat worker) host=$(cut -d ' ' -f 4 /proc/$worker/stat)
        kill -STOP $worker; await stopped $worker; head -c 30000000 /dev/zero | tr '\\0' x; echo
        await "awk '/^wchar/ { exit \\$2 < 60000 }' /proc/$host/io"; kill -9 $worker; echo b
        """
    try Row(
        "30 MB", script,
        "{ \(input); } | pmap -j 1 --chunk 1 t.lua > out; cat out",
        out: "1\n30000000\n1\n"
    ).check()
}

@Test(arguments: ["-j 1", "-j 2 --chunk 1", "-j 2 --chunk 15"])
func `pipes that are full both ways do not wait for each other`(options: String) throws {
    try Row(
        "30 lines of 1 MB", [:],
        "for i in $(seq 30); do head -c 1000000 /dev/zero | tr '\\0' x; echo; done > f; cat f | pmap \(options) -e item | cmp - f"
    ).check()
}
