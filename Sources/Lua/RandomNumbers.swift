// Streams of random numbers that do not depend on the worker; see random.h.

import CLua
import CLuaBridge

extension Stack {
    /// Makes `math.random` and `math.randomseed` those of a run with this seed, before a script is loaded.
    package func changeRandom(seed: UInt64) throws(LuaError) {
        let status = unsafe pmap_change_random(thread, seed)
        if status != LUA_OK { throw popError(status: status) }
    }

    /// The run's seed from now on, which `math.randomseed` does not change.
    package func seedRandom(_ seed: UInt64) { pmap_random_seed(seed, true) }

    /// The seed that the script has chosen by `math.randomseed(n)`.
    package var chosenSeed: UInt64? {
        var seed: UInt64 = 0
        return unsafe pmap_random_chosen(&seed) ? seed : nil
    }

    /// The number of the item that has begun last, or 0.
    package static var runningItem: Int { Int(pmap_random_item()) }

    /// Whether the item, or before the first one the script, drew random numbers that depend on the run's seed.
    package var usesSeed: Bool { pmap_random_uses_seed() }

    /// The number of the next child of this process, or of the item that it is at.
    package func nextChild() -> UInt64 { pmap_random_next_child() }

    /// In that child: begins its stream.
    package func beginChild(_ number: UInt64) { pmap_random_begin_child(number) }

    /// A seed for the items of one call of the pool with this number.
    package func seed(ofCall call: Int, pool: UInt64) -> UInt64 { pmap_random_seed_of_call(pool, UInt64(call)) }

    /// The items that follow belong to a call with this seed.
    package func beginCall(seed: UInt64) { pmap_random_seed(seed, true) }

    /// An item of it begins, with a stream of its own.
    package func beginItem(number: Int) { pmap_random_begin_item(UInt64(number)) }
}
