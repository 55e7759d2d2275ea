import Records
import Testing

private let known = ["lines", "nul", "jsonl", "msgpack", "fields", "csv", "tsv", "blocks"]

@Test(arguments: [
    ("json", "jsonl"), ("NDJSON", "jsonl"), ("line", "lines"), ("lnies", "lines"), ("null", "nul"),
    ("jsonlines", "jsonl"), ("MessagePack", "msgpack"), ("mpk", "msgpack"),
])
func `an unknown format's name says what was meant`(name: String, meant: String) {
    #expect(throws: RecordError.unknownFormat(name, known: known, meant: meant)) {
        try InputFormat(named: name)
    }
}

@Test func `every format has its own name`() throws {
    for format in InputFormat.allCases { #expect(try InputFormat(named: format.rawValue) == format) }
    for format in OutputFormat.allCases { #expect(try OutputFormat(named: format.rawValue) == format) }
}

@Test func `a name like no other gets the list alone`() {
    let error = RecordError.unknownFormat("parquet", known: known, meant: nil)
    #expect(throws: error) { try InputFormat(named: "parquet") }
    #expect(
        error.description == "unknown format \"parquet\": write lines, nul, jsonl, msgpack, fields, csv, tsv or blocks")
}

@Test func `what can only be written is not taken as an input`() {
    #expect(throws: RecordError.unknownFormat("lua", known: known, meant: nil)) {
        try InputFormat(named: "lua")
    }
}
