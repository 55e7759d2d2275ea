// pmap: the same Lua function over many inputs, in parallel, in order. Which of its commands is meant.

import Bytes
import Journal
import Posix

@main
enum Main {
    static let version = "0.1.0"
    /// Of what host and remote say to each other, too.
    static let remoteVersion = "\(version)/1"

    static func main() {
        Signal.restoreDefaults()
        Signal.becomeInit()
        StandardDescriptor.fillGaps()
        do throws(UsageError) {
            exit(try run(Array(Process.arguments.dropFirst())).rawValue)
        } catch {
            Reporter.print(error.description, error.traceback)
            exit(ExitCode.usage.rawValue)
        }
    }

    /// Ends this process, and says when not all of a script's own output has arrived.
    static func exit(_ status: Int32) -> Never { Process.exit(Main.status(status)) }

    /// The status of this process after all of a script's own output was written, or was not.
    static func status(_ status: Int32) -> Int32 {
        guard let error = StandardDescriptor.takeOutputFailure() else { return status }
        Reporter.print("write standard output: \(error.reason)")
        return status == 0 ? ExitCode.hostFailed.rawValue : status
    }

    private static func run(_ words: [ByteString]) throws(UsageError) -> ExitCode {
        if words.first == "run" { try RunCommand(Array(words.dropFirst())).run() }
        if words == ["worker"] { try RemoteCommand.make().run() }
        if words.first == "journal" { return try showJournal(Array(words.dropFirst())) }
        if words.first == "help" { return show(try Help.text(Array(words.dropFirst()))) }
        let line = try CommandLine(words)
        if line.flags.help { return show(Help.all) }
        if line.flags.version { return show("pmap \(version)") }
        try JobCommand(line).run()
    }

    /// Writes the requested text to standard output.
    static func show(_ text: String) -> ExitCode {
        let bytes = Array((text.hasSuffix("\n") ? text : text + "\n").utf8)
        do throws(PosixError) { try StandardDescriptor.write(bytes, to: StandardDescriptor.output) } catch {
            Reporter.print("write standard output: \(error.reason)")
            return .hostFailed
        }
        return .success
    }

    /// `pmap journal FILE`
    private static func showJournal(_ words: [ByteString]) throws(UsageError) -> ExitCode {
        if words == ["--help"] || words == ["-h"] { return show(Help.journal) }
        guard words.count == 1, let path = words.first, !path.isEmpty, !path.hasPrefix("-") else {
            throw UsageError("write pmap journal FILE; a script of that name is ./journal")
        }
        do { return show(try JournalSummary(path: path).text()) } catch { throw UsageError(error.description) }
    }
}
