// What the values of options mean, and the message when they mean nothing.

import ProcessPool
import Records

extension Flags {
    enum OnError: String { case drop, keep, stop }

    /// Reads every value, for the message; one about a format does not name its option by itself.
    func readValues() throws(UsageError) {
        _ = try (workers(processors: 1), onErrorChoice(), chunkItems(), itemsPerWorker(), seedValue(), spillLimit())
        _ = try (timeLimit(), memoryLimit(), retryCounts(), haltPolicy(), chaosValue(seed: 0))
        do throws(UsageError) { _ = try inputFormat() } catch { throw UsageError("--from \(error)") }
        do throws(UsageError) { _ = try outputFormat() } catch { throw UsageError("--to \(error)") }
    }

    /// `N`, `N%`, `+N` or `-N` of `processors`; 0 means no worker at all.
    func workers(processors: Int) throws(UsageError) -> Int {
        guard let jobs else { return processors }
        let shown = jobs.isEmpty ? "''" : jobs
        let wrong = UsageError("-j \(shown): write a number of workers: N, N%, +N, -N, or 0 for none")
        if jobs.hasSuffix("%") {
            guard let percent = Int(jobs.dropLast()), percent > 0, percent <= 100_000 else { throw wrong }
            return max(1, processors * percent / 100)
        }
        guard let number = Int(jobs) else { throw wrong }
        let isRelative = jobs.hasPrefix("+") || jobs.hasPrefix("-")
        let workers = isRelative ? max(1, processors.addingReportingOverflow(number).partialValue) : number
        if workers > Flags.mostWorkers { throw UsageError("-j \(shown): at most \(Flags.mostWorkers) workers") }
        return workers
    }

    private static let mostWorkers = 4096

    func onErrorChoice() throws(UsageError) -> OnError {
        guard let onError else { return .drop }
        guard let choice = OnError(rawValue: onError) else {
            throw UsageError("--on-error \(onError): write drop, keep or stop")
        }
        return choice
    }

    /// `--on-error stop` is a short form.
    func haltPolicy() throws(UsageError) -> HaltPolicy? {
        let stops = try onErrorChoice() == .stop
        guard let halt else { return stops ? .atFirstFailure : nil }
        if stops { throw UsageError("--on-error stop is --halt now,fail=1; it cannot go with --halt \(halt)") }
        if halt == "never" || halt == "0" { return nil }
        let written = Flags.parallelHalts[halt] ?? halt
        let words = written.split(separator: ",", omittingEmptySubsequences: false)
        let goal = words.last?.split(separator: "=", omittingEmptySubsequences: false) ?? []
        if words.count == 2, goal.count == 2, let when = HaltPolicy.When(rawValue: String(words[0])),
            let why = HaltPolicy.Why(rawValue: String(goal[0])), let amount = Flags.amount(goal[1])
        {
            return HaltPolicy(when, why, amount)
        }
        throw UsageError(
            "--halt \(halt): write never, or now or soon, and fail, success, done or record, as in soon,fail=3 or now,success=5%"
        )
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
        guard let text = chaos else { return nil }
        guard var chaos = Chaos(text) else {
            throw UsageError("--chaos \(text): write kill, delay or error and how many items, as in kill=5%,delay=10%")
        }
        chaos.seed = seed
        return chaos
    }

    func chunkItems() throws(UsageError) -> Int? { try Flags.items(chunk, "--chunk") }
    func itemsPerWorker() throws(UsageError) -> Int? { try Flags.items(maxTasks, "--max-tasks") }

    private static func items(_ text: String?, _ option: String) throws(UsageError) -> Int? {
        guard let text else { return nil }
        guard let number = Int(text), number >= 1 else {
            throw UsageError("\(option) \(text): write a number of items, 1 or more")
        }
        return number
    }

    /// Tries after the first, and seconds before the first of them.
    func retryCounts() throws(UsageError) -> (retries: Int, backoff: Double) {
        let wait = try Flags.seconds(backoff, "--backoff") ?? 0
        guard let retries else { return (0, wait) }
        guard let number = Int(retries), number >= 0 else {
            throw UsageError("--retries \(retries): write a number of tries after the first, 0 or more")
        }
        return (number, wait)
    }

    /// The seed that was asked for.
    func seedValue() throws(UsageError) -> UInt64? {
        guard let seed else { return nil }
        if let value = UInt64(seed) { return value }
        guard let value = Int64(seed) else { throw UsageError("--seed \(seed): write an integer") }
        return UInt64(bitPattern: value)
    }

    /// Bytes that results which wait may take on the disk.
    func spillLimit() throws(UsageError) -> Int { try Flags.size(spill, "--spill") ?? 10 << 30 }

    /// Bytes that a worker's heap may grow by.
    func memoryLimit() throws(UsageError) -> Int? { try Flags.size(memory, "--memory") }

    /// A number of bytes, or of units of them: k, M and G are powers of 1024.
    private static func size(_ text: String?, _ option: String) throws(UsageError) -> Int? {
        guard let text else { return nil }
        let units: [Character: Int] = ["k": 1 << 10, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
        let unit = text.last.flatMap { units[$0] }
        let digits = unit == nil ? text[...] : text.dropLast()
        if let number = Int(digits), number >= 0 {
            let (size, overflows) = number.multipliedReportingOverflow(by: unit ?? 1)
            if !overflows { return size }
        }
        throw UsageError("\(option) \(text): write a size, as in 500M or 10G")
    }

    /// Seconds that one item may take.
    func timeLimit() throws(UsageError) -> Double? { try Flags.seconds(timeout, "--timeout") }

    /// A number of seconds, or with m or h of minutes or hours.
    private static func seconds(_ text: String?, _ option: String) throws(UsageError) -> Double? {
        guard let text else { return nil }
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600]
        let unit = text.last.flatMap { units[$0] }
        let digits = unit == nil ? text[...] : text.dropLast()
        if let number = Double(digits), number > 0, number.isFinite, number < 1e6 { return number * (unit ?? 1) }
        throw UsageError("\(option) \(text): write a time in seconds, as in 0.5, 5m or 2h")
    }

    func inputFormat() throws(UsageError) -> InputFormat {
        var format: InputFormat?
        do throws(RecordError) {
            if let from { format = try InputFormat(named: from) }
        } catch {
            throw UsageError(error.description)
        }
        if null, let from, format != .nul { throw UsageError("-0 is --from nul; it cannot go with --from \(from)") }
        return null ? .nul : format ?? .lines
    }

    func outputFormat() throws(UsageError) -> OutputFormat {
        guard let to else { return .lines }
        do throws(RecordError) { return try OutputFormat(named: to) } catch { throw UsageError(error.description) }
    }
}
