// Numbers for tables, functions and upvalues in order of first appearance, by their address. Objects made one after
// the other mostly lie, and are met, one after the other: so there is a small array for each page of memory, and
// a hash table only of pages. What an earlier message left behind counts as empty, so that starting anew is free.

struct ObjectNumbers {
    /// An object takes at least 16 bytes, and begins at a multiple of that.
    private static let pageBits = 12, objectBits = 4
    private static let slotsPerPage = 1 << (pageBits - objectBits)
    /// What is kept from one message to the next: 4 MB.
    private static let pagesKept = 1 << 12

    private var pages = IdentityMap()
    private var serials: [UInt32] = []
    private var lastPage: UInt = .max
    private var lastSlots = 0
    /// Serials below this one are of earlier messages.
    private var base: UInt32 = 1
    private var next: UInt32 = 1

    /// Forgets everything.
    mutating func removeAll() {
        if pages.count > Self.pagesKept || next > .max / 2 { self = ObjectNumbers() }
        base = next
    }

    /// Gives `identity` the next number; nil if it is new, else the number it has.
    @inline(__always)
    mutating func insert(_ identity: UInt) -> UInt32? {
        let page = identity >> Self.pageBits
        if page != lastPage { turn(to: page) }
        let slot = lastSlots &+ Int(truncatingIfNeeded: identity >> Self.objectBits) & (Self.slotsPerPage - 1)
        let serial = serials[slot]
        if serial >= base { return serial &- base }
        serials[slot] = next
        next += 1
        return nil
    }

    private mutating func turn(to page: UInt) {
        if let number = pages.insert(page) {
            lastSlots = number * Self.slotsPerPage
        } else {
            lastSlots = serials.count
            serials.append(contentsOf: repeatElement(0, count: Self.slotsPerPage))
        }
        lastPage = page
    }
}
