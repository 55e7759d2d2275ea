// Numbers for addresses in order of first appearance, by open addressing.

struct IdentityMap {
    private struct Slot {
        var identity: UInt
        /// -1 when the slot is free.
        var number: Int
    }

    private var slots = [Slot](repeating: Slot(identity: 0, number: -1), count: 64)
    private var shift = UInt64(64 - 6)
    private(set) var count = 0

    func number(of identity: UInt) -> Int? {
        let number = slots[place(of: identity)].number
        return number >= 0 ? number : nil
    }

    /// Gives `identity` the next number; nil if it is new, else the number it has.
    mutating func insert(_ identity: UInt) -> Int? {
        let place = place(of: identity)
        if slots[place].number >= 0 { return slots[place].number }
        slots[place] = Slot(identity: identity, number: count)
        count += 1
        if count * 2 > slots.count { grow() }
        return nil
    }

    @inline(__always) private func place(of identity: UInt) -> Int {
        var place = Int(truncatingIfNeeded: (UInt64(identity) &* 0x9e37_79b9_7f4a_7c15) >> shift)
        while slots[place].number >= 0 && slots[place].identity != identity {
            place = (place &+ 1) & (slots.count &- 1)
        }
        return place
    }

    private mutating func grow() {
        let old = slots
        slots = [Slot](repeating: Slot(identity: 0, number: -1), count: old.count * 2)
        shift -= 1
        for slot in old where slot.number >= 0 { slots[place(of: slot.identity)] = slot }
    }
}
