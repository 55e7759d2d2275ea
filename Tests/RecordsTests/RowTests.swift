// Tables as text: what is read of them, or why it is not.

import Foundation
import Lua
import Testing

@testable import Records

/// An input as text → each of its items as JSON, or its message; `-` for a line that is none.
private func readAll(_ text: String, _ layout: InputLayout) throws -> [String] {
    let harness = try RecordHarness()
    var reader = RecordReader(layout, tags: harness.tags)
    let bytes = Array(text.utf8)
    return try withRecordBytes(bytes + Array(repeating: 0, count: 64)) { memory in
        var rest = memory[0..<bytes.count]
        var header: RecordBytes?
        if layout.hasHeader {
            var rows = RecordCursor(rest, RecordFraming(layout.framing.record))
            header = rows.next()
            rest = rest.from(rows.offset)
        }
        reader.begin(rest, under: header, isFirst: header == nil)
        var cursor = RecordCursor(rest, layout.framing)
        var found: [String] = []
        while let record = cursor.next() {
            do throws(RecordError) {
                guard try reader.read(record, onto: harness.stack) == .value else {
                    found.append("-")
                    continue
                }
            } catch {
                #expect(harness.stack.top == 0)
                found.append(error.description)
                continue
            }
            found.append(String(try harness.writeTop(1, as: .jsonl).dropLast()))
            harness.stack.pop()
        }
        return found
    }
}

/// The ends of the items of `text`, of which each is searched in two pieces, where the cut is in it.
private func ends(_ text: [UInt8], _ framing: RecordFraming, cutAt cut: Int) -> [Int] {
    withRecordBytes(text) { bytes in
        var (ends, start) = ([Int](), 0)
        while start < bytes.count {
            var search = ItemSearch(framing)
            if start < cut {
                if let end = search.end(in: bytes[start..<cut]) {
                    start += end
                    ends.append(start)
                    continue
                }
                guard let end = search.end(in: bytes.from(cut)) else { break }
                start = cut + end
            } else {
                guard let end = search.end(in: bytes.from(start)) else { break }
                start += end
            }
            ends.append(start)
        }
        return ends
    }
}

/// However the search for an item's end is cut in two, it finds the same, and so does the cursor before the input's end.
private func expectSameEnds(_ text: String, _ framing: RecordFraming) {
    let bytes = Array(text.utf8)
    let whole = ends(bytes, framing, cutAt: 0)
    for cut in 0...bytes.count {
        let cutEnds = ends(bytes, framing, cutAt: cut)
        #expect(cutEnds == whole, "\(text.debugDescription) in two, at \(cut)")
    }
    let seen: [Int] = withRecordBytes(bytes) { bytes in
        var cursor = RecordCursor(bytes, framing)
        return whole.map { _ in
            _ = cursor.next()
            return cursor.offset
        }
    }
    #expect(seen == whole, "\(text.debugDescription)")
}

private struct Table: Sendable, CustomTestStringConvertible {
    var text: String
    var items: [String]
    var layout: InputLayout

    init(_ text: String, _ items: String...) { self.init(InputLayout(.csv), text, items) }
    init(_ layout: InputLayout, _ text: String, _ items: [String]) {
        (self.layout, self.text, self.items) = (layout, text, items)
    }

    var testDescription: String { text.debugDescription }

    func check() throws {
        #expect(try readAll(text, layout) == items)
        expectSameEnds(text, layout.framing)
        expectSameEnds(text, RecordFraming(layout.framing.record, batch: 3))
    }
}

private func late(_ field: Int) -> String { "field \(field) has a quote in it, and does not begin with one" }
private func after(_ field: Int) -> String {
    "field \(field) goes on after its closing quote; a quote in it is written \"\""
}
private func open(_ field: Int) -> String { "the quote that field \(field) begins with is not closed" }
private func count(_ fields: Int, _ columns: Int) -> String {
    "\(fields) field\(fields == 1 ? "" : "s"), and the header has \(columns)"
}

