// Programs, and lines that several processes write to one stream, for Lua.

import Lua
import Posix

extension CoreModule {
    /// A stream of a program that is no file; subprocess/command.lua has the same numbers.
    private enum Stream: Int64 {
        case pipe = -1
        case output = -2
        case null = -3
    }

    var programFunctions: [String: HostFunction] {
        [
            // words, NAME=VALUE… or nil, folder or nil, three streams, of which nil is this process's own
            // → pid, and a file or nil for each stream; nothing when that takes too many descriptors, unless a 7th
            // argument says that it was the last try
            "program_start": { [unowned self] stack throws(LuaError) in
                var plan = ProgramPlan(words: stack.byteArrays(1))
                if stack.type(2) == .table { plan.environment = stack.byteArrays(2) }
                plan.folder = stack.byteArray(3)
                for place in 0..<3 where stack.type(4 + Int32(place)) != .nil {
                    plan.streams[place] = try stream(stack, 4 + Int32(place))
                }
                try stack.prepareForProgram()
                let program: StartedProgram
                do throws(ProgramError) { program = try programs.start(plan) } catch {
                    if error.cause.isOutOfDescriptors, !stack.boolean(7) { return 0 }
                    throw LuaError(message: error.description)
                }
                stack.push(Int64(program.pid))
                for place in 0..<3 {
                    guard let end = program.takeEnd(of: place) else {
                        stack.pushNil()
                        continue
                    }
                    if place == 0 { stack.pushUnbufferedFile(end) } else { stack.pushFile(end, mode: "r") }
                }
                return 4
            },
            // pid → exit code, -n for signal n, or nil while it runs
            "program_poll": { [unowned self] stack throws(LuaError) in
                switch programs.exitStatus(of: try stack.smallIntegerArgument(1, "a process")) {
                case .exited(let code): stack.push(Int64(code))
                case .killed(let signal): stack.push(Int64(-signal))
                case nil:
                    stack.pushNil()
                    return 1
                }
                stack.readProgramOutput()
                return 1
            },
            // pid, input file, input, how much of it was sent, output files, seconds or nil
            // → how much was sent, or nil when nobody reads it; what was read of each, or nil; whether it has ended
            "program_transfer": { [unowned self] stack throws(LuaError) in try transfer(stack) },
            "program_signal": { [unowned self] stack throws(LuaError) in
                let pid = try stack.smallIntegerArgument(1, "a process")
                programs.program(pid)?.send(try stack.smallIntegerArgument(2, "a signal"))
                return 0
            },
            // pid, output files
            "program_kill_all": { [unowned self] stack throws(LuaError) in
                let pid = try stack.smallIntegerArgument(1, "a process")
                programs.killAll(pid, holding: [2, 3].compactMap { stack.descriptor($0) })
                return 0
            },
            "program_abandon": { [unowned self] stack throws(LuaError) in
                programs.abandon(try stack.smallIntegerArgument(1, "a process"))
                return 0
            },
            "program_kill_everything": { [unowned self] _ throws(LuaError) in
                programs.killEverything()
                return 0
            },
        ]
    }

    var lineFunctions: [String: HostFunction] {
        [
            // file, text → true, or nil and why not
            "write_line": { stack throws(LuaError) in
                let bytes = stack.byteArray(2) ?? []
                switch stack.fileTarget(1) {
                case .descriptor(let number):
                    if number == StandardDescriptor.output { try stack.prepareForProgram() }
                    do throws(PosixError) { try SharedOutput.write(bytes, to: number) } catch {
                        stack.pushNil()
                        stack.push(error.reason)
                        return 2
                    }
                case .memory: _ = stack.write(bytes, toFile: 1)
                case .closed, .none:
                    stack.pushNil()
                    stack.push("the file is closed")
                    return 2
                }
                stack.push(true)
                return 1
            },
            // What is printed arrives line by line.
            "write_whole_lines": { _ throws(LuaError) in
                Stack.writeWholeLines()
                return 0
            },
            // Seconds since 1970.
            "date": { stack throws(LuaError) in
                stack.push(Clock.date())
                return 1
            },
            // Sleeps so long, or until a signal arrives, or callbacks have run.
            "pause": { [unowned self] stack throws(LuaError) in
                WakeUp.arm()
                defer { WakeUp.disarm() }
                if let interruption = stack.receiveInterruption() { throw LuaError(message: interruption) }
                try pause(stack.number(1), stack)
                return 0
            },
            // From now on pcall records what it catches.
            "record_caught": { stack throws(LuaError) in
                stack.recordCaught()
                return 0
            },
            // → the last value that was caught, the traceback of where it was raised, whether it was just now; or nothing
            "caught": { stack throws(LuaError) in stack.pushCaught() ? 3 : 0 },
            // → "lengths.lua:9: ", where the script is, or ""
            "position": { stack throws(LuaError) in
                stack.push(stack.position())
                return 1
            },
        ]
    }

    private func stream(_ stack: Stack, _ index: Int32) throws(LuaError) -> ProgramPlan.Stream {
        if stack.type(index) == .number {
            switch stack.integer(index).flatMap({ Stream(rawValue: $0) }) {
            case .pipe: return .pipe
            case .output: return .output
            case .null: return .null
            case nil: throw LuaError(message: "not a stream")
            }
        }
        switch stack.fileTarget(index) {
        case .descriptor(let number): return .descriptor(number)
        case .closed: throw LuaError(message: "a program's stream is a file that is closed")
        case .memory: throw LuaError(message: "a program's stream is a file without a descriptor")
        case .none: throw LuaError(message: "a program's stream is a \(stack.type(index)), not a file")
        }
    }

    private func transfer(_ stack: Stack) throws(LuaError) -> Int32 {
        let pid = try stack.smallIntegerArgument(1, "a process")
        let sent = try stack.integerArgument(4, default: 0, "an offset")
        let ahead = [5, 6].contains { stack.hasBuffered($0) }
        var pipes = ProgramPipes()
        pipes.outputs = [stack.descriptor(5), stack.descriptor(6)]
        pipes.pidfd = programs.program(pid)?.pidfdNumber
        if let input = stack.descriptor(2), let unsent = stack.byteArray(3, from: sent, limit: ProgramPipes.limit) {
            ProgramPipes.setNonBlocking(input)
            (pipes.input, pipes.unsent) = (input, unsent)
        }
        if !ahead {
            WakeUp.arm()
            defer { WakeUp.disarm() }
            if let interruption = stack.receiveInterruption() {
                if stack.isTimedOut { programs.killAll(pid, holding: pipes.outputs.compactMap { $0 }) }
                throw LuaError(message: interruption)
            }
            pipes.transfer(seconds: stack.type(7) == .number ? stack.number(7) : nil)
        }
        if pipes.isBroken { stack.pushNil() } else { stack.push(Int64(sent + pipes.sent)) }
        for (place, bytes) in pipes.read.enumerated() {
            if ahead, stack.pushBuffered(5 + Int32(place)) { continue }
            if let bytes { stack.push(bytes) } else { stack.pushNil() }
        }
        stack.push(pipes.hasEnded)
        return 4
    }
}

extension Stack {
    fileprivate func byteArrays(_ list: Int32) -> [[UInt8]] {
        (0..<rawCount(list)).map { place in
            rawGet(list, at: place + 1)
            defer { pop() }
            return byteArray(-1) ?? []
        }
    }

    fileprivate func descriptor(_ index: Int32) -> Int32? {
        if case .descriptor(let number) = fileTarget(index) { return number }
        return nil
    }
}
