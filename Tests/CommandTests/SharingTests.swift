// What a script builds before the fork is in every worker, and stays shared.

import Testing

@Test func `tables built before the fork stay shared, however much the tasks allocate`() throws {
    let script = """
        local big = {}
        for i = 1, 500000 do big[i] = { i, tostring(i) } end

        local function private_kilobytes()
          for line in io.lines "/proc/self/smaps_rollup" do
            local kilobytes = line:match "^Private_Dirty:%s+(%d+)"
            if kilobytes then return tonumber(kilobytes) end
          end
        end

        function task(item, index)
          local row = big[index]
          local garbage = {}
          for i = 1, 20 do garbage[i] = { item, row[2] } end
          if index == 50000 then return #big, private_kilobytes() < 20000 end
        end
        """
    // The tables take about 80 MB; a heap that is not frozen, or never collected, would make most of it private.
    try Row("shared", script, "seq 50000 | pmap -j 1 t.lua", out: "500000\ttrue\n").check()
}
