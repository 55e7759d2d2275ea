// Combinations of words are counted, and each is made by its number.

import Bytes
import ProcessPool
import Testing

@testable import Inputs

/// Words of one source.
func combinations(_ words: [ByteString]) -> Combinations {
    guard let combinations = Combinations([WordList(words)]) else { preconditionFailure("so few can be counted") }
    return combinations
}

private func all(_ combinations: Combinations) -> [String] {
    (0..<combinations.count).map { number in
        var bytes: [UInt8] = []
        combinations.append(number, to: &bytes)
        return bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast().map {
            String(decoding: $0, as: UTF8.self)
        }.joined(separator: "-")
    }
}

@Test(arguments: [
    ([WordList(["a", "b"])], ["a", "b"]),
    ([WordList([])], []),
    ([WordList(["a", "b"]), WordList(["1", "2"])], ["a-1", "a-2", "b-1", "b-2"]),
    ([WordList(["a", "b", "c"]), WordList(["1", "2"], isLinked: true)], ["a-1", "b-2"]),
    (
        [WordList(["a"]), WordList(["1", "2"]), WordList(["X", "Y", "Z"], isLinked: true), WordList(["", "+"])],
        ["a-1-X-", "a-1-X-+", "a-2-Y-", "a-2-Y-+"]
    ),
    ([WordList(["a"]), WordList([])], []), ([WordList([]), WordList(["a"], isLinked: true)], []),
])
func `the last source varies fastest, and linked ones go along with each other`(sources: [WordList], expected: [String])
    throws
{
    let combinations = try #require(Combinations(sources))
    #expect(combinations.width == sources.count)
    #expect(all(combinations) == expected)
}

@Test func `a combination of millions is made by itself`() throws {
    let words = WordList((0..<1000).map { ByteString("\($0)") })
    let combinations = try #require(Combinations([words, words, words, words]))
    #expect(combinations.count == 1_000_000_000_000)
    var bytes: [UInt8] = []
    combinations.append(123_456_789_012, to: &bytes)
    #expect(String(decoding: bytes, as: UTF8.self) == "123\u{0}456\u{0}789\u{0}12\u{0}")
    #expect(Combinations([words, words, words, words, words, words]) == nil)
    #expect(Combinations(Array(repeating: words, count: 30) + [WordList([])])?.count == 0)
}

@Test(arguments: [1, 2, 7, 1000])
func `a source of combinations gives them all, in chunks of so many`(items: Int) throws {
    let combinations = try #require(Combinations([WordList(["a", "b"]), WordList(["1", "2", "3"])]))
    for batch in [1, 4] {
        let source = WordSource(combinations, batch: batch, longestRecord: .max)
        var (bytes, count, positions) = ([UInt8](), 0, 0)
        while case .records(.bytes(let chunk), let found, let places) = source.nextRecords(items: items) {
            #expect(found <= items)
            (count, positions) = (count + found, positions + places)
            bytes += chunk.array
            #expect(source.rest == SourceRest(items: (6 + batch - 1) / batch - count))
        }
        #expect(String(decoding: bytes, as: UTF8.self).filter { $0 != "\u{0}" } == "a1a2a3b1b2b3")
        #expect(count == (6 + batch - 1) / batch && positions == 6)
    }
}

@Test func `words that are longer than a record may be are an item of their own`() throws {
    let combinations = try #require(Combinations([WordList(["a", "bbbb"]), WordList(["1"])]))
    let source = WordSource(combinations, batch: 1, longestRecord: 4)
    #expect(source.nextRecords(items: 5) == .records(.bytes(FrozenBytes(Array("a\u{0}1\u{0}".utf8))), count: 1))
    #expect(source.nextRecords(items: 5) == .records(.tooLong, count: 1))
    #expect(source.nextRecords(items: 5) == .end)
}
