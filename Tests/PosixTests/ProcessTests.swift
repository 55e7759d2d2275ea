// Memory, processors, signals, waiting: as far as a process with threads may ask.

import Bytes
import Glibc
import Testing

@testable import Posix

@Test func `a process with threads is not forked`() async {
    await Task {}.value
    do {
        _ = try Child.fork { 0 }
        Issue.record("forked")
    } catch {
        #expect(error.call == "fork" && error.code == EDEADLK)
        #expect(error.subject.wholeMatch(of: /in a process with \d+ threads/) != nil)
    }
}

@Test func `there is a processor`() { #expect(Processors.usable() >= 1) }

@Test func `time goes on`() {
    let start = Clock.now()
    usleep(2000)
    #expect(Clock.now() - start >= 2_000_000)
}

@Test(arguments: [
    (SIGKILL, "SIGKILL"), (SIGSEGV, "SIGSEGV"), (SIGINT, "SIGINT"), (SIGTERM, "SIGTERM"), (SIGHUP, "SIGHUP"),
    (SIGXCPU, "SIGXCPU"), (40, "signal 40"), (1000, "signal 1000"), (-1, "signal -1"),
])
func `a signal has its name`(number: Int32, name: String) { #expect(Signal.name(number) == name) }

@Test func `an exit status says how a process ended`() {
    #expect(ExitStatus.exited(3).description == "exited with status 3")
    #expect(ExitStatus.killed(signal: SIGABRT).description == "was killed by SIGABRT")
}

@Test func `an environment variable is there or not`() {
    #expect(Environment.value("PATH") != nil)
    #expect(Environment.value("PMAP_NO_SUCH_VARIABLE") == nil)
}

@Test func `shared pages are zeroed, and a buffer in them is one with all others`() throws {
    let pages = try SharedPages(bytes: 4096)
    var buffer = pages.buffer(from: 64)
    #expect(buffer.capacity == 4096 - 64 && !buffer.isOwned)
    #expect(pages.copy(from: 0, bytes: 4096).array == Array(repeating: 0, count: 4096))
    buffer.append(Array(0..<100))
    #expect(pages.copy(from: 64, bytes: 10).array == Array(0..<10))
}

@Test func `a copy of shared pages is never larger than they are`() throws {
    let pages = try SharedPages(bytes: 4096)
    let copy = pages.copy(from: 64, bytes: 0xffff_ffff)
    #expect(copy.count == 4096 - 64 && copy.capacity < 8192)
}

@Test func `the poller tells who is ready, and nobody else`() throws {
    let ends = try Descriptor.pipe()
    var other = try Descriptor.pipe()
    let broken = other.takeWriting()
    do { _ = other.takeReading() }
    var poller = Poller<String>()
    poller.watchReadable(ends.readingNumber, "readable")
    #expect(poller.wait(milliseconds: 1) == [])
    poller.watchWritable(ends.writingNumber, "writable")
    poller.watchBroken(ends.writingNumber, "broken")
    poller.watchBroken(broken.number, "broken other")
    #expect(poller.wait(milliseconds: nil) == ["writable", "broken other"])
    poller.removeAll()
    #expect(poller.wait(milliseconds: 0) == [])
}
