// The item of a failure as text, where it is a value: JSON, for whoever reads the file of errors.

package import Bytes
import Lua
package import Records

extension LoadedScript {
    /// The value at `index` of the stack; nil for what JSON has no words for.
    func inputText(at index: Int32) -> String? {
        let height = stack.top
        defer { stack.top = height }
        var writer = RecordWriter(.jsonl, tags: module.tags)
        var text = ByteBuffer()
        do { try writer.append(1, from: index, of: stack, to: &text) } catch { return nil }
        text.truncate(to: text.count - 1)
        return String(decoding: text.array, as: UTF8.self)
    }

    /// The item of these places of the `inputs` list: a value, or a batch of them.
    package func inputText(listed places: ClosedRange<Int>, isBatch: Bool) -> String? {
        push(.inputs)
        stack.pushListed(places, of: stack.top, isBatch: isBatch)
        defer { stack.pop(2) }
        return inputText(at: stack.top)
    }

    /// The output as rows.
    package func table(_ layout: TableLayout, _ format: OutputFormat) -> OutputTable {
        OutputTable(layout, format, tags: module.tags)
    }

    /// The names of the columns in a header.
    package func columns(of header: [UInt8], _ layout: InputLayout) throws(RecordError) -> [[UInt8]] {
        var bytes = ByteBuffer()
        bytes.append(header)
        return try RecordReader.columns(of: RecordBytes(bytes), layout, stack)
    }

    /// The value on the wire that begins at `offset`. One that would load a module here, or has functions in it, has no text.
    package func inputText(_ values: borrowing ByteBuffer, at offset: Int) -> String? {
        let height = stack.top
        defer { stack.top = height }
        stack.newTable(keys: 0)
        let list = stack.top
        var end = offset
        guard decoder.decodeEach(values, at: &end, into: list, from: 1, to: 1, stack) == 2 else { return nil }
        stack.rawGet(list, at: 1)
        return inputText(at: stack.top)
    }
}

extension Stack {
    /// Stack: → the value at these places of the list, or a list of them
    func pushListed(_ places: ClosedRange<Int>, of list: Int32, isBatch: Bool) {
        guard isBatch else { return _ = rawGet(list, at: places.lowerBound) }
        newTable(list: Int32(places.count))
        let batch = top
        for (number, place) in places.enumerated() {
            rawGet(list, at: place)
            rawSet(batch, at: number + 1)
        }
    }
}
