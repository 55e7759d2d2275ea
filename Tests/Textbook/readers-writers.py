# Readers and writers, with a lightswitch: the first reader takes the room, the last one gives it back, whoever that is.
# Once with readers before writers, once with a turnstile that lets no writer starve; the room is a semaphore or a lock.
import multiprocessing as mp

mp.set_start_method("fork")


def run(name, room, turnstile=None):
    mutex, readers = mp.Semaphore(1), mp.Value("i", 0, lock=False)
    writing, disturbed = mp.Value("i", 0, lock=False), mp.Value("i", 0)
    reads, writes = mp.Value("i", 0), mp.Value("i", 0, lock=False)

    def add(value):
        with value.get_lock():
            value.value += 1

    def read():
        if turnstile:
            turnstile.acquire()
            turnstile.release()
        mutex.acquire()
        readers.value += 1
        if readers.value == 1:
            room.acquire()
        mutex.release()
        add(reads)
        if writing.value != 0:
            add(disturbed)
        mutex.acquire()
        readers.value -= 1
        if readers.value == 0:
            room.release()
        mutex.release()

    def write():
        if turnstile:
            turnstile.acquire()
        room.acquire()
        writing.value += 1
        if writing.value != 1:
            add(disturbed)
        writes.value += 1
        writing.value -= 1
        if turnstile:
            turnstile.release()
        room.release()

    def work(number):
        for _ in range(4):
            if number % 3 == 0:
                write()
            else:
                read()

    processes = [mp.Process(target=work, args=(number,)) for number in range(1, 10)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    print(name, reads.value, writes.value, disturbed.value, sep="\t")


print("way", "reads", "writes", "disturbed", sep="\t")
run("semaphore", mp.Semaphore(1))
run("lock", mp.Lock())
run("semaphore, turnstile", mp.Semaphore(1), mp.Semaphore(1))
run("lock, turnstile", mp.Lock(), mp.Lock())
