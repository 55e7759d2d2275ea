// Who has the terminal, and who waits for it. Events in, actions out; no processes, no terminal.

/// Lends the terminal to one worker at a time, in the order in which they wanted it, until the item is over.
///
/// A worker that reads from the terminal in the background is stopped with all that it has started. It stays so until its
/// turn, and no time counts.
struct TerminalQueue {
    /// What has stopped a worker.
    enum Stop {
        case wantsToRead
        /// Ctrl-Z, which reaches whoever has the terminal.
        case key
    }

    enum Refusal {
        /// The host reads items there.
        case givesItems
        case isBackground

        var description: String {
            switch self {
            case .givesItems: ", from which pmap reads the items"
            case .isBackground: ", and pmap is not in the foreground there"
            }
        }
    }

    enum Event {
        /// A worker was looked at: what has stopped it, while it is stopped, and what it is on.
        case found(worker: Int, stop: Stop?, phase: Deadlines.Phase?)
        /// It was to have the terminal, and could not.
        case refused(worker: Int)
        case gone(worker: Int)
        /// The host is about to stop.
        case suspended
        case ended
    }

    enum Action: Equatable {
        case lend(worker: Int)
        /// A program may stop itself for what it was told before it had the terminal.
        case resume(worker: Int)
        /// `isBroken`: who had it has not put it in order.
        case takeBack(worker: Int, isBroken: Bool)
        case stopHost
    }

    private struct Turn {
        let worker: Int
        /// What the worker is on; with another phase the turn is over.
        var phase: Deadlines.Phase?
        var looks = 0
    }

    private var current: Turn?
    private var waiting: [Turn] = []

    var holder: Int? { current?.worker }

    func isWaiting(_ worker: Int) -> Bool { waiting.contains { $0.worker == worker } }

    mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .found(let worker, let stop, let phase) where worker == holder: return look(stop, phase)
        case .found(let worker, .wantsToRead, let phase):
            if let place = waiting.firstIndex(where: { $0.worker == worker }) {
                waiting[place].phase = phase
            } else {
                waiting.append(Turn(worker: worker, phase: phase))
            }
            return lendNext()
        case .found(let worker, _, _):
            waiting.removeAll { $0.worker == worker }  // somebody has made it go on
            return []
        case .refused:
            current = nil
            return lendNext()
        case .gone(let worker):
            waiting.removeAll { $0.worker == worker }
            return worker == holder ? takeBack(isBroken: true) + lendNext() : []
        case .suspended, .ended:
            waiting = []
            if case .ended = event { return takeBack(isBroken: true) }
            return takeBack(isBroken: false)
        }
    }

    private mutating func look(_ stop: Stop?, _ phase: Deadlines.Phase?) -> [Action] {
        guard let turn = current else { return [] }
        if turn.phase != phase { return takeBack(isBroken: false) + lendNext() }
        switch stop {
        case .wantsToRead: return [.lend(worker: turn.worker)]  // a shell has taken it from the stopped host
        case .key: return takeBack(isBroken: false) + [.stopHost]
        case nil:
            current?.looks += 1
            let isPower = (turn.looks + 1) & turn.looks == 0
            return isPower ? [.resume(worker: turn.worker)] : []
        }
    }

    private mutating func lendNext() -> [Action] {
        guard current == nil, !waiting.isEmpty else { return [] }
        let turn = waiting.removeFirst()
        current = turn
        return [.lend(worker: turn.worker)]
    }

    private mutating func takeBack(isBroken: Bool) -> [Action] {
        defer { current = nil }
        return current.map { [.takeBack(worker: $0.worker, isBroken: isBroken)] } ?? []
    }
}
