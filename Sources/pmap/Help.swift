// What `--help` and `pmap help` print.

import Wire

enum Help {
    private static let job = """
        pmap: the same Lua function over many inputs, in parallel, on every core, in order.

          pmap [options] SCRIPT [FILE …]       one item per line of the files
          pmap [options] SCRIPT ::: ITEM …     the items are the arguments
          pmap [options] -e CODE [FILE …]      CODE is an expression of item and index, or the task's body
          pmap run SCRIPT [ARG …]              a Lua program, with the modules for processes to require
          pmap journal FILE                    what a run has kept with --journal FILE
          pmap help [NAME]                     about run, journal, or one option

        OPTIONS:

        """

    static let run = """
        pmap run: a Lua program, as lua runs it, with the modules for processes to require.

          pmap run [options] SCRIPT [ARG …]    SCRIPT may be -, which is standard input

        OPTIONS:
          -D NAME=VALUE           A string in pmap.args.NAME; may be repeated.
          -l NAME                 Require a module first, as a global; may be repeated.
          -h, --help              Show this.

        The modules are those of Python, with its names in Lua's manner: multiprocessing, concurrent.futures,
        subprocess, popen2, logging. README lists what is in them.
        """

    static let journal = """
        pmap journal: what runs have kept with --journal FILE.

          pmap journal FILE                    counts, runs and failures

        The file is an SQLite database with the tables items, runs and parts, see README:
        sqlite3 FILE "SELECT source, message FROM items WHERE outcome <> 'ok'"
        """

    static var all: String { job + Option.all.compactMap(entry).joined(separator: "\n") }

    /// About one word of the command, or one option; without a name about all.
    static func text(_ words: [ByteString]) throws(UsageError) -> String {
        guard let name = words.first?.text else { return all }
        if words.count > 1 { throw UsageError("help: write pmap help [NAME]") }
        switch name {
        case "help", "-h", "--help": return all
        case "run": return run
        case "journal": return journal
        default: break
        }
        let forms = name.hasPrefix("-") ? [name] : ["--\(name)", "-\(name)"]
        if let option = forms.lazy.compactMap(Option.named).first, let entry = entry(of: option) { return entry }
        for form in forms { if let advice = foreignOptions[form] { return "\(form): \(advice)" } }
        throw UsageError("help: \(words[0]) is neither run, journal nor an option; pmap help lists them")
    }

    private static let (indent, width) = (26, 100)

    /// The names on the left, what they do beside them; nothing for what has no names of our own.
    private static func entry(of option: Option) -> String? {
        if option.names.isEmpty { return nil }
        let left = "  " + option.names.joined(separator: ", ") + (option.value.map { " \($0)" } ?? "")
        var lines = [left.count + 2 > indent ? left : left + String(repeating: " ", count: indent - left.count)]
        if left.count + 2 > indent { lines.append(String(repeating: " ", count: indent)) }
        for word in option.help.split(separator: " ") {
            let last = lines[lines.count - 1]
            if last.count + 1 + word.count > width {
                lines.append(String(repeating: " ", count: indent) + word)
            } else {
                lines[lines.count - 1] = last.hasSuffix(" ") ? last + word : "\(last) \(word)"
            }
        }
        return lines.joined(separator: "\n")
    }
}
