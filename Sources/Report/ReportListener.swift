// Listens to a run, and writes its page when it has ended.

package import ProcessPool
import Posix

package final class ReportListener: RunListener {
    private var data: ReportData
    private let facts: RunFacts
    private let texts: ReportTexts
    private let write: ([UInt8]) -> Void
    /// Items that were not read when the run had ended; nil where their number is unknown.
    package var itemsLeft: (Ending, Tally) -> Int? = { _, _ in 0 }
    /// What would make the run faster.
    private let advice: () -> [String]

    /// `advice` is asked for at the end, `write` takes the whole page.
    package init(
        _ facts: RunFacts, _ texts: ReportTexts, advice: @escaping () -> [String], write: @escaping ([UInt8]) -> Void
    ) {
        (self.facts, self.texts, self.advice, self.write) = (facts, texts, advice, write)
        data = ReportData(start: Clock.now(), workers: facts.workers, read: texts.text, positions: texts.positions)
    }

    package func hear(_ news: RunNews, now: Int) {
        data.hear(news, now: now)
        guard case .ended(let ending, let tally) = news else { return }
        data.itemsLeft = itemsLeft(ending, tally)
        data.advice = advice()
        write(Page.bytes(data: data.json(facts, texts)))
    }

    package var nextLook: Int? { nil }
    package func look(_ view: RunView, now: Int) {}
}
