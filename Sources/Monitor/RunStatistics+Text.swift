// The numbers of a run for people: one message, indented below its first line, in 80 columns.

import Bytes
import Posix
import ProcessPool
import Wire

extension RunStatistics {
    /// Lines of the table of workers at most.
    private static let tableLines = 16
    private static let (columns, indent) = (79, 11)

    /// The lines of a message.
    package var text: String {
        var rows = [("items", outcomes), ("records", "\(counted(records, "item")) gave one; \(bytesInAndOut)")]
        rows.append(
            ("time", "\(duration(wall)) wall, \(duration(processorTime)) processor, \(duration(busy)) in tasks"))
        rows.append(
            (
                "speed-up",
                "\(twoDigits(speedUp)), with \(counted(workers.count, "worker")) \(percent(efficiency)) efficient"
            ))
        rows.append(("lost", losses))
        if let joined {
            rows.append(
                (
                    "joining",
                    "\(duration(joined.processor)) processor in the script's own process, \(duration(joined.last)) after the items, \(duration(workersJoined)) in workers"
                ))
        }
        let words = RunWait.allCases.compactMap { wait in waits[wait].map { "\(duration($0)) for \(wait.words)" } }
        if !words.isEmpty { rows.append(("waited", words.joined(separator: ", "))) }
        rows += slowest.enumerated().map { place, item in
            let end = item.end == .succeeded ? "" : " (\(item.end.name))"
            return (
                place == 0 ? "slowest" : "",
                "\(padded(duration(item.time.nanoseconds), 9))  \(name(of: item).escapedName)\(end)"
            )
        }
        rows += table.enumerated().map { ($0 == 0 ? "workers" : "", $1) }
        rows.append(("seed", "\(seed)"))
        rows += Advice.sentences(of: self).map { ("advice", $0.escapedName) }
        return "statistics:\n" + rows.map(RunStatistics.row).joined(separator: "\n")
    }

    private static func row(_ name: String, _ text: String) -> String {
        let space = String(repeating: " ", count: indent)
        if text.columns <= columns - indent || text.first == " " {
            return "  \(name)" + space.dropFirst(name.count + 2) + text
        }
        var (lines, isFirst) = (["  \(name)" + space.dropFirst(name.count + 2)], true)
        for word in text.split(separator: " ") {
            if !isFirst && lines[lines.count - 1].columns + 1 + String(word).columns > columns {
                lines.append(space)
                isFirst = true
            }
            lines[lines.count - 1] += (isFirst ? "" : " ") + word
            isFirst = false
        }
        return lines.joined(separator: "\n")
    }

    /// `990 succeeded, 7 failed (5 error, 2 crash), 3 skipped`
    private var outcomes: String {
        var parts = ["\(succeeded) succeeded", "\(failures) failed\(kinds(of: failed))"]
        if restored > 0 { parts.append("\(restored) restored") }
        let old = restoredFailures.values.reduce(0, +)
        if old > 0 { parts[2] += ", \(old) of which had failed\(kinds(of: restoredFailures))" }
        if blank > 0 { parts.append("\(blank) blank") }
        if skipped > 0 { parts.append("\(skipped) skipped") }
        if isRestUnknown { parts.append("the rest of the input not read") }
        return parts.joined(separator: ", ")
    }

    /// ` (5 error, 2 crash)`
    private func kinds(of failures: [Failure.Kind: Int]) -> String {
        let kinds = Failure.Kind.allCases.compactMap { kind in failures[kind].map { "\($0) \(kind)" } }
        return kinds.isEmpty ? "" : " (\(kinds.joined(separator: ", ")))"
    }

    private var bytesInAndOut: String { "\(bytes(bytesIn)) in, \(bytes(bytesOut)) out" }

    private var losses: String {
        var parts = [
            "\(duration(startTime)) at the start", "\(duration(tail)) at the end",
            "\(duration(hostProcessor)) in the host",
        ]
        if let time = hostWork[.spill] { parts.append("\(duration(time)) in spilling") }
        if retries > 0 { parts.append("\(duration(retryTime)) in \(counted(retries, "retry", "retries"))") }
        if killed > 0 { parts.append("\(duration(killedTime)) in \(counted(killed, "item")) killed at the end") }
        if afterDeaths.count > 0 { parts.append("\(duration(afterDeaths.time)) by deaths") }
        return parts.joined(separator: ", ")
    }

    private var table: [String] {
        let header = row("", "items", "busy", "deaths", "shared", "private")
        let lines = workers.prefix(RunStatistics.tableLines).enumerated().map { place, worker in
            row(
                "\(place + 1)", "\(worker.items)", duration(worker.busy), "\(worker.deaths)",
                worker.memory.map { bytes($0.shared) } ?? "", worker.memory.map { bytes($0.private) } ?? "")
        }
        let more = workers.count - RunStatistics.tableLines
        return [header] + lines + (more > 0 ? ["and \(more) more: --stats=FILE has them"] : [])
    }

    private func row(_ number: String, _ cells: String...) -> String {
        (padded(number, 4) + cells.map { padded($0, 11) }.joined()).trimmedAtEnd
    }

    private func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    private func counted(_ count: Int, _ noun: String, _ plural: String? = nil) -> String {
        "\(count) \(count == 1 ? noun : plural ?? noun + "s")"
    }

    private func twoDigits(_ number: Double) -> String { "\((100 * number).rounded() / 100)" }
    private func percent(_ share: Double) -> String { "\(Int((100 * share).rounded()))%" }
    private func duration(_ nanoseconds: Int) -> String { nanoseconds == 0 ? "0 s" : Advice.duration(nanoseconds) }

    /// `12 bytes`, `3.4 MB`
    private func bytes(_ count: Int) -> String {
        if count < 1000 { return counted(count, "byte") }
        var (number, units) = (Double(count), ["kB", "MB", "GB", "TB", "PB", "EB"][...])
        number /= 1000
        while number >= 999.95, units.count > 1 {
            number /= 1000
            units = units.dropFirst()
        }
        return "\((10 * number).rounded() / 10) \(units.first ?? "")"
    }
}

extension RunWait {
    fileprivate var words: String {
        switch self {
        case .input: "the input"
        case .reader: "the reader of the output"
        case .order: "an early item"
        }
    }
}

extension String {
    fileprivate var trimmedAtEnd: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
