// How the program comes to a machine that does not have it: by the shell there, which keeps it for the next time.

import Bytes
import Journal
import Posix
import ProcessPool
import Wire

/// This very program, for other machines.
final class RemoteProgram: @unchecked Sendable {
    static let shared = RemoteProgram()

    private var packed: FrozenBytes?
    /// What it needs and not every machine has.
    private static let library = "libsimdjson.so"
    private static let (isHere, isWanted) = ("pmap is here", "pmap is wanted by ")
    /// The oldest glibc that it runs with.
    private static let leastLibrary = (2, 34)

    private var path: ByteString { ByteString("/proc/self/exe").resolved ?? "/proc/self/exe" }

    /// For a shell there, whichever it is: a line of sh that answers whether there is a pmap, takes one if there is none, and
    /// becomes it. Nothing in it is special to another shell between single quotes.
    private(set) lazy var line: String = {
        let digest = (try? Descriptor(reading: path).readAll()).map { Digest(of: $0).hexadecimal } ?? "unknown"
        let steps = [
            "if test \"$(pmap --version 2>/dev/null)\" = \"pmap \(Main.version)\"",
            "then echo; echo \"\(RemoteProgram.isHere)\"; exec pmap worker",
            "fi",
            "c=\"${XDG_CACHE_HOME:-$HOME/.cache}/pmap/\(digest)\"",
            "if test -x \"$c/pmap\"",
            "then echo; echo \"\(RemoteProgram.isHere)\"",
            "else echo; echo \"\(RemoteProgram.isWanted)$(uname -sm) $(getconf GNU_LIBC_VERSION 2>/dev/null)\"",
            "umask 077; mkdir -p \"$c\"; d=$(mktemp -d \"$c/XXXXXX\"); read n",
            "head -c \"$n\" | gzip -dc | tar -xf - -C \"$d\" || { rm -r \"$d\"; exit 126; }",
            "for f in \"$d\"/lib*; do test -e \"$f\" && mv \"$f\" \"$c\"; done; mv \"$d/pmap\" \"$c\"; rmdir \"$d\"",
            "fi",
            "exec \"$c/pmap\" worker",
        ]
        return "exec /bin/sh -c '\(steps.joined(separator: "; "))'"
    }()

    var delivery: RemotePlan.Delivery {
        RemotePlan.Delivery(
            isHere: RemoteProgram.isHere, isWanted: RemoteProgram.isWanted, refusal: RemoteProgram.refusal,
            program: pack)
    }

    /// `Linux x86_64 glibc 2.36`
    static func refusal(_ machine: Substring) -> String? {
        let words = machine.split(separator: " ")
        let here = Machine.kind()
        guard words.count >= 2, "\(words[0]) \(words[1])" == here else {
            return "this pmap is for \(here), and that machine is \(machine); install pmap there"
        }
        let numbers = words.last?.split(separator: ".").compactMap { Int($0) } ?? []
        guard words.count == 4, words[2] == "glibc", numbers.count >= 2 else {
            return "this pmap needs glibc, which that machine does not have"
        }
        if (numbers[0], numbers[1]) >= leastLibrary { return nil }
        return
            "this pmap needs glibc \(leastLibrary.0).\(leastLibrary.1), and that machine has \(numbers[0]).\(numbers[1])"
    }

    /// The program and its library as a compressed archive.
    private func pack() -> Result<FrozenBytes, Failure> {
        if let packed { return .success(packed) }
        let libraries = Process.libraries().filter { $0.contains(RemoteProgram.library) }
        let code = """
            d=$(mktemp -d) && { strip -o "$d/pmap" "$1" 2>/dev/null || cp "$1" "$d/pmap"; } && shift &&
            for f; do n=${f##*/}; m=${n#*.so.}; cp "$f" "$d/${n%%.so.*}.so.${m%%.*}"; done && tar -C "$d" -cf - . | gzip -1; rm -rf "$d"
            """
        do {
            let archive = try Descriptor(inMemory: "pmap-program")
            var plan = ProgramPlan(
                words: ["/bin/sh", "-c", code, "sh"].map { Array($0.utf8) } + [path.bytes] + libraries.map(\.bytes))
            plan.streams = [.null, .descriptor(archive.number), .descriptor(2)]
            let shell = try StartedProgram.start(plan)
            var poller = Poller<Void>()
            while shell.reap() == nil {
                poller.removeAll()
                poller.watchReadable(shell.pidfdNumber, ())
                _ = poller.wait(milliseconds: nil)
            }
            let size = try FileKind(descriptor: archive.number).size
            let made = FrozenBytes(try archive.read(count: size, at: 0))
            packed = made
            return .success(made)
        } catch {
            return .failure(Failure(.error, "cannot pack the program: \(error)"))
        }
    }
}
