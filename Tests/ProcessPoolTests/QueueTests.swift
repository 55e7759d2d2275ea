// What the scheduler keeps its workers and chunks in, beside what the library has for it.

import Chance
import Testing

@testable import ProcessPool

@Test(arguments: [1, 2, 63, 64, 65, 1024, 4097, 300_000])
func `a set of numbers knows its lowest`(bound: Int) {
    var random = Seeded(bound)
    var (numbers, model) = (NumberSet(below: bound), Set<Int>())
    for _ in 0..<2000 {
        let number = random.once(in: 3) ? (model.min() ?? 0) : random.below(min(bound, 5000)) * max(bound / 5000, 1)
        if model.remove(number) != nil {
            numbers.remove(number)
        } else {
            numbers.insert(number)
            model.insert(number)
        }
        #expect(numbers.first == model.min() && numbers.count == model.count)
    }
}

@Test func `chunks leave a queue in the order of a list that takes some in front`() {
    var random = Seeded(1)
    var (queue, model) = (ChunkQueue(), [Chunk]())
    for first in 1...2000 {
        let chunk = Chunk(first: first, count: 1)
        switch random.below(5) {
        case 0:
            queue.prepend([chunk, chunk.advanced(by: 1)])
            model = [chunk, chunk.advanced(by: 1)] + model
        case 1, 2:
            queue.append(chunk)
            model.append(chunk)
        default: #expect(queue.popFirst() == (model.isEmpty ? nil : model.removeFirst()))
        }
        #expect(queue.isEmpty == model.isEmpty)
    }
}
