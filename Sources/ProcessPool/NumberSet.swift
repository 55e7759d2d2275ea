// Small numbers, of which the lowest is wanted: such as those of the workers that are idle. No descriptors, no clock.

/// A set of numbers below a bound. Each call takes one step for every factor of 64 in the bound.
struct NumberSet {
    /// A bit for each number; then a bit for each word of the level below that is not 0; the last level is one word.
    private var levels: [[UInt64]] = []
    private(set) var count = 0

    init(below bound: Int) {
        var bits = max(bound, 1)
        repeat {
            bits = (bits + 63) / 64
            levels.append(Array(repeating: 0, count: bits))
        } while bits > 1
    }

    var isEmpty: Bool { count == 0 }

    /// The lowest number.
    var first: Int? { isEmpty ? nil : levels.reversed().reduce(0) { $0 * 64 + $1[$0].trailingZeroBitCount } }

    /// Precondition: it is not there yet.
    mutating func insert(_ number: Int) {
        count += 1
        var place = number
        for level in levels.indices {
            levels[level][place / 64] |= 1 << UInt64(place % 64)
            place /= 64
        }
    }

    /// Precondition: it is there.
    mutating func remove(_ number: Int) {
        count -= 1
        var place = number
        for level in levels.indices {
            levels[level][place / 64] &= ~(1 << UInt64(place % 64))
            if levels[level][place / 64] != 0 { break }
            place /= 64
        }
    }
}
