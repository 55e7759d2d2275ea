// `--dry-run`: which items a run would have, and in which chunks where those are fixed.

import Bytes
import Inputs
import Posix
import ProcessPool
import Wire

struct DryRun {
    private let job: Job
    private let source: any ChunkSource
    private let texts: ItemTexts
    private let reporter: Reporter
    /// There is a script, which was loaded.
    private let isLoaded: Bool

    /// Items that are asked for at once where chunks adapt.
    private static let many = 1000

    init(_ job: Job, _ source: any ChunkSource, _ texts: ItemTexts, _ reporter: Reporter, isLoaded: Bool) {
        (self.job, self.source, self.texts, self.reporter, self.isLoaded) = (job, source, texts, reporter, isLoaded)
    }

    /// A line an item: its number, that of its chunk, its source, and the item.
    func run() -> ExitCode {
        var (items, chunks) = (0, 0)
        do throws(Failure) {
            while let chunk = try next() {
                chunks += 1
                items += chunk.count
                try write(chunk, chunks)
            }
        } catch {
            reporter.print(error.message, error.traceback)
            return .hostFailed
        }
        let loaded = isLoaded ? "the script was loaded, and " : ""
        let parts = job.plan.chunkItems == nil ? "chunks that adapt" : "\(chunks) chunk\(chunks == 1 ? "" : "s")"
        reporter.print(
            "--dry-run: \(loaded)none of \(items) item\(items == 1 ? "" : "s") in \(parts) was run")
        return .success
    }

    private func next() throws(Failure) -> Chunk? {
        while true {
            switch try source.nextChunk(items: job.plan.chunkItems ?? DryRun.many) {
            case .chunk(let chunk), .restored(let chunk, _): return chunk
            case .end: return nil
            case .dry:
                var poller = Poller<Void>()
                if let number = source.waitsOn { poller.watchReadable(number, ()) }
                _ = poller.wait(milliseconds: source.isLookedAt ? DryRun.pause : nil)
            }
        }
    }

    /// Milliseconds after which a source that cannot be waited for is asked again.
    private static let pause: Int64 = 10

    private func write(_ chunk: Chunk, _ number: Int) throws(Failure) {
        var lines = ByteBuffer()
        for item in chunk.items {
            lines.append(
                "\(item)\t\(job.plan.chunkItems == nil ? "-" : "\(number)")\t\(texts.name(of: item, in: chunk).escapedName)\t"
            )
            _ = texts.append(item, in: chunk, to: &lines)
            lines.append("\n")
        }
        do throws(PosixError) { try StandardDescriptor.write(lines.array, to: StandardDescriptor.output) } catch {
            if error.isBrokenPipe { Signal.die(by: Signal.brokenPipe) }
            throw Failure(.error, "write standard output: \(error.reason)")
        }
    }
}
