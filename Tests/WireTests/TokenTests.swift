// MessagePack heads, read and written.

import Testing

@testable import Wire

@Test func `the extension codes are those of the table`() {
    #expect(WireExtension.allCases.map(\.rawValue) == [-1] + Array(80...89))
}
