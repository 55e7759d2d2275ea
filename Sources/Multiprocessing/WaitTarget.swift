// What a wait of a process is for, and what may end it.

/// What a process waits for.
struct WaitTarget {
    /// The objects that it waits for, whose holders may die; the first one stands in reports.
    var objects: [Int]
    /// The queues in which this process stands meanwhile.
    var queues: [Int]
    /// Processes that end the wait when they end.
    var processes: [Int] = []
    /// Children that end the wait when they end, as descriptors that become readable then.
    var children: [Int32] = []
    /// The moment when it ends without success.
    var deadline: Int?
    /// Whether callbacks may run meanwhile.
    var allowsCallbacks = true
    /// Whether it ends without success when callbacks have run, which may have taken what it waits for. Messages of the
    /// objects themselves run none then.
    var endsAfterCallbacks = false
    /// Whether an error that a signal asks for may end it.
    var isInterruptible = true
}
