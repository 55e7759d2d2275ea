// How long items took: a logarithmic histogram, so that a run of any length has as many buckets, each of a thirty-second
// of its octave.

struct Durations {
    private var buckets = [(ok: Int, failed: Int)](repeating: (0, 0), count: Durations.bucket(of: .max) + 1)
    private(set) var count = 0
    private(set) var sum = 0
    private(set) var least = Int.max
    private(set) var most = 0

    private static let bits = 5
    private static let perOctave = 1 << bits

    mutating func add(_ nanoseconds: Int, isFailed: Bool) {
        let nanoseconds = max(nanoseconds, 0), bucket = Durations.bucket(of: nanoseconds)
        if isFailed { buckets[bucket].failed += 1 } else { buckets[bucket].ok += 1 }
        count += 1
        sum &+= nanoseconds
        least = min(least, nanoseconds)
        most = max(most, nanoseconds)
    }

    /// The duration that this part of the items do not exceed, within 3 %: the middle of its bucket.
    func quantile(_ part: Double) -> Int {
        if count == 0 { return 0 }
        let rank = max(1, Int((Double(count) * part).rounded(.up)))
        var seen = 0
        for (bucket, counts) in buckets.enumerated() {
            seen += counts.ok + counts.failed
            if seen >= rank {
                let range = Durations.range(of: bucket)
                return min(max(range.lowerBound + (range.upperBound - 1 - range.lowerBound) / 2, least), most)
            }
        }
        return most
    }

    /// A bar of the picture.
    struct Bar: Equatable {
        let range: Range<Int>
        var (ok, failed): (Int, Int)
    }

    /// Four bars an octave, those without items omitted.
    var bars: [Bar] {
        let width = Durations.perOctave / 4
        return stride(from: 0, to: buckets.count, by: width).compactMap { first in
            let last = min(first + width, buckets.count) - 1
            let inside = buckets[first...last]
            let bar = Bar(
                range: Durations.range(of: first).lowerBound..<Durations.range(of: last).upperBound,
                ok: inside.reduce(0) { $0 + $1.ok }, failed: inside.reduce(0) { $0 + $1.failed })
            return bar.ok + bar.failed == 0 ? nil : bar
        }
    }

    /// 0 to 31 are their own buckets.
    static func bucket(of value: Int) -> Int {
        if value < perOctave { return value }
        let shift = Int.bitWidth - 1 - value.leadingZeroBitCount - bits
        return (shift + 1) * perOctave + (value >> shift) - perOctave
    }

    static func range(of bucket: Int) -> Range<Int> {
        if bucket < perOctave { return bucket..<bucket + 1 }
        let shift = bucket / perOctave - 1
        let low = (bucket % perOctave + perOctave) << shift
        let (high, overflows) = low.addingReportingOverflow(1 << shift)
        return low..<(overflows ? Int.max : high)
    }
}
