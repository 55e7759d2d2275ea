// What was done when, in a fixed number of bins: where the run gets longer than they reach, each two become one.

struct TimeBins {
    /// Bins for the whole run. A worker's lane has as many, or fewer where there are many lanes.
    static let count = 512
    /// Cells of all lanes; what the page's size allows.
    private static let mostCells = 32_768
    private static let outcomes = MarkOutcome.allCases.count

    /// A bin is 2 to this nanoseconds long: 65 µs at first.
    private(set) var shift = 16
    /// So many bins of the run are one of a lane, as a power of two.
    private let laneShift: Int
    /// Nanoseconds in which items ran, of all workers.
    private(set) var busy = [Int](repeating: 0, count: count)
    /// Attempts that ended, by outcome.
    private var ended = [Int](repeating: 0, count: count * outcomes)
    /// By lane, bin and outcome.
    private var laneBusy: [Int] = []
    /// By lane and bin: attempts that ended.
    private var laneEnded: [Int] = []

    init(workers: Int) {
        var laneShift = 0
        while workers > TimeBins.mostCells / (TimeBins.count >> laneShift), laneShift < 8 { laneShift += 1 }
        self.laneShift = laneShift
    }

    var width: Int { 1 << shift }
    var laneWidth: Int { 1 << (shift + laneShift) }
    private var laneBins: Int { TimeBins.count >> laneShift }
    private(set) var lanes = 0

    mutating func makeLanes(_ count: Int) {
        if lanes >= count { return }
        laneEnded += Array(repeating: 0, count: laneBins * (count - lanes))
        laneBusy += Array(repeating: 0, count: laneBins * (count - lanes) * TimeBins.outcomes)
        lanes = count
    }

    /// Lanes count from 0.
    mutating func add(_ outcome: MarkOutcome, lane: Int, from start: Int, to end: Int) {
        let end = max(end, 0)
        let start = min(max(start, 0), end)
        addEnd(outcome, lane: lane, at: end)
        let last = end >> shift
        var (bin, time) = (start >> shift, start)
        while bin < last {
            let next = (bin + 1) << shift
            addBusy(next - time, outcome, lane, bin)
            (bin, time) = (bin + 1, next)
        }
        addBusy(end - time, outcome, lane, last)
    }

    /// An attempt that is drawn already, under another outcome, has ended.
    mutating func addEnd(_ outcome: MarkOutcome, lane: Int, at end: Int) {
        while max(end, 0) >> shift >= TimeBins.count { merge() }
        let bin = max(end, 0) >> shift
        ended[outcome.rawValue * TimeBins.count + bin] += 1
        laneEnded[lane * laneBins + bin >> laneShift] += 1
    }

    private mutating func addBusy(_ nanoseconds: Int, _ outcome: MarkOutcome, _ lane: Int, _ bin: Int) {
        busy[bin] += nanoseconds
        laneBusy[(lane * laneBins + bin >> laneShift) * TimeBins.outcomes + outcome.rawValue] += nanoseconds
    }

    private mutating func merge() {
        TimeBins.halve(&busy, rows: 1, of: TimeBins.count, times: 1)
        TimeBins.halve(&ended, rows: TimeBins.outcomes, of: TimeBins.count, times: 1)
        TimeBins.halve(&laneEnded, rows: lanes, of: laneBins, times: 1)
        TimeBins.halve(&laneBusy, rows: lanes, of: laneBins, times: TimeBins.outcomes)
        shift += 1
    }

    /// In each row of `count` bins, each of them `times` numbers, adds neighbours.
    private static func halve(_ numbers: inout [Int], rows: Int, of count: Int, times: Int) {
        for row in 0..<rows {
            let base = row * count * times
            for bin in 0..<count {
                for place in 0..<times {
                    let (left, right) = (base + 2 * bin * times + place, base + (2 * bin + 1) * times + place)
                    numbers[base + bin * times + place] = 2 * bin < count ? numbers[left] + numbers[right] : 0
                }
            }
        }
    }

    func ended(_ outcome: MarkOutcome) -> ArraySlice<Int> {
        ended[outcome.rawValue * TimeBins.count..<(outcome.rawValue + 1) * TimeBins.count]
    }

    func ended(inLane lane: Int) -> ArraySlice<Int> { laneEnded[lane * laneBins..<(lane + 1) * laneBins] }

    /// Nanoseconds by bin.
    func busy(inLane lane: Int, _ outcome: MarkOutcome) -> [Int] {
        (lane * laneBins..<(lane + 1) * laneBins).map { laneBusy[$0 * TimeBins.outcomes + outcome.rawValue] }
    }
}
