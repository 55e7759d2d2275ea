// When a worker sends a batch that is not full.

/// The outcomes with which a batch is sent at once.
package struct FlushTriggers {
    package var failures = false
    package var successes = false
    package var records = false

    package init(failures: Bool = false, successes: Bool = false, records: Bool = false) {
        (self.failures, self.successes, self.records) = (failures, successes, records)
    }

    package var isEmpty: Bool { !failures && !successes && !records }
}
