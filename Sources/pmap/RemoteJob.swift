// What a remote has to know of a run before its first chunk: the words of the command line, the script and its modules, and
// what the host has found out.

import Bytes
import Inputs
import Posix
import Script
import Wire

/// A job, as it is sent.
struct RemoteJob: Equatable {
    let version: String
    /// Of the command line, without the program.
    let words: [ByteString]
    let seed: UInt64
    /// Nil for as many workers as the command line says, of the processors there.
    let workers: Int?
    /// The text of a script that is a file or standard input.
    let script: [UInt8]
    let modules: [SentModule]
    let inputs: [InputElsewhere]

    private static let absent = UInt64.max

    /// Fields, and numbers of them, u64.
    var bytes: FrozenBytes {
        var buffer = ByteBuffer(capacity: 4096 + script.count)
        buffer.append(field: Array(version.utf8))
        buffer.append(native: seed)
        buffer.append(native: workers.map { UInt64($0) } ?? RemoteJob.absent)
        buffer.append(field: script)
        buffer.append(native: UInt64(words.count))
        for word in words { buffer.append(field: word.bytes) }
        buffer.append(native: UInt64(modules.count))
        for module in modules {
            for field in [module.name.bytes, module.path.bytes, module.text] { buffer.append(field: field) }
        }
        buffer.append(native: UInt64(inputs.count))
        for input in inputs {
            buffer.append(field: input.name.bytes)
            for text in [input.before, input.after] { buffer.append(field: Array(text.utf8)) }
            buffer.append(native: UInt64(input.words) << 1 | (input.hasValues ? 1 : 0))
        }
        return FrozenBytes(buffer.array)
    }

    init(
        version: String, words: [ByteString], seed: UInt64, workers: Int?, script: [UInt8], modules: [SentModule],
        inputs: [InputElsewhere]
    ) {
        (self.version, self.words, self.seed, self.workers) = (version, words, seed, workers)
        (self.script, self.modules, self.inputs) = (script, modules, inputs)
    }

    /// The version alone is known of a job of another one.
    static func version(of bytes: FrozenBytes) -> String? {
        var reader = FieldReader(bytes)
        return reader.text()
    }

    /// Nil when it is not whole.
    init?(_ bytes: FrozenBytes) {
        var reader = FieldReader(bytes)
        guard let version = reader.text(), let seed = reader.number(), let workers = reader.number(),
            let script = reader.field(), let words = reader.list({ $0.word() }),
            let modules = reader.list({ reader -> SentModule? in
                guard let name = reader.word(), let path = reader.word(), let text = reader.field() else { return nil }
                return SentModule(name: name, path: path, text: text)
            }),
            let inputs = reader.list({ reader -> InputElsewhere? in
                guard let name = reader.word(), let before = reader.text(), let after = reader.text(),
                    let traits = reader.number()
                else { return nil }
                return InputElsewhere(
                    name: name, before: before, after: after, hasValues: traits & 1 != 0,
                    words: Int(truncatingIfNeeded: traits >> 1))
            })
        else { return nil }
        self.init(
            version: version, words: words, seed: seed, workers: workers == RemoteJob.absent ? nil : Int(workers),
            script: script, modules: modules, inputs: inputs)
    }
}

/// Takes one part after the other.
private struct FieldReader {
    private let bytes: FrozenBytes
    private var offset: Int

    init(_ bytes: FrozenBytes) { (self.bytes, offset) = (bytes, bytes.range.lowerBound) }

    mutating func field() -> [UInt8]? { bytes.buffer.field(at: &offset, end: bytes.range.upperBound) }
    mutating func word() -> ByteString? { field().map { ByteString($0) } }
    mutating func text() -> String? { field().map { String(decoding: $0, as: UTF8.self) } }

    mutating func number() -> UInt64? {
        guard bytes.range.upperBound - offset >= 8 else { return nil }
        defer { offset += 8 }
        return bytes.buffer.load(UInt64.self, at: offset)
    }

    mutating func list<Element>(_ next: (inout FieldReader) -> Element?) -> [Element]? {
        guard let count = number(), count <= UInt64(bytes.range.upperBound - offset) else { return nil }
        var list: [Element] = []
        for _ in 0..<count {
            guard let element = next(&self) else { return nil }
            list.append(element)
        }
        return list
    }
}

extension RemoteJob {
    /// The job for a host; `script` was loaded from `source`.
    init(_ job: Job, _ script: LoadedScript, on host: RemoteHost) throws(UsageError) {
        let words = if case .words(let combinations)? = job.inputs.first { max(combinations.width, 1) } else { 0 }
        self.init(
            version: Main.remoteVersion, words: job.command, seed: job.seed, workers: host.workers,
            script: script.source,
            modules: try RemoteJob.modules(of: script),
            inputs: job.inputs.map {
                InputElsewhere(
                    name: $0.name, before: $0.nameAround.before, after: $0.nameAround.after, hasValues: $0.hasValues,
                    words: words)
            })
    }

    /// The modules in Lua that the script has loaded, but for those of the system.
    private static func modules(of script: LoadedScript) throws(UsageError) -> [SentModule] {
        var modules: [SentModule] = []
        for (name, path) in script.moduleFiles().sorted(by: { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) })
        where script.isLoaded(name) && !path.hasPrefix("/usr/") && !path.hasSuffix(".so") {
            do throws(PosixError) {
                modules.append(SentModule(name: name, path: path, text: try Descriptor(reading: path).readAll()))
            } catch {
                throw UsageError("\(path): cannot read it, to send it: \(error.reason)")
            }
        }
        return modules
    }
}
