// A time that something may take.

package struct TimeLimit {
    package let nanoseconds: Int
    /// As text for messages.
    package let seconds: String

    package init(nanoseconds: Int, seconds: String) {
        self.nanoseconds = nanoseconds
        self.seconds = seconds
    }
}
