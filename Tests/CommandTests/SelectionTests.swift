// Tasks that only name parts of their item, which are not called.

import Running
import Testing

private let table = """
    a,b,c,a b
    1,"x ""y"" z",3,4
    4,5,
    "q",,"w
    w",é

    6,7"
    6,7,8",9
    1,2,3,4,5
    1,2,3,4,5,"6
    7",8
    "6"7,8,9,0
    ,,,
    "open,1,2,3
    1,2,3,4
    """

@Test(arguments: [
    (
        "-f csv",
        [
            "item", "item.b", "item.c, item.a", "item['a b'], item.b", "item.zz, item.a", "item.a, item.zz, item.c",
            "item.a, item.a",
        ]
    ),
    ("-f csv -t jsonl", ["item", "item.b, item['a b']"]), ("-f csv -t csv", ["item", "item.b, item.c"]),
    ("-f csv --filter", ["item.b"]), ("-f csv --filter -t jsonl", ["item.zz"]),
    ("-f csv --by-key --reduce count", ["item.b"]),
    ("-f csv --by-key --reduce sum", ["item.b, item.a", "item.a, item.zz", "item.a, item['a b']"]),
    ("-f csv --reduce max", ["item.a"]),
    ("-f csv --batch 3 -t jsonl", ["item", "item.a", "item[2]"]),
    ("-f csv --no-header", ["item", "item[2], item[1]", "item[9], item[2]", "item[0]"]),
    ("-f csv --separator b", ["item", "item.a"]), ("-f tsv", ["item", "item['a,b,c,a b']"]),
    ("-f tsv --no-header", ["item[1]"]),
    ("-f fields", ["item", "item[2], item[1]", "item[9]"]), ("-f fields:,", ["item[3], item[1]"]),
    ("-f fields:,, ", ["item[2]"]),
    ("", ["item", "item.a", "item[1]"]), ("--reduce sum", ["item"]), ("--reduce count", ["item"]),
    ("--reduce mean", ["item"]), ("--filter", ["item"]),
    ("-f jsonl", ["item", "item.a"]), ("-f blocks:10", ["item"]), ("-t none", ["item"]), ("--tag", ["item"]),
    ("-j0", ["item"]),
    ("--chunk 1 -f csv", ["item.a"]), ("--timeout 60", ["item"]), ("-t msgpack", ["item"]),
])
func `a task that only names parts of its item is as one that is called`(options: String, tasks: [String]) throws {
    let numbers =
        (-3...30).map(String.init) + [
            "007", "-0", "-", "0x10", "1e2", " 5 ", "999999999999999999", "9999999999999999999", "nan", "",
        ]
    let files = ["table": table, "numbers": numbers.joined(separator: "\n"), "marked": "\u{feff}" + table]
    for task in tasks {
        let line = """
            for input in table numbers marked; do
              pmap \(options) -e "$TASK" $input > named 2> err; echo "status $?" >> err; cat err >> named
              pmap \(options) -e "${TASK//item/(item)}" $input > called 2> err
              echo "status $?" >> err; cat err >> called
              cmp named called || cat named called
            done
            """
        let outcome = try Run("TASK='\(task.replacing("'", with: "\""))'; \(line)", in: try Scratch(files)).finish()
        #expect(outcome == .silence, "\(task)")
    }
}
