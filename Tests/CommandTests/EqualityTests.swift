// The same bytes for any number of workers, any kind of input and any chunking: those of a plain lua5.4 loop.

import Foundation
import Running
import Testing

private let script = """
    function task(item, index)
      if item == "" then
        return nil
      elseif #item % 7 == 0 then
        print("seven", index)
      elseif index % 11 == 0 then
        pmap.emit(index)
        pmap.emit("twice", #item)
      end
      return index, #item, item:sub(1, 30), #item > 20
    end
    """

/// What pmap does, said in a loop.
private let loop = """
    local function record(...)
      local fields = table.pack(...)
      for i = 1, fields.n do fields[i] = tostring(fields[i]) end
      if fields[1] ~= "nil" then io.write(table.concat(fields, "\\t"), "\\n") end
    end
    pmap = { emit = record }
    dofile "t.lua"
    local index = 0
    for line in io.lines() do
      index = index + 1
      record(task(line, index))
    end
    """

/// 60,000 lines of every kind, 3 MB; the last one has no newline.
private let input: [UInt8] = {
    var state: UInt64 = 88_172_645_463_325_252
    func next(_ limit: UInt64) -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state % limit
    }
    var bytes: [UInt8] = []
    for number in 1...60_000 {
        let length = number % 20_000 == 0 ? 200_000 : next(20) == 0 ? 0 : next(60)
        for _ in 0..<length {
            let byte = UInt8(next(256))
            bytes.append(next(4) > 0 ? byte & 63 + 48 : byte == 10 ? 0 : byte)
        }
        bytes.append(10)
    }
    return bytes + Array("the end".utf8)
}()

/// A folder with the script, the input whole and in three parts, and what the plain loop makes of it.
private func prepared() throws -> Scratch {
    let folder = try Scratch(["t.lua": script, "loop.lua": loop])
    try folder.write(Data(input), to: "f")
    let cuts = [0, input.count / 3, input.count / 3 + 12_345, input.count].map { cut in
        cut == 0 || cut == input.count ? cut : (input[cut...].firstIndex(of: 10) ?? cut) + 1
    }
    for part in 0..<3 { try folder.write(Data(input[cuts[part]..<cuts[part + 1]]), to: "f\(part)") }
    let outcome = try Run("lua5.4 loop.lua < f > expected && cat f0 f1 f2 | cmp - f", in: folder).finish()
    #expect(outcome == .silence)
    return folder
}

@Test(arguments: ["-j 0", "-j 1", "-j 2", "-j 7"])
func `the output is that of a plain loop`(jobs: String) throws {
    let folder = try prepared()
    let ways = [
        ("", "f"), ("", "f0 f1 f2"), ("", "< f"), ("", "f0 - f2 < f1"), ("cat f |", ""), ("cat f0 |", "- f1 f2"),
    ]
    for (before, inputs) in ways {
        for chunk in ["", "--chunk 1000", "--chunk 7"] where jobs != "-j 0" || chunk == "" {
            let line = "\(before) pmap \(jobs) \(chunk) t.lua \(inputs)"
            let outcome = try Run("\(line) > out; s=$?; cmp out expected && exit $s", in: folder).finish()
            #expect(outcome == .silence, "\(line)")
        }
    }
}

@Test(arguments: ["-j 0", "-j 1", "-j 2", "-j 7"])
func `one item a chunk is still the output of a plain loop`(jobs: String) throws {
    let folder = try prepared()
    let outcome = try Run(
        "head -3000 f > s; lua5.4 loop.lua < s > e; for f in s '- < s'; do eval pmap \(jobs) --chunk 1 t.lua $f | cmp - e; done",
        in: folder
    ).finish()
    #expect(outcome == .silence)
}

@Test(arguments: ["-j 1", "-j 2", "-j 7"])
func `-u writes the same records in some order`(jobs: String) throws {
    let folder = try prepared()
    let outcome = try Run(
        "pmap -u \(jobs) --chunk 100 t.lua f | LC_ALL=C sort > out; LC_ALL=C sort expected | cmp - out", in: folder
    ).finish()
    #expect(outcome == .silence)
}

/// Answers and does all kinds of things, by the item.
private let mixed = """
    function task(item, index)
      local kind = index % 13
      if kind == 1 then return index end
      if kind == 2 then return nil end
      if kind == 3 then pmap.emit(item) return "emitted" end
      if kind == 4 then print "printed" return item end
      if kind == 5 then error("no " .. item, 0) end
      if kind == 6 then return nil, "refused" end
      if kind == 7 then return item, index end
      if kind == 8 then return "" end
      if kind == 9 then return { index } end
      if kind == 10 then return math.random(1000) .. "" end
      if kind == 11 then return 1e16, -0.0, index / 100, index / -7, index * 1e9, math.mininteger, nil, index > 9 end
      if kind == 12 then return pmap.object { item } end
      if index == 507 then return item:rep(400000) end
      return item
    end
    """

