// Channels, pipes and arrays, for Lua.

import Lua
import Posix

extension CoreModule {
    var channelFunctions: [String: HostFunction] {
        [
            // most messages, or 0; what it is for, unless for the script's values → handle
            "channel": constructor { tree, stack throws(LuaError) in
                let most = try stack.integerArgument(1, default: 0, "maxsize")
                let use = stack.string(2).flatMap(Channel.Use.init) ?? .values
                return try orRaise { () throws(TreeError) in
                    try tree.makeChannel(maximumCount: max(0, most), for: use)
                }
            },
            // channel, value, timeout → true, or nil and "full" or "closed"
            "put": function { [unowned self] tree, stack throws(LuaError) in
                let (channel, timeout) = (try stack.handleArgument(1), try stack.timeout(3))
                let isPut = try withEncoded(2, of: stack, as: "value") { bytes, handles throws(LuaError) in
                    try orClosed { () throws(TreeError) in
                        try tree.put(bytes, handles: handles, into: channel, timeout)
                    }
                }
                guard let isPut else { return stack.pushNil(reason: .closed) }
                if !isPut { return stack.pushNil(reason: .full) }
                stack.push(true)
                return 1
            },
            // channel, timeout → value, or nil and "empty" or "closed"
            "get": function { [unowned self] tree, stack throws(LuaError) in
                let (channel, timeout) = (try stack.handleArgument(1), try stack.timeout(2))
                let received: ReceivedMessage?
                do throws(TreeError) { received = try tree.get(from: channel, timeout) } catch {
                    guard case .gone = error else { throw LuaError(message: error.description) }
                    return stack.pushNil(reason: .closed)
                }
                guard let received else { return stack.pushNil(reason: .empty) }
                return try push(received, tree, stack)
            },
            // channel, pid, timeout → value, or nil and "empty", or nil and "closed" when that process has ended
            "get_while": function { [unowned self] tree, stack throws(LuaError) in
                let (channel, timeout) = (try stack.handleArgument(1), try stack.timeout(3))
                let pid = try stack.smallIntegerArgument(2, "a process")
                guard
                    let received = try orClosed({ () throws(TreeError) in
                        try tree.get(from: channel, while: pid, timeout)
                    })
                else { return stack.pushNil(reason: .closed) }
                guard let received else { return stack.pushNil(reason: .empty) }
                return try push(received, tree, stack)
            },
            // → count, whether it is full, whether it is closed, how many are not done
            "channel_state": function { tree, stack throws(LuaError) in
                let channel = try stack.handleArgument(1)
                let state = try orRaise { () throws(TreeError) in try tree.state(ofChannel: channel) }
                stack.push(Int64(state.count))
                stack.push(state.isFull)
                stack.push(state.isClosed)
                stack.push(Int64(state.unfinished))
                return 4
            },
            "channel_close": function { tree, stack throws(LuaError) in
                let channel = try stack.handleArgument(1)
                try orRaise { () throws(TreeError) in try tree.close(channel: channel) }
                return 0
            },
            "task_done": function { tree, stack throws(LuaError) in
                let channel = try stack.handleArgument(1)
                try orRaise { () throws(TreeError) in try tree.taskDone(channel) }
                return 0
            },
            "channel_join": function { tree, stack throws(LuaError) in
                let (channel, timeout) = (try stack.handleArgument(1), try stack.timeout(2))
                if !(try orRaise { () throws(TreeError) in try tree.join(channel: channel, timeout) }) {
                    return stack.pushNil(reason: .timeout)
                }
                stack.push(true)
                return 1
            },
        ]
    }

    /// The result of `body`, or nil when its object is closed.
    private func orClosed<Value>(_ body: () throws(TreeError) -> Value) throws(LuaError) -> Value? {
        do throws(TreeError) { return try body() } catch {
            if case .gone = error { return nil }
            throw LuaError(message: error.description)
        }
    }

