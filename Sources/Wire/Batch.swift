// The format of a worker's results: batches of entries, in the order of the items.
//
//   batch   magic u64 · number u64, from 1 · bytes of the entries u64
//   entry   tag u32 · items it finishes u32 · bytes u64 · the bytes
//
// Numbers are in this machine's byte order. The last entry of a batch that is still being written may be open: its
// length is `open` then, and its end is that of the committed bytes. When the host wants to know of each item, an entry is
// one item, with the item's traits in the upper half of the tag.

enum BatchFormat {
    static let magic: UInt64 = 0x7061_6d70_6261_7463  // "pmapbatc"
    static let headerSize = 24
    static let entryHeaderSize = 16
    static let open = UInt64.max
}

/// The kind of an entry.
package enum EntryTag: UInt32, Sendable {
    /// Records, formatted, of any number of items; bytes that go to the output as they are.
    case output = 1
    /// Bytes for standard error.
    case standardError
    /// One failed item: fields of a `Failure`.
    case failure
    /// `setup` failed: fields of a `Failure`; the worker ends.
    case setupFailed
    /// The chunk has ended: nanoseconds it took u64.
    case chunkEnd
    /// The input cannot be read any further: fields of a `Failure`.
    case inputFailed
    /// The records, formatted, of one item; its `ItemTraits` are in the tag's upper half.
    case item
    /// A module that the worker has loaded: fields of its name and, where its file is known, of that file's digest.
    case module
    /// `teardown` failed: fields of a `Failure`.
    case teardownFailed
    /// A process that the script has left to the worker failed: fields of a `Failure`.
    case processFailed
    /// Results could not be joined: fields of a `JoinFailure`; the run ends.
    case joinFailed
    /// When the items of the batch ran, each with start, nanoseconds and bytes, u64; the last entry.
    case times
    /// The records of the batch were joined, where times are kept: nanoseconds it took u64.
    case joined

    // Of remotes, which tell of the items of several workers as they come

    /// What follows is of this item and those behind it: its number u64, and which try of it this is u64.
    case place
    /// A chunk is done, or will not be gone on with: the number of its first item u64, nanoseconds that its items took u64.
    case chunkDone
    /// The script is loaded: fields of a `Greeting`.
    case greeting
    /// It is there.
    case pulse
    /// All is done and sent.
    case farewell
}

/// Properties of an item that has succeeded. No `OptionSet`: its generic calls would cost as much as an item.
package struct ItemTraits: Equatable, Sendable {
    /// The task has returned or emitted something.
    package var hasRecord: Bool
    /// The result depends on the run's seed and the item's number.
    package var drewRandomNumbers: Bool
    /// It was a blank line, which is no item.
    package var isBlank: Bool
    /// The bytes describe rows, whose columns are not known yet.
    package var isDescribed: Bool
    /// The value has functions, which another run does not take.
    package var hasCode: Bool

    package init(
        hasRecord: Bool = false, drewRandomNumbers: Bool = false, isBlank: Bool = false, isDescribed: Bool = false,
        hasCode: Bool = false
    ) {
        self.hasRecord = hasRecord
        self.drewRandomNumbers = drewRandomNumbers
        (self.isBlank, self.isDescribed, self.hasCode) = (isBlank, isDescribed, hasCode)
    }

    package init(rawValue: UInt32) {
        self.init(
            hasRecord: rawValue & 1 != 0, drewRandomNumbers: rawValue & 2 != 0, isBlank: rawValue & 4 != 0,
            isDescribed: rawValue & 8 != 0, hasCode: rawValue & 16 != 0)
    }

    package var rawValue: UInt32 {
        (hasRecord ? 1 : 0) | (drewRandomNumbers ? 2 : 0) | (isBlank ? 4 : 0) | (isDescribed ? 8 : 0)
            | (hasCode ? 16 : 0)
    }
}

/// An entry as the host reads it; `items` is the number of items that it finishes.
package enum Entry: Equatable, Sendable {
    case output([UInt8], items: Int)
    case item([UInt8], ItemTraits)
    case standardError([UInt8])
    case failure(Failure)
    case setupFailed(Failure)
    case teardownFailed(Failure)
    case processFailed(Failure)
    case joinFailed(Failure, of: JoinedItems?)
    case joined(nanoseconds: Int)
    case chunkEnd(nanoseconds: Int)
    case inputFailed(Failure)
    case module(String, digest: [UInt8]?)
    case place(item: Int, attempt: Int)
    case chunkDone(first: Int, nanoseconds: Int)
    case greeting(Greeting)
    case pulse
    case farewell

    package var items: Int {
        switch self {
        case .output(_, let items): items
        case .item, .failure: 1
        default: 0
        }
    }
}
