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
            switch scanner.takePart() {
            case .whole:
                guard names.isEmpty && places.isEmpty && scanner.isAtEnd else { return nil }
                self = .item
                return
            case .name(let name): names.append(name)
            case .place(let place): places.append(place)
            case nil: return nil
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

    enum Part {
        case whole
        case name([UInt8])
        case place(UInt32)
    }

    /// `item`, `item.name`, `item["name"]` without escapes, or `item[3]`; nil for anything else.
    mutating func takePart() -> Part? {
        guard takeWord() == Array("item".utf8) else { return nil }
        if take(".") { return takeWord().map(Part.name) }
        guard take("[") else { return .whole }
        let part = takeString().map(Part.name) ?? takeNumber().map(Part.place)
        return take("]") ? part : nil
    }

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

    private mutating func takeString() -> [UInt8]? {
        guard let quote = rest.first, quote == 0x22 || quote == 0x27 else { return nil }
        let text = rest.dropFirst().prefix { $0 != quote }
        guard text.endIndex < rest.endIndex, !text.contains(where: { $0 == 0x5c || $0 < 0x20 }) else { return nil }
        rest = rest[(text.endIndex + 1)...]
        skipSpaces()
        return Array(text)
    }

    private mutating func takeNumber() -> UInt32? {
        guard let word = takeWord(), word.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
        return UInt32(String(decoding: word, as: UTF8.self))
    }
}