    var pipeFunctions: [String: HostFunction] {
        [
            // is duplex → two handles
            "pipe": function { [unowned self] tree, stack throws(LuaError) in
                let ends = try orRaise { () throws(TreeError) in try tree.makePipe(isDuplex: stack.boolean(1)) }
                stack.push(handle: ends.first, of: registry)
                stack.push(handle: ends.second, of: registry)
                return 2
            },
            // end, value → true, or nil and "closed"
            "send": function { [unowned self] tree, stack throws(LuaError) in
                let end = try stack.handleArgument(1)
                let isSent: Bool? = try withEncoded(2, of: stack, as: "value") { bytes, handles throws(LuaError) in
                    try orClosed { () throws(TreeError) in
                        try tree.send(bytes, handles: handles, through: end)
                        return true
                    }
                }
                if isSent == nil { return stack.pushNil(reason: .closed) }
                stack.push(true)
                return 1
            },
            // end, timeout → value, or nil and "timeout" or "closed"
            "recv": function { [unowned self] tree, stack throws(LuaError) in
                let (end, timeout) = (try stack.handleArgument(1), try stack.timeout(2))
                guard let received = try orClosed({ () throws(TreeError) in try tree.receive(from: end, timeout) })
                else { return stack.pushNil(reason: .closed) }
                guard let received else { return stack.pushNil(reason: .timeout) }
                return try push(received, tree, stack)
            },
            "directions": function { tree, stack throws(LuaError) in
                let end = try stack.handleArgument(1)
                let directions = try orRaise { () throws(TreeError) in try tree.directions(of: end) }
                stack.push(directions.sends)
                stack.push(directions.receives)
                return 2
            },
            "end_close": function { tree, stack throws(LuaError) in
                let end = try stack.handleArgument(1)
                try orRaise { () throws(TreeError) in try tree.close(end: end) }
                stack.forgetHandle(1)
                return 0
            },
            // list of handles and process numbers, timeout → list of places
            "wait": function { tree, stack throws(LuaError) in
                let timeout = try stack.timeout(2)
                var sources: [ProcessTree.Source] = []
                for place in 0..<stack.rawCount(1) {
                    stack.rawGet(1, at: place + 1)
                    if let handle = stack.handle(-1) {
                        sources.append(.object(handle))
                    } else {
                        sources.append(.process(pid: try stack.smallIntegerArgument(-1, "a process")))
                    }
                    stack.pop()
                }
                let ready = try orRaise { () throws(TreeError) in try tree.wait(for: sources, timeout) }
                stack.newTable(list: Int32(ready.count))
                for (place, source) in ready.enumerated() {
                    stack.push(Int64(source + 1))
                    stack.rawSet(-2, at: place + 1)
                }
                return 1
            },
        ]
    }

    var arrayFunctions: [String: HostFunction] {
        [
            // type's letter, count → handle
            "array": constructor { tree, stack throws(LuaError) in
                let (code, count) = (stack.string(1) ?? "", try stack.integerArgument(2, "an array's size"))
                if count < 0 { throw LuaError(message: "an array's size is 0 or more, not \(count)") }
                return try orRaise { () throws(TreeError) in try tree.makeArray(code: code, count: count) }
            },
            "array_count": function { tree, stack throws(LuaError) in
                let array = try stack.handleArgument(1)
                stack.push(Int64(try orRaise { () throws(TreeError) in try tree.count(ofArray: array) }))
                return 1
            },
            // array, place → number, or nil outside
            "array_get": function { tree, stack throws(LuaError) in
                let (array, place) = (try stack.handleArgument(1), try stack.integerArgument(2, "a place"))
                stack.push(try orRaise { () throws(TreeError) in try tree.number(in: array, at: place) })
                return 1
            },
            "array_set": function { tree, stack throws(LuaError) in
                let (array, place) = (try stack.handleArgument(1), try stack.integerArgument(2, "a place"))
                let value = try stack.elementArgument(3, isByte: tree.isBytes(array))
                try orRaise { () throws(TreeError) in try tree.set(value, in: array, at: place) }
                return 0
            },
            // array of "c" → string
            "array_bytes": function { tree, stack throws(LuaError) in
                let array = try stack.handleArgument(1)
                stack.push(try orRaise { () throws(TreeError) in try tree.bytes(ofArray: array) })
                return 1
            },
            // array of "c", string, not longer than it: its first bytes from now on
            "array_set_bytes": function { tree, stack throws(LuaError) in
                let (array, bytes) = (try stack.handleArgument(1), stack.byteArray(2) ?? [])
                try orRaise { () throws(TreeError) in try tree.set(bytes, inArray: array) }
                return 0
            },
            // array, place, amount → sum
            "array_add": function { tree, stack throws(LuaError) in
                let (array, place) = (try stack.handleArgument(1), try stack.integerArgument(2, "a place"))
                let value = try stack.numberArgument(3)
                stack.push(try orRaise { () throws(TreeError) in try tree.add(value, in: array, at: place) })
                return 1
            },
        ]
    }
}
