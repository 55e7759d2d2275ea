// The program `await` in every test's PATH: tests wait for facts, not for a time.

/// `await COMMAND` returns once the command of the shell succeeds. Of a process it may ask whether it is `stopped PID`,
/// and all below it `all_stopped PID`, and whether it is `asleep PID`: it sleeps in two looks and has not run in between.
let awaitProgram = """
    #!/bin/sh
    stopped() { grep -q '^State:.T' /proc/$1/status; }
    all_stopped() { stopped $1 && for each in $(cat /proc/$1/task/*/children); do (all_stopped $each) || return 1; done; }
    asleep() {
      last=$now
      now=$(grep -E '^State:.S|^(non)?vol' /proc/$1/status)
      case $now in State*) [ "$now" = "$last" ] ;; *) false ;; esac
    }
    until eval "$*"; do sleep 0.01; done

    """
