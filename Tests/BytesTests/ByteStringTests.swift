// Strings that need not be UTF-8: their escaped form, and how they are split.

import Bytes
import Testing

@Test(
    arguments: [
        (Array("täglich 😀".utf8), "täglich 😀", "täglich 😀"), ([0x61, 0xff, 0x62], "a\\255b", "a\\255b"),
        ([0xc3], "\\195", "\\195"), ([0xe2, 0x82, 0x41], "\\226\\130A", "\\226\\130A"),
        ([0xed, 0xa0, 0x80], "\\237\\160\\128", "\\237\\160\\128"), ([], "", ""),
        (Array("a\nb\rc\td".utf8), "a\nb\rc\td", "a\\nb\\rc\td"),
        ([27, 0x5b], "\u{1b}[", "\\27["), ([27, 0x35], "\u{1b}5", "\\0275"), ([0x7f], "\u{7f}", "\\127"),
        (Array("\u{9b}".utf8), "\u{9b}", "\\194\\155"), (Array("\\".utf8), "\\", "\\"),
    ] as [([UInt8], String, String)])
func `bytes are shown as text, and to a terminal without control characters`(
    bytes: [UInt8], text: String, description: String
) {
    #expect(ByteString(bytes).text == text)
    #expect("\(ByteString(bytes))" == description)
    #expect(ByteString(bytes).bytes == bytes)
}

@Test(
    arguments: [
        (Array("täglich".utf8), "täglich", "täglich"), ([0x61, 0xff], "a\\255", "a\\255"),
        (Array("\\255".utf8), "\\\\255", "\\255"), (Array("a\nb\rc\td".utf8), "a\\nb\\rc\\td", "a\\nb\\rc\\td"),
        (Array("a\\nb".utf8), "a\\\\nb", "a\\nb"), ([27, 0x35], "\\0275", "\\0275"),
        (Array("\u{2028}".utf8), "\\226\\128\\168", "\\226\\128\\168"),
    ] as [([UInt8], String, String)])
func `a line has escapes for what it cannot hold, and for backslashes`(bytes: [UInt8], line: String, name: String) {
    #expect(ByteString(bytes).escapedLine(keepingBackslashes: false) == line)
    #expect(ByteString(bytes).text.escapedName == name)
}

@Test(
    arguments: [
        ("a/b.lua", "a", "b.lua"), ("b.lua", ".", "b.lua"), ("/b", "/", "b"), ("a//b", "a/", "b"), ("", ".", ""),
        ("./b", ".", "b"), ("/", "/", ""),
    ] as [(ByteString, ByteString, ByteString)])
func `a path has a folder and a base name`(path: ByteString, folder: ByteString, baseName: ByteString) {
    #expect((path.folder, path.baseName) == (folder, baseName))
}

@Test func `bytes are cut at a separator`() {
    #expect(ByteString("a=b=c").split(separator: "=", limit: 2) == ["a", "b=c"])
    #expect(ByteString("a=").split(separator: "=") == ["a", ""])
    #expect(ByteString("").split(separator: "=") == [""])
}
