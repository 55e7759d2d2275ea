// Items that run on other machines by ssh: a real sshd on this one, with keys, a port and a cache of the test's own, and no pmap
// in its PATH.

import Running
import Testing

/// Starts the server, and kills it at the end.
private let server = #"""
    mkdir -p /run/sshd 2> /dev/null
    ssh-keygen -q -t ed25519 -N '' -f host; ssh-keygen -q -t ed25519 -N '' -f key
    until [ -n "$port" ]; do
      port=$((20000 + RANDOM)); : > log
      printf '%s\n' "Port $port" 'ListenAddress 127.0.0.1' "HostKey $PWD/host" "AuthorizedKeysFile $PWD/key.pub" \
        'PidFile none' 'StrictModes no' 'UsePAM no' 'PermitRootLogin yes' \
        "SetEnv PATH=/usr/local/bin:/usr/bin:/bin XDG_CACHE_HOME=$PWD/cache" > config
      /usr/sbin/sshd -D -e -f config 2> log & sshd=$!
      until grep -q 'Server listening' log; do kill -0 $sshd 2> /dev/null || { port=; break; }; done
    done
    trap 'kill $sshd; wait $sshd 2> /dev/null' EXIT
    export PMAP_SSH="ssh -p $port -i key -o StrictHostKeyChecking=no -o UserKnownHostsFile=known -o LogLevel=ERROR -F none"
    # Waits until nothing of the program that was sent is left.
    gone() { until ! pgrep -f "^$PWD/cache" > /dev/null; do :; done; echo gone; }

    """#

private let script = """
    function task(item)
      if item == '77' then error 'bad' end
      if item == '3000' then os.exit(4) end
      if item == '2000' then print 'said' end
      local sum = 0
      for i = 1, 2000 do sum = sum + i % 7 end
      return item, sum, math.random(100)
    end
    """

@Test func `a machine without pmap gets it, once, and gives what this one gives`() throws {
    try Row(
        "", script,
        server + #"""
            seq 9000 > in
            pmap --seed 5 -j2 t.lua in > near 2> near.err
            for run in 1 2; do
              pmap --seed 5 --on ssh:127.0.0.1/1,localhost/2 t.lua in > far 2> far.err; echo $?
              sed -E -i 's/pid [0-9]+/pid N/g' near.err far.err
              cmp near far && diff near.err far.err && ls -i cache/pmap/*/pmap > inode.$run
            done
            gone
            cmp inode.1 inode.2 && ls -A cache/pmap/* | sed 's/[0-9]*$//'
            """#, out: "1\n1\ngone\nlibsimdjson.so.\npmap\n"
    ).check()
}

@Test
func `the program needs no more of another machine than glibc 2.34, and libraries that it brings along or all have`()
    throws
{
    try Row(
        "", [:],
        #"""
        objdump -p "$(readlink -f "$(command -v pmap)")" | awk '/NEEDED/ { print $2 }' | sort
        objdump -T "$(readlink -f "$(command -v pmap)")" | grep -oE 'GLIBC_2\.[0-9]+' | sort -u -t. -k2 -n | tail -n 1
        """#,
        out:
            "ld-linux-‹…›\nlibc.so.6\nlibgcc_s.so.1\nlibm.so.6\nlibsimdjson.so.‹…›\nlibstdc++.so.6\nGLIBC_2.34\n"
    ).check()
}

@Test(arguments: ["a connection": #"pkill -KILL -P $host ssh"#, "a server's process": #"pkill -KILL -P $sshd"#])
func `what is killed on the way costs nothing but time, and leaves nothing running`(what: String, kill: String) throws {
    try Row(
        what, script,
        server
            + #"""
            seq 30000 > in
            pmap --seed 5 -j2 t.lua in > near 2> /dev/null
            pmap --seed 5 --on ssh:127.0.0.1/2 t.lua in > far 2> errors & host=$!
            for each in 1 2 3; do
              until pgrep -f "^$PWD/cache" > /dev/null || ! kill -0 $host 2> /dev/null; do :; done
              \#(kill)
            done
            wait $host; echo $?
            cmp near far && echo same
            gone
            """#.replacing(#"\#(kill)"#, with: kill), out: "1\nsame\ngone\n"
    ).check()
}

@Test func `a host that is killed leaves nothing running elsewhere`() throws {
    try Row(
        "", "function task() pmap.sleep(1000) end",
        server + #"""
            pmap --on ssh:127.0.0.1/2 t.lua ::: 1 2 & host=$!
            until [ "$(pgrep -c -f "^$PWD/cache")" = 3 ]; do :; done
            kill -KILL $host; wait $host 2> /dev/null
            gone
            """#, out: "gone\n"
    ).check()
}

@Test func `a machine that lets nobody in is named, with what ssh says`() throws {
    try Row(
        "", [:],
        server + #"""
            ssh-keygen -q -t ed25519 -N '' -f wrong; PMAP_SSH=${PMAP_SSH/-i key/-i wrong}
            pmap --on ssh:127.0.0.1 -e item ::: 1 2> errors & host=$!
            until grep -qs 'tried again' errors; do :; done
            kill -INT $host; wait $host
            head -n 2 errors | tr -d "\r"
            """#,
        out:
            "127.0.0.1: ‹…›Permission denied‹…›\npmap: 127.0.0.1: ssh exited with status 255; questions are not answered: a key in ssh-agent, or one without a passphrase, lets pmap in; it is tried again\n"
    ).check()
}
