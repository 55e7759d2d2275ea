// The values of options, and the messages about wrong ones.

import ProcessPool
import Records

extension Flags {
    enum OnError: String { case drop, keep, stop }

    /// Reads every value, for the message.
    func readValues() throws(UsageError) {
        _ = try hosts()
        _ = try (workers(processors: 1), onErrorChoice(), chunkItems(), itemsPerWorker(), seedValue(), spillLimit())
        _ = try (timeLimit(), setupLimit(), memoryLimit(), retryCounts(), haltPolicy(), chaosValue(seed: 0))
        _ = try (inputLayout(), outputFormat(), tableLayout(), maxRecordSize(), bigIntegersChoice())
        _ = try ScriptSource.arguments(definitions)
    }

    /// `N`, `N%`, `+N` or `-N` of `processors`; 0 means no worker at all.
    func workers(processors: Int) throws(UsageError) -> Int {
        guard let jobs else { return processors }
        let text = jobs.text
        let wrong = jobs.wrong("write a number of workers: N, N%, +N, -N, or 0 for none")
        if text.hasSuffix("%") {
            guard let percent = Int(text.dropLast()), percent > 0, percent <= 100_000 else { throw wrong }
            return max(1, processors * percent / 100)
        }
        guard let number = Int(text) else { throw wrong }
        let isRelative = text.hasPrefix("+") || text.hasPrefix("-")
        let (sum, overflows) = processors.addingReportingOverflow(number)
        let workers = !isRelative ? number : overflows ? Int.max : max(1, sum)
        if workers > Flags.mostWorkers { throw jobs.wrong("at most \(Flags.mostWorkers) workers") }
        return workers
    }

    private static let mostWorkers = 4096

    func onErrorChoice() throws(UsageError) -> OnError {
        guard let onError else { return .drop }
        guard let choice = OnError(rawValue: onError.text) else { throw onError.wrong("write drop, keep or stop") }
        return choice
    }

    /// `--on-error stop` is a short form.
    func haltPolicy() throws(UsageError) -> HaltPolicy? {
        let stops = try onErrorChoice() == .stop
        guard let halt else { return stops ? .atFirstFailure : nil }
        let text = halt.text
        if stops { throw UsageError("--on-error stop is --halt now,fail=1; it cannot go with --halt \(text)") }
        if text == "never" || text == "0" { return nil }
        let written = Flags.parallelHalts[text] ?? text
        let words = written.split(separator: ",", omittingEmptySubsequences: false)
        let goal = words.last?.split(separator: "=", omittingEmptySubsequences: false) ?? []
        if words.count == 2, goal.count == 2, let when = HaltPolicy.When(rawValue: String(words[0])),
            let why = HaltPolicy.Why(rawValue: String(goal[0])), let amount = Flags.amount(goal[1])
        {
            return HaltPolicy(when, why, amount)
        }
        throw halt.wrong(
            "write never, or now or soon, and fail, success, done or record, as in soon,fail=3 or now,success=5%")
    }

    /// GNU parallel's older words.
    private static let parallelHalts = [
        "1": "soon,fail=1", "2": "now,fail=1", "-1": "soon,success=1", "-2": "now,success=1",
    ]

    private static func amount(_ text: Substring) -> HaltPolicy.Amount? {
        if text.hasSuffix("%") {
            guard let percent = Double(text.dropLast()), percent > 0, percent <= 100 else { return nil }
            return .percent(percent)
        }
        return Int(text).flatMap { $0 >= 1 ? .items($0) : nil }
    }

    func chaosValue(seed: UInt64) throws(UsageError) -> Chaos? {
        guard let typed = chaos else { return nil }
        guard var chaos = Chaos(typed.text) else {
            throw typed.wrong("write kill, delay or error and how many items, as in kill=5%,delay=10%")
        }
        chaos.seed = seed
        return chaos
    }

    func chunkItems() throws(UsageError) -> Int? { try chunk?.items() }
    func itemsPerWorker() throws(UsageError) -> Int? { try maxTasks?.items() }

