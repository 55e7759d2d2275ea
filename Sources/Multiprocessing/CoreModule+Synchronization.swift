// Semaphores, conditions, events and barriers, for Lua. A wait that ends by its timeout answers `nil, "timeout"`.

import Lua

extension CoreModule {
    var semaphoreFunctions: [String: HostFunction] {
        [
            // count, limit → handle
            "semaphore": constructor { tree, stack throws(LuaError) in
                let count = try stack.integerArgument(1, "a semaphore's value")
                let limit = try stack.integerArgument(2, default: 0, "a semaphore's limit")
                if count < 0 { throw LuaError(message: "a semaphore's value is 0 or more, not \(count)") }
                return try orRaise { () throws(TreeError) in try tree.makeSemaphore(count: count, limit: limit) }
            },
            // is recursive → handle
            "lock": constructor { tree, stack throws(LuaError) in
                try orRaise { () throws(TreeError) in try tree.makeLock(isRecursive: stack.boolean(1)) }
            },
            "acquire": function { tree, stack throws(LuaError) in
                let (handle, timeout) = (try stack.handleArgument(1), try stack.timeout(2))
                guard let acquisition = try orRaise({ () throws(TreeError) in try tree.acquire(handle, timeout) })
                else { return stack.pushNil(reason: .timeout) }
                stack.push(true)
                return 1 + stack.push(acquisition)
            },
            // → the hold's number
            "hold": function { tree, stack throws(LuaError) in
                let (handle, timeout) = (try stack.handleArgument(1), try stack.timeout(2))
                guard
                    let (number, acquisition) = try orRaise({ () throws(TreeError) in try tree.hold(handle, timeout) })
                else { return stack.pushNil(reason: .timeout) }
                stack.push(Int64(number))
                return 1 + stack.push(acquisition)
            },
            // handle, the hold's number
            "end_hold": function { tree, stack throws(LuaError) in
                let (handle, number) = (try stack.handleArgument(1), try stack.integerArgument(2, "a hold"))
                try orRaise { () throws(TreeError) in try tree.release(hold: number, of: handle) }
                return 0
            },
            "release": function { tree, stack throws(LuaError) in
                let (handle, count) = (try stack.handleArgument(1), try stack.integerArgument(2, default: 1, "n"))
                if count < 1 { throw LuaError(message: "n is 1 or more, not \(count)") }
                try orRaise { () throws(TreeError) in try tree.release(handle, count: count) }
                return 0
            },
            // → count
            "value": function { tree, stack throws(LuaError) in
                let handle = try stack.handleArgument(1)
                stack.push(Int64(try orRaise { () throws(TreeError) in try tree.value(handle) }))
                return 1
            },
            "condition": constructor { tree, _ throws(LuaError) in
                try orRaise { () throws(TreeError) in try tree.makeCondition() }
            },
            // condition, lock, timeout
            "condition_wait": function { tree, stack throws(LuaError) in
                let (condition, lock) = (try stack.handleArgument(1), try stack.handleArgument(2))
                let timeout = try stack.timeout(3)
                let (notified, acquisition) = try orRaise { () throws(TreeError) in
                    try tree.wait(for: condition, lock: lock, timeout)
                }
                if !notified { return stack.pushNil(reason: .timeout) + stack.push(acquisition) }
                stack.push(true)
                return 1 + stack.push(acquisition)
            },
            // condition, lock, n → how many
            "notify": function { tree, stack throws(LuaError) in
                let (condition, lock) = (try stack.handleArgument(1), try stack.handleArgument(2))
                let count = try stack.integerArgument(3, default: 1, "n")
                let notified = try orRaise { () throws(TreeError) in
                    try tree.notify(condition, lock: lock, count: count)
                }
                stack.push(Int64(notified))
                return 1
            },
            "event": constructor { tree, _ throws(LuaError) in
                try orRaise { () throws(TreeError) in try tree.makeEvent() }
            },
            "event_set": function { tree, stack throws(LuaError) in
                let event = try stack.handleArgument(1)
                try orRaise { () throws(TreeError) in try tree.set(event, stack.boolean(2)) }
                return 0
            },
            "event_is_set": function { tree, stack throws(LuaError) in
                let event = try stack.handleArgument(1)
                stack.push(try orRaise { () throws(TreeError) in try tree.isSet(event) })
                return 1
            },
            "event_wait": function { tree, stack throws(LuaError) in
                let (event, timeout) = (try stack.handleArgument(1), try stack.timeout(2))
                if !(try orRaise { () throws(TreeError) in try tree.wait(forEvent: event, timeout) }) {
                    return stack.pushNil(reason: .timeout)
                }
                stack.push(true)
                return 1
            },
        ]
    }

    var barrierFunctions: [String: HostFunction] {
        [
            "barrier": constructor { tree, stack throws(LuaError) in
                let parties = try stack.integerArgument(1, "a barrier's number of parties")
                if parties < 1 { throw LuaError(message: "a barrier has 1 party or more, not \(parties)") }
                return try orRaise { () throws(TreeError) in try tree.makeBarrier(parties: parties) }
            },
            // barrier, timeout → index from 0, round, or nil when it is broken
            "barrier_arrive": function { tree, stack throws(LuaError) in
                let (barrier, timeout) = (try stack.handleArgument(1), try stack.timeout(2))
                guard let (index, round) = try orRaise({ () throws(TreeError) in try tree.arrive(barrier, timeout) })
                else {
                    stack.pushNil()
                    return 1
                }
                stack.push(Int64(index))
                stack.push(Int64(round))
                return 2
            },
            "barrier_open": function { tree, stack throws(LuaError) in
                let (barrier, round) = (try stack.handleArgument(1), try stack.integerArgument(2, "a round"))
                stack.push(try orRaise { () throws(TreeError) in try tree.open(barrier, round: round) })
                return 1
            },
            // barrier, round, timeout → whether it was opened
            "barrier_pass": function { tree, stack throws(LuaError) in
                let (barrier, round) = (try stack.handleArgument(1), try stack.integerArgument(2, "a round"))
                let timeout = try stack.timeout(3)
                stack.push(try orRaise { () throws(TreeError) in try tree.pass(barrier, round: round, timeout) })
                return 1
            },
            "barrier_abort": function { tree, stack throws(LuaError) in
                let barrier = try stack.handleArgument(1)
                try orRaise { () throws(TreeError) in try tree.abort(barrier) }
                return 0
            },
            "barrier_reset": function { tree, stack throws(LuaError) in
                let barrier = try stack.handleArgument(1)
                try orRaise { () throws(TreeError) in try tree.reset(barrier) }
                return 0
            },
            // → parties, how many wait, whether it is broken
            "barrier_state": function { tree, stack throws(LuaError) in
                let barrier = try stack.handleArgument(1)
                let state = try orRaise { () throws(TreeError) in try tree.state(barrier) }
                stack.push(Int64(state.parties))
                stack.push(Int64(state.waiting))
                stack.push(state.isBroken)
                return 3
            },
        ]
    }
}

extension Stack {
    /// Stack: → "abandoned", or → (nothing); how many values that is
    fileprivate func push(_ acquisition: ProcessTree.Acquisition) -> Int32 {
        if acquisition == .acquired { return 0 }
        push("abandoned")
        return 1
    }
}
