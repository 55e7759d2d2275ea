// pmap run: processes, pipes and pools where their lives cross.

import Testing

@Test(arguments: [
    Row(
        "both ends of a pipe are closed here while the child waits at one of them",
        """
        local mp = require "multiprocessing"
        local ours, theirs = mp.Pipe()
        local process = mp.Process(function()
          ours:close()
          return theirs:recv()
        end)
        process:start()
        theirs:close()
        ours:close()
        print(process:result())
        """, "pmap run t.lua", out: "nil\tclosed\n"),
    Row(
        "lines longer than a pipe takes at once, from four processes, to a slow reader",
        """
        local mp = require "multiprocessing"
        for number = 1, 4 do
          mp.Process(function() for _ = 1, 50 do print(("%d"):format(number):rep(20000)) end end):start()
        end
        """,
        "pmap run t.lua | (sleep 0.3; cat) | awk '{ print length, gsub(substr($0, 1, 1), \"\") }' | sort | uniq -c",
        out: "    200 20000 20000\n"),
    Row(
        "an error that is raised again says where it was raised first",
        """
        local pool <close> = require "multiprocessing".Pool(1)
        local function deep(x) return x.field.field end
        local function work(x)
          local result = deep(x)
          return result
        end
        pool:map(work, { {} })
        """, "pmap run t.lua 2>&1 | sed 's/^\\t//; /multiprocessing/d'",
        out: """
            pmap: t.lua:2: attempt to index a nil value (field 'field')
            stack traceback:
            t.lua:2: in upvalue 'deep'
            t.lua:4: in function <t.lua:3>
            (...raised again in another process...)
            [C]: in function 'error'
            (...tail calls...)
            t.lua:7: in main chunk

            """, status: 1),
    Row(
        "what was closed is collected when something else has its place",
        """
        local mp = require "multiprocessing"
        local kept = {}
        for place = 1, 200 do
          local first, second = mp.Pipe()
          first:close()
          second:close()
          kept[place] = mp.Queue()
          kept[place]:put(place)
        end
        collectgarbage()
        local sum = 0
        for place = 1, 200 do sum = sum + kept[place]:get() end
        print(sum)
        """, "pmap run t.lua", out: "20100\n"),
    Row(
        "a closed end among those that are waited for",
        "local mp = require 'multiprocessing' local first = mp.Pipe() first:close() print(pcall(mp.wait, { first }))",
        "pmap run t.lua", out: "false\tt.lua:1: wait takes nothing that is closed\n"),
    Row(
        "a pool is made while another one replaces its workers",
        """
        local mp = require "multiprocessing"
        local function double(x) return 2 * x end
        for round = 1, 20 do
          local first <close> = mp.Pool { processes = 2, maxtasksperchild = 1 }
          first:map(double, { 1, 2, 3, 4, 5, 6, 7, 8 }, 1)
          local second <close> = mp.Pool(2)
          for x = 1, 4 do assert(second:apply(double, { x }) == 2 * x) end
        end
        """, "pmap run t.lua"),
    Row(
        "a worker makes a pool of its own",
        """
        local mp = require "multiprocessing"
        local outer <close> = mp.Pool(2)
        print(table.unpack(outer:map(function(x)
          local inner <close> = mp.Pool(2)
          return inner:apply(function(y) return y + 1 end, { x })
        end, { 10, 20, 30 })))
        """, "pmap run t.lua", out: "11\t21\t31\n"),
])
func `processes, pipes and pools come to their end`(row: Row) throws { try row.check() }

/// The second of three items takes a lock in some way and does `act`; the third one says what it finds, of the lock that
/// `setup` has taken too.
private func holding(
    _ claim: String, _ way: String, _ act: String, _ options: String, out: String, status: Int32 = 0
) -> Row {
    Row(
        claim,
        """
        local mp = require "multiprocessing"
        local lock, own = mp.Lock(), mp.Lock()
        function setup() own:acquire() end
        function task(item)
          if item == "b" then
            HELD = lock:\(way)()
            \(act)
          elseif item == "c" then
            local got, reason = lock:acquire(false)
            return tostring(own:acquire(false)), tostring(got), reason
          end
          return item
        end
        """, "pmap \(options) t.lua ::: a b c 2> errors", out: out, status: status)
}

