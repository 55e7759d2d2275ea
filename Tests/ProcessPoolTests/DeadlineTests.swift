// When an item is condemned, pressed, killed.

import Testing

@testable import ProcessPool

private let ms = 1_000_000

/// What is decided at each look, every 100 ms, about a worker that is on one item.
private func verdicts(_ items: [Int], limit: Int) -> [Deadlines.Verdict?] {
    var deadlines = Deadlines(limit: limit * ms)
    return items.enumerated().map { deadlines.look([7: $1], now: $0 * 100 * ms)[7] }
}

@Test func `an item that takes too long is asked, asked again, and killed, each half a second after the other`() {
    var expected = [Deadlines.Verdict?](repeating: nil, count: 14)
    (expected[2], expected[7], expected[12], expected[13]) = (.condemn(item: 1), .press(item: 1), .kill, .kill)
    #expect(verdicts(Array(repeating: 1, count: 14), limit: 200) == expected)
}

@Test func `an item that ends in between has had its time, and the next one has its own`() {
    #expect(
        verdicts([1, 1, 1, 2, 2, 2, 2], limit: 200) == [nil, nil, .condemn(item: 1), nil, nil, .condemn(item: 2), nil])
}

@Test func `an item unwinds for half a second, however late the host has looked`() {
    var deadlines = Deadlines(limit: 200 * ms)
    let times = [0, 900, 1300, 1399, 1400, 1899, 1900]
    #expect(
        times.map { deadlines.look([7: 1], now: $0 * ms)[7] }
            == [nil, .condemn(item: 1), nil, nil, .press(item: 1), nil, .kill])
}

@Test func `time in which the host did not run is nobody's`() {
    var deadlines = Deadlines(limit: 200 * ms)
    let times = [0, 100, 2100, 2199, 2200]
    #expect(times.map { deadlines.look([7: 1], now: $0 * ms)[7] } == [nil, nil, nil, nil, .condemn(item: 1)])
}
