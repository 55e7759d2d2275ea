// Shows the progress of a run: as a line that changes on a terminal, or as a plain line now and then elsewhere.

import Posix
package import ProcessPool

/// Where progress is written.
package protocol ProgressDisplay: AnyObject {
    /// The line that stands below everything else, in place of the last one; empty for none.
    func show(_ line: String)
    /// A line that stays.
    func add(_ line: String)
}

package final class ProgressListener: RunListener {
    /// What is written to.
    package enum Medium: Equatable {
        /// A terminal that can change its last line.
        case terminal(isUnicode: Bool, hasColors: Bool)
        case file
    }

    private let medium: Medium
    private let display: any ProgressDisplay
    private let name: (Int, Chunk) -> String
    private let start: Int
    private var meter: ProgressMeter
    package private(set) var nextLook: Int?
    /// A look has drawn something.
    private var hasShown = false

    /// Nanoseconds: from the start to the first line, from one look to the next on a terminal, and elsewhere; and how long a
    /// run takes that ends with its totals.
    private static let (silence, interval, plainInterval) = (1_000_000_000, 200_000_000, 10_000_000_000)
    private static let long = 60_000_000_000

    /// `name` is that of an item; `isOpenEnded` when the run ends once enough items have succeeded.
    package init(
        _ medium: Medium, _ display: any ProgressDisplay, isOpenEnded: Bool, name: @escaping (Int, Chunk) -> String
    ) {
        (self.medium, self.display, self.name) = (medium, display, name)
        start = Clock.now()
        meter = ProgressMeter(start: start, isOpenEnded: isOpenEnded)
        nextLook = start + (medium == .file ? ProgressListener.plainInterval : ProgressListener.interval)
    }

    package func hear(_ news: RunNews, now: Int) {
        meter.hear(news)
        switch news {
        case .suspended: hide()
        case .joining:
            nextLook = nil
            hide()
        case .ended(_, let tally):
            nextLook = nil
            hide()
            if now - start >= ProgressListener.long { display.add(ProgressListener.totals(tally, now - start)) }
        default: break
        }
    }

    private func hide() {
        if hasShown { display.show("") }
        hasShown = false
    }

    package func look(_ view: RunView, now: Int) {
        let progress = meter.progress(view, now: now)
        switch medium {
        case .terminal(let isUnicode, let hasColors):
            nextLook = now + ProgressListener.interval
            guard now - start >= ProgressListener.silence, view.bytesWaiting == 0,
                Terminal.isFree(StandardDescriptor.error)
            else { return }
            let columns = (Terminal.columns(StandardDescriptor.error) ?? 80) - 1
            let line = ProgressLine(columns: columns, isUnicode: isUnicode, hasColors: hasColors)
            display.show(line.text(progress, name: name))
            hasShown = true
        case .file:
            nextLook = now + ProgressListener.plainInterval
            display.add(ProgressLine(columns: 1 << 10, isUnicode: false, hasColors: false).text(progress, name: name))
        }
    }

    /// `10,000 items in 1:23, 120/s, 3 failed`
    private static func totals(_ tally: Tally, _ nanoseconds: Int) -> String {
        let done = tally.succeeded + tally.failures
        let failed = tally.failures > 0 ? ", \(tally.failures) failed" : ""
        let rate = Double(done) / (Double(nanoseconds) / 1e9)
        return "\(done) items in \(ProgressLine.time(Double(nanoseconds) / 1e9)), \(Int(rate.rounded()))/s\(failed)"
    }
}
