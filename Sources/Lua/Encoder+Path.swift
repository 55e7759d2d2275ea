// The path of a value that cannot be sent, made of the frames that were open.

import CLua

extension Encoder {
    func tooLarge(_ value: String) -> EncodeError {
        .cannotSend("\(value) of more than 4 GB", path: "")
    }

    func unsendable(_ index: Int32) -> EncodeError {
        switch stack.type(index) {
        case .thread: .cannotSend("a coroutine", path: "")
        case .lightUserdata: .cannotSend("a light userdata", path: "")
        default:
            switch className(index) {
            case "handle" where handleRegistry != nil: .cannotSend("a closed object", path: "")
            case let name?: .cannotSend("userdata (\(name))", path: "")
            case nil: .cannotSend("userdata", path: "")
            }
        }
    }

    private func className(_ index: Int32) -> String? {
        let height = stack.top
        defer { stack.top = height }
        guard stack.pushMetatable(index) else { return nil }
        stack.rawGet(-1, field: "__name")
        return stack.string(-1)
    }

    /// The error with its path, if it has one.
    func locate(_ error: EncodeError, root: String) -> EncodeError {
        guard case .cannotSend(var value, _, let advice) = error else { return error }
        if let last = frames.last, isInKey(last) { value += " as a key" }
        return .cannotSend(value, path: path(root: root), advice: advice)
    }

    /// `result.rows[3].name`; the middle of a very deep one is left out.
    private func path(root: String) -> String {
        let shown = 8
        var segments = frames.prefix(shown).map(segment)
        if frames.count > 2 * shown { segments.append("…") }
        segments += frames.dropFirst(shown).suffix(shown).map(segment)
        if let last = frames.last, isInKey(last) { segments.removeLast() }
        return root + segments.joined()
    }

    private func isInKey(_ frame: Frame) -> Bool {
        frame.kind == .pairs && (Int32(frame.current) - frame.base) & 1 == 0
    }

    private func segment(_ frame: Frame) -> String {
        let stack = threads[frame.thread], current = Int32(frame.current)
        switch frame.kind {
        case .list: return "[\(current)]"
        case .upvalues:
            let name = stack.pushUpvalue(of: frame.index, at: current) ?? ""
            stack.pop()
            return "(upvalue '\(name)')"
        case .pairs:
            return isInKey(frame) ? "[a key]" : segment(key: current - 1, in: stack)
        }
    }

    private func segment(key: Int32, in stack: Stack) -> String {
        switch stack.type(key) {
        case .string:
            let text = stack.string(key) ?? ""
            return isIdentifier(text) ? ".\(text)" : "[\"\(text)\"]"
        case .number: return stack.isInteger(key) ? "[\(stack.integer(key) ?? 0)]" : "[\(stack.number(key))]"
        case .boolean: return "[\(stack.boolean(key))]"
        default: return "[\(stack.type(key))]"
        }
    }

    private func isIdentifier(_ text: String) -> Bool {
        let bytes = text.utf8
        guard let first = bytes.first, !(0x30...0x39).contains(first) else { return false }
        return bytes.allSatisfy { byte in
            byte == 0x5f || (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20) && byte < 0x80
        }
    }
}
