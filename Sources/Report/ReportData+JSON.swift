// The data as the page's script reads it. What comes from outside is shown as in messages, where nothing controls a terminal.

import Bytes
import Posix
package import ProcessPool
import Wire

/// What texts of a run become on the page.
package struct ReportTexts {
    /// Where an item is from.
    let source: (Int, Chunk) -> String
    let positions: (Int, Chunk) -> ClosedRange<Int>
    /// The item itself, where it can be read again.
    let text: (Int, Chunk) -> String?
    /// Without secrets.
    let hidden: (String) -> String

    package init(
        source: @escaping (Int, Chunk) -> String, positions: @escaping (Int, Chunk) -> ClosedRange<Int>,
        text: @escaping (Int, Chunk) -> String?,
        hidden: @escaping (String) -> String
    ) {
        (self.source, self.positions, self.text, self.hidden) = (source, positions, text, hidden)
    }
}

extension ReportData {
    /// Bytes of a text on the page: of names, messages, tracebacks, and the command line.
    private static let (nameLimit, messageLimit, tracebackLimit, commandLimit) = (160, 1000, 3000, 2000)

    /// Bytes of chunks that are read again, for what their items are.
    private static let mostRead = 64 << 20

    package func json(_ facts: RunFacts, _ texts: ReportTexts) -> [UInt8] {
        var json = JSONText()
        json.object { json in
            json.object("run") { describe(facts, &$0) }
            json.object("counts") { count(&$0) }
            json.object("bins") { bins(&$0) }
            json.array("workers") { for lane in workers.indices { worker(lane, &$0) } }
            json.object("durations") { durations(&$0) }
            let read = worthReading
            json.array("marks") { json in
                var bytesLeft = ReportData.mostRead
                for mark in marks {
                    let isRead = mark.text == nil && bytesLeft > 0 && read.contains([mark.item, mark.attempt])
                    if isRead { bytesLeft -= mark.chunk.bytesToRead }
                    self.mark(mark, text: isRead ? texts.text(mark.item, mark.chunk) : mark.text, texts, &json)
                }
            }
            json.array("groups") { for group in groups.groups { self.group(group, texts, &$0) } }
            json.add("otherFailures", groups.others)
            json.array("advice") { for line in advice { $0.add(line) } }
        }
        return json.bytes
    }

    private func describe(_ facts: RunFacts, _ json: inout JSONText) {
        for (name, text) in [
            ("command", facts.command), ("script", facts.script), ("version", facts.version), ("seed", "\(facts.seed)"),
            ("ending", ending.map(ReportData.text)?.escapedMessage ?? ""), ("endingKind", ending?.kind ?? ""),
        ] {
            json.add(name, text, most: ReportData.commandLimit)
        }
        for (name, number) in [("jobs", facts.workers), ("processors", facts.processors), ("nanoseconds", end)] {
            json.add(name, number)
        }
        if let joined {
            json.object("joining") {
                $0.add("processor", joined.processor)
                $0.add("last", joined.last)
            }
        }
        json.add("date", facts.date)
    }

    private func count(_ json: inout JSONText) {
        let ok = workers.reduce(0) { $0 + $1.succeeded }
        var numbers = [("ok", ok)]
        for kind in Failure.Kind.allCases { numbers.append((kind.rawValue, failed[kind] ?? 0)) }
        numbers += [
            ("retried", retried), ("restored", restored), ("restoredFailures", restoredFailures),
            ("killed", bins.ended(.killed).reduce(0, +)), ("skipped", tally.skipped + (itemsLeft ?? 0)),
            ("blank", tally.blank),
        ]
        numbers.append(("isReadWhole", itemsLeft == nil ? 0 : 1))
        for (name, number) in numbers {
            json.add(name, number)
        }
    }

    private func bins(_ json: inout JSONText) {
        let used = min(end >> bins.shift, TimeBins.count - 1) + 1
        for (name, number) in [("width", bins.width), ("laneWidth", bins.laneWidth)] {
            json.add(name, number)
        }
        json.add("busy", bins.busy.prefix(used))
        for outcome in MarkOutcome.allCases {
            json.add(outcome.name, bins.ended(outcome).prefix(used))
        }
    }

