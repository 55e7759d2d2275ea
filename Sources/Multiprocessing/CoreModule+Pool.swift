// Pools, for Lua: the script submits tasks and collects results, workers run them, and a supervisor recovers the tasks of
// workers that die.

import Bytes
import Lua
import Posix

extension CoreModule {
    var poolFunctions: [String: HostFunction] {
        [
            // function → handle of it as every worker can read it, and its size in bytes
            "pool_function": function { [unowned self] tree, stack throws(LuaError) in
                try withEncoded(1, of: stack, as: "f") { bytes, handles throws(LuaError) in
                    let function = try orRaise { () throws(TreeError) in
                        try tree.makeSharedFunction(bytes, handles: handles)
                    }
                    stack.push(handle: function, of: registry)
                    stack.push(Int64(bytes.count))
                }
                return 2
            },
            // → a number for a pool, among the children of this process
            "pool_number": { stack throws(LuaError) in
                stack.push(Int64(bitPattern: stack.nextChild()))
                return 1
            },
            // pool's number, job → the seed of its items
            "pool_seed": { stack throws(LuaError) in
                let (pool, job) = (try stack.integerArgument(1, "pool"), try stack.integerArgument(2, "job"))
                stack.push(Int64(bitPattern: stack.seed(ofCall: job, pool: UInt64(pool))))
                return 1
            },
            // tasks, job, function, is starred, items, place of the first, count, wants all results, seed
            "pool_submit": function { [unowned self] tree, stack throws(LuaError) in
                try submit(tree, stack)
                return 0
            },
            // function, which runs the callbacks that are due
            "on_results": { [unowned self] stack throws(LuaError) in
                stack.top = 1
                setCallbacks(stack)
                return 0
            },
            // results, whether they bring callbacks
            "watch": function { tree, stack throws(LuaError) in
                let results = try stack.handleArgument(1)
                tree.watched.removeAll { $0 == results }
                if stack.boolean(2) { tree.watched.append(results) }
                return 0
            },
            // tasks → bytes of those that no worker has begun
            "pool_backlog": function { tree, stack throws(LuaError) in
                let tasks = try stack.handleArgument(1)
                stack.push(Int64(try orRaise { () throws(TreeError) in try tree.state(ofChannel: tasks).bytes }))
                return 1
            },
            // In the supervisor, before it forks: the script's values stay shared with the workers, and what a SIGINT to all
            // processes ends is the script's affair.
            "become_supervisor": { [unowned self] _ throws(LuaError) in
                ScriptChild.ignoreInterrupts()
                freeze()
                return 0
            },
            // count → table with room for so many
            "pool_list": { stack throws(LuaError) in
                stack.newTable(list: Int32(clamping: max(0, try stack.integerArgument(1, "count"))))
                return 1
            },
            // tasks, results, most tasks or 0, error handler → the reason of the end: "closed" or "recycled"
            "pool_work": function { [unowned self] tree, stack throws(LuaError) in
                Posix.Process.exitIfCopy(backFrom: "a pool's initializer")
                try work(tree, stack)
                return 1
            },
            // results, jobs, timeout, the supervisor's pid → job, first, count, failures, or nil and the reason
            "pool_collect": function { [unowned self] tree, stack throws(LuaError) in try collect(tree, stack) },
            // tasks, results, pid, failure → how many items were lost
            "pool_recover": function { [unowned self] tree, stack throws(LuaError) in
                let (tasks, results) = (try stack.handleArgument(1), try stack.handleArgument(2))
                let pid = try stack.smallIntegerArgument(3, "a process")
                let lost = try withEncoded(4, of: stack, as: "failure", mark: ResultWords.failureMark) {
                    bytes, _ throws(LuaError) in  // it was made here, of text
                    try orRaise { () throws(TreeError) in
                        try tree.recover(from: pid, tasks: tasks, results: results, failure: bytes)
                    }
                }
                stack.push(Int64(lost))
                return 1
            },
            // tasks, job → how many of its items were revoked before a worker began with them
            "pool_revoke": function { tree, stack throws(LuaError) in
                let (tasks, job) = (try stack.handleArgument(1), try stack.integerArgument(2, "job"))
                stack.push(Int64(try orRaise { () throws(TreeError) in try tree.revoke(job, from: tasks) }))
                return 1
            },
            // tasks, job → whether no worker has begun with it
            "pool_is_waiting": function { tree, stack throws(LuaError) in
                let (tasks, job) = (try stack.handleArgument(1), try stack.integerArgument(2, "job"))
                stack.push(try orRaise { () throws(TreeError) in try tree.isWaiting(job, in: tasks) })
                return 1
            },
            // → pid and exit code of a child that has ended, -n for signal n; nil when there is none
            "join_any": function { tree, stack throws(LuaError) in
                guard let (pid, status) = try orRaise({ () throws(TreeError) in try tree.joinAny() }) else {
                    stack.pushNil()
                    return 1
                }
                stack.push(Int64(pid))
                switch status {
                case .exited(let code): stack.push(Int64(code))
                case .killed(let signal): stack.push(Int64(-signal))
                }
                return 2
            },
        ]
    }

    /// Sleeps so many seconds, or until a signal arrives or callbacks have run.
    func pause(_ seconds: Double, _ stack: Stack) throws(LuaError) {
        if bringsCallbacks {
            _ = try function { tree, _ throws(LuaError) in
                try orRaise { () throws(TreeError) in try tree.pause(.seconds(seconds)) }
                return 0
            }(stack)
        } else {
            WakeUp.wait(seconds: seconds)
        }
    }

    // MARK: The script's side

