// The script's own process while it makes the items: its `inputs` function is called until it returns nil.

import Script
import Wire

struct ItemProducer {
    private let script: LoadedScript

    init(_ script: LoadedScript) { self.script = script }

    /// Set in the length of an item that could not be made; what follows says why.
    static let failed: UInt64 = 1 << 63

    /// Each value becomes an item of the outbox: its length u64 and its bytes on the wire.
    func run(_ outbox: inout Outbox) -> Failure? {
        var iteration = script.makeIteration()
        var item = 1
        do throws(Failure) {
            while true {
                outbox.begin(item: item)
                let start = outbox.output.count
                outbox.output.append(native: UInt64(0))
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
                outbox.output.store(UInt64(outbox.output.count - start - 8) | flag, at: start)
                outbox.commit()
                item += 1
            }
        } catch {
            outbox.discard()
            return error
        }
    }
}
