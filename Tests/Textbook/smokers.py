# Cigarette smokers: three agents put two things each on the table, pushers find out whom they are for.
import multiprocessing as mp

mp.set_start_method("fork")
rounds = 6
names = ["tobacco", "paper", "match"]
agent, mutex, on_table = mp.Semaphore(1), mp.Semaphore(1), mp.Array("i", 3, lock=False)
put, for_smoker = [mp.Semaphore(0) for _ in names], [mp.Semaphore(0) for _ in names]
smoked = mp.Array("i", 3, lock=False)


def others(thing):
    return (thing + 1) % 3, (thing + 2) % 3


def be_agent(missing):
    """Puts all but one thing on the table."""
    first, second = others(missing)
    for _ in range(rounds):
        agent.acquire()
        put[first].release()
        put[second].release()


def push(thing):
    first, second = others(thing)
    for _ in range(2 * rounds):
        put[thing].acquire()
        mutex.acquire()
        if on_table[first] > 0:
            on_table[first] -= 1
            for_smoker[second].release()
        elif on_table[second] > 0:
            on_table[second] -= 1
            for_smoker[first].release()
        else:
            on_table[thing] += 1
        mutex.release()


def smoke(own):
    for _ in range(rounds):
        for_smoker[own].acquire()
        smoked[own] += 1
        agent.release()


processes = [mp.Process(target=role, args=(thing,)) for thing in range(3) for role in (be_agent, push, smoke)]
for process in processes:
    process.start()
for process in processes:
    process.join()
for thing, name in enumerate(names):
    print("has " + name, smoked[thing], on_table[thing], sep="\t")