    private func worker(_ lane: Int, _ json: inout JSONText) {
        let worker = workers[lane]
        let numbers = [
            ("worker", lane + 1), ("pid", Int(worker.pid)), ("ok", worker.succeeded), ("failed", worker.failed),
            ("retried", worker.retried), ("busy", worker.busy), ("starts", worker.starts), ("deaths", worker.deaths),
        ]
        json.object { json in
            for (name, number) in numbers {
                json.add(name, number)
            }
            let used = min(end / bins.laneWidth + 1, bins.ended(inLane: lane).count)
            json.add("ended", bins.ended(inLane: lane).prefix(used))
            json.object("cells") { json in
                for outcome in MarkOutcome.allCases {
                    let busy = bins.busy(inLane: lane, outcome)
                    if busy.allSatisfy({ $0 == 0 }) { continue }
                    // In thousandths of the bin; what is there is seen.
                    json.add(
                        outcome.name,
                        busy.prefix(used).map { $0 == 0 ? 0 : max(1, Int(Double($0) / Double(bins.laneWidth) * 1000)) })
                }
            }
        }
    }

    private func durations(_ json: inout JSONText) {
        let numbers = [
            ("count", durations.count), ("sum", durations.sum), ("least", durations.count > 0 ? durations.least : 0),
            ("most", durations.most), ("p50", durations.quantile(0.5)), ("p95", durations.quantile(0.95)),
            ("p99", durations.quantile(0.99)),
        ]
        for (name, number) in numbers {
            json.add(name, number)
        }
        json.array("bars") { json in
            for bar in durations.bars { json.add([bar.range.lowerBound, bar.range.upperBound, bar.ok, bar.failed]) }
        }
    }

    /// A row: item, worker, attempt, start, nanoseconds, outcome, group, source, text.
    private func mark(_ mark: ItemMark, text: String?, _ texts: ReportTexts, _ json: inout JSONText) {
        json.array { json in
            for number in [mark.item, mark.worker, mark.attempt, mark.start, mark.nanoseconds, mark.outcome.rawValue] {
                json.add(number)
            }
            json.add(mark.group ?? -1)
            json.add(texts.source(mark.item, mark.chunk), most: ReportData.nameLimit)
            if let text { json.add(texts.hidden(text), most: ReportData.nameLimit) }
        }
    }

    private func group(_ group: FailureGroups.Group, _ texts: ReportTexts, _ json: inout JSONText) {
        let text = group.text ?? texts.text(group.item, group.chunk)
        json.object { json in
            for (name, text, most) in [
                ("kind", group.kind.rawValue, Int.max),
                ("message", texts.hidden(group.message).escapedMessage, ReportData.messageLimit),
                ("traceback", group.traceback.map { texts.hidden($0).escapedMessage }, ReportData.tracebackLimit),
                ("text", text.map { texts.hidden($0).escapedName }, ReportData.nameLimit),
                ("source", texts.source(group.item, group.chunk), ReportData.nameLimit),
            ] as [(String, String?, Int)] {
                json.add(name, text, most: most)
            }
            for (name, number) in [
                ("item", group.item), ("count", group.count), ("first", group.first), ("last", group.last),
                ("isVaried", group.isVaried ? 1 : 0),
            ] {
                json.add(name, number)
            }
        }
    }

    /// Items of this run that failed for good.
    private var failed: [Failure.Kind: Int] {
        var counts: [Failure.Kind: Int] = [:]
        for kind in Failure.Kind.allCases { counts[kind] = bins.ended(MarkOutcome(kind)).reduce(0, +) }
        return counts
    }

    private static func text(_ ending: Ending) -> String {
        switch ending {
        case .completed: "every item has run"
        case .halted(let policy): "ended early by --halt \(policy.when),\(policy.why)=\(text(policy.amount))"
        case .signal(let signal): "ended by \(Signal.name(signal))"
        case .crashLoop(let deaths): "ended because no item had succeeded and \(deaths) workers had died"
        case .outputClosed: "ended because nobody read the output any more"
        case .outputFailed(let error): "ended because the output could not be written: \(error.reason)"
        case .inputFailed(let failure): "ended because of its input: \(failure.message)"
        case .joinFailed(let join): "ended, as results could not be joined: \(join.failure.message)"
        case .logFailed(let failure): "ended because of its journal: \(failure.message)"
        case .noWorkers(let failure, inSetup: true): "ended because setup failed in every worker: \(failure.message)"
        case .noWorkers(let failure, inSetup: false): "ended because no worker could be started: \(failure.message)"
        }
    }

    private static func text(_ amount: HaltPolicy.Amount) -> String {
        switch amount {
        case .items(let items): "\(items)"
        case .percent(let percent): percent == percent.rounded() ? "\(Int(percent))%" : "\(percent)%"
        }
    }
}

extension Ending {
    fileprivate var kind: String {
        switch self {
        case .completed: "completed"
        case .halted: "halted"
        case .signal: "signal"
        default: "failed"
        }
    }
}

extension Chunk {
    /// What it costs to read one of its items again.
    fileprivate var bytesToRead: Int {
        guard case .range(_, let length, _) = payload.records else { return 0 }
        return length
    }
}
