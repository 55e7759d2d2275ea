# Producers and consumers with a buffer of three places. A producer ends long before what it has produced is consumed.
import multiprocessing as mp

mp.set_start_method("fork")
size, producers, consumers, each = 3, 4, 2, 30
buffer, front, back = mp.Array("i", size, lock=False), mp.Value("i", 0, lock=False), mp.Value("i", 0, lock=False)
mutex, items, spaces = mp.Semaphore(1), mp.Semaphore(0), mp.Semaphore(size)
total, overwritten = mp.Value("i", 0, lock=False), mp.Value("i", 0, lock=False)


def produce(number):
    for event in range(1, each + 1):
        spaces.acquire()
        mutex.acquire()
        place = back.value % size
        if buffer[place] != 0:
            overwritten.value += 1
        buffer[place] = number * each + event
        back.value += 1
        mutex.release()
        items.release()


def consume():
    for _ in range(producers * each // consumers):
        items.acquire()
        mutex.acquire()
        place = front.value % size
        total.value += buffer[place]
        buffer[place] = 0
        front.value += 1
        mutex.release()
        spaces.release()


processes = [mp.Process(target=produce, args=(number,)) for number in range(1, producers + 1)]
processes += [mp.Process(target=consume) for _ in range(consumers)]
for process in processes:
    process.start()
for process in processes:
    process.join()
print("consumed", front.value, sep="\t")
print("sum", total.value, sep="\t")
print("overwritten", overwritten.value, sep="\t")
