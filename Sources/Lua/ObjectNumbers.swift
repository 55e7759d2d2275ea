// Numbers for tables, functions and upvalues in order of first appearance, by their address. Objects allocated one
// after the other are mostly neighbours in memory and in a value: so there is a small array for each page of memory, and
// a hash table only of pages. Entries of earlier messages count as empty, so that starting anew is free.

struct ObjectNumbers {
    /// An object takes at least 16 bytes, and begins at a multiple of that.
    private static let pageBits = 12, objectBits = 4
    private static let cellsPerPage = 1 << (pageBits - objectBits)
    /// Pages that are kept from one message to the next: 4 MB.
    private static let pagesKept = 1 << 12

    private var pages = IdentityMap()
    private var serials: [UInt32] = []
    private var lastPage: UInt = .max
    private var lastCells = 0
    /// Serials below this one are of earlier messages.
    private var base: UInt32 = 1
    private var next: UInt32 = 1

    /// Removes all numbers.
    mutating func removeAll() {
        if pages.count > Self.pagesKept || next > .max / 2 { self = ObjectNumbers() }
        base = next
    }

    /// Gives `identity` the next number; nil if it is new, else the number it has.
    @inline(__always)
    mutating func insert(_ identity: UInt) -> UInt32? {
        let page = identity >> Self.pageBits
        if page != lastPage { select(page) }
        let cell = lastCells &+ Int(truncatingIfNeeded: identity >> Self.objectBits) & (Self.cellsPerPage - 1)
        let serial = serials[cell]
        if serial >= base { return serial &- base }
        serials[cell] = next
        next += 1
        return nil
    }

    private mutating func select(_ page: UInt) {
        if let number = pages.insert(page) {
            lastCells = number * Self.cellsPerPage
        } else {
            lastCells = serials.count
            serials.append(contentsOf: repeatElement(0, count: Self.cellsPerPage))
        }
        lastPage = page
    }
}
