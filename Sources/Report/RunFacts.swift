// What is known of a run before its first item.

package struct RunFacts {
    /// As typed in a shell, without secrets.
    package let command: String
    package let script: String
    package let version: String
    package let seed: UInt64
    /// At most; 0 where everything runs in one process.
    package let workers: Int
    package let processors: Int
    /// Seconds since 1970.
    package let date: Double

    package init(
        command: String, script: String, version: String, seed: UInt64, workers: Int, processors: Int, date: Double
    ) {
        (self.command, self.script, self.version, self.seed) = (command, script, version, seed)
        (self.workers, self.processors, self.date) = (workers, processors, date)
    }
}
