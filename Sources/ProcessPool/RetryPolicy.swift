// Whether and when a failed item is run again. No clock, no chance: the jitter comes from the run's seed.

/// How often an item is tried, and how long it waits in between.
package struct RetryPolicy: Sendable {
    /// Tries after the first.
    private let retries: Int
    /// Nanoseconds before the first retry; doubled before each further one.
    private let backoff: Double
    private let seed: UInt64

    package init(retries: Int = 0, backoffSeconds: Double = 0, seed: UInt64 = 0) {
        self.retries = retries
        backoff = backoffSeconds * 1e9
        self.seed = seed
    }

    /// Nanoseconds until `item`, which failed at its `attempt`-th try, is due again; nil when it has had them all.
    package func delay(item: Int, attempt: Int) -> Int? {
        if attempt > retries { return nil }
        // Between half and one and a half times the wait, so that what failed together does not come back together.
        let jitter = 0.5 + RetryPolicy.chance(seed, item: item, attempt: attempt)
        return Int(min(backoff * Double(sign: .plus, exponent: min(attempt - 1, 60), significand: 1) * jitter, 1e17))
    }

    /// From 0 to 1, the same for the same seed, item and try: SplitMix64's finalizer (Steele, Lea, Flood: Fast
    /// splittable pseudorandom number generators, 2014).
    package static func chance(_ seed: UInt64, item: Int, attempt: Int) -> Double {
        var word = seed &+ UInt64(item) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(attempt)
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return Double((word ^ word >> 31) >> 11) / Double(1 << 53)
    }
}