@Test(arguments: [
    Table("a,b\n1,2\n", #"{"a":"1","b":"2"}"#),
    Table("a,b\n1,2", #"{"a":"1","b":"2"}"#),
    Table("a,b\r\n1,2\r\n3,4\r", #"{"a":"1","b":"2"}"#, #"{"a":"3","b":"4"}"#),
    Table("\u{FEFF}a,b\n1,2\n", #"{"a":"1","b":"2"}"#),
    Table("\u{FEFF}\"a\",\"b\"\n1,2\n", #"{"a":"1","b":"2"}"#),
    Table("a,b\n\u{FEFF}1,2\n", "{\"a\":\"\u{FEFF}1\",\"b\":\"2\"}"),
    Table("a,b\n\u{FEFF}\"1\",2\n3,4\n", late(1), #"{"a":"3","b":"4"}"#),
    Table("a,b\nï,\"x\ny\"\n", #"{"a":"ï","b":"x\ny"}"#),
    Table("\"a,b\",\"c\nd\"\n1,2\n", #"{"a,b":"1","c\nd":"2"}"#),
    Table("a,b\n\"1,2\",\"\"\n", #"{"a":"1,2","b":""}"#),
    Table("a,b\n\"\"\"\",\"\"\"\"\"\"\n", #"{"a":"\"","b":"\"\""}"#),
    Table("a,b\n\"x\ny\",\"\n\"\n1,2\n", #"{"a":"x\ny","b":"\n"}"#, #"{"a":"1","b":"2"}"#),
    Table("a,b\r\n\"x\r\ny\",\"z\"\r\n1,2\r\n", #"{"a":"x\r\ny","b":"z"}"#, #"{"a":"1","b":"2"}"#),
    Table("a,b\n\"\n\n\",\n,\n", #"{"a":"\n\n","b":""}"#, #"{"a":"","b":""}"#),
    Table("a,b\n 1 ,\t2\n", #"{"a":" 1 ","b":"\t2"}"#),
    Table("a,b\n\0,\0\0\n", #"{"a":"\u0000","b":"\u0000\u0000"}"#),
    Table("a,b\n1\r,2\n", #"{"a":"1\r","b":"2"}"#),
    Table("a,b\n1,\"2\r\"\r\n", #"{"a":"1","b":"2\r"}"#),
    Table("a,b\n1,5\" pipe\n2,x\n", late(2), #"{"a":"2","b":"x"}"#),
    Table("a,b\n5\",\"x\ny\"\n2,x\n", late(1), #"{"a":"2","b":"x"}"#),
    Table("a,b\n 1, \"2\"\n", late(2)),
    Table("a,b\n\"1\"x,2\n3,4\n", after(1), #"{"a":"3","b":"4"}"#),
    Table("a,b\n\"1\" ,2\n", after(1)), Table("a,b\n1,\"2\"\r\r\n", after(2)),
    Table("a,b\n\"1\"x,\"2\ny\"\n3,4\n", after(1), #"{"a":"3","b":"4"}"#),
    Table("a,b\n\"1\"\"2\"3\",4\n5,6\n", after(1), #"{"a":"5","b":"6"}"#),
    Table("a,b\n1\n2,3\n4,5,6\n,\n", count(1, 2), #"{"a":"2","b":"3"}"#, count(3, 2), #"{"a":"","b":""}"#),
    Table("a,b\n1,2,\n", count(3, 2)),
    Table("a,b\n\n1,2\n\r\n3,4\n\n", "-", #"{"a":"1","b":"2"}"#, "-", #"{"a":"3","b":"4"}"#, "-"),
    Table("a,b\n1,\"2\n3,4\n5,6\n", open(2), #"{"a":"3","b":"4"}"#, #"{"a":"5","b":"6"}"#),
    Table("a,b\n\"1,2", open(1)), Table("a,b\n1,\"", open(2)), Table("a,b\n\"\"\"", open(1)),
    Table("a,b\n\"1\n\"2\n3,4\n", after(1), #"{"a":"3","b":"4"}"#),
    Table("a,b\n\"1\n2,\"3\n4,5\n", after(1), #"{"a":"4","b":"5"}"#),
    Table("a,b\n1,\"2\n3,\"\"4\n5,6\n", open(2), after(2), #"{"a":"5","b":"6"}"#),
    Table("a,b\n\"\n\n\"\"\n1,2\n", open(1), "-", count(1, 2), #"{"a":"1","b":"2"}"#),
    Table("a\n1\n\n\"\"\n2\n", #"{"a":"1"}"#, #"{"a":""}"#, #"{"a":""}"#, #"{"a":"2"}"#),
    Table("a\n\r\n\"x\ny\"", #"{"a":""}"#, #"{"a":"x\ny"}"#),
    Table("\n1\n", #"{"":"1"}"#), Table("a,\n1,2\n", #"{"":"2","a":"1"}"#),
    Table("a,b\n"), Table("a,b"), Table(""), Table("\u{FEFF}"),
])
private func `csv is read as people write it, and each row that is none says why`(table: Table) throws {
    try table.check()
}

private func csv(_ separator: String = ",", header: Bool = true) -> InputLayout {
    var layout = InputLayout(.csv)
    (layout.separator, layout.hasHeader) = (Array(separator.utf8), header)
    return layout
}

private func other(_ format: InputFormat, separator: String? = nil, header: Bool? = nil, block: Int = 0) -> InputLayout
{
    var layout = InputLayout(format)
    if let separator { layout.separator = Array(separator.utf8) }
    if let header { layout.hasHeader = header }
    layout.blockSize = block
    return layout
}

@Test(arguments: [
    Table(csv(";"), "a;b\n1,2;\"x;\ny\"\n", [#"{"a":"1,2","b":"x;\ny"}"#]),
    Table(csv("\t"), "a\tb\n1\\t\t\"2\"\n", [#"{"a":"1\\t","b":"2"}"#]),
    Table(
        csv(header: false), "\u{FEFF}\"1\",2\n3\n\n\u{FEFF}4,5,\"\n\"",
        ["[\"1\",\"2\"]", "[\"3\"]", "-", "[\"\u{FEFF}4\",\"5\",\"\\n\"]"]),
    Table(csv(header: false), "1,\"2\n3\"4\n5", [after(2), "[\"5\"]"]),
    Table(csv(header: false), "\r\n,\r\n", ["-", #"["",""]"#]),
    Table(
        other(.tsv), "\u{FEFF}a\tb\r\n1\\t\\n\t\\\\n\\r\\x\\\r\n\"\t\"2\n\n3\n",
        [#"{"a":"1\t\n","b":"\\n\r\\x\\"}"#, #"{"a":"\"","b":"\"2"}"#, "-", count(1, 2)]),
    Table(other(.tsv), "a\\tb\tc\n1\t\n", [#"{"a\tb":"1","c":""}"#]),
    Table(other(.tsv, header: false), "a\tb\n\n\t\n\\\\", [#"["a","b"]"#, "-", #"["",""]"#, #"["\\"]"#]),
    Table(
        other(.fields), " a  b\tc \n\n \t\n\"x y\"\r\nä\n",
        [#"["a","b","c"]"#, "[]", "[]", #"["\"x","y\"\r"]"#, #"["ä"]"#]),
    Table(other(.fields, separator: ","), ",a,,b\n\n,\nx", [#"["","a","","b"]"#, "[]", #"["",""]"#, #"["x"]"#]),
    Table(other(.fields, separator: " "), " a  b\n", [#"["","a","","b"]"#]),
    Table(other(.fields, separator: "ü"), "aübüüc\n\u{FC}\n", [#"["a","b","","c"]"#, #"["",""]"#]),
    Table(other(.blocks, block: 1), "a\n\nbc\nd", [#""a\n""#, #""\n""#, #""bc\n""#, #""d""#]),
    Table(other(.blocks, block: 3), "a\n\nbc\nd\ne", [#""a\n\n""#, #""bc\n""#, #""d\ne""#]),
    Table(
        other(.blocks, block: 4), "abc\nd\n\n\nlonger\nx\n", [#""abc\n""#, #""d\n\n\n""#, #""longer\n""#, #""x\n""#]),
    Table(other(.blocks, block: 100), "a\r\nb\n", [#""a\r\nb\n""#]),
    Table(other(.blocks, block: 5), "", []),
])
private func `other tables, fields and blocks are read by their own rules`(table: Table) throws { try table.check() }

private func batch(_ size: Int, of layout: InputLayout) -> InputLayout {
    var layout = layout
    layout.batch = size
    return layout
}

@Test(arguments: [
    Table(batch(2, of: other(.lines)), "a\n\nb\nc\r\nd", [#"["a",""]"#, #"["b","c\r"]"#, #"["d"]"#]),
    Table(batch(1, of: other(.lines)), "a\nb", [#"["a"]"#, #"["b"]"#]),
    Table(batch(9, of: other(.nul)), "a\n\0b\0c", [#"["a\n","b","c"]"#]),
    Table(
        batch(2, of: other(.jsonl)), "1\n\n[2]\n3,\n{}",
        [
            "[1]", "record 2 of the batch: not JSON: a comma, colon, bracket or value is missing, or one too many",
            "[{}]",
        ]),
    Table(batch(2, of: other(.fields)), "a b\n\nc\n", [#"[["a","b"],[]]"#, #"[["c"]]"#]),
    Table(
        batch(2, of: csv()), "a,b\n1,\"x\n\"\n2,y\n\n3,z\n4\n5,v\n6,w",
        [
            #"[{"a":"1","b":"x\n"},{"a":"2","b":"y"}]"#, #"[{"a":"3","b":"z"}]"#,
            "record 1 of the batch: \(count(1, 2))", #"[{"a":"6","b":"w"}]"#,
        ]),
    Table(
        batch(2, of: csv(header: false)), "\u{FEFF}\"1\"\n2\n3,\"\n4\n5\n",
        [#"[["1"],["2"]]"#, "record 1 of the batch: \(open(2))", #"[["5"]]"#]),
    Table(batch(1, of: csv()), "a\n\"x\ny\"\nz", [#"[{"a":"x\ny"}]"#, #"[{"a":"z"}]"#]),
    Table(batch(2, of: other(.tsv)), "a\tb\n1\t\\n\n2\t\n", [#"[{"a":"1","b":"\n"},{"a":"2","b":""}]"#]),
    Table(batch(2, of: other(.blocks, block: 2)), "a\nb\nc\n", [#"["a\n","b\n"]"#, #"["c\n"]"#]),
])
private func `a batch is a list of so many records`(table: Table) throws { try table.check() }

@Test func `a header that is wrong says why, and one that is not gives its names`() throws {
    let harness = try RecordHarness()
    func names(_ header: String, _ layout: InputLayout = csv()) throws -> [String] {
        let bytes = Array(header.utf8)
        return try withRecordBytes(bytes + [0]) {
            try RecordReader.columns(of: $0[0..<bytes.count], layout, harness.stack).map {
                String(decoding: $0, as: UTF8.self)
            }
        }
    }
    #expect(try names("\u{FEFF}\"a\"\"\",b\r") == ["a\"", "b"])
    #expect(try names("") == [""])
    #expect(try names("\u{FEFF}") == [""])
    #expect(try names("a\\tb\t", other(.tsv)) == ["a\tb", ""])
    #expect(throws: RecordError.badRow(.openQuote(2))) { try names("a,\"b") }
    #expect(throws: RecordError.badRow(.quoteInside(1))) { try names("a\",b") }
    #expect(throws: RecordError.badRow(.afterQuote(1))) { try names("\"a\"b") }
    #expect(harness.stack.top == 0)
}

@Test(arguments: [
    "comma_in_quotes", "empty", "empty_crlf", "escaped_quotes", "json", "newlines", "newlines_crlf",
    "quotes_and_newlines", "simple", "simple_crlf", "utf8",
])
func `the tables of csv-spectrum are what it says they are`(name: String) throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Vectors/csv-spectrum")
    func text(_ type: String) throws -> String {
        String(decoding: try Data(contentsOf: folder.appending(path: "\(name).\(type)")), as: UTF8.self)
    }
    let table = try text("csv")
    let json = try text("json").split(whereSeparator: \.isNewline).joined()
    #expect("[\(try readAll(table, csv()).joined(separator: ","))]" == (try RecordHarness().convert(json, to: .jsonl)))
    expectSameEnds(table, csv().framing)
}
