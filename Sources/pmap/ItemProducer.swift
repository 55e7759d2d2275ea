// The script's own process while it makes the items: its `inputs` function is called until it returns nil.

import Journal
import Script
import Wire

struct ItemProducer {
    private let script: LoadedScript
    private let digests: Bool

    /// With `digests`, 16 bytes in front of each value stand for it: equal values have equal ones, and those of which
    /// that cannot be known have zeros.
    init(_ script: LoadedScript, digests: Bool) {
        self.script = script
        self.digests = digests
    }

    static let digestSize = 16

    /// Set in the length of an item that could not be made; what follows says why.
    static let failed: UInt64 = 1 << 63

    /// Each value becomes an item of the outbox: the length of what follows u64, the digest, its bytes on the wire.
    func run(_ outbox: inout Outbox) -> Failure? {
        var iteration = script.makeIteration(writesText: digests)
        var item = 1
        do throws(Failure) {
            while true {
                outbox.begin(item: item)
                let start = outbox.output.count
                outbox.output.append(native: UInt64(0))
                if digests { outbox.output.append(zeros: ItemProducer.digestSize) }
                var flag: UInt64 = 0
                switch try iteration.appendNext(to: &outbox.output) {
                case .value: break
                case .unsendable(let why):
                    outbox.output.append(why)
                    flag = ItemProducer.failed
                case .end:
                    outbox.discard()
                    return nil
                }
                if digests, iteration.text.count > 0 {
                    store(Digest(of: iteration.text.array), in: &outbox, at: start + 8)
                }
                outbox.output.store(UInt64(outbox.output.count - start - 8) | flag, at: start)
                outbox.commit()
                item += 1
            }
        } catch {
            outbox.discard()
            return error
        }
    }

    private func store(_ digest: Digest, in outbox: inout Outbox, at offset: Int) {
        for (place, byte) in digest.bytes.enumerated() { outbox.output.store(byte, at: offset + place) }
    }
}