    private func submit(_ tree: ProcessTree, _ stack: Stack) throws(LuaError) {
        let tasks = try stack.handleArgument(1), job = try stack.integerArgument(2, "job")
        let function = try stack.handleArgument(3), isStarred = stack.boolean(4)
        let first = try stack.integerArgument(6, "first"), count = try stack.integerArgument(7, "count")
        let seed = try stack.integerArgument(9, "seed")
        let words: [(TaskWords, Int)] = [
            (.job, job), (.first, first), (.count, count), (.function, function), (.isStarred, isStarred ? 1 : 0),
            (.wantsAll, stack.boolean(8) ? 1 : 0), (.seed, seed),
        ]
        func fill(_ buffer: inout ByteBuffer, _ encoder: inout Encoder) throws(LuaError) {
            buffer.append(zeros: TaskWords.size)
            for (word, value) in words { buffer.store(value, at: word.offset) }
            do throws(EncodeError) {
                try encoder.encodeEach(of: 5, first...first + count - 1, of: stack, into: &buffer, root: "items")
            } catch {
                throw LuaError(message: error.description)
            }
        }
        try withScratch { scratch, encoder throws(LuaError) in
            let size = stringBytes(first...first + count - 1, stack)
            if size > CoreModule.direct {
                let capacity = TaskWords.size + size + 16 * count
                return try tree.put(capacity: capacity, into: tasks, as: .task) { buffer throws(LuaError) in
                    try fill(&buffer, &encoder)
                    return takeHandles()
                }
            }
            try fill(&scratch, &encoder)
            _ = try orRaise { () throws(TreeError) in
                try tree.put(scratch, handles: takeHandles(), into: tasks, as: .task, .forever)
            }
        }
    }

    /// Strings from this size on are encoded in the message that they are sent in.
    static let direct = 64 << 10

    /// The length of the strings among the items at 5, if the first of them is a long one.
    private func stringBytes(_ places: ClosedRange<Int>, _ stack: Stack) -> Int {
        var size = 0
        for place in places {
            let isString = stack.rawGet(5, at: place) == .string
            size += isString ? stack.rawCount(-1) : 0
            stack.pop()
            if size <= CoreModule.direct { break }
        }
        return size
    }

    /// Stack: results, jobs, timeout, pid → job, first, count, failures, or → nil, reason
    private func collect(_ tree: ProcessTree, _ stack: Stack) throws(LuaError) -> Int32 {
        let channel = try stack.handleArgument(1), timeout = try stack.timeout(3, isLast: false)
        let supervisor = try stack.smallIntegerArgument(4, default: 0, "a process")
        let received: ReceivedMessage?
        do throws(TreeError) {
            received = try tree.get(from: channel, while: supervisor, ofPool: true, timeout)
        } catch {
            guard case .gone = error else { throw LuaError(message: error.description) }
            return stack.pushNil(reason: .closed)
        }
        guard let received else { return stack.pushNil(reason: .timeout) }
        defer { tree.done(with: received) }
        let bytes = received.bytes()
        let job = bytes.load(Int.self, at: ResultWords.job.offset)
        let first = bytes.load(Int.self, at: ResultWords.first.offset)
        let count = bytes.load(Int.self, at: ResultWords.count.offset)
        var failures = 0
        if stack.rawGet(2, at: job) == .table {
            failures = try spread(bytes, first: first, count: count, job: stack.top, stack)
        }
        for value in [job, first, count, failures] { stack.push(Int64(value)) }
        return 4
    }

    /// Puts each result at its place into the job's `results`, each failure into its `errors`, and several results of an
    /// item into `several`, as a list.
    private func spread(
        _ bytes: borrowing ByteBuffer, first: Int, count: Int, job: Int32, _ stack: Stack
    ) throws(LuaError) -> Int {
        stack.rawGet(job, field: "results")
        stack.rawGet(job, field: "errors")
        let (results, errors) = (job + 1, job + 2)
        var failures = 0
        try withDecoder { decoder throws(LuaError) in
            var offset = ResultWords.size, place = first
            let last = first + count - 1
            while place <= last {
                place = decoder.decodeEach(bytes, at: &offset, into: results, from: place, to: last, stack)
                if place > last { break }
                var target = results
                if bytes.byte(at: offset) == ResultWords.failureMark {
                    offset += 1
                    target = errors
                    if bytes.byte(at: offset) == ResultWords.severalMark {
                        offset += 1
                        target = pushSeveral(job: job, stack)
                    } else {
                        failures += 1
                    }
                }
                do throws(DecodeError) { try decoder.decodeNext(bytes, at: &offset, onto: stack) } catch {
                    throw LuaError(message: "cannot receive a result: \(error)")
                }
                stack.rawSet(target, at: place)
                stack.top = errors
                place += 1
            }
        }
        stack.pop(2)
        return failures
    }

    /// Stack: → the job's `several`, which is made here; answers where it is
    private func pushSeveral(job: Int32, _ stack: Stack) -> Int32 {
        if stack.rawGet(job, field: "several") == .nil {
            stack.pop()
            stack.newTable()
            stack.copy(-1)
            stack.rawSet(job, field: "several")
        }
        return stack.top
    }

    // MARK: A worker's side

    /// Runs tasks until there are no more. Stack: tasks, results, most, handler → reason
    private func work(_ tree: ProcessTree, _ stack: Stack) throws(LuaError) {
        let tasks = try stack.handleArgument(1), results = try stack.handleArgument(2)
        let most = try stack.integerArgument(3, default: 0, "maxtasksperchild")
        forgetFunction(stack)
        let worker = PoolWorker(self, tree, stack, results: results, handler: 4)
        var done = 0
        while let task = try orRaise({ () throws(TreeError) in try tree.nextTask(from: tasks) }) {
            try worker.run(task)
            done += 1
            if done == most {
                stack.push("recycled")
                return
            }
        }
        stack.push("closed")
    }
}
