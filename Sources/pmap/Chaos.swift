// Injected faults, for tests: a worker that is killed, an item that is late, an item that fails. They depend on the seed,
// the item and the attempt alone, so that a run can be repeated, and a retry gets another draw.

import Posix
import ProcessPool
import Wire

/// The probability of each fault, for one attempt at an item.
struct Chaos: Equatable {
    enum Fault: String, CaseIterable { case kill, delay, error }

    var chances: [Fault: Double] = [:]
    var seed: UInt64 = 0

    /// The longest delay, in milliseconds.
    private static let longestDelay = 20

    /// `kill=5%,delay=10%,error=1%`; nil when it is malformed.
    init?(_ text: String) {
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            let sides = word.split(separator: "=", omittingEmptySubsequences: false)
            guard sides.count == 2, let fault = Fault(rawValue: String(sides[0])), sides[1].hasSuffix("%"),
                let percent = Double(sides[1].dropLast()), percent >= 0, percent <= 100
            else { return nil }
            chances[fault] = percent / 100
        }
    }

    /// Before the task: waits, kills this process, or returns a failure, as drawn for the item.
    func injectBefore(_ item: Int, attempt: Int) -> Failure? {
        if injects(.delay, item, attempt) {
            let wait = draw(item, attempt, salt: 7) * Double(Chaos.longestDelay)
            Process.sleep(milliseconds: Int(wait))
        }
        if injects(.kill, item, attempt), !killsAfter(item, attempt) { Signal.die(by: Signal.kill) }
        return injects(.error, item, attempt) ? Failure(.error, "chaos: an error on purpose") : nil
    }

    /// After the task: its outcome is written, and may be sent or not.
    func injectAfter(_ item: Int, attempt: Int) {
        if injects(.kill, item, attempt), killsAfter(item, attempt) { Signal.die(by: Signal.kill) }
    }

    private func killsAfter(_ item: Int, _ attempt: Int) -> Bool { draw(item, attempt, salt: 11) < 0.5 }

    private func injects(_ fault: Fault, _ item: Int, _ attempt: Int) -> Bool {
        guard let chance = chances[fault] else { return false }
        return draw(item, attempt, salt: UInt64(fault.rawValue.utf8.first ?? 0)) < chance
    }

    /// From 0 to 1.
    private func draw(_ item: Int, _ attempt: Int, salt: UInt64) -> Double {
        RetryPolicy.chance(seed ^ salt << 32, item: item, attempt: attempt)
    }
}
