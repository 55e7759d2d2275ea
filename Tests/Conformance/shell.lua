--- Commands of `--sh`, made of a template and an item.
local expect = require "cases"
local cases = expect.cases
local shell = require "pmap.shell"
local equal, raises = expect.equal, expect.raises

-- Checks what a template makes of an item that has the number 7.
local function makes(template, item, command, is_batch) equal(shell.command(template, is_batch)(item, 7), command) end

function cases.test_an_item_stands_for_the_braces()
  makes("gzip {}", "a", "gzip a")
  makes("cp {} {}.old", "a", "cp a a.old")
  makes("echo {#}", "a", "echo 7")
  makes("echo {1} {-1} {2}", "a", "echo a a ")
end

function cases.test_without_braces_it_stands_at_the_end()
  makes("gzip", "a", "gzip a")
  makes("awk {print}", "a", "awk {print} a")
  makes("echo ${HOME} {a,b} { x; } {{}} {0} {+}", "c", "echo ${HOME} {a,b} { x; } {c} {0} {+}")
end

function cases.test_parts_of_a_path()
  local parts = "{.} {/} {//} {/.}"
  for path, expected in pairs {
    ["a/b.c/d.tar.gz"] = "a/b.c/d.tar d.tar.gz a/b.c d.tar",
    ["a.b/c"] = "a.b/c c a.b c",
    [".bash"] = "'' .bash . ''",
    ["a/.b"] = "a/ .b a ''",
    ["x."] = "x x. . x",
    ["/"] = "/ '' / ''",
    ["//"] = "// '' / ''",
    ["/a"] = "/a a / a",
    ["a"] = "a a . a",
    ["a/"] = "a/ '' . ''",
    ["a/b/"] = "a/b/ '' a ''",
    ["a//b"] = "a//b b a b",
    [""] = "'' '' . ''",
  } do
    makes(parts, path, expected)
  end
end

function cases.test_the_shell_reads_an_item_as_it_is()
  for item, text in pairs {
    ["a b"] = "'a b'",
    ["it's"] = [['it'"'"'s']],
    ["'"] = [["'"]],
    ["'a'"] = [["'"'a'"'"]],
    [""] = "''",
    ["-n"] = "-n",
    ["a/b_c+d.e"] = "a/b_c+d.e",
    ["$x"] = "'$x'",
    ["a\nb"] = "'a\nb'",
    ["~"] = "'~'",
    ["\xff"] = "'\xff'",
    ["{}"] = "'{}'",
    ["%1"] = "'%1'",
  } do
    equal(shell.quoted(item), text)
  end
end

function cases.test_a_list_has_places()
  local item = { "a/b.c", "d e" }
  makes("echo {2} {1} {3}x {-1}", item, "echo 'd e' a/b.c x 'd e'")
  makes("echo {1.} {1/} {1//} {1/.} {-2/}", item, "echo a/b b.c a b b.c")
  makes("echo {} x{}y {/}", item, "echo a/b.c 'd e' xa/b.c 'd e'y b.c 'd e'")
  makes("echo", item, "echo a/b.c 'd e'")
  makes("echo {}", {}, "echo ")
end

function cases.test_numbers_are_written_as_they_are()
  makes("echo", { 1, 2.5, 0.1 + 0.2, 3.0, 1e300, true }, "echo 1 2.5 0.30000000000000004 3.0 1e+300 true")
end

function cases.test_in_a_batch_a_word_around_the_braces_stands_there_for_each()
  makes("echo x{}y z", { "a", "b c" }, "echo xay x'b c'y z", true)
  makes("echo x{}y{.} {1}", { "a.c", "b" }, "echo xa.cya xbyb a.c", true)
  makes("echo {1}x{} {#}_{}", { "a", "b" }, "echo axa axb 7_a 7_b", true)
  makes("echo x{};echo y", { "a", "b" }, "echo xa;echo xb;echo y", true)
  makes("echo {1}-{2}-{3}", { { "a", "1" }, { "b", "1" } }, "echo a-1-b", true)
end

function cases.test_a_row_has_names()
  local row = { name = "a b", ["given name"] = "x", file = "d/e.f" }
  makes("echo {name} {given name} {file/} {file.}", row, "echo 'a b' x e.f d/e")
  makes("echo ${name} ${HOME} {a,b} { print } {#}", row, "echo $'a b' ${HOME} {a,b} { print } 7")
end

function cases.test_what_a_row_does_not_have_is_an_error()
  local row = { name = "a" }
  raises("{nmae} is the name of no field; { nmae } with spaces is left to the shell", shell.command "echo {nmae}", row, 1)
  for _, what in ipairs { "{}", "{.}", "{2}", "{2/}" } do
    raises(what .. " has no value, as the item has names; write {NAME} for a field of it", shell.command("echo " .. what), row, 1)
  end
  raises("the item has names, and the command has none of them; write {NAME} for a field of it", shell.command "echo", row, 1)
  raises("the item is a list of rows, and a command takes one; leave out --batch, or write a script",
    shell.command("echo {name}", true), { row }, 1)
end

function cases.test_what_no_command_can_have()
  raises("the item has a NUL, which no command can have", shell.command "echo", "a\0b", 1)
  raises("the command has 131072 bytes, and the kernel takes 131071", shell.command "echo {}", ("x"):rep(131067), 1)
  equal(#shell.command "echo {}"(("x"):rep(131066), 1), 131071)
  raises("a null cannot stand in a command: {}", shell.command "echo", pmap.null, 1)
  raises("a null cannot stand in a command: {3}", shell.command "echo", { "a", { "b", pmap.null } }, 1)
  raises("a table cannot stand in a command: {a}", shell.command "echo {a}", { a = {} }, 1)
  raises("{= s/a/b/ =} is Perl; write a script with a task that calls pmap.sh: pmap help pmap.sh", shell.command, "{= s/a/b/ =}")
end

expect.main()
