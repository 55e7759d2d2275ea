// Whether the place of a worker that did not come to its first item is filled again.

import Testing

@testable import ProcessPool

@Test(arguments: [
    (Places.Failure.setup, false, 1), (.setup, true, Places.mostFailures), (.killed, false, Places.mostFirstFailures),
    (.killed, true, Places.mostFailures),
])
func `a place is filled again until there is no hope`(failure: Places.Failure, wasReady: Bool, failures: Int) {
    var places = Places()
    if wasReady { places.noteReady(7) }
    let answers = (1...failures).map { _ in places.mayRefill(7, after: failure) }
    #expect(answers == Array(repeating: true, count: failures - 1) + [false])
    let elsewhere = places.mayRefill(8, after: .killed)
    #expect(elsewhere, "another place has nothing to do with it")
    places.noteReady(7)
    let again = places.mayRefill(7, after: failure)
    #expect(again, "a worker that was ready gives new hope")
}

@Test func `a process may be had at any time, and is asked for more and more rarely`() {
    var places = Places()
    var delays: [Int] = []
    for tries in 1...30 {
        let mayRefill = places.mayRefill(0, after: .fork)
        #expect(mayRefill)
        #expect(places.isHopeless(0) == (tries >= Places.mostFailures))
        delays.append(places.delay(0))
    }
    #expect(delays == delays.sorted() && delays.last == 1_000_000_000)
}
