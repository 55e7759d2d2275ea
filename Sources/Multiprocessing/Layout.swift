// The layout of the arena's blocks, word by word. Every block begins with its kind, so that a stale handle is recognized;
// every list is circular, through two words of each member and two of its head.
//
//     process ── references ──▶ reference ◀── references ── shared object    its handles, what it holds and what it took
//        ├────── waiters ────▶ waiter ◀──── a queue of the object            what it waits for, in order
//        └────── messages ───▶ message                                       taken and not yet read, or not yet put

import Posix

/// The kind of a block: its first word. The numbers are unlikely to stand in memory by accident.
enum Kind: Int {
    case process = 0x706d_6170_0001, reference, waiter, message
    case semaphore, condition, event, barrier, channel, end, array
    case task, results, sharedFunction
    case label
}

/// The words of a kind of block, counted from its start.
protocol Field: RawRepresentable<Int> {}

extension Memory {
    @inline(__always)
    subscript<Word: Field>(_ block: Int, _ word: Word) -> Int {
        get { self[block + 8 * word.rawValue] }
        nonmutating set { self[block + 8 * word.rawValue] = newValue }
    }
}

/// The first block, at `Arena.start`: what belongs to no object and to no process.
enum Root: Int, Field {
    /// Bytes that can be used, bytes in use, and how many may be, according to the memory of the machine.
    case size, used, budget
    /// Bytes of large blocks that are free and whose pages were kept.
    case kept
    /// The list of all processes.
    case processes, processesEnd
    /// Puts, releases and the like so far: a number that does not change in a deadlock.
    case epoch
    /// The exit status of the tree, when it is to end; otherwise 0.
    case exitStatus
    /// The garbage list: messages that nobody will ever get, to be freed some at a time.
    case garbage, garbageEnd
    /// The candidates for a reference cycle: objects that no process has a handle of, only messages, which may be in the
    /// objects themselves.
    case candidates, candidatesEnd
    /// A list for each size of free blocks, whose heads are two words each.
    case free
    static let words = 18 + 2 * 64
}

/// A process of the tree.
enum ProcessEntry: Int, Field {
    /// `parent` is -1 when the parent was reaped, and 0 for the first process.
    case kind, next, previous, pid, parent
    case references, referencesEnd, waiters, waitersEnd, messages, messagesEnd
    /// Whether it has registered, and whether it is being reaped.
    case isRegistered, isBeingReaped
    /// Programs that it has started and not yet waited for.
    case programs
    /// The object it waits for, or 0, and how often it has begun to wait.
    case waitsFor, sleeps
    /// Whether that wait ends by itself after some time.
    case hasTimeout
    /// Its name, as a label.
    case label
    /// The position in the script where it waits.
    case positionLength, position
    case livenessLock = 35
    static let words = 35 + LivenessLock.words
    static let positionBytes = 128
}

/// The name of a process or a task, which stays while a report may have to give it.
enum Label: Int, Field {
    case kind, references, length, text
    static let words = 3 + textBytes / 8
    static let textBytes = 64
}

/// The beginning of every shared object.
enum Shared: Int, Field {
    /// The references of processes, and those of messages, which may be many.
    case kind, references, referencesEnd, messageReferences, messageReferencesEnd
    /// Of a pipe's channel: its ends keep it, though no process has a handle of it.
    case isPinned
    /// Its link in the list of candidates.
    case candidate, candidatePrevious
    static let words = 8
}

/// A reference of a process, or of a message, to an object.
enum Reference: Int, Field {
    /// `process` is the message, when it is one's.
    case kind, role, object, process, count
    case inObject, inObjectPrevious, inProcess, inProcessPrevious
    static let words = 9

    enum Role: Int {
        /// The process has a handle.
        case handle = 1
        /// A message has a handle.
        case message
        /// The process has acquired a lock, and a recursive one `count` times.
        case acquisition
        /// The process holds a lock or one of a semaphore by `hold` or `with`; `count` is the number of that hold.
        case hold
        /// The process waits for a condition; `count` is 1 when it was notified and has not got the lock again.
        case sleeper
        /// The process has taken `count` messages that are not done.
        case unfinished
        /// The process waits at a barrier.
        case party
    }
}

