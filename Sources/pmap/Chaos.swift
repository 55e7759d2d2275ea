// Faults on purpose, for tests: a worker that is killed, an item that is late, an item that fails. What is drawn depends
// on the seed, the item and the try alone, so a run can be repeated, and a further try has another fate.

import Posix
import ProcessPool
import Wire

/// How likely each fault is, of an item at one try.
struct Chaos: Equatable {
    enum Fault: String, CaseIterable { case kill, delay, error }

    var chances: [Fault: Double] = [:]
    var seed: UInt64 = 0

    /// The longest delay, in milliseconds.
    private static let longestDelay = 20

    /// `kill=5%,delay=10%,error=1%`; nil when it is not that.
    init?(_ text: String) {
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            let sides = word.split(separator: "=", omittingEmptySubsequences: false)
            guard sides.count == 2, let fault = Fault(rawValue: String(sides[0])), sides[1].hasSuffix("%"),
                let percent = Double(sides[1].dropLast()), percent >= 0, percent <= 100
            else { return nil }
            chances[fault] = percent / 100
        }
    }

    /// Before the task: waits, kills this process, or answers a failure, as the item's fate is.
    func strikeBefore(_ item: Int, attempt: Int) -> Failure? {
        if strikes(.delay, item, attempt) {
            let wait = draw(item, attempt, salt: 7) * Double(Chaos.longestDelay)
            Process.sleep(milliseconds: Int(wait))
        }
        if strikes(.kill, item, attempt), !killsAfter(item, attempt) { Signal.die(by: Signal.kill) }
        return strikes(.error, item, attempt) ? Failure(.error, "chaos: an error on purpose") : nil
    }

    /// Behind the task: its outcome is known, and may be on its way or not.
    func strikeAfter(_ item: Int, attempt: Int) {
        if strikes(.kill, item, attempt), killsAfter(item, attempt) { Signal.die(by: Signal.kill) }
    }

    private func killsAfter(_ item: Int, _ attempt: Int) -> Bool { draw(item, attempt, salt: 11) < 0.5 }

    private func strikes(_ fault: Fault, _ item: Int, _ attempt: Int) -> Bool {
        guard let chance = chances[fault] else { return false }
        return draw(item, attempt, salt: UInt64(fault.rawValue.utf8.first ?? 0)) < chance
    }

    /// From 0 to 1.
    private func draw(_ item: Int, _ attempt: Int, salt: UInt64) -> Double {
        RetryPolicy.chance(seed ^ salt << 32, item: item, attempt: attempt)
    }
}
