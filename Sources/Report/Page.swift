// The page: the files of Sources/ReportPage, with the data in their middle. It asks for nothing from anywhere.

import ReportPage

enum Page {
    /// One HTML file.
    static func bytes(data: [UInt8]) -> [UInt8] {
        var bytes = part(PMAP_PAGE_HTML)
        let fillings = [
            ("/* page.css */", part(PMAP_PAGE_STYLE)), ("/* data */", data), ("/* d3 */", part(PMAP_PAGE_LIBRARIES)),
            ("/* page.js */", part(PMAP_PAGE_SCRIPT)),
        ]
        var page: [UInt8] = []
        for (mark, filling) in fillings {
            guard let place = bytes.firstRange(of: Array(mark.utf8)) else {
                preconditionFailure("page.html has no \(mark)")
            }
            page += bytes[..<place.lowerBound]
            page += filling
            bytes.removeSubrange(..<place.upperBound)
        }
        return page + bytes
    }

    private static func part(_ part: pmap_page_part) -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let byte = pmap_page_byte(part, bytes.count)
            if byte < 0 { return bytes }
            bytes.append(UInt8(byte))
        }
    }
}
