// The text of `--help` and `pmap help`.

import Bytes
import Lua
import Posix
import Records

enum Help {
    static var all: String {
        """
        \(wrapped("pmap: the same Lua function over many inputs, in parallel, on every core, in order."))

        \(rows(usage, indent: 39))

        OPTIONS:

        \(rows(Option.all.compactMap(entry), indent: 26))
        """
    }

    private static let usage = [
        ("pmap [options] SCRIPT [FILE …]", "one item per line of the files"),
        ("pmap [options] SCRIPT ::: ITEM …", "the items are the arguments; of several ::: every combination"),
        ("pmap [options] -e CODE [FILE …]", "CODE is an expression of item and index, or the task's body"),
        ("pmap [options] --sh COMMAND [FILE …]", "COMMAND is a line for the shell, with {} for the item"),
        ("pmap run SCRIPT [ARG …]", "a Lua program, with the modules for processes to require"),
        ("pmap journal FILE", "what a run has kept with --journal FILE"),
        ("pmap help [NAME]", "about run, journal, an option, or a name of the modules"),
    ]

    static var run: String {
        """
        \(wrapped("pmap run: a Lua program, as lua runs it, with the modules for processes to require."))

        \(rows([("pmap run [options] SCRIPT [ARG …]", "SCRIPT may be -, which is standard input")], indent: 39))

        OPTIONS:
        \(rows([
            ("-D NAME=VALUE", "A string in pmap.args.NAME; may be repeated."),
            ("-l [NAME=]MODULE", "Require a module first, as a global; may be repeated."),
            ("-h, --help", "Show this."),
        ], indent: 26))

        \(wrapped(modules))
        """
    }

    private static let modules = """
        The modules are those of Python, with its names in Lua's manner: multiprocessing, concurrent.futures, subprocess, \
        popen2, logging. pmap help multiprocessing shows what is in one of them.
        """

    private static var sources: String {
        """
        Words as items, as with GNU parallel:

        \(rows([
            ("::: WORD …", "each word is an item; of several ::: every combination, as lists"),
            (":::+ WORD …", "each word goes along with one of the source in front"),
            (":::: FILE …", "the same with the lines of files"),
            ("::::+ FILE …", "the same with the lines of files, each along with one of the source in front"),
        ], indent: 26))
        """
    }

    static var journal: String {
        """
        pmap journal: what runs have kept with --journal FILE.

        \(rows([("pmap journal FILE", "counts, runs and failures")], indent: 39))

        The file is an SQLite database with the tables items, runs and parts:
        sqlite3 FILE "SELECT source, message FROM items WHERE outcome <> 'ok'"
        """
    }

    /// The topics of help.
    private static func topics() throws(UsageError) -> String {
        let commands = [
            ("options", "all options; pmap --help shows them, too"),
            ("run", "a whole Lua program with processes"),
            ("journal", "what a run has kept with --journal FILE"),
        ]
        let examples = [
            ("pmap help --timeout", "one option"), ("pmap help multiprocessing", "one module"),
            ("pmap help multiprocessing.Pool", "a class of it"), ("pmap help Pool:map", "one function"),
        ]
        do throws(LuaError) {
            return """
                pmap help NAME shows what there is about:

                \(rows(commands + (try Reference.topics()), indent: 26))

                and about every name in them:

                \(rows(examples, indent: 39))
                """
        } catch { throw UsageError("help: \(error.message)") }
    }

    /// Help about one word of the command, one option, or a name of the modules; without a name the topics.
    static func text(_ words: [ByteString]) throws(UsageError) -> String {
        guard let name = words.first?.text else { return try topics() }
        if words.count > 1 { throw UsageError("help: write pmap help [NAME]") }
        switch name {
        case "help", "options", "-h", "--help": return all
        case "run": return run
        case let separator where TypedSource.Separator(rawValue: separator) != nil: return sources
        case "journal": return journal
        default: break
        }
        let forms = name.hasPrefix("-") ? [name] : ["--\(name)", "-\(name)"]
        let option = forms.lazy.compactMap(Option.named).compactMap(entry).first.map { rows([$0], indent: 26) }
        let answer: Reference.Answer
        do { answer = try Reference.article(on: name, width: width) } catch {
            throw UsageError("help: \(error.message)")
        }
        switch (option, answer) {
        case (let option?, .text(let article)): return option + "\n\n" + article.withoutLastNewline
        case (let option?, .unknown): return option
        case (nil, .text(let article)): return article.withoutLastNewline
        case (nil, .unknown(let names)):
            for form in forms { if let advice = foreignOptions[form] { return "\(form): \(advice)" } }
            throw unknown(words[0], names)
        }
    }

    private static func unknown(_ name: ByteString, _ names: [String]) -> UsageError {
        let options = Option.all.flatMap(\.names)
        let known = ["run", "journal", "options"] + options + names
        let wanted = plain(name.text)
        let like = near(to: wanted, among: known, as: plain)
        let longer = known.filter { wanted.count > 2 && plain($0).contains(wanted) }.enumerated().sorted {
            ($0.element.count, $0.offset) < ($1.element.count, $1.offset)
        }
        let meant = (like.isEmpty ? longer.map(\.element) : like).prefix(3)
        guard let last = meant.last else {
            return UsageError("help: there is nothing about '\(name)'; pmap help lists what there is")
        }
        let list = meant.count == 1 ? last : meant.dropLast().joined(separator: ", ") + " or " + last
        return UsageError("help: there is nothing about '\(name)'; did you mean \(list)?")
    }

    /// `pool.map` means `Pool:map`, and `timeout` the option.
    private static func plain(_ name: String) -> String {
        String(name.lowercased().replacing(":", with: ".").drop { $0 == "-" })
    }

    // MARK: Layout

    /// The width of a line: the terminal's, but not more than is easy to read.
    private static var width: Int { min(max(Terminal.columns(StandardDescriptor.output) ?? 100, 40), 100) }

    /// The option's names and text; nothing for an option that has only names of other programs.
    private static func entry(of option: Option) -> (String, String)? {
        if option.names.isEmpty { return nil }
        let value = option.value.map { option.isValueOptional ? "[=\($0)]" : " \($0)" }
        return (option.names.joined(separator: ", ") + (value ?? ""), option.help)
    }

    /// Names on the left, their text beside them, or below where a line is too short for both.
    private static func rows(_ entries: [(String, String)], indent wanted: Int) -> String {
        let indent = width < wanted + 40 ? 6 : wanted
        return entries.map { name, text in
            let left = "  " + name
            let isBeside = indent == wanted && left.count + 2 <= indent
            let space = String(repeating: " ", count: indent)
            return isBeside
                ? wrapped(text, behind: left + space.dropFirst(left.count)) : left + "\n" + wrapped(text, behind: space)
        }.joined(separator: "\n")
    }

    /// A text wrapped after the beginning of its first line, indented by as much.
    private static func wrapped(_ text: String, behind start: String = "") -> String {
        var (lines, isEmpty) = ([start], true)
        for word in text.split(separator: " ") {
            if !isEmpty && lines[lines.count - 1].count + 1 + word.count > width {
                lines.append(String(repeating: " ", count: start.count))
                isEmpty = true
            }
            lines[lines.count - 1] += isEmpty ? word : " " + word
            isEmpty = false
        }
        return lines.joined(separator: "\n")
    }
}

extension String {
    fileprivate var withoutLastNewline: String { hasSuffix("\n") ? String(dropLast()) : self }
}
