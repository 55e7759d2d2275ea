// Where a run's progress is shown.

import Bytes
import Inputs
import Monitor
import Posix
import ProcessPool

extension Job {
    /// Nil for nowhere: unless somebody asks for it, it is shown on a terminal that nothing else is written to.
    var progressMedium: ProgressListener.Medium? {
        if progress == false { return nil }
        // A script in this process writes into the line.
        if workers == 0 { return progress == true ? .file : nil }
        let isTerminal = StandardDescriptor.isTerminal(StandardDescriptor.error) && Job.canErase
        if isTerminal, progress == true || !StandardDescriptor.isTerminal(StandardDescriptor.output) {
            return .terminal(isUnicode: Job.isUnicode, hasColors: Job.hasColors)
        }
        return progress == true ? .file : nil
    }

    /// The terminal can write a line again.
    private static var canErase: Bool { !["", "dumb"].contains(Environment.value("TERM")?.text ?? "") }

    /// https://no-color.org
    private static var hasColors: Bool { (Environment.value("NO_COLOR") ?? "").isEmpty }

    private static var isUnicode: Bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(Environment.value).first { !$0.isEmpty }
        let name = locale?.text.lowercased() ?? ""
        return name.contains("utf-8") || name.contains("utf8")
    }
}

extension Reporter: ProgressDisplay {
    func show(_ line: String) { put(status: line) }
    func add(_ line: String) { print(line) }
}
