// JSON that is written value by value.

import Bytes
import Testing

private func example(isIndented: Bool) -> String {
    var json = JSONText(isIndented: isIndented)
    json.object { json in
        json.add("a", "</script><!--\u{2028}\"\\\n\u{7}é&")
        json.add("b", "ééééé", most: 4)
        json.add("c", [1, -2])
        json.add("d", nil as String?)
        json.array("e") { json in
            json.object { $0.add("f", 0.5) }
            json.object { _ in }
            json.array { $0.add("g") }
        }
        json.add("h", true)
        json.object("i") { $0.add("j", Double.infinity) }
    }
    return String(decoding: json.bytes, as: UTF8.self)
}

@Test func `nothing in JSON ends the element of a page that it stands in`() {
    let expected =
        #"{"a":"\u003c/script\u003e\u003c!--\u2028\"\\\n\u0007é\u0026","b":"éé…","c":[1,-2],"d":null,"#
        + #""e":[{"f":0.5},{},["g"]],"h":true,"i":{"j":null}}"#
    #expect(example(isIndented: false) == expected)
}

@Test func `with a line a value JSON is indented`() {
    let expected = """
        {
          "a": "\\u003c/script\\u003e\\u003c!--\\u2028\\"\\\\\\n\\u0007é\\u0026",
          "b": "éé…",
          "c": [
            1,
            -2
          ],
          "d": null,
          "e": [
            {
              "f": 0.5
            },
            {},
            [
              "g"
            ]
          ],
          "h": true,
          "i": {
            "j": null
          }
        }
        """
    #expect(example(isIndented: true) == expected)
}
