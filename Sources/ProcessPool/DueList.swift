// What is to be done later. No clock.

/// Elements, each due at a time of the clock, in nanoseconds.
struct DueList<Element> {
    private var elements: [(element: Element, due: Int)] = []

    var isEmpty: Bool { elements.isEmpty }
    /// When the first one is due.
    var next: Int? { elements.map(\.due).min() }

    mutating func append(_ element: Element, due: Int) { elements.append((element, due)) }
    /// Those that are due, in the order in which they came.
    mutating func removeDue(_ now: Int) -> [Element] {
        let due = elements.filter { $0.due <= now }
        if !due.isEmpty { elements.removeAll { $0.due <= now } }
        return due.map(\.element)
    }

    mutating func removeAll() -> [Element] {
        defer { elements = [] }
        return elements.map(\.element)
    }
}
