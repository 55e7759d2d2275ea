# Santa Claus sleeps until nine reindeer are back, or three elves need help; reindeer come first.
import multiprocessing as mp

mp.set_start_method("fork")
reindeer_count, group, groups = 9, 3, 2
elves, reindeer = mp.Value("i", 0, lock=False), mp.Value("i", 0, lock=False)
santa, reindeer_wait, elf_wait = mp.Semaphore(0), mp.Semaphore(0), mp.Semaphore(0)
elf_mutex, mutex = mp.Semaphore(1), mp.Semaphore(1)
hitched, helped = mp.Value("i", 0), mp.Value("i", 0)
sleighs, wrong = mp.Value("i", 0, lock=False), mp.Value("i", 0, lock=False)


def add(value):
    with value.get_lock():
        value.value += 1


def be_santa():
    for _ in range(1 + groups):
        santa.acquire()
        mutex.acquire()
        if reindeer.value == reindeer_count:
            sleighs.value += 1
            reindeer.value = 0
            for _ in range(reindeer_count):
                reindeer_wait.release()
        elif elves.value == group:
            for _ in range(group):
                elf_wait.release()
        else:
            wrong.value += 1
        mutex.release()


def be_reindeer():
    mutex.acquire()
    reindeer.value += 1
    if reindeer.value == reindeer_count:
        santa.release()
    mutex.release()
    reindeer_wait.acquire()
    add(hitched)


def be_elf():
    elf_mutex.acquire()
    mutex.acquire()
    elves.value += 1
    if elves.value == group:
        santa.release()
    else:
        elf_mutex.release()
    mutex.release()
    elf_wait.acquire()
    add(helped)
    mutex.acquire()
    elves.value -= 1
    if elves.value == 0:
        elf_mutex.release()  # which the third elf has acquired
    mutex.release()


processes = [mp.Process(target=be_santa)]
processes += [mp.Process(target=be_reindeer) for _ in range(reindeer_count)]
processes += [mp.Process(target=be_elf) for _ in range(group * groups)]
for process in processes:
    process.start()
for process in processes:
    process.join()
print("sleighs", sleighs.value, sep="\t")
print("reindeer hitched", hitched.value, sep="\t")
print("elves helped", helped.value, sep="\t")
print("woken for nothing", wrong.value, sep="\t")