    /// The number of retries, and the seconds before the first of them.
    func retryCounts() throws(UsageError) -> (retries: Int, backoff: Double) {
        let wait = try backoff?.seconds() ?? 0
        guard let retries else { return (0, wait) }
        guard let number = Int(retries.text), number >= 0 else {
            throw retries.wrong("write a number of tries after the first, 0 or more")
        }
        return (min(number, Typed.most), wait)
    }

    /// The seed of the option.
    func seedValue() throws(UsageError) -> UInt64? {
        guard let seed else { return nil }
        if let value = UInt64(seed.text) { return value }
        guard let value = Int64(seed.text) else { throw seed.wrong("write an integer") }
        return UInt64(bitPattern: value)
    }

    /// The limit of bytes that waiting results take on the disk.
    func spillLimit() throws(UsageError) -> Int { try spill?.bytes() ?? 10 << 30 }

    /// The size limit of a record.
    func maxRecordSize() throws(UsageError) -> Int? {
        guard let maxRecord else { return nil }
        return try maxRecord.bytes(least: 1)
    }

    func bigIntegersChoice() throws(UsageError) -> BigIntegers {
        guard let bigIntegers else { return .error }
        guard let choice = BigIntegers(rawValue: bigIntegers.text) else {
            throw bigIntegers.wrong("write float or string")
        }
        return choice
    }

    /// The limit of bytes by which a worker's heap may grow.
    func memoryLimit() throws(UsageError) -> Int? { try memory?.bytes(least: 1) }

    /// The time limit of an item, in seconds.
    func timeLimit() throws(UsageError) -> Double? { try timeout?.seconds() }

    /// The time limit of `setup` and of `teardown`, in seconds.
    func setupLimit() throws(UsageError) -> Double? { try setupTimeout?.seconds() }

    /// A filter writes the format that it reads, unless there is a `--to`.
    func writtenFormat() throws(UsageError) -> OutputFormat {
        let same = filter && to == nil ? OutputFormat(rawValue: try inputLayout().format.rawValue) : nil
        return if let same { same } else { try outputFormat() }
    }

    /// The format of `--to`.
    func outputFormat() throws(UsageError) -> OutputFormat {
        guard let to else { return .lines }
        do throws(RecordError) { return try OutputFormat(named: to.text) } catch { throw to.wrong(error) }
    }
}

extension Typed {
    /// More than can be counted, and small enough that sums of it fit into 64 bits.
    fileprivate static let most = 1 << 62

    /// A number of items.
    func items() throws(UsageError) -> Int {
        guard let number = Int(text), number >= 1 else { throw wrong("write a number of items, 1 or more") }
        return min(number, Typed.most)
    }

    /// A number of bytes, or of units of them: k, M and G are powers of 1024.
    func bytes(least: Int = 0) throws(UsageError) -> Int {
        let units: [Character: Int] = ["k": 1 << 10, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
        let unit = text.last.flatMap { units[$0] }
        let digits = unit == nil ? text[...] : text.dropLast()
        if let number = Int(digits), number >= least {
            let (size, overflows) = number.multipliedReportingOverflow(by: unit ?? 1)
            if !overflows { return min(size, Typed.most) }
        }
        throw wrong("write a size, as in 500M or 10G")
    }

    /// A size in the form of an option.
    static func shown(size: Int) -> String {
        for (unit, bytes) in [("G", 1 << 30), ("M", 1 << 20), ("k", 1 << 10)] where size >= 4 * bytes || size == bytes {
            return "\(size / bytes)\(unit)"
        }
        return "\(size) bytes"
    }

    /// A number of seconds, or with m or h of minutes or hours.
    fileprivate func seconds() throws(UsageError) -> Double {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600]
        let unit = text.last.flatMap { units[$0] }
        let digits = unit == nil ? text[...] : text.dropLast()
        if let number = Double(digits), number > 0, number.isFinite, number < 1e6 { return number * (unit ?? 1) }
        throw wrong("write a time in seconds, as in 0.5, 5m or 2h")
    }

    /// The message about an unknown format.
    func wrong(_ error: RecordError) -> UsageError {
        if text.hasSuffix(".lua") { return wrong("this is no format; the script needs no option: pmap \(word)") }
        return UsageError(option.hasPrefix("-") ? "\(error)" : "\(option) \(error)")
    }
}
