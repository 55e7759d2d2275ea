// Programs that a script starts: they stay in its process group, so that a terminal's Ctrl-C reaches them, and die with
// it. Those that the host starts are apart. Their own children are found by Descendants.

import CPosixBridge
import Glibc

/// A program, in the process that has started it.
package final class StartedProgram {
    package let pid: Int32
    private let pidfd: Descriptor
    private var ends: [Int32]
    /// How it ended; nil until it was reaped.
    package private(set) var status: ExitStatus?

    private init(pid: Int32, pidfd: consuming Descriptor, ends: [Int32]) {
        self.pid = pid
        self.pidfd = pidfd
        self.ends = ends
    }

    deinit {
        for end in ends where end >= 0 { close(end) }
    }

    /// This process's end of the pipe to a stream, for the caller to own; nil where there is none.
    package func takeEnd(of stream: Int) -> Int32? {
        defer { ends[stream] = -1 }
        return ends[stream] < 0 ? nil : ends[stream]
    }

    /// Readable when the program has ended.
    package var pidfdNumber: Int32 { pidfd.number }

    package var hasEnded: Bool { status != nil || Descriptor.isReadable(pidfd.number) }

    package static func start(_ plan: ProgramPlan) throws(ProgramError) -> StartedProgram {
        var streams = Streams()
        defer { streams.closeTheirs() }
        var pid: Int32 = -1
        do throws(ProgramError) {
            do throws(PosixError) { try streams.open(plan.streams) } catch { throw ProgramError(.process, error, plan) }
            pid = try spawn(plan, streams.theirs)
            let pidfd = pmap_pidfd_open(pid)
            if pidfd < 0 { throw ProgramError(.process, PosixError("pidfd_open"), plan) }
            return StartedProgram(pid: pid, pidfd: Descriptor(owning: pidfd), ends: streams.ours)
        } catch {
            for end in streams.ours where end >= 0 { close(end) }
            if pid > 0 {
                _ = Glibc.kill(pid, SIGKILL)
                pmap_wait_program(pid, nil, 0)
            }
            throw error
        }
    }

    private static func spawn(_ plan: ProgramPlan, _ streams: [Int32]) throws(ProgramError) -> Int32 {
        if plan.streams[0] == .pipe { pmap_survive_broken_pipes() }
        let (paths, words) = (CStrings(plan.paths), CStrings(plan.words))
        let environment = plan.environment.map { CStrings($0) }
        let folder = plan.folder.map { CStrings([$0]) }
        var failed = PMAP_AT_PROCESS
        let pid = withExtendedLifetime((paths, words, environment, folder)) {
            var program = unsafe pmap_program(
                paths: paths.pointers, words: words.pointers, environment: environment?.pointers,
                folder: folder?.pointers[0], streams: (streams[0], streams[1], streams[2]),
                as_system: false, is_apart: plan.isApart)
            return unsafe pmap_start_program(&program, &failed)
        }
        if pid > 0 { return pid }
        let cause = PosixError("fork")
        let step: ProgramError.Step =
            switch failed {
            case PMAP_AT_STREAM: .stream
            case PMAP_AT_FOLDER: .folder
            case PMAP_AT_PROGRAM: .program
            default: .process
            }
        throw ProgramError(step, cause, plan)
    }

    /// How it ended, if it has.
    package func reap() -> ExitStatus? {
        if status == nil { status = ExitStatus.reaped(pid) }
        return status
    }

    package func send(_ signal: Int32) {
        if status == nil { _ = Glibc.kill(pid, signal) }
    }

    /// Kills it with everything it has started that can be found, and waits for its own end.
    package func killAll(holding pipes: [Int32]) {
        Descendants.kill(of: status == nil ? pid : nil, holding: pipes)
        // A program of another user by now, such as sudo, may not be killed and is not waited for.
        if status != nil || Glibc.kill(pid, SIGKILL) != 0 { return }
        var state = unsafe siginfo_t()
        _ = retrying { unsafe waitid(P_PID, id_t(pid), &state, WEXITED | WNOWAIT) }
        _ = reap()
    }
}

extension StartedProgram {
    /// Kills the processes that have the other ends of these pipes, when the program itself has ended.
    package static func kill(holding pipes: [Int32]) { Descendants.kill(of: nil, holding: pipes) }
}

/// The descriptors of a program that is being started, and the other ends of its pipes; -1 where there is none.
private struct Streams {
    var ours: [Int32] = [-1, -1, -1]
    var theirs: [Int32] = [-1, -1, -1]
    private var opened: [Int32] = []

    mutating func open(_ streams: [ProgramPlan.Stream]) throws(PosixError) {
        for (place, stream) in streams.enumerated() {
            switch stream {
            case .null: break
            case .output: theirs[place] = theirs[1]
            case .descriptor(let number): theirs[place] = number
            case .pipe:
                var (reading, writing): (Int32, Int32) = (-1, -1)
                if unsafe pmap_small_pipe(&reading, &writing) < 0 { throw PosixError("pipe") }
                (theirs[place], ours[place]) = place == 0 ? (reading, writing) : (writing, reading)
                opened.append(theirs[place])
            }
        }
    }

    mutating func closeTheirs() {
        for number in opened { close(number) }
        opened = []
    }
}

/// An array of C strings, which live as long as this object.
@safe private final class CStrings {
    let pointers: UnsafePointer<UnsafePointer<CChar>?>
    private let count: Int

    init(_ strings: [[UInt8]]) {
        count = strings.count
        let pointers = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: count + 1)
        for (place, bytes) in strings.enumerated() {
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
            for (offset, byte) in bytes.enumerated() { unsafe copy[offset] = CChar(bitPattern: byte) }
            unsafe copy[bytes.count] = 0
            unsafe (pointers + place).initialize(to: UnsafePointer(copy))
        }
        unsafe (pointers + count).initialize(to: nil)
        unsafe self.pointers = UnsafePointer(pointers)
    }

    deinit {
        for place in 0..<count { unsafe pointers[place]?.deallocate() }
        unsafe pointers.deallocate()
    }
}
