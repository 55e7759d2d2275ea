// The names of formats, and other names that users may type.

/// Names in other programs, and those of the same format here.
private let otherNames = [
    "line": "lines", "text": "lines", "txt": "lines", "raw": "lines", "null": "nul", "zero": "nul", "0": "nul",
    "print0": "nul",
    "messagepack": "msgpack", "message-pack": "msgpack", "mpk": "msgpack", "mp": "msgpack", "msgp": "msgpack",
    "json": "jsonl", "ndjson": "jsonl", "jsonlines": "jsonl", "json-lines": "jsonl", "luon": "lua", "nothing": "none",
    "no": "none",
]

/// The format that a user's word names.
func format<Format: RawRepresentable<String> & CaseIterable>(named name: String) throws(RecordError) -> Format {
    if let format = Format(rawValue: name) { return format }
    let known = Format.allCases.map(\.rawValue)
    let lower = name.lowercased()
    let likely = otherNames[lower] ?? nearest(to: lower, among: known)
    let meant = likely.flatMap { known.contains($0) ? $0 : nil }
    throw .unknownFormat(name, known: known, meant: meant)
}

/// The known name that is most similar to `name`, if one is similar.
package func nearest(to name: String, among known: [String]) -> String? {
    let least = known.map { (differences(name, $0), $0) }.min { $0.0 < $1.0 }
    return least.flatMap { $0.0 <= min(2, name.count / 2) ? $0.1 : nil }
}

/// All that somebody may have meant who wrote `name`, nearest first; what is compared is `plain` of them.
package func near(to name: String, among known: [String], as plain: (String) -> String) -> [String] {
    let found = known.map { (differences(name, plain($0)), $0) }.filter { $0.0 <= min(2, name.count / 3) }
    return found.enumerated().sorted { ($0.element.0, $0.offset) < ($1.element.0, $1.offset) }.map(\.element.1)
}

/// The edit distance of two names: characters inserted, removed or changed.
package func differences(_ name: String, _ other: String) -> Int {
    let other = Array(other)
    var row = Array(0...other.count)
    for (line, character) in name.enumerated() {
        var diagonal = row[0]
        row[0] = line + 1
        for index in other.indices {
            let changed = diagonal + (character == other[index] ? 0 : 1)
            diagonal = row[index + 1]
            row[index + 1] = min(changed, row[index] + 1, diagonal + 1)
        }
    }
    return row[other.count]
}
