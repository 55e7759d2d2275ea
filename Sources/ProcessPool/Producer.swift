// The script's own process while it makes the items: forked from the loaded state and supervised like a worker, so that
// the host never waits in a script.

import Posix
package import Wire

/// A forked process whose outbox carries items instead of results.
package final class Producer {
    package enum Supply {
        /// Whole values, one after the other; empty when there are none yet.
        case values([UInt8])
        case end
    }

    private let handle: WorkerHandle
    private let processFailed: (Failure) -> Void
    private var ending: Run.Death?
    private var failure: Failure?

    /// Forks; `produce` writes each value to the outbox as an item, or says why it cannot go on. `processFailed` is told of
    /// processes that it has left.
    package init(processFailed: @escaping (Failure) -> Void, _ produce: @escaping (inout Outbox) -> Failure?)
        throws(Failure)
    {
        self.processFailed = processFailed
        do throws(PosixError) {
            handle = try WorkerHandle(number: 0, closing: []) { $0.produce(produce) }
        } catch {
            throw Failure(.error, error.description)
        }
    }

    package var waitsOn: Int32 { handle.resultsNumber }
    package var descriptors: [Int32] { handle.descriptors }

    /// What has been made since the last call.
    package func take() throws(Failure) -> Supply {
        var values: [UInt8] = []
        for entry in handle.takeEntries() + handle.takeUnsentOfSilent() { note(entry, &values) }
        if values.isEmpty, handle.hasEnded, ending == nil {
            let (entries, death) = handle.bury()
            for entry in entries { note(entry, &values) }
            ending = death
        }
        if !values.isEmpty { return .values(values) }
        if let failure { throw failure }
        guard let ending else { return .values([]) }
        if ending.hadLeft { return .end }
        throw Failure(.crash, "inputs: the script's process (pid \(handle.pid)) \(ending.status)")
    }

    private func note(_ entry: Entry, _ values: inout [UInt8]) {
        switch entry {
        case .output(let bytes, _): values += bytes
        case .inputFailed(let why): failure = why
        case .processFailed(let why): processFailed(why)
        default: break
        }
    }
}
