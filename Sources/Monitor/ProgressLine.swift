// Progress as one line for a terminal.

import Bytes
package import ProcessPool

/// How progress is written: which characters there are, and how many of them in a line.
package struct ProgressLine {
    package var columns: Int
    /// The terminal shows UTF-8.
    package var isUnicode: Bool
    package var hasColors: Bool

    package init(columns: Int, isUnicode: Bool, hasColors: Bool) {
        (self.columns, self.isUnicode, self.hasColors) = (columns, isUnicode, hasColors)
    }

    private static let (leastBar, mostBar) = (6, 30)
    /// Columns of an item's name.
    private static let mostName = 40
    /// An item that has run for less is not worth a word.
    private static let worthMentioning = 2.0

    /// What stands in the line, by what is left out first where it is too narrow.
    private enum Part: Int { case elapsed, slowest, rate, left, failures, count, percent }

    /// One line, without its end; `name` is that of an item.
    package func text(_ progress: Progress, name: (Int, Chunk) -> String) -> String {
        var parts = self.parts(progress, name)
        while joined(parts).columns > columns,
            let least = parts.indices.min(by: { parts[$0].part.rawValue < parts[$1].part.rawValue })
        {
            parts.remove(at: least)
        }
        let room = min(ProgressLine.mostBar, columns - joined(parts).columns - 1)
        if let fraction = progress.fraction, room >= ProgressLine.leastBar, parts.first?.part == .percent {
            parts[0].text += " " + bar(fraction, room)
        }
        if hasColors, let failures = parts.firstIndex(where: { $0.part == .failures }) {
            parts[failures].text = "\u{1B}[31m\(parts[failures].text)\u{1B}[0m"
        }
        return joined(parts)
    }

    /// ` 48% 12 of 25 · 3/s · 0:04 left`
    private func joined(_ parts: [(part: Part, text: String)]) -> String {
        let head = parts.prefix { $0.part == .percent || $0.part == .count }.map(\.text).joined(separator: " ")
        let rest = parts.drop { $0.part == .percent || $0.part == .count }.map(\.text)
        return ([head] + rest).joined(separator: isUnicode ? " · " : ", ")
    }

    private func parts(_ progress: Progress, _ name: (Int, Chunk) -> String) -> [(part: Part, text: String)] {
        var parts: [(Part, String)] = []
        if let fraction = progress.fraction {
            let percent = String(Int(fraction * 100))
            parts.append((.percent, String(repeating: " ", count: 3 - percent.count) + percent + "%"))
        }
        let total = progress.total.map { " of \($0.isEstimate ? "~" : "")\(grouped($0.items))" } ?? ""
        parts.append((.count, grouped(progress.done) + total + (progress.total == nil ? " items" : "")))
        if let rate = progress.rate { parts.append((.rate, "\(short(rate))/s")) }
        parts.append((.elapsed, ProgressLine.time(progress.secondsElapsed)))
        if let left = progress.secondsLeft { parts.append((.left, "\(ProgressLine.time(left)) left")) }
        let failures = [
            progress.failed > 0 ? "\(grouped(progress.failed)) failed" : nil,
            progress.retrying > 0 ? "\(grouped(progress.retrying)) tried again" : nil,
        ].compactMap { $0 }
        if !failures.isEmpty { parts.append((.failures, failures.joined(separator: ", "))) }
        if let slowest = progress.slowest { words(for: slowest, name).map { parts.append((.slowest, $0)) } }
        return parts
    }

    private func words(for slowest: Progress.Slowest, _ name: (Int, Chunk) -> String) -> String? {
        guard let item = slowest.occupation.item, let chunk = slowest.occupation.chunk else { return nil }
        let shown = name(item, chunk).escapedName.prefix(columns: ProgressLine.mostName, isUnicode: isUnicode)
        if slowest.occupation.isStopped {
            return "\(shown): worker \(slowest.occupation.worker) is stopped (pid \(slowest.occupation.pid))"
        }
        if slowest.seconds < ProgressLine.worthMentioning { return nil }
        return "\(shown) for \(short(slowest.seconds.rounded(.down))) s"
    }

    private func bar(_ fraction: Double, _ columns: Int) -> String {
        if !isUnicode {
            let full = Int(fraction * Double(columns - 2))
            return "[\(String(repeating: "#", count: full))\(String(repeating: ".", count: columns - 2 - full))]"
        }
        let eighths = Int(fraction * Double(columns * 8))
        let (full, rest) = (eighths / 8, eighths % 8)
        let partial = rest == 0 ? "" : String(["▏", "▎", "▍", "▌", "▋", "▊", "▉"][rest - 1])
        let empty = String(repeating: "░", count: columns - full - (rest == 0 ? 0 : 1))
        return String(repeating: "█", count: full) + partial + empty
    }

    /// `1,234,567`
    private func grouped(_ number: Int) -> String {
        let digits = Array(String(number))
        return digits.indices.reduce("") { text, place in
            let isGroupEnd = place > 0 && (digits.count - place) % 3 == 0
            return text + (isGroupEnd ? "," : "") + String(digits[place])
        }
    }

    /// With the digits that tell something: `0.25`, `3.1`, `48`, `1,203`.
    private func short(_ number: Double) -> String {
        if number >= 10 || number == number.rounded() { return grouped(Int(min(number, 1e15).rounded())) }
        let places = number >= 1 ? 10.0 : 100.0
        return "\((number * places).rounded() / places)"
    }

    /// `0:07`, `12:30`, `3:00:05`
    package static func time(_ seconds: Double) -> String {
        let whole = Int(min(seconds, 1e9).rounded())
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let hours = whole / 3600
        if hours > 0 { return "\(hours):\(two(whole / 60 % 60)):\(two(whole % 60))" }
        return "\(whole / 60):\(two(whole % 60))"
    }
}

extension String {
    /// Columns of a terminal, without colors: two for what may be wide, so that a line is too short rather than too long.
    var columns: Int {
        var (columns, isControl) = (0, false)
        for scalar in unicodeScalars {
            if scalar == "\u{1B}" { isControl = true }
            if !isControl { columns += scalar.value < 0x1100 || (0x2010...0x259F).contains(scalar.value) ? 1 : 2 }
            if scalar == "m" { isControl = false }
        }
        return columns
    }

    fileprivate func prefix(columns most: Int, isUnicode: Bool) -> String {
        if columns <= most { return self }
        let end = isUnicode ? "…" : "..."
        var (shown, width) = ("", 0)
        for character in self {
            width += String(character).columns
            if width > most - end.count { break }
            shown.append(character)
        }
        return shown + end
    }
}
