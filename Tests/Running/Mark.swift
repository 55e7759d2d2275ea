// The mark that a run puts into the environment of everything it starts, so that strays are found whatever
// process group or session they went to.

import Glibc

struct Mark {
    private let value = "PMAP_TEST_RUN=\(getpid())-\(UInt64.random(in: 0 ... .max))"

    var environment: [String: String] {
        let parts = value.split(separator: "=", maxSplits: 1)
        return [String(parts[0]): String(parts[1])]
    }

    /// What still runs after `grace`: a line of number and command for each.
    func left(within grace: Duration) -> [String] {
        let end = ContinuousClock.now + grace
        while true {
            let found = processes()
            if found.isEmpty || ContinuousClock.now > end { return found.map(description) }
            usleep(5000)
        }
    }

    func killAll() {
        // Twice, for what was started in between.
        for _ in 0..<2 {
            for process in processes() { kill(process, SIGKILL) }
        }
    }

    /// Those that the kernel knows by this name, all at once.
    func killAll(named name: String) {
        for process in processes() where contents(of: "/proc/\(process)/comm") == Array("\(name)\n".utf8) {
            kill(process, SIGKILL)
        }
    }

    private func processes() -> [Int32] {
        let needle = Array(value.utf8)
        return numbersInProc().filter { contents(of: "/proc/\($0)/environ").contains(needle) }
    }

    private func description(_ process: Int32) -> String {
        let arguments = contents(of: "/proc/\(process)/cmdline").split(separator: 0)
        return "\(process) " + arguments.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
    }
}
