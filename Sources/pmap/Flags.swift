// The options as they are typed. What they mean together is worked out in `Job`.

import ArgumentParser

struct Flags: ParsableArguments {
    @Option(
        name: [.customShort("j", allowingJoined: true), .customShort("P", allowingJoined: true), .customLong("jobs")],
        parsing: .unconditional,
        help: ArgumentHelp(
            "Workers: N, N% of the processors, +N or -N relative to them; 0 runs everything in this process.",
            valueName: "n"))
    var jobs: String?

    @Option(
        name: [.customShort("f", allowingJoined: true), .customLong("from")],
        help: ArgumentHelp("How the input is read: lines, nul, jsonl.", valueName: "format"))
    var from: String?

    @Option(
        name: [.customShort("t", allowingJoined: true), .customLong("to")],
        help: ArgumentHelp("How results are written: lines, nul, jsonl, lua, none.", valueName: "format"))
    var to: String?

    @Flag(name: [.customShort("0"), .customLong("null")], help: "The same as --from nul.")
    var null = false

    @Flag(name: [.customShort("u"), .long], help: "Write results as they finish.")
    var unordered = false

    @Flag(name: [.customShort("k"), .customLong("keep-order")], help: "Write results in input order (the default).")
    var keepOrder = false

    @Option(
        name: [.customShort("e", allowingJoined: false), .customLong("eval")], parsing: .unconditional,
        help: ArgumentHelp("The task: an expression of item and index, or the body of a function.", valueName: "code"))
    var code: String?

    @Flag(help: "Write each input for which the task returns neither nil nor false.")
    var filter = false

    @Option(
        name: [.customShort("D", allowingJoined: true)], parsing: .unconditionalSingleValue,
        help: ArgumentHelp("A string in pmap.args.NAME; may be repeated.", valueName: "name=value"))
    var definitions: [String] = []

    @Option(
        name: [.customShort("l", allowingJoined: true)], parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Require a module first, as a global; may be repeated.", valueName: "name"))
    var modules: [String] = []

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Items a chunk; by default it adapts while running.", valueName: "n"))
    var chunk: String?

    @Option(
        help: ArgumentHelp(
            "A failed item gives no record (drop), an error record (keep), or ends the run (stop).",
            valueName: "drop|keep|stop"))
    var onError: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "End the run, now or soon (running items are finished), at N or N% fail, success, done or record.",
            valueName: "when,why=n"))
    var halt: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("Replace a worker after so many items.", valueName: "n"))
    var maxTasks: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The seed of math.random: the same seed gives the same output.", valueName: "n"))
    var seed: String?

    @Option(help: ArgumentHelp("A file for one JSON line per failed item.", valueName: "file"))
    var errors: String?

    @Option(
        help: ArgumentHelp(
            "Keep what each item came to; the same command goes on from there after an interruption.",
            valueName: "file"))
    var journal: String?

    @Flag(help: "Run items again that failed in an earlier run of the journal.")
    var retryFailed = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Faults on purpose, to try a run's defences: kill=5%,delay=10%,error=1% of the items, by the seed.",
            valueName: "fault=n%"))
    var chaos: String?

    @Option(
        help: ArgumentHelp(
            "Disk space for results that wait for an earlier item: bytes, or with k, M, G (default 10G).",
            valueName: "size"))
    var spill: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Run a failed item up to so many times more.", valueName: "n"))
    var retries: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "What a failed item waits before it is run again, doubled each time; others run meanwhile.",
            valueName: "seconds"))
    var backoff: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "What one item may take, as 0.5, 30, 5m or 2h: then a Lua error, then SIGKILL; only that item is lost.",
            valueName: "seconds"))
    var timeout: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "What one worker's Lua heap may grow by, with k, M, G: then a Lua error.", valueName: "size"))
    var memory: String?

    @Flag(name: [.customShort("h"), .customLong("help")], help: .hidden)
    var help = false

    @Flag(name: [.customShort("V"), .customLong("version")], help: "Show the version.")
    var version = false

    @Argument(help: ArgumentHelp("The script, then the files, in order.", valueName: "script [file]"))
    var words: [String] = []
}
