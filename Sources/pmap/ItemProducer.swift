// The script's own process while it makes the items: its `inputs` function is called until it returns nil.

import Script
import Wire

struct ItemProducer {
    private let script: LoadedScript

    init(_ script: LoadedScript) { self.script = script }

    /// Each value becomes an item of the outbox: its length u64 and its bytes on the wire.
    func run(_ outbox: inout Outbox) -> Failure? {
        var iteration = script.makeIteration()
        var item = 1
        do throws(Failure) {
            while true {
                outbox.begin(item: item)
                let start = outbox.output.count
                outbox.output.append(native: UInt64(0))
                guard try iteration.appendNext(to: &outbox.output) else {
                    outbox.discard()
                    return nil
                }
                outbox.output.store(UInt64(outbox.output.count - start - 8), at: start)
                outbox.commit()
                item += 1
            }
        } catch {
            outbox.discard()
            return error
        }
    }
}
