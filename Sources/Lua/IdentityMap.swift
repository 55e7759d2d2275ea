// Numbers for Lua objects, in order of first appearance, by their address. Open addressing; what an earlier message
// left behind counts as free, so that starting anew costs nothing.

struct IdentityMap {
    private struct Slot {
        var identity: UInt
        var serial: Int
    }

    private var slots = [Slot](repeating: Slot(identity: 0, serial: -1), count: 64)
    private var shift = UInt64(64 - 6)
    /// Serials below this one are of earlier messages.
    private var base = 0
    private var next = 0

    var count: Int { next - base }

    /// Forgets everything; the room of a very large message is given back.
    mutating func removeAll() {
        if slots.count > 1 << 16 { self = IdentityMap() }
        base = next
    }

    func number(of identity: UInt) -> Int? {
        let slot = slots[place(of: identity)]
        return slot.serial >= base ? slot.serial - base : nil
    }

    /// Gives `identity` the next number; nil if it is new, else the number it has.
    mutating func insert(_ identity: UInt) -> Int? {
        let place = place(of: identity)
        if slots[place].serial >= base { return slots[place].serial - base }
        slots[place] = Slot(identity: identity, serial: next)
        next += 1
        if count * 2 > slots.count { grow() }
        return nil
    }

    @inline(__always) private func place(of identity: UInt) -> Int {
        var place = Int(truncatingIfNeeded: (UInt64(identity) &* 0x9e37_79b9_7f4a_7c15) >> shift)
        while slots[place].serial >= base && slots[place].identity != identity {
            place = (place &+ 1) & (slots.count &- 1)
        }
        return place
    }

    private mutating func grow() {
        let old = slots
        slots = [Slot](repeating: Slot(identity: 0, serial: -1), count: old.count * 2)
        shift -= 1
        for slot in old where slot.serial >= base { slots[place(of: slot.identity)] = slot }
    }
}
