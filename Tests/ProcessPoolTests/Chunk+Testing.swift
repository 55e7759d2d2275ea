// Chunks whose records nobody looks at.

@testable import ProcessPool

extension Chunk {
    init(first: Int, count: Int) {
        self.init(first: first, count: count, payload: Payload(input: 0, firstPosition: first, records: .listed))
    }
}