/// One process that waits in one queue.
enum Waiter: Int, Field {
    case kind, process
    case inQueue, inQueuePrevious, inProcess, inProcessPrevious
    /// It was woken and has not tried again yet.
    case isWoken
    /// How often it was woken in vain: a process that comes later must not overtake it again.
    case failedWakeUps
    /// The condition that has notified it, or 0.
    case notifiedBy
    /// It is awake and polls `isWoken` itself.
    case isSpinning
    static let words = 10
}

/// A value that goes from process to process.
enum Message: Int, Field {
    /// `channel` is where it was put or will be; of results that are being written, it is their task.
    case kind, next, previous, channel, size
    /// The process that makes it or reads it, or 0 while it is in a channel.
    case owner
    /// The list of its references, one for each handle that is in it.
    case references, referencesEnd
    /// Where the bytes begin.
    case bytes
}

enum Semaphore: Int, Field {
    case count = 8
    /// What `count` must not exceed, or 0.
    case limit
    /// A `SemaphoreType`.
    case type
    /// A holder was lost since it was last acquired.
    case isAbandoned
    /// The label of a process that ended while it held the lock, or 0, and whether that was reported.
    case formerHolder, isReported
    /// The labels of the processes that have acquired it last, the last one first: of a semaphore, which has no holder.
    case acquirers
    case waiters = 18
    case waitersEnd
    static let words = 20
    static let maximumAcquirers = 4
}

enum Condition: Int, Field {
    case waiters = 8, waitersEnd
    static let words = 10
}

enum Event: Int, Field {
    case isSet = 8
    case waiters, waitersEnd
    static let words = 11
}

enum Barrier: Int, Field {
    case parties = 8
    case arrived, round
    /// 0 while it works, 1 when it is broken.
    case isBroken
    /// Which of the last 64 rounds were broken, a bit for each, the last one's first: their waiters wake up later, and may find
    /// that others have come and gone. An older one counts as broken.
    case brokenRounds
    case waiters, waitersEnd
    static let words = 15
}

enum Channel: Int, Field {
    case messages = 8
    case messagesEnd, count, bytes
    /// 0 for none. The limit on bytes never keeps a message out of an empty channel.
    case maximumCount, maximumBytes
    case isClosed
    /// Messages that were put and are not yet done.
    case unfinished
    case getters, gettersEnd, putters, puttersEnd, joiners, joinersEnd
    /// Of a pool: tasks that a worker had begun or taken when it died.
    case orphans, orphansEnd
    /// A `Use`.
    case use
    /// Of a pipe: the end that receives from it, or 0 when that was freed.
    case reader
    static let words = 26

    /// The use of a channel, for reports: values of the script, or what modules send on its behalf.
    enum Use: Int {
        case values, tasks, results, requests, replies

        init?(_ name: String) {
            switch name {
            case "tasks": self = .tasks
            case "results": self = .results
            case "requests": self = .requests
            case "replies": self = .replies
            default: return nil
            }
        }
    }
}

/// One of the two ends of a pipe.
enum End: Int, Field {
    case peer = 8
    /// The channels it receives from and sends into, or 0.
    case inbox, outbox
    static let words = 11
}

enum SharedArray: Int, Field {
    /// The letter of its type, and how many there are.
    case code = 8
    case count, bytes
}

/// A function that a pool's workers run, as bytes that all of them read.
enum SharedFunction: Int, Field {
    /// `handles` is an empty message with the handles that are in the function, or 0.
    case size = 8, handles
    case bytes
}

/// A task of a pool: the words at the start of its message's bytes; the items follow.
enum TaskWords: Int, Field {
    /// The call that it belongs to, the place of its first item there, from 1, and how many items it has.
    case job, first, count
    /// The function.
    case function
    /// Whether each item is a list of arguments.
    case isStarred
    /// How many items the worker has begun; written by it alone.
    case begun
    /// The message that its results are written into, or 0.
    case results
    /// The process that had begun it and died.
    case worker
    /// Items at its start that are skipped: a worker has run them and died.
    case skipped
    /// Whether all results of a call are asked for, instead of the first.
    case wantsAll
    /// The seed of its items' random numbers.
    case seed
    static let size = 88
}

/// Results of items, at the start of their message's bytes; one value each, several, or a failure.
enum ResultWords: Int, Field {
    case job, first
    /// How many are complete, and up to which byte; written by the worker alone.
    case count, bytes
    static let size = 32

    /// In front of a failure: a byte that begins no MessagePack value.
    static let failureMark: UInt8 = 0xc1
    /// Behind that one, in front of a list of several results.
    static let severalMark: UInt8 = 0xc1
}
