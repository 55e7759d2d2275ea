// Who has the terminal, who waits for it, and when it is taken back.

import Testing

@testable import ProcessPool

private let item = Deadlines.Phase.running(item: 1, begun: 1)
private let next = Deadlines.Phase.running(item: 2, begun: 2)

private func wants(_ worker: Int) -> TerminalQueue.Event { .found(worker: worker, stop: .wantsToRead, phase: item) }
private func runs(_ worker: Int, _ phase: Deadlines.Phase? = item) -> TerminalQueue.Event {
    .found(worker: worker, stop: nil, phase: phase)
}

private let lend1 = TerminalQueue.Action.lend(worker: 1)
private let lend2 = TerminalQueue.Action.lend(worker: 2)
private let resume1 = TerminalQueue.Action.resume(worker: 1)
private let taken = TerminalQueue.Action.takeBack(worker: 1, isBroken: false)
private let torn = TerminalQueue.Action.takeBack(worker: 1, isBroken: true)

@Test(
    arguments: [
        (
            "one after the other", [wants(1), wants(2), wants(2), runs(1, next), runs(2, next)],
            [
                [lend1], [], [], [taken, lend2], [.takeBack(worker: 2, isBroken: false)],
            ]
        ),
        (
            "it goes on, in case it has stopped itself", [wants(1), runs(1), runs(1), runs(1), runs(1)],
            [
                [lend1], [resume1], [resume1], [], [resume1],
            ]
        ),
        ("the item is over, and the worker has nothing to do", [wants(1), runs(1, nil)], [[lend1], [taken]]),
        ("who has it dies", [wants(1), wants(2), .gone(worker: 1)], [[lend1], [], [torn, lend2]]),
        ("who waits dies", [wants(1), wants(2), .gone(worker: 2), runs(1, next)], [[lend1], [], [], [taken]]),
        ("who waits was made to go on", [wants(1), wants(2), runs(2), runs(1, next)], [[lend1], [], [], [taken]]),
        ("it cannot be had", [wants(1), .refused(worker: 1), wants(2)], [[lend1], [], [lend2]]),
        ("a shell has taken it meanwhile", [wants(1), wants(1)], [[lend1], [lend1]]),
        (
            "Ctrl-Z", [wants(1), wants(2), .found(worker: 1, stop: .key, phase: item), .suspended, wants(2)],
            [
                [lend1], [], [taken, .stopHost], [], [lend2],
            ]
        ),
        ("Ctrl-Z of who does not have it", [.found(worker: 1, stop: .key, phase: item)], [[]]),
        ("the host stops", [wants(1), wants(2), .suspended, wants(1)], [[lend1], [], [taken], [lend1]]),
        ("the end", [wants(1), wants(2), .ended, .ended], [[lend1], [], [torn], []]),
    ] as [(String, [TerminalQueue.Event], [[TerminalQueue.Action]])])
func `the terminal is lent to one worker at a time, until its item is over`(
    claim: String, events: [TerminalQueue.Event], actions: [[TerminalQueue.Action]]
) {
    var queue = TerminalQueue()
    #expect(events.map { queue.handle($0) } == actions, "\(claim)")
}

@Test func `who waits for the terminal is known, so that no time counts`() {
    var queue = TerminalQueue()
    for worker in [1, 2, 3] { _ = queue.handle(wants(worker)) }
    #expect(queue.holder == 1)
    #expect([1, 2, 3].map { queue.isWaiting($0) } == [false, true, true])
}
