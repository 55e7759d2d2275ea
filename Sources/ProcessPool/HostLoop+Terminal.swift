// What the host does about workers that want the terminal.

import Posix

extension HostLoop {
    /// Those that want it are stopped, and tell nobody.
    func lookAtTerminal() {
        for case let worker? in workers
        where worker.isBusy || worker.isLeaving || worker.number == terminal.holder {
            let phase = worker.phase(watchesItems: true)
            perform(terminal.handle(.found(worker: worker.number, stop: worker.terminalStop, phase: phase)))
        }
    }

    func perform(_ actions: [TerminalQueue.Action]) {
        for action in actions {
            switch action {
            case .lend(let number): lendTerminal(to: number)
            case .resume(let number): workers[number]?.suspend(false)
            case .takeBack(let number, let isBroken):
                guard let worker = workers[number] ?? buried else { continue }
                Terminal.takeBack(from: worker.pid, restoringModes: isBroken || ending != nil)
            case .stopHost:
                Signal.stopGroup()
                handleSignals()
            }
        }
    }

    private func lendTerminal(to number: Int) {
        guard let worker = workers[number] else { return }
        let givesItems = source.waitsOn.map { Terminal.isTerminal($0) } ?? false
        if !givesItems && Terminal.lend(to: worker.pid) { return }
        worker.refuseTerminal(givesItems ? .givesItems : .isBackground)
        perform(terminal.handle(.refused(worker: number)))
    }
}
