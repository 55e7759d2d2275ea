# River crossing: a boat takes four hackers, four serfs, or two of each. The captain gives the river back.
import multiprocessing as mp

mp.set_start_method("fork")
each = 8
barrier, mutex = mp.Barrier(4), mp.Semaphore(1)
waiting, queue = mp.Array("i", 2, lock=False), [mp.Semaphore(0), mp.Semaphore(0)]
aboard, boats, bad = mp.Array("i", 2), mp.Value("i", 0, lock=False), mp.Value("i", 0, lock=False)


def row():
    if aboard[0] + aboard[1] != 4 or aboard[0] % 2 != 0:
        bad.value += 1
    boats.value += 1
    aboard[0], aboard[1] = 0, 0


def cross(own, other):
    is_captain = False
    mutex.acquire()
    waiting[own] += 1
    if waiting[own] == 4:
        for _ in range(4):
            queue[own].release()
        waiting[own] = 0
        is_captain = True
    elif waiting[own] == 2 and waiting[other] >= 2:
        for _ in range(2):
            queue[own].release()
            queue[other].release()
        waiting[own] = 0
        waiting[other] -= 2
        is_captain = True
    else:
        mutex.release()
    queue[own].acquire()
    with aboard.get_lock():
        aboard[own] += 1
    barrier.wait()
    if is_captain:
        row()
        mutex.release()


processes = []
for _ in range(each):
    processes.append(mp.Process(target=cross, args=(0, 1)))
    processes.append(mp.Process(target=cross, args=(1, 0)))
for process in processes:
    process.start()
for process in processes:
    process.join()
print("boats", boats.value, sep="\t")
print("wrong crews", bad.value, sep="\t")
