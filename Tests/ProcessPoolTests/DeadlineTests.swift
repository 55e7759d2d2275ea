// When an item is interrupted, and its worker killed; and which workers are killed or named for what stands around items.

import Testing

@testable import ProcessPool

private let ms = 1_000_000

private func running(_ item: Int, begun: Int = 1) -> Deadlines.Phase { .running(item: item, begun: begun) }

/// What is decided about one worker, which is found in these phases, a look every 100 ms.
private func decisions(_ phases: [Deadlines.Phase?], item: Int? = 200, setup: Int? = nil) -> [Deadlines.Decision?] {
    decisions(phases.enumerated().map { ($0 * 100, $1) }, item: item, setup: setup)
}

/// The same, for looks at these milliseconds.
private func decisions(
    _ looks: [(Int, Deadlines.Phase?)], item: Int? = 200, setup: Int? = nil
) -> [Deadlines.Decision?] {
    var deadlines = Deadlines(item: item.map { $0 * ms }, setup: setup.map { $0 * ms })
    return looks.map { time, phase in deadlines.look(phase.map { [7: $0] } ?? [:], now: time * ms)[7] }
}

@Test func `an item that takes too long is asked, asked again, and killed, each half a second after the other`() {
    var expected = [Deadlines.Decision?](repeating: nil, count: 14)
    (expected[2], expected[7]) = (.interrupt(item: 1, isFinal: false), .interrupt(item: 1, isFinal: true))
    (expected[12], expected[13]) = (.kill(running(1)), .kill(running(1)))
    #expect(decisions(Array(repeating: running(1), count: 14)) == expected)
}

@Test func `an item that ends in between has had its time, and the next one has its own`() {
    let items = [1, 1, 1, 2, 2, 2, 2].map { running($0, begun: $0) }
    #expect(
        decisions(items) == [
            nil, nil, .interrupt(item: 1, isFinal: false), nil, nil, .interrupt(item: 2, isFinal: false), nil,
        ])
}

@Test func `each try of an item has the whole time`() {
    let tries = [1, 1, 1, 2, 2, 2, 2].map { running(5, begun: $0) }
    #expect(
        decisions(tries) == [
            nil, nil, .interrupt(item: 5, isFinal: false), nil, nil, .interrupt(item: 5, isFinal: false), nil,
        ])
}

@Test func `a worker that was between items begins anew`() {
    #expect(decisions([running(1), running(1), nil, running(1), running(1)]) == [nil, nil, nil, nil, nil])
}

@Test func `an item unwinds for half a second, however late the host has looked`() {
    let times = [0, 900, 1300, 1399, 1400, 1899, 1900]
    #expect(
        decisions(times.map { ($0, running(1)) })
            == [
                nil, .interrupt(item: 1, isFinal: false), nil, nil, .interrupt(item: 1, isFinal: true), nil,
                .kill(running(1)),
            ])
}

@Test func `time in which the host did not run is nobody's`() {
    let times = [0, 100, 2100, 2199, 2200]
    #expect(decisions(times.map { ($0, running(1)) }) == [nil, nil, nil, nil, .interrupt(item: 1, isFinal: false)])
}

@Test func `time in which everything was stopped, or nobody was heard, does not count`() {
    var deadlines = Deadlines(item: 200 * ms, setup: nil)
    _ = deadlines.look([0: running(1)], now: 0)
    deadlines.shift(by: 150 * ms)
    #expect(deadlines.look([0: running(1)], now: 349 * ms) == [:])
    deadlines.forget()
    #expect(deadlines.look([0: running(1)], now: 350 * ms) == [:])
    #expect(deadlines.look([0: running(1)], now: 550 * ms) == [0: .interrupt(item: 1, isFinal: false)])
}

private let waiting = Deadlines.Phase.waiting(Deadlines.Exchange(begun: 3))

@Test(arguments: [(200, 5000), (7000, 7000)])
func `a worker that does not begin its item within the limit, but five seconds at least, is killed`(
    limit: Int, killed: Int
) {
    let looks = stride(from: 0, through: killed, by: 500).map { ($0, waiting as Deadlines.Phase?) }
    #expect(decisions(looks, item: limit) == looks.dropLast().map { _ in nil } + [.kill(waiting)])
    let fed = stride(from: 0, through: killed, by: 500).map {
        ($0, .waiting(Deadlines.Exchange(received: $0)) as Deadlines.Phase?)
    }
    #expect(decisions(fed, item: limit).allSatisfy { $0 == nil }, "something is on its way")
    #expect(decisions(looks, item: nil).allSatisfy { $0 == nil }, "nobody has set a limit")
}

@Test(arguments: [Deadlines.Phase.starting, .leaving])
func `setup and teardown may take long, and are named once, unless they have a limit`(phase: Deadlines.Phase) {
    let looks = stride(from: 0, through: 20_000, by: 500).map { ($0, phase as Deadlines.Phase?) }
    var expected = looks.map { _ in nil as Deadlines.Decision? }
    expected[20] = .mention(phase)
    #expect(decisions(looks) == expected)
    #expect(decisions(Array(looks[...2]), setup: 1000) == [nil, nil, .kill(phase)])
}
