// Whether the place of a worker that did not come to its first item is filled again.

import Testing

@testable import ProcessPool

@Test(arguments: [
    (FailedStarts.Failure.setup, false, 1), (.setup, true, FailedStarts.mostFailures),
    (.killed, false, FailedStarts.mostFirstFailures),
    (.killed, true, FailedStarts.mostFailures),
])
func `a place is filled again until there is no hope`(failure: FailedStarts.Failure, wasReady: Bool, failures: Int) {
    var starts = FailedStarts()
    if wasReady { starts.noteReady(7) }
    let answers = (1...failures).map { _ in starts.mayRefill(7, after: failure) }
    #expect(answers == Array(repeating: true, count: failures - 1) + [false])
    let elsewhere = starts.mayRefill(8, after: .killed)
    #expect(elsewhere, "another place has nothing to do with it")
    starts.noteReady(7)
    let again = starts.mayRefill(7, after: failure)
    #expect(again, "a worker that was ready gives new hope")
}

@Test func `a process may be had at any time, and is asked for more and more rarely`() {
    var starts = FailedStarts()
    var delays: [Int] = []
    for tries in 1...30 {
        let mayRefill = starts.mayRefill(0, after: .fork)
        #expect(mayRefill)
        #expect(starts.isHopeless(0) == (tries >= FailedStarts.mostFailures))
        delays.append(starts.delay(0))
    }
    #expect(delays == delays.sorted() && delays.last == 1_000_000_000)
}
