// The script's own process while it produces items: its `inputs` function is called until it returns nil.

import Bytes
import Inputs
import Journal
import Script
import Wire

struct ItemProducer {
    private let script: LoadedScript
    private let digests: Bool
    private let batch: Int?
    private let timeLimit: TimeLimit?

    /// With `digests`, 16 bytes before each value are its digest; they are zeros for a value that cannot be compared.
    /// `timeLimit` is that of processes that have been left.
    init(_ script: LoadedScript, batch: Int?, digests: Bool, timeLimit: TimeLimit?) {
        (self.script, self.batch) = (script, batch)
        (self.digests, self.timeLimit) = (digests, timeLimit)
    }

    static let digestSize = 16

    /// A flag in the length of an item that could not be produced; the reason follows.
    fileprivate static let failed: UInt64 = 1 << 63

    /// Writes each item to the outbox: the length of the rest u64, of a batch how many values it is u64, the digest, the encoded
    /// value.
    func run(_ outbox: inout Outbox) -> Failure? {
        var iteration: Iteration
        do throws(Failure) { iteration = try script.makeIteration(batch: batch, writesText: digests) } catch {
            return error
        }
        var item = 1
        do throws(Failure) {
            while true {
                outbox.begin(item: item)
                let start = outbox.output.count
                outbox.output.append(zeros: batch == nil ? 8 : 16)
                let head = outbox.output.count
                if digests { outbox.output.append(zeros: ItemProducer.digestSize) }
                var flags = batch == nil ? 0 : ValueSource.hasNumber
                switch try iteration.appendNext(to: &outbox.output) {
                case .value: break
                case .unsendable(let why):
                    outbox.output.append(why)
                    flags |= ItemProducer.failed
                case .end:
                    outbox.discard()
                    outbox.flush()  // the run goes on with them while processes are waited for
                    for message in script.hooks?.finish(timeLimit.map { Double($0.nanoseconds) / 1e9 }) ?? [] {
                        outbox.processFailed(Failure(.error, message))
                    }
                    return nil
                }
                if digests, iteration.text.count > 0 {
                    store(Digest(of: iteration.text.array), in: &outbox, at: head)
                }
                if batch != nil { outbox.output.store(UInt64(iteration.values), at: start + 8) }
                outbox.output.store(UInt64(outbox.output.count - start - 8) | flags, at: start)
                outbox.commit()
                item += 1
            }
        } catch {
            outbox.discard()
            return error
        }
    }

    private func store(_ digest: Digest, in outbox: inout Outbox, at offset: Int) {
        for (index, byte) in digest.bytes.enumerated() { outbox.output.store(byte, at: offset + index) }
    }
}

/// Where an item of the producer's is in a chunk's bytes.
struct ProducedItem {
    /// Its digest, if it has one, and then its value, or the reason why it could not be produced.
    let start: Int
    /// Where the next one begins.
    let end: Int
    let isFailed: Bool

    init(in bytes: FrozenBytes, at offset: Int) {
        let header = bytes.buffer.load(UInt64.self, at: offset)
        start = offset + (header & ValueSource.hasNumber == 0 ? 8 : 16)
        end = offset + 8 + Int(header & (ValueSource.hasNumber - 1))
        isFailed = header & ItemProducer.failed != 0
    }
}