@Test(arguments: [
    holding("it returns", "acquire", "", "-j 1", out: "a\nb\nnil\tnil\ttimeout\n"),
    holding("it raises", "acquire", "error 'x'", "-j 1", out: "a\nnil\ttrue\tabandoned\n", status: 1),
    holding(
        "it returns nil and a message", "acquire", "return nil, 'x'", "-j 1", out: "a\nnil\tnil\ttimeout\n", status: 1),
    holding(
        "it loops", "acquire", "while true do end", "-j 1 --timeout 0.2", out: "a\nnil\ttrue\tabandoned\n", status: 1),
    holding("it returns, with a hold", "hold", "", "-j 1", out: "a\nb\nnil\ttrue\t\n"),
    holding("it raises, with a hold", "hold", "error 'x'", "-j 1", out: "a\nnil\ttrue\tabandoned\n", status: 1),
    holding("it returns, without a worker", "acquire", "", "-j 0", out: "a\nb\nnil\tnil\ttimeout\n"),
    holding("it raises, without a worker", "acquire", "error 'x'", "-j 0", out: "a\nnil\ttrue\tabandoned\n", status: 1),
])
func `what an item has taken is judged as if it had been a process`(row: Row) throws { try row.check() }

private let modules = "local mp, futures = require 'multiprocessing', require 'concurrent.futures'\n"

private let notFinished =
    "pmap: 1 item of a pool may not have been finished when the script ended; "
    + "pool:close() and pool:join() wait for them\n"

