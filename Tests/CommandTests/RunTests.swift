// The tests' own way to run a command notices what it is there to notice.

import Running
import Testing

@Test(arguments: ["sleep 600 > /dev/null 2>&1 &", "setsid sleep 600 > /dev/null 2>&1 &"])
func `what is left running is an error that names it`(line: String) throws {
    let error = try #require(throws: RunError.self) { try Run(line, in: Scratch()).finish() }
    #expect("\(error)".contains("left running by") && "\(error)".contains("sleep 600"))
}

@Test(arguments: ["sleep 600", "setsid sleep 600", "trap '' INT TERM; while :; do :; done"])
func `what takes too long is ended, and an error that names it`(line: String) throws {
    let error = try #require(throws: RunError.self) {
        try Run(line, in: Scratch(), limit: .milliseconds(200)).finish()
    }
    #expect("\(error)".contains("did not end within 0.2 seconds: \(line)"))
}

@Test func `status, output and errors are told apart`() throws {
    let outcome = try Run("cat; echo error >&2; exit 7", in: Scratch(), input: "in\n").finish()
    #expect(outcome == Outcome(output: "in\n", errors: "error\n", ending: .exit(7)))
    #expect(try Run("kill -9 $$", in: Scratch()).finish().ending == .signal(9))
}
