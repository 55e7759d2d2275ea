# Rendezvous: each of two processes waits at its second statement for the other one's first.
import multiprocessing as mp

mp.set_start_method("fork")
rounds = 20
clock, early = mp.Value("i", 0), mp.Value("i", 0)
arrived, first = [mp.Semaphore(0), mp.Semaphore(0)], mp.Array("i", 2, lock=False)


def add(value):
    with value.get_lock():
        value.value += 1


def meet(own, other):
    for turn in range(1, rounds + 1):
        add(clock)
        first[own] = turn
        arrived[own].release()
        arrived[other].acquire()
        if first[other] < turn:
            add(early)


a, b = mp.Process(target=meet, args=(0, 1)), mp.Process(target=meet, args=(1, 0))
a.start()
b.start()
a.join()
b.join()
print("statements", clock.value, sep="\t")
print("too early", early.value, sep="\t")