@Test(arguments: [
    Row(
        "one of the script's own, and its queue",
        modules + """
            local queue = mp.Queue()
            mp.Process(function()
              while true do
                local value = queue:get()
                if value == "end" then break end
                pmap.sleep(0.05)
                print("got " .. value)
              end
            end):start()
            function task(x) queue:put(x) end
            function teardown() queue:put "end" end
            """, "pmap -j 1 t.lua ::: a b", out: "got a\ngot b\n"),
    Row(
        "a task's",
        modules + "function task(x) mp.Process(function() pmap.sleep(0.1) print('its ' .. x) end):start() end",
        "pmap -j 2 --chunk 1 t.lua ::: a b | sort", out: "its a\nits b\n"),
    Row(
        "a task's, without a worker",
        modules + "function task(x) mp.Process(function() pmap.sleep(0.1) print('its ' .. x) end):start() end",
        "pmap -j 0 t.lua ::: a b | sort", out: "its a\nits b\n"),
    Row(
        "setup's",
        modules + "function setup() mp.Process(function() pmap.sleep(0.1) print 'its' end):start() end task = print",
        "pmap -j 1 t.lua ::: a", out: "a\t1\nits\n"),
    Row(
        "a daemon is killed",
        modules
            + "function task(x) mp.Process{ target = pmap.sleep, args = { 100 }, daemon = true }:start() return x end",
        "pmap -j 1 t.lua ::: a", out: "a\n"),
    Row(
        "what an executor was given",
        modules + "function task(x) executor = futures.ProcessPoolExecutor(1) executor:submit(print, x) end",
        "pmap -j 1 t.lua ::: a", out: "a\n"),
    Row(
        "an error that nobody has asked for",
        modules
            + "function task(x) local executor <close> = futures.ProcessPoolExecutor(1) executor:submit(error, x) end",
        "pmap -j 1 t.lua ::: a", err: "pmap: nobody asked for the error of a future: a\n"),
    Row(
        "what a task's pool has not done is said",
        modules + "function task(x) pool = mp.Pool(1) pool:apply_async(pmap.sleep, { 100 }) end",
        "pmap -j 1 t.lua ::: a",
        err: notFinished),
    Row(
        "what the script's pool has not done is said",
        modules + "pool = mp.Pool(1) pool:apply_async(pmap.sleep, { 100 }) function task() end",
        "pmap -j 1 t.lua ::: a",
        err: notFinished),
    Row(
        "one that does not end costs no more than teardown may take",
        modules + "function task(x) mp.Process(pmap.sleep, 100):start() return x end",
        "pmap -j 1 --setup-timeout 0.2 t.lua ::: a", out: "a\n",
        err: "pmap: t.lua: teardown failed: timed out after 0.2 s\n", status: 1),
    Row(
        "one that fails is named as it was, and is a failure of the run",
        modules + "function task(x) mp.Process{ target = os.exit, args = { 4 }, name = x }:start() return x end",
        "pmap -j 1 t.lua ::: a", out: "a\n", err: "pmap: a (pid N) ended with status 4, and nobody has joined it\n",
        status: 1),
    Row(
        "one that fails, with -j 0", modules + "function task(x) mp.Process(os.exit, 4):start() return x end",
        "pmap -j 0 t.lua ::: a", out: "a\n",
        err: "pmap: Process-1 (pid N) ended with status 4, and nobody has joined it\n", status: 1),
    Row(
        "one that was killed long before",
        modules + """
            function task(x)
              local p = mp.Process(function() require "subprocess".run { "kill", "-9", mp.getpid() } end)
              p:start()
              while #mp.active_children() > 0 do end
            end
            """,
        "pmap -j 1 t.lua ::: a",
        err: "pmap: Worker-1:Process-1 (pid N) was killed by SIGKILL, and nobody has joined it\n",
        status: 1),
    Row(
        "a fork that fails", modules + "function task(x) if mp.fork() == 0 then os.exit(4) end return x end",
        "pmap -j 1 t.lua ::: a", out: "a\n",
        err: "pmap: Process-1 (pid N) ended with status 4, and nobody has joined it\n",
        status: 1),
    Row(
        "one that inputs has left",
        modules
            + "function inputs() mp.Process{ target = os.exit, args = { 4 }, name = 'maker' }:start() end function task() end",
        "pmap -j 1 t.lua; pmap -j 0 t.lua",
        err:
            "pmap: maker (pid N) ended with status 4, and nobody has joined it\npmap: maker (pid N) ended with status 4, and nobody has joined it\n",
        status: 1),
    Row(
        "one that inputs has left and that ends by itself, while the items are run",
        modules + """
            function inputs()
              made = (made or 0) + 1
              if made == 1 then mp.Process(function() os.execute "await test -e begun; touch ended" end):start() end
              return made == 1 and "x" or nil
            end
            function task(x) os.execute "touch begun" return x end
            """,
        "pmap -j 1 t.lua; ls ended", out: "x\nended\n"),
    Row(
        "one that inputs has left and that does not end",
        modules + """
            function inputs() mp.Process{ target = pmap.sleep, args = { 100 }, name = "maker" }:start() end
            function task() end
            """,
        "pmap -j 1 --timeout 0.1 t.lua",
        err: "pmap: maker (pid N) has run on for longer than --timeout, and was killed\n", status: 1),
    Row(
        "one of the script's own", modules + "mp.Process(os.exit, 4):start() function task(x) return x end",
        "pmap -j 1 t.lua ::: a", out: "a\n",
        err: "pmap: Process-1 (pid N) ended with status 4, and nobody has joined it\n",
        status: 1),
    Row(
        "those that were joined, looked at or ended are the script's own affair",
        modules + """
            local function start(f, ...)
              local p = mp.Process(f, ...)
              p:start()
              return p
            end
            function task()
              start(os.exit, 4):join()
              local failing = start(os.exit, 4)
              pcall(failing.result, failing)
              local p = start(os.exit, 4)
              while p.exitcode == nil do end
              p = start(os.exit, 4)
              while p:is_alive() do end
              start(pmap.sleep, 100):terminate()
              start(pmap.sleep, 100):kill()
              do local q <close> = start(pmap.sleep, 100) end
              local pid = mp.fork()
              if pid == 0 then os.exit(4) end
              mp.waitpid(pid)
            end
            """, "pmap -j 1 t.lua ::: a"),
    Row(
        "in pmap run, as in Python", modules + "mp.Process(os.exit, 4):start()", "pmap run t.lua"),
    Row(
        "a signal ends what is waited for", modules + "mp.Process(pmap.sleep, 100):start() task = print",
        """
        pmap -j 1 t.lua ::: a > out 2> /dev/null &
        until [ -s out ]; do sleep 0.01; done
        kill $!; wait $!
        """, status: 143),
])
func `processes that are not waited for end before the run, or that is said`(row: Row) throws { try row.check() }
