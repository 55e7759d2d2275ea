// Numbers for addresses in order of first appearance, by open addressing. C looks into it as well.

import CLuaBridge

struct IdentityMap {
    private static let free = pmap_identity(identity: 0, number: -1)

    private var slots = [pmap_identity](repeating: free, count: 64)
    private var shift: UInt32 = 64 - 6
    private(set) var count = 0

    func number(of identity: UInt) -> Int? {
        let number = slots[place(of: identity)].number
        return number >= 0 ? number : nil
    }

    /// What `pmap_packer.named` and `named_shift` are.
    func withSlots(_ body: (UnsafePointer<pmap_identity>?, UInt32) -> Void) {
        unsafe slots.withUnsafeBufferPointer { unsafe body($0.baseAddress, shift) }
    }

    /// Gives `identity` the next number; nil if it is new, else the number it has.
    mutating func insert(_ identity: UInt) -> Int? {
        let place = place(of: identity)
        if slots[place].number >= 0 { return slots[place].number }
        slots[place] = pmap_identity(identity: identity, number: count)
        count += 1
        if count * 2 > slots.count { grow() }
        return nil
    }

    @inline(__always) private func place(of identity: UInt) -> Int {
        var place = pmap_identity_place(identity, shift)
        while slots[place].number >= 0 && slots[place].identity != identity {
            place = (place &+ 1) & (slots.count &- 1)
        }
        return place
    }

    private mutating func grow() {
        let old = slots
        slots = [pmap_identity](repeating: Self.free, count: old.count * 2)
        shift -= 1
        for slot in old where slot.number >= 0 { slots[place(of: slot.identity)] = slot }
    }
}
