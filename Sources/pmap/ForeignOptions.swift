// Options of other programs that pmap has under another name, in another form, or not at all: GNU parallel, xargs, make,
// awk, csv tools, Python's pools. Options of the same meaning are accepted, see `Option.all`.

/// Options of other programs, and the advice for each.
let foreignOptions: [String: String] = {
    var table: [String: String] = [:]
    for (names, advice) in advice { for name in names.split(separator: " ") { table[String(name)] = advice } }
    return table
}()

private let noRemote = "write --on ssh:HOST; the script and its modules are sent"

private let advice = [
    // Output
    "-o --output --outfile --output-file": "write to a file with > FILE",
    "--results --files": "write to a file with > FILE; what each item came to is kept with --journal FILE",
    "--log":
        "write --joblog FILE for a line an item; --journal FILE keeps what each came to, --errors FILE the failures",
    "--pbar": "write --progress",
    "--profile": "write --stats: where the time went",
    "--tagstring --ctag": "write --tag, or return what is to stand in front of the result",
    "--ungroup --line-buffer --linebuffer --lb":
        "-u writes results as they finish; those of one item always stay together",
    "-v --verbose -q --quiet --silent": "there is nothing like it; errors go to standard error: 2> FILE",
    "--color --colour --no-color": "there are no colours; leave it out",
    "--json --ndjson --jsonl --ijson --ojson": "write --from jsonl to read it, --to jsonl to write it",

    // Input
    "-d --delimiter --sep --ifs -F --field-separator --colsep -C":
        "write --from fields:C for lines that C splits, --from csv --separator C for csv",
    "--csv --icsv": "write --from csv",
    "--tsv --itsv": "write --from tsv",
    "--ocsv --otsv": "write --to csv or --to tsv",
    "-z --search-zip --gzin --bz2in --zin --zstdin --prepipe --decompress":
        "compressed input is recognized by its first bytes; leave it out",
    "--header -H": "the first row of csv and tsv is a header; --no-header takes it as data",
    "--no-header-row": "write --no-header",
    "--skip-lines": "write --skip N",
    "--pipe --pipepart --pipe-part": "write --from blocks:1M; files are read in parallel anyway",
    "--block --block-size": "write --from blocks:SIZE; --chunk N fixes how many items a worker gets at once",
    "-X -m --xargs": "write --batch N: an item is a list then, and {} of --sh all of it",
    "-s --max-chars -x --exit": "--batch N says how many inputs an item has",
    "-I -i --replace --max-replace-args --rpl --plus":
        "the item is the variable item in the task, and {} in the command of --sh",
    "-E --eof --eof-str": "end the run in the script: inputs may be a function that returns nil",
    "--shuf --shuffle": "write shuf FILE | pmap …",
    "--trim": "trim the item in the task: item:match \"^%s*(.-)%s*$\"",
    "--link --xapply": "write :::+ instead of the second :::",
    "--follow --tail": "write tail -f FILE | pmap …",

    // Where, when and how many
    "-S --sshlogin --sshloginfile --slf --transfer --transferfile --return --cleanup --trc --basefile --bf --wd --workdir":
        noRemote,
    "--env --ssh --conf --file":
        "on this machine the environment is there as it is, and with --on that of the other one",
    "--delay": "wait in the task: pmap.sleep(SECONDS)",
    "--nice": "write nice -n N pmap …",
    "--load --max-load --memfree --memsuspend --limit --noswap":
        "there is nothing like it; -j N sets how many workers there are, --memory SIZE what each of them may take",
    "-p --procs --proc --cores --threads --nproc -T --num-workers --n-jobs --njobs --nprocs --parallel": "write -j N",
    "--sem --semaphore --fg --bg --id": "a lock is in the modules of pmap run: pmap help run",
    "--process-slot-var": "the number of the worker is pmap.worker.id in the task, and {%} in the command of --sh",
    "--termseq": "Ctrl-C finishes the running items, a second one stops them",
    "--just-print --show-limits": "write --dry-run; or try the task on one item: pmap -j0 SCRIPT ::: ITEM",
    "--interactive --confirm": "nothing is asked; try the task on one item: pmap -j0 SCRIPT ::: ITEM",
    "--resume": "write --journal FILE; the same command goes on from there",
    "--resume-failed": "write --journal FILE --retry-failed",
    "--retry --tries --attempts --max-retries": "write --retries N: tries after the first",
    "--keep-going": "an item that fails stops nothing; leave it out",
    "--fail-fast --failfast --stop-on-error --halt-on-failure": "write --on-error stop",
    "--initializer --init": "write function setup(worker) in the script",
    "--tmpdir --tempdir --temp-dir --tmp": "write TMPDIR=DIR pmap …",
    "--compress": "write pmap … | gzip > FILE",
    "--isolate --fork": "write --max-tasks 1: a worker for each item",
    "--pdb --debug --sandbox": "there is nothing like it yet; -j0 runs everything in one process",

    // The task
    "-c --command --code --exec --expr --script":
        "write -e CODE, or --sh COMMAND; a script needs no option: pmap SCRIPT",
    "-b --begin --end --reduce --by-key --finish --sum":
        "there is nothing like it yet; join the results behind pmap: pmap … | awk …",
    "--quote": "the item is quoted for the shell anyway: --sh 'gzip {}'; what else is a command is yours to quote",
    "-w -W --warn --strict": "there is nothing like it; luacheck SCRIPT warns",
    "--require --module --import": "write -l NAME",
    "--define --arg --argjson --var --set": "write -D NAME=VALUE, and pmap.args.NAME in the task",
    "--citation --will-cite --no-notice --gnu": "there is nothing to cite or to choose; leave it out",
    "--usage --man -?": "write pmap --help",
]
