// The options as they are typed. `Job` decides their meaning together.

import Bytes

struct Flags {
    var jobs: Typed?
    var on: Typed?
    var from: Typed?
    var to: Typed?
    var null = false
    var separator: Typed?
    var noHeader = false
    var fields: Typed?
    var skip: Typed?
    var batch: Typed?
    var plain = false
    var unordered = false
    var code: ByteString?
    /// The template of commands for the shell.
    var command: ByteString?
    var filter = false
    var reduce: ByteString?
    var finish: ByteString?
    var byKey = false
    var tag = false
    var dryRun = false
    var definitions: [ByteString] = []
    var modules: [ByteString] = []
    var chunk: Typed?
    var onError: Typed?
    var halt: Typed?
    var maxTasks: Typed?
    var seed: Typed?
    var errors: ByteString?
    var journal: ByteString?
    var retryFailed = false
    var chaos: Typed?
    var spill: Typed?
    var retries: Typed?
    var backoff: Typed?
    var timeout: Typed?
    var setupTimeout: Typed?
    var memory: Typed?
    var maxRecord: Typed?
    var bigIntegers: Typed?
    /// Nil shows it where somebody looks.
    var progress: Bool?
    var joblog: ByteString?
    var trace: ByteString?
    var report: ByteString?
    /// Empty for standard error, as text.
    var stats: ByteString?
    var help = false
    var version = false
    /// Files that are values of options.
    var files: [ByteString] = []
    /// The options of the command line as they were typed, in order.
    var typed: [(option: Option, value: Typed)] = []
    /// The script, then the files, in order.
    var words: [ByteString] = []
}

/// The value of an option.
struct Typed: Equatable {
    /// Its name as it was typed, for messages: `-j`, `--jobs`, or `options.jobs:` of a script.
    let option: String
    let word: ByteString

    var text: String { word.text }

    /// The message about a wrong value.
    func wrong(_ advice: String) -> UsageError { UsageError("\(option) \(word.isEmpty ? "''" : "\(word)"): \(advice)") }
}

