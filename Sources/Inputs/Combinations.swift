// Combinations of words: of the sources behind `:::` and its relatives. They are counted, and each is made when it is asked
// for.

package import Bytes

/// One source of words.
package struct WordList: Equatable, Sendable {
    package let words: [ByteString]
    /// Each of its words goes along with one of the source before.
    package let isLinked: Bool

    package init(_ words: [ByteString], isLinked: Bool = false) { (self.words, self.isLinked) = (words, isLinked) }
}

/// A word of each source, in every combination: the last source varies fastest. Of sources that go along with each other the
/// shortest says how many words are taken.
package struct Combinations: Equatable, Sendable {
    /// Sources that go along with each other.
    private struct Group: Equatable {
        var lists: [[ByteString]]
        var size: Int
        /// How many combinations there are of the groups behind.
        var stride = 1
    }

    private var groups: [Group] = []
    package private(set) var count: Int
    /// The words of one of them.
    package let width: Int

    /// Far below what 64 bits hold, so that nothing that is added to it overflows.
    private static let most = 1 << 53

    /// Nil when there are too many to be counted.
    package init?(_ sources: [WordList]) {
        for source in sources {
            if source.isLinked, let last = groups.indices.last {
                groups[last].lists.append(source.words)
                groups[last].size = min(groups[last].size, source.words.count)
            } else {
                groups.append(Group(lists: [source.words], size: source.words.count))
            }
        }
        width = sources.count
        count = groups.contains { $0.size == 0 } ? 0 : 1
        if count == 0 { return }
        for place in groups.indices.reversed() {
            groups[place].stride = count
            let (product, overflows) = count.multipliedReportingOverflow(by: groups[place].size)
            if overflows || product > Combinations.most { return nil }
            count = product
        }
    }

    /// Appends the words of a combination, numbered from 0, each ended by NUL, which is in no word.
    package func append(_ number: Int, to bytes: inout [UInt8]) {
        for group in groups {
            let place = number / group.stride % group.size
            for list in group.lists {
                bytes += list[place].bytes
                bytes.append(0)
            }
        }
    }
}
