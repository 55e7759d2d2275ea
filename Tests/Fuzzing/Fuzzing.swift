// The common part of the programs that libFuzzer drives. Only scripts/fuzz builds them: each folder of Tests/Fuzz is one,
// and Package.swift names it.

import CFuzzer
import Glibc

/// A target that is fed with hostile bytes. Each property is a precondition with a sentence.
package protocol FuzzTarget: AnyObject {
    init()
    func feed(_ bytes: UnsafeRawBufferPointer)
    /// Inputs to begin with.
    var seeds: [[UInt8]] { get }
}

/// The present target; after `inputsEach` inputs it is replaced, so that nothing accumulates.
nonisolated(unsafe) private var target: (any FuzzTarget)?
nonisolated(unsafe) private var make: (() -> any FuzzTarget)?
nonisolated(unsafe) private var inputs = 0
private let inputsEach = 5000

extension FuzzTarget {
    package var seeds: [[UInt8]] { [] }

    /// With PMAP_FUZZ_SEEDS=FOLDER in the environment: writes the seeds there and exits.
    package static func main() {
        unsafe make = { Self() }
        if let folder = unsafe getenv("PMAP_FUZZ_SEEDS") {
            return write(Self().seeds, in: unsafe String(cString: folder))
        }
        var (count, words) = unsafe (CommandLine.argc, CommandLine.unsafeArgv)
        unsafe words.withMemoryRebound(to: UnsafeMutablePointer<CChar>?.self, capacity: Int(count)) {
            var words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = unsafe $0
            unsafe exit(LLVMFuzzerRunDriver(&count, &words, feedNext))
        }
    }
}

/// By this name libFuzzer's own `main` looks for it, which is linked but not run.
@_cdecl("LLVMFuzzerTestOneInput")
func feedNext(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    if unsafe inputs % inputsEach == 0 { unsafe target = make?() }
    unsafe inputs += 1
    unsafe target?.feed(UnsafeRawBufferPointer(start: start, count: count))
    return 0
}

private func write(_ seeds: [[UInt8]], in folder: String) {
    for (number, seed) in seeds.enumerated() {
        guard let file = unsafe fopen("\(folder)/\(number)", "w") else {
            preconditionFailure("\(folder) is not writable")
        }
        unsafe seed.withUnsafeBytes { _ = unsafe fwrite($0.baseAddress, 1, $0.count, file) }
        unsafe fclose(file)
    }
}