extension Option {
    static let all = [
        Option(
            "-j, -P, --jobs", also: ["--max-procs", "--workers", "--max-workers", "--processes"], value: "N",
            "Workers: N, N% of the processors, +N or -N relative to them; 0 runs everything in this process."
        ) { $0.jobs = $1 },
        Option(
            "--on", value: "WHERE", instead: "write all hosts in one: --on ssh:HOST,HOST",
            "Run items on other machines: ssh:HOST,USER@HOST/N with N workers, or command:LINE, whose standard input and output lead to a pmap worker."
        ) { $0.on = $1 },
        Option(
            "-f, --from", value: "FORMAT",
            "How the input is read: lines, nul, jsonl, msgpack, csv, tsv, fields[:C], blocks:SIZE."
        ) { $0.from = $1 },
        Option("-t, --to", value: "FORMAT", "How results are written: lines, nul, jsonl, msgpack, csv, tsv, lua, none.")
        {
            $0.to = $1
        },
        Option("-0, --null", "The same as --from nul.") { flags, _ in flags.null = true },
        Option("--separator", value: "C", "The byte between the fields of csv, instead of a comma.") {
            $0.separator = $1
        },
        Option("--no-header", "The first row of csv or tsv is data like the others; an item is a list.") { flags, _ in
            flags.noHeader = true
        },
        Option(
            "--fields", value: "A,B", "The columns of csv or tsv as output; by default those of the first record."
        ) { $0.fields = $1 },
        Option(
            "--skip", value: "N",
            "Leave out the first N lines of each input, in front of a header, or values of msgpack."
        ) {
            $0.skip = $1
        },
        Option(
            "--batch", also: ["-n", "-N", "-L", "--max-args", "--max-lines"], value: "N",
            "An item is a list of N inputs; the last of each file may be shorter. One that cannot be read fails all of its list."
        ) { $0.batch = $1 },
        Option("--plain", "Read compressed input (gzip, bzip2, xz, zstd, lz4) as it is.") { flags, _ in
            flags.plain = true
        },
        Option("-u, --unordered", "Write results as they finish.") { flags, _ in flags.unordered = true },
        Option("-k, --keep-order", also: ["--group"], "Write results in input order (the default).") { flags, _ in
            flags.unordered = false
        },
        Option(
            "-e, --eval", value: "CODE", instead: "write all of the code behind one -e",
            "The task: an expression of item and index, or the body of a function."
        ) { $0.code = $1.word },
        Option(
            "--sh", also: ["--shell"], value: "COMMAND", instead: "join commands with ; or &&",
            "The task: a command for the shell, in which {} is the item, quoted, {.} {/} {//} {/.} parts of a path, {#} its number, {%} the worker's, {1} an element of a list, {NAME} a field of a row."
        ) { $0.command = $1.word },
        Option("--filter", "Write each input unchanged for which the task returns neither nil nor false.") { flags, _ in
            flags.filter = true
        },
        Option(
            "--reduce", value: "NAME,…|CODE", instead: "write all names behind one --reduce: sum,mean",
            "Join all results into one: count, sum, min, max, mean, variance, distinct, top:N, quantiles:Q,…, several side by side as sum,mean, or an expression of a and b."
        ) { $0.reduce = $1.word },
        Option(
            "--finish", value: "CODE", instead: "write all of the code behind one --finish",
            "Write this of the joined result: an expression of total, or the body of a function."
        ) { $0.finish = $1.word },
        Option(
            "--by-key", also: ["--group-by"],
            "The first value of a result is its key; results of one key are joined, and written by key. Past 128 MB they are kept on disk, see --spill."
        ) { flags, _ in flags.byKey = true },
        Option("--tag", "Write the item and a tab in front of every line of its output.") { flags, _ in
            flags.tag = true
        },
        Option("-D", value: "NAME=VALUE", "A string in pmap.args.NAME; may be repeated.") {
            $0.definitions.append($1.word)
        },
        Option("-l", value: "[NAME=]MODULE", "Require a module first, as a global; may be repeated.") {
            $0.modules.append($1.word)
        },
        Option("-a, --arg-file", value: "FILE", "The same as FILE behind the script; may be repeated.") {
            $0.files.append($1.word)
        },
        Option(
            "--chunk", also: ["--chunksize", "--chunk-size"], value: "N",
            "Items a chunk; by default it adapts while running."
        ) { $0.chunk = $1 },
        Option(
            "--on-error", value: "drop|keep|stop",
            "A failed item gives no record (drop), an error record (keep), or ends the run (stop)."
        ) { $0.onError = $1 },
        Option(
            "--halt", also: ["--halt-on-error"], value: "WHEN,WHY=N", instead: "write one condition",
            "End the run, now or soon (running items are finished), at N or N% fail, success, done or record."
        ) { $0.halt = $1 },
        Option(
            "--max-tasks", also: ["--maxtasksperchild", "--max-tasks-per-child"], value: "N",
            "Replace a worker after N items."
        ) { $0.maxTasks = $1 },
        Option("--seed", value: "N", "The seed of math.random: the same seed gives the same output.") { $0.seed = $1 },
        Option(
            "--errors", value: "FILE", instead: "failures are written to one file",
            "A file for one JSON line per failed item."
        ) { $0.errors = $1.word },
        Option(
            "--journal", value: "FILE", instead: "a run has one journal",
            "Keep the outcome of each item; the same command goes on from there after an interruption."
        ) { $0.journal = $1.word },
        Option("--retry-failed", "Run items again that failed in an earlier run of the journal.") { flags, _ in
            flags.retryFailed = true
        },
        Option(
            "--chaos", value: "FAULT=N%", instead: "write all faults in one: kill=5%,delay=10%",
            "Faults on purpose, to try a run's defences: kill=5%,delay=10%,error=1% of the items, by the seed."
        ) { $0.chaos = $1 },
        Option(
            "--spill", value: "SIZE",
            "Disk space, in $TMPDIR, /var/tmp or /tmp, for results that wait for an earlier item and for keys of --by-key: bytes, or with k, M, G (default 10G)."
        ) { $0.spill = $1 },
        Option("--retries", value: "N", "Run a failed item up to N times more.") { $0.retries = $1 },
        Option(
            "--backoff", value: "SECONDS",
            "The time before a failed item is run again, doubled each time; others run meanwhile."
        ) { $0.backoff = $1 },
        Option(
            "--timeout", value: "SECONDS",
            "The time one item may take, as 0.5, 30, 5m or 2h: then a Lua error, then, for a worker, SIGKILL."
        ) { $0.timeout = $1 },
        Option(
            "--setup-timeout", value: "SECONDS",
            "The time that setup, and teardown, of a worker may take; by default there is no limit."
        ) { $0.setupTimeout = $1 },
        Option(
            "--memory", value: "SIZE", "The memory one worker's Lua heap may grow by, with k, M, G: then a Lua error."
        ) { $0.memory = $1 },
        Option(
            "--max-record", value: "SIZE",
            "The longest record of the input, with k, M, G; a longer one is a failure (default: of a pipe, a quarter of the memory)."
        ) { $0.maxRecord = $1 },
        Option(
            "--big-integers", value: "float|string",
            "What integers of JSON or MessagePack outside 64 bits become, instead of the item's failure."
        ) { $0.bigIntegers = $1 },
        Option(
            "--progress", also: ["--bar", "--eta"],
            "Show how far the run is, also where standard error is no terminal: then a line every ten seconds."
        ) { flags, _ in flags.progress = true },
        Option("--no-progress", "Show no progress.") { flags, _ in flags.progress = false },
        Option(
            "--joblog", value: "FILE", takesDash: true, instead: "there is one job log",
            "A line for each item as it ends, with the columns of GNU parallel, Command being the first 1,000 bytes of the item; - is standard error."
        ) { $0.joblog = $1.word },
        Option(
            "--trace", value: "FILE", instead: "there is one trace",
            "A trace for ui.perfetto.dev or chrome://tracing: what each worker did when."
        ) { $0.trace = $1.word },
        Option(
            "--report", value: "FILE", instead: "there is one report",
            "A page with the picture of the run, when it has ended: what ran when, what was slow, what has failed."
        ) { $0.report = $1.word },
        Option(
            "--stats", value: "FILE", isValueOptional: true, instead: "statistics are written to one place",
            "At the end numbers about the run, and advice, on standard error; or as JSON in FILE."
        ) { $0.stats = $1.word },
        Option("--dry-run", also: ["--dryrun"], "Show which items would be run, with --sh the commands, and run none.")
        { flags, _ in
            flags.dryRun = true
        },
        Option("-h, --help", "Show this; pmap help NAME shows one option, module or function.") { flags, _ in
            flags.help = true
        },
        Option("-V, --version", "Show the version.") { flags, _ in flags.version = true },
        Option("", also: ["-r", "--no-run-if-empty"], "") { _, _ in },
    ]
}
