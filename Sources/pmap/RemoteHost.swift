// Where `--on` says that items are run.

import Bytes
import Posix
import ProcessPool

/// A machine of `--on`.
struct RemoteHost: Equatable {
    /// In messages.
    let name: String
    /// The program whose standard streams lead to `pmap worker` there; of ssh without what its shell is to do.
    let words: [ByteString]
    /// Workers there; nil for what the machine has processors for.
    let workers: Int?
    /// A shell there gets the program, if it has none.
    var hasShell = false

    /// What ssh is asked for: no terminal, no questions, and not to wait for ever.
    private static let sshOptions = ["-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10"]

    /// The plan of the connection for a job.
    func plan(_ job: RemoteJob) -> RemotePlan {
        RemotePlan(
            name: name, version: Main.remoteVersion,
            words: words.map(\.bytes) + (hasShell ? [Array(RemoteProgram.shared.line.utf8)] : []), job: job.bytes,
            delivery: hasShell ? RemoteProgram.shared.delivery : nil)
    }

    private static let advice = "write ssh:HOST, ssh:HOST,USER@HOST/N with N workers there, or command:LINE"

    static func hosts(_ typed: Typed) throws(UsageError) -> [RemoteHost] {
        let text = typed.text
        if text.hasPrefix("command:") {
            let line = text.dropFirst("command:".count)
            if line.allSatisfy(\.isWhitespace) { throw typed.wrong(advice) }
            return [RemoteHost(name: "remote", words: ["/bin/sh", "-c", ByteString(String(line))], workers: nil)]
        }
        guard text.hasPrefix("ssh:") else { throw typed.wrong(advice) }
        var hosts: [RemoteHost] = []
        for word in text.dropFirst("ssh:".count).split(separator: ",", omittingEmptySubsequences: false) {
            hosts.append(try ssh(word, typed))
        }
        return hosts
    }

    /// `HOST` or `USER@HOST`, and perhaps `/N`
    private static func ssh(_ word: Substring, _ typed: Typed) throws(UsageError) -> RemoteHost {
        let sides = word.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let workers = sides.count > 1 ? Int(sides[1]) : nil
        // ssh would take it for an option.
        if sides[0].isEmpty || sides[0].hasPrefix("-") || sides.count > 1 && (workers ?? 0) < 1 {
            throw typed.wrong(advice)
        }
        let program = (Environment.value("PMAP_SSH") ?? "ssh").text.split(separator: " ").map(String.init)
        let words = program + sshOptions + [String(sides[0])]
        return RemoteHost(
            name: String(sides[0]), words: words.map { ByteString($0) }, workers: workers, hasShell: true)
    }
}

extension Flags {
    /// The machines where items are run; none for this one.
    func hosts() throws(UsageError) -> [RemoteHost] { try on.map(RemoteHost.hosts) ?? [] }
}
