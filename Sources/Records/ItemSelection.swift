// A task that only names parts of its item, as `item`, or `item.city, item.price`: then it need not be called, and other parts
// need not be read.

package import Bytes

/// What such a task returns.
package enum ItemSelection: Equatable, Sendable {
    case item
    /// The fields under these names.
    case columns([[UInt8]])
    /// Those at these places, from 1.
    case places([UInt32])

    /// As many fields are read in C.
    package static let most = 16

    /// Of an expression, or several; nil where it is anything else.
    package init?(_ code: ByteString) {
        var scanner = Scanner(code.bytes[...])
        var (names, places): ([[UInt8]], [UInt32]) = ([], [])
        repeat {
            guard scanner.take(word: "item") else { return nil }
            if let name = scanner.takeName() {
                names.append(name)
            } else if let place = scanner.takePlace() {
                places.append(place)
            } else {
                guard names.isEmpty && places.isEmpty && scanner.isAtEnd else { return nil }
                self = .item
                return
            }
        } while scanner.take(",")
        let count = names.count + places.count
        guard scanner.isAtEnd, count <= ItemSelection.most, names.isEmpty || places.isEmpty else { return nil }
        self = places.isEmpty ? .columns(names) : .places(places)
    }
}

/// What is left of the code.
private struct Scanner {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
        skipSpaces()
    }

    var isAtEnd: Bool { rest.isEmpty }

    private mutating func skipSpaces() { rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0a || $0 == 0x0d } }

    mutating func take(_ character: Character) -> Bool {
        guard rest.first == character.asciiValue else { return false }
        rest.removeFirst()
        skipSpaces()
        return true
    }

    mutating func take(word: String) -> Bool { takeWord() == Array(word.utf8) }

    private mutating func takeWord() -> [UInt8]? {
        let word = rest.prefix { byte in
            switch Character(Unicode.Scalar(byte)) {
            case "a"..."z", "A"..."Z", "0"..."9", "_": true
            default: false
            }
        }
        if word.isEmpty { return nil }
        rest = rest[word.endIndex...]
        skipSpaces()
        return Array(word)
    }

    /// `.name` or `["name"]`, the latter without escapes.
    mutating func takeName() -> [UInt8]? {
        let start = self
        if take(".") { return takeWord() }
        if take("["), let quote = rest.first, quote == 0x22 || quote == 0x27 {
            let name = rest.dropFirst().prefix { $0 != quote }
            let isPlain = !name.contains { $0 == 0x5c || $0 < 0x20 }
            if isPlain, name.endIndex < rest.endIndex {
                rest = rest[(name.endIndex + 1)...]
                skipSpaces()
                if take("]") { return Array(name) }
            }
        }
        self = start
        return nil
    }

    /// `[3]`
    mutating func takePlace() -> UInt32? {
        guard take("["), let word = takeWord(), take("]") else { return nil }
        guard word.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
        return UInt32(String(decoding: word, as: UTF8.self))
    }
}
