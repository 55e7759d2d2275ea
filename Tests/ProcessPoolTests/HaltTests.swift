// When a run has had enough.

import Testing
import Wire

@testable import ProcessPool

private func tally(succeeded: Int, failed: Int, records: Int) -> Tally {
    var tally = Tally()
    (tally.succeeded, tally.records) = (succeeded, records)
    tally.failed = [.error: failed - failed / 2, .crash: failed / 2]
    return tally
}

@Test(arguments: [
    (HaltPolicy.Why.fail, 3), (.success, 5), (.done, 8), (.record, 2),
])
func `a number of items is reached by those it is about`(why: HaltPolicy.Why, count: Int) {
    let tally = tally(succeeded: 5, failed: 3, records: 2)
    #expect(HaltPolicy(.now, why, .items(count)).isReached(by: tally, of: nil))
    #expect(!HaltPolicy(.now, why, .items(count + 1)).isReached(by: tally, of: nil))
}

@Test func `a percentage is one of all items, and is not reached before their number is known`() {
    let half = HaltPolicy(.soon, .success, .percent(50))
    #expect(!half.isReached(by: tally(succeeded: 49, failed: 1, records: 0), of: 100))
    #expect(half.isReached(by: tally(succeeded: 50, failed: 1, records: 0), of: 100))
    #expect(!half.isReached(by: tally(succeeded: 50, failed: 1, records: 0), of: nil))
    #expect(!half.isReached(by: Tally(), of: 0), "nothing is half of nothing")
    #expect(HaltPolicy(.soon, .fail, .percent(0.1)).isReached(by: tally(succeeded: 0, failed: 1, records: 0), of: 999))
}
