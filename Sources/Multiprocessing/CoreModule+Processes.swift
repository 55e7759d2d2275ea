// Processes, time and the end of this one, for Lua.

import Lua
import Posix

extension CoreModule {
    var processFunctions: [String: HostFunction] {
        [
            // name → 0 in the child, its number in the parent
            "fork": function { tree, stack throws(LuaError) in
                let name = stack.string(1) ?? "Process"
                try stack.prepareForProgram()
                let number = stack.nextChild()
                switch try orRaise({ () throws(TreeError) in try tree.fork(name: name) }) {
                case .child:
                    stack.beginChild(number)
                    stack.endCapture()
                    stack.push(Int64(0))
                case .parent(let pid): stack.push(Int64(pid))
                }
                return 1
            },
            // pid, timeout → exit code, -n for signal n, or nil while it runs
            "join": function { tree, stack throws(LuaError) in
                let (pid, timeout) = (try stack.smallIntegerArgument(1, "a process"), try stack.timeout(2))
                switch try orRaise({ () throws(TreeError) in try tree.join(pid, timeout) }) {
                case .exited(let code): stack.push(Int64(code))
                case .killed(let signal): stack.push(Int64(-signal))
                case nil:
                    stack.pushNil()
                    return 1
                }
                stack.readProgramOutput()
                return 1
            },
            // Calls a function with an argument, outside of the coroutine that this is called in.
            "without_yielding": { stack throws(LuaError) in
                try stack.call(arguments: 1, results: 0)
                return 0
            },
            "kill": function { tree, stack throws(LuaError) in
                let pid = try stack.smallIntegerArgument(1, "a process")
                tree.kill(pid, signal: try stack.smallIntegerArgument(2, "a signal"))
                return 0
            },
            // pid → { { pid, name }, … }
            "children": function { tree, stack throws(LuaError) in
                let children = tree.children(of: try stack.smallIntegerArgument(1, "a process"))
                stack.newTable(list: Int32(children.count))
                for (place, child) in children.enumerated() {
                    stack.newTable(list: 2)
                    stack.push(Int64(child.pid))
                    stack.rawSet(-2, at: 1)
                    stack.push(child.name)
                    stack.rawSet(-2, at: 2)
                    stack.rawSet(-2, at: place + 1)
                }
                return 1
            },
            "lead_group": { stack throws(LuaError) in
                ScriptChild.leadGroup()
                return 0
            },
            // index, leader of a group, or 0
            "set_stop_group": { stack throws(LuaError) in
                let index = try stack.integerArgument(1, "an index")
                ScriptChild.setStopGroup(try stack.smallIntegerArgument(2, "a process"), at: index)
                return 0
            },
            "kill_group": { stack throws(LuaError) in
                ScriptChild.killGroup(try stack.smallIntegerArgument(1, "a process"))
                return 0
            },
            // → bytes of shared memory in use, number of processes
            "usage": function { tree, stack throws(LuaError) in
                let usage = tree.usage
                stack.push(Int64(usage.bytes))
                stack.push(Int64(usage.processes))
                return 2
            },
            "forget": function { tree, stack throws(LuaError) in
                tree.forget(try stack.smallIntegerArgument(1, "a process"))
                return 0
            },
            "signal_name": { stack throws(LuaError) in
                stack.push(Signal.name(try stack.smallIntegerArgument(1, "a signal")))
                return 1
            },
            // The position of this process in reports from now on, or nil for where the script is.
            "set_position": { [unowned self] stack throws(LuaError) in
                finalPosition = stack.string(1)
                return 0
            },
            // Ends this process, with C's streams flushed and nothing else run.
            "exit": { stack throws(LuaError) in
                Posix.Process.exit(Int32(truncatingIfNeeded: try stack.integerArgument(1, default: 0, "a status")))
            },
            // Standard input is /dev/null from now on.
            "leave_input": { _ throws(LuaError) in
                StandardDescriptor.leaveInput()
                return 0
            },
            "getpid": { stack throws(LuaError) in
                stack.push(Int64(Machine.processNumber()))
                return 1
            },
            "getppid": { stack throws(LuaError) in
                stack.push(Int64(Machine.parentNumber()))
                return 1
            },
            "cpu_count": { stack throws(LuaError) in
                stack.push(Int64(Processors.usable()))
                return 1
            },
            // Seconds since some moment, unmoved by changes of the date.
            "clock": { stack throws(LuaError) in
                stack.push(Double(Clock.now()) / 1e9)
                return 1
            },
            "sleep": { [unowned self] stack throws(LuaError) in
                guard stack.type(1) == .number, !stack.number(1).isNaN else {
                    throw LuaError(message: "sleep takes a number of seconds")
                }
                Posix.Process.sleep(seconds: stack.number(1)) { answerQuestion() }
                return 0
            },
            // Raises an error at the script's line: message
            "fail": { stack throws(LuaError) in throw LuaError(message: stack.string(1) ?? "") },
            "set_deadlock_detection": function { tree, stack throws(LuaError) in
                tree.detectsDeadlocks = stack.boolean(1)
                return 0
            },
        ]
    }
}
