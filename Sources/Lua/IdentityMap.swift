// Numbers for addresses in order of first appearance, by open addressing. C reads it as well.

import CLuaBridge

struct IdentityMap {
    private static let free = pmap_identity(identity: 0, number: -1)

    private var cells = [pmap_identity](repeating: free, count: 64)
    private var shift: UInt32 = 64 - 6
    private(set) var count = 0

    func number(of identity: UInt) -> Int? {
        let number = cells[cell(of: identity)].number
        return number >= 0 ? number : nil
    }

    /// What `pmap_packer.named` and `named_shift` are.
    func withCells(_ body: (UnsafePointer<pmap_identity>?, UInt32) -> Void) {
        unsafe cells.withUnsafeBufferPointer { unsafe body($0.baseAddress, shift) }
    }

    /// Gives `identity` the next number; nil if it is new, else the number it has.
    mutating func insert(_ identity: UInt) -> Int? {
        let cell = cell(of: identity)
        if cells[cell].number >= 0 { return cells[cell].number }
        cells[cell] = pmap_identity(identity: identity, number: count)
        count += 1
        if count * 2 > cells.count { grow() }
        return nil
    }

    @inline(__always) private func cell(of identity: UInt) -> Int {
        var cell = pmap_identity_cell(identity, shift)
        while cells[cell].number >= 0 && cells[cell].identity != identity {
            cell = (cell &+ 1) & (cells.count &- 1)
        }
        return cell
    }

    private mutating func grow() {
        let old = cells
        cells = [pmap_identity](repeating: Self.free, count: old.count * 2)
        shift -= 1
        for used in old where used.number >= 0 { cells[cell(of: used.identity)] = used }
    }
}