/// Answers tables of all kinds, by the item, which is JSON.
private let mixedTables = """
    function task(item, index)
      local kind = index % 12
      if kind == 1 then return { item, index / 8, { item } } end
      if kind == 2 then return nil end
      if kind == 3 then pmap.emit { n = index } return pmap.object {} end
      if kind == 4 then print "printed" return item end
      if kind == 5 then return { rows = { 1, { bad = print } } } end
      if kind == 6 then return nil, "refused" end
      if kind == 7 then return item, index end
      if kind == 8 then return { [index] = item, ["" .. index + 1] = 1 } end
      if kind == 9 then return { s = ("\\"é\\n"):rep(index), z = { 1, nil, 3 } } end
      if kind == 10 then return pmap.array { a = 1 } end
      if kind == 11 and index > 200 then local t = { item } for _ = 1, index do t = { t } end return t end
      if index == 480 then return { ("x"):rep(3000000) } end
      return item
    end
    """

/// Lines of JSON and of what is none.
private let oddLines = [
    "{}", "[]", "{\"a\":1,\"b\":[true,false,null]}", "", "  \t", "1", "-0", "-0.0", "1e2", "18446744073709551615",
    "-18446744073709551616", "1e999", "01", "nul", "\"a\\u00e9\\n\\\"\"", "\"\\x\"", "\"\u{feff}\"", "\u{feff}[1]",
    "{\"a\":1,\"a\":2}", "[0,-0]", "{\"d\":\"2001-01-02\",\"n\":0}",
    "{\"a\":}", "[1,", "1 2", "\"" + String(repeating: "long ", count: 2000) + "\"", "{\"k\":{\"k\":{\"k\":[[[[]]]]}}}",
    String(repeating: "[", count: 1024) + String(repeating: "]", count: 1024), String(repeating: "[", count: 1025),
    "[" + (1...300).map { "\($0).5" }.joined(separator: ", ") + "]",
    "{" + (1...100).map { "\"k\($0)\":\($0)" }.joined(separator: ",") + "}", "\r", "{\"\":0}\r", "\"\u{1}\"",
]

@Test(
    arguments: [
        "-t jsonl", "-t lines", "-t none", "--filter -t jsonl", "--filter -t lines", "-t lua",
        "-t jsonl --chunk 7 --on-error keep", "-t jsonl --errors kept", "--filter -t jsonl --errors kept",
    ], [0, 2])
func `JSON that is run many at a time gives what it gives one by one`(options: String, workers: Int) throws {
    let script = """
        for i in $(seq 20); do cat lines; printf '"\\377"\\n["\\303\\251"]\\n'; done > f
        pmap -j \(workers) -f jsonl \(options) t.lua f > many 2> many-errors; echo $?
        [ ! -e kept ] || mv kept many-kept
        pmap -j \(workers) -f jsonl \(options) --chaos delay=0% t.lua f > single 2> single-errors
        for f in *kept; do [ ! -e $f ] || sed -i 's/,"worker":.*//' $f; done
        [ ! -e kept ] || cmp kept many-kept
        cmp many single && cmp many-errors single-errors && wc -c < many | awk '{ print ($1 > 50000) }'
        """
    let folder = try Scratch(["t.lua": mixedTables, "lines": oddLines.map { $0 + "\n" }.joined()])
    #expect(try Run(script, in: folder).finish().output == "1\n\(options.contains("none") ? 0 : 1)\n")
}

@Test(
    arguments: [
        "", "-0", "-f nul -t lines", "-t nul", "-t none", "--filter", "-0 --filter -t nul", "--filter -t nul",
        "--chunk 1", "--chunk 7", "--on-error keep",
    ], [0, 2])
func `items that are run many at a time give what they give one by one`(options: String, workers: Int) throws {
    // With --chaos each item is looked at by itself, and with a chance of nothing nothing happens to it.
    let script = """
        for i in $(seq 900); do echo "line $i$(printf '\\r\\377')"; echo; done > f; printf 'last' >> f
        case '\(options)' in *-0*|*'-f nul'*) tr '\\n' '\\0' < f > g; mv g f;; esac
        pmap -j \(workers) --seed 1 \(options) t.lua f > many 2> many-errors; echo $?
        pmap -j \(workers) --seed 1 \(options) --chaos delay=0% t.lua f > single 2> single-errors
        cmp many single && cmp many-errors single-errors && wc -c < many | awk '{ print ($1 > 4000000), ($1 > 5000) }'
        """
    let isLong = !options.contains("none") && !options.contains("filter")
    let isWritten = !options.contains("none")
    #expect(
        try Run(script, in: Scratch(["t.lua": mixed])).finish().output
            == "1\n\(isLong ? 1 : 0) \(isWritten ? 1 : 0)\n")
}
