--- The arguments of a program: checked, and in the form that the core module takes.
local core = require "_multiprocessing"
local arguments = require "multiprocessing.arguments"

local command = {
  -- As the core module has them.
  PIPE = -1,
  STDOUT = -2,
  DEVNULL = -3,
}

local options_of = {
  Popen = { "cwd", "encoding", "env", "shell", "stderr", "stdin", "stdout", "text", "universal_newlines" },
  run = {
    "capture_output", "check", "cwd", "encoding", "env", "input", "shell", "stderr", "stdin", "stdout", "text", "timeout",
    "universal_newlines",
  },
}

--- Refuses options that are not known; `what` is "Popen" or "run". Whether it is text makes no difference: strings are
--- bytes, and nothing is converted.
function command.check_options(options, what)
  arguments.check_options(options, options_of[what], what)
  local encoding = options.encoding
  if encoding ~= nil and tostring(encoding):lower():gsub("-", "") ~= "utf8" then
    core.fail(('encoding is "utf-8", as strings are what the program writes; %s is not converted'):format(
      arguments.shown(encoding)))
  end
end

--- A string that a program can be given; numbers count.
function command.check_text(text, what)
  if type(text) == "number" then text = tostring(text) end
  if type(text) ~= "string" then core.fail(("%s is a string, not a %s"):format(what, type(text))) end
  if text:find("\0", 1, true) then core.fail(what .. " has a NUL in it, which no program can be given") end
  return text
end

--- The words of a command, which is a line for the shell if there is one.
function command.words_of(cmd, shell)
  if shell then
    if type(cmd) ~= "string" then core.fail "with shell = true the command is one string" end
    return { "/bin/sh", "-c", command.check_text(cmd, "the command") }
  end
  if type(cmd) == "string" then
    core.fail('the command is a string; write its words: run { "ls", "-l" }, '
      .. 'or run("ls -l", { shell = true }) for a shell')
  end
  if type(cmd) ~= "table" then core.fail("the command is a table of words, not a " .. type(cmd)) end
  local words = {}
  for place = 1, #cmd do words[place] = command.check_text(cmd[place], "word " .. place .. " of the command") end
  if #words == 0 then core.fail "the command has no words" end
  for key in pairs(cmd) do
    if type(key) == "string" then
      core.fail(("%s stands among the words; options are a second table: run({…}, { %s = … })"):format(key, key))
    end
    if words[key] == nil then core.fail(("word %s of the command stands behind a hole"):format(tostring(key))) end
  end
  return words
end

--- The variables of an environment.
function command.variables_of(env)
  if env == nil then return nil end
  if type(env) ~= "table" then core.fail("env is a table of names and values, not a " .. type(env)) end
  local variables = {}
  for name, value in pairs(env) do
    if type(name) ~= "string" then
      core.fail(("a name in env is a string, not a %s; write env = { NAME = \"value\" }"):format(type(name)))
    end
    name = command.check_text(name, "a name in env")
    if name == "" or name:find("=", 1, true) then core.fail(("%q in env is no name of a variable"):format(name)) end
    variables[#variables + 1] = name .. "=" .. command.check_text(value, "env." .. name)
  end
  return variables
end

--- A stream: a file, one of the numbers above, or nil for this process's own.
function command.stream_of(stream, name)
  if stream == nil or io.type(stream) then return stream end
  if stream == command.PIPE or stream == command.DEVNULL then return stream end
  if name == "stderr" and stream == command.STDOUT then return stream end
  local names = name == "stderr" and "PIPE, STDOUT, DEVNULL" or "PIPE, DEVNULL"
  core.fail(("%s is subprocess.%s or a file of Lua"):format(name, names))
end

-- The command as it is typed in a shell.
local function quoted(cmd)
  if type(cmd) == "string" then return cmd end
  local words = {}
  for place, word in ipairs(cmd) do
    word = tostring(word)
    words[place] = word:find "^[%w@%%+=:,./_-]+$" and word or "'" .. word:gsub("'", [['\'']]) .. "'"
  end
  return table.concat(words, " ")
end

--- The command as messages show it.
function command.named(cmd)
  local text = quoted(cmd):gsub("%c", " ")
  return #text <= 100 and text or text:sub(1, utf8.offset(text, 0, 98) - 1) .. "…"
end

return command
