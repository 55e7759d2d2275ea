// What pmap's exit status means; README documents it.

enum ExitCode: Int32 {
    case success = 0
    /// Some items failed, and each was counted.
    case itemsFailed = 1
    /// Nothing ran: wrong usage, a script that does not load, an input that cannot be read, `setup` failing everywhere.
    case usage = 2
    /// The host could not go on.
    case hostFailed = 3
}

/// What a user has to be told before anything ran, in one line.
struct UsageError: Error, CustomStringConvertible {
    let description: String
    var traceback: String?

    init(_ description: String, traceback: String? = nil) {
        self.description = description
        self.traceback = traceback
    }
}
