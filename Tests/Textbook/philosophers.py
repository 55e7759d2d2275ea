# Dining philosophers: a footman lets four of the five sit down.
import multiprocessing as mp

mp.set_start_method("fork")
count, meals_each = 5, 8
footman, forks = mp.Semaphore(count - 1), [mp.Semaphore(1) for _ in range(count)]
in_use, meals, shared = mp.Array("i", count, lock=False), mp.Array("i", count, lock=False), mp.Value("i", 0)


def take(fork):
    forks[fork].acquire()
    in_use[fork] += 1
    if in_use[fork] != 1:
        with shared.get_lock():
            shared.value += 1


def put(fork):
    in_use[fork] -= 1
    forks[fork].release()


def dine(seat):
    right, left = seat, (seat + 1) % count
    for _ in range(meals_each):
        footman.acquire()
        take(right)
        take(left)
        meals[seat] += 1
        put(right)
        put(left)
        footman.release()


processes = [mp.Process(target=dine, args=(seat,)) for seat in range(count)]
for process in processes:
    process.start()
for process in processes:
    process.join()
for seat in range(count):
    print(f"philosopher {seat + 1}", meals[seat], sep="\t")
print("forks of two at once", shared.value, sep="\t")
