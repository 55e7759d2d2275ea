// Bytes of one record → one Lua value.

package import Lua

/// Reads the records of one format.
package struct RecordReader: ~Copyable {
    package enum Outcome: Sendable { case value, blank }

    private let format: InputFormat
    private var json: JSONReader

    package init(_ format: InputFormat, tags: TableTags, bigIntegers: BigIntegers = .error) {
        self.format = format
        json = JSONReader(tags: tags, bigIntegers: bigIntegers)
    }

    /// The function of the item loop. Valid as long as the reader.
    package var fastPath: FastPath.Reader { format == .jsonl ? json.fastPath : .line }

    /// Stack: → value, or nothing when the line is blank and is no item.
    ///
    /// At least 64 bytes after `record` must be readable: the rest of its chunk, or padding after the last one.
    package mutating func read(_ record: RecordBytes, onto stack: Stack) throws(RecordError) -> Outcome {
        switch format {
        case .lines, .nul:
            stack.push(record)
            return .value
        case .jsonl:
            return try json.read(record, onto: stack)
        }
    }
}
