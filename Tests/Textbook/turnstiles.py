# A barrier of two turnstiles, for as many rounds as one likes: the last one in opens the one, the last one out the other.
import multiprocessing as mp

mp.set_start_method("fork")
count, rounds = 4, 10
mutex, inside = mp.Semaphore(1), mp.Value("i", 0, lock=False)
entrance, way_out = mp.Semaphore(0), mp.Semaphore(1)
at, ahead = mp.Array("i", count, lock=False), mp.Value("i", 0)


def meet(own):
    for turn in range(1, rounds + 1):
        at[own] = turn
        mutex.acquire()
        inside.value += 1
        if inside.value == count:
            way_out.acquire()
            entrance.release()
        mutex.release()
        entrance.acquire()
        entrance.release()
        for each in range(count):
            if at[each] != turn:
                with ahead.get_lock():
                    ahead.value += 1
        mutex.acquire()
        inside.value -= 1
        if inside.value == 0:
            entrance.acquire()
            way_out.release()
        mutex.release()
        way_out.acquire()
        way_out.release()


processes = [mp.Process(target=meet, args=(number,)) for number in range(count)]
for process in processes:
    process.start()
for process in processes:
    process.join()
print("rounds", *[" ".join(str(each) for each in at)], sep="\t")
print("ahead of the others", ahead.value, sep="\t")
