// The exit statuses of pmap; README documents them.

enum ExitCode: Int32 {
    case success = 0
    /// Some items failed, and each was counted.
    case itemsFailed = 1
    /// Nothing ran: wrong usage, a script that does not load, an input that cannot be read, a wrong header, `setup` failing everywhere.
    case usage = 2
    /// The host could not go on.
    case hostFailed = 3
}

/// A message in one line before anything has run.
struct UsageError: Error, CustomStringConvertible {
    let description: String
    var traceback: String?

    init(_ description: String, traceback: String? = nil) {
        self.description = description
        self.traceback = traceback
    }
}
