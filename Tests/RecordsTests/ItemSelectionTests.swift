// Which tasks need not be called, because they only name parts of their item.

import Bytes
import Testing

@testable import Records

private func columns(_ names: String...) -> ItemSelection { .columns(names.map { Array($0.utf8) }) }

@Test(
    arguments: [
        ("item", ItemSelection.item), (" item\n", .item), ("item.a", columns("a")),
        ("item.a, item . b_2,item['c d'] , item [ \"e\" ]", columns("a", "b_2", "c d", "e")),
        ("item.é", nil), ("item['ä']", columns("ä")), ("item[1], item[ 23 ]", .places([1, 23])),
        ("item[0]", .places([0])),
        ("item.a, item.a", columns("a", "a")),
        ("", nil), ("items", nil), ("item.", nil), ("item,", nil), ("item, item", nil), ("item, item.a", nil),
        ("item.a, item", nil),
        ("item.a, item[1]", nil), ("item.a.b", nil), ("item..a", nil), ("item.a()", nil), ("item:a()", nil),
        ("item[1", nil),
        ("item['a", nil), ("item['a\\n']", nil), ("item[-1]", nil), ("item[1.0]", nil), ("item[0x1]", nil),
        ("item[99999999999]", nil),
        ("item.a -- no", nil), ("(item)", nil), ("item.a;", nil), ("return item", nil), ("item index", nil),
        ("not item", nil),
        ((1...17).map { "item[\($0)]" }.joined(separator: ","), nil),
    ] as [(String, ItemSelection?)])
func `a task that only names parts of its item is known by its code`(code: String, selection: ItemSelection?) {
    #expect(ItemSelection(ByteString(code)) == selection)
}
