// What a run is asked for.

package struct RunPlan {
    package var workers = 1
    package var chunkItems: Int?
    package var itemsPerWorker: Int?
    package var isOrdered = true
    package var retries = RetryPolicy()
    /// What one item may take.
    package var timeLimit: TimeLimit?
    /// What `setup` and `teardown` may take, each.
    package var setupLimit: SetupLimit?
    package var halt: HaltPolicy?
    /// How many items there are, where that is known and asked for.
    package var totalItems: Int?

    /// An item as text, by its number and its chunk, for failures that come without it; where somebody wants to know.
    package var inputText: InputText?
    package typealias InputText = (Int, Chunk) -> String?

    package init() {}

    package struct SetupLimit {
        package let nanoseconds: Int
        /// As messages say it.
        package let seconds: String

        package init(nanoseconds: Int, seconds: String) {
            self.nanoseconds = nanoseconds
            self.seconds = seconds
        }
    }

    package struct TimeLimit {
        package let nanoseconds: Int
        /// As messages say it.
        package let seconds: String
        /// What makes a worker raise an error in the item that is overdue.
        package let signal: Int32

        package init(nanoseconds: Int, seconds: String, signal: Int32) {
            self.nanoseconds = nanoseconds
            self.seconds = seconds
            self.signal = signal
        }
    }
}
