# Water: atoms are processes; none bonds before the other two of its molecule are there. What an atom of hydrogen has
# acquired, one of oxygen releases.
import multiprocessing as mp

mp.set_start_method("fork")
mutex, oxygen, hydrogen = mp.Semaphore(1), mp.Value("i", 0, lock=False), mp.Value("i", 0, lock=False)
barrier, oxygen_queue, hydrogen_queue = mp.Barrier(3), mp.Semaphore(0), mp.Semaphore(0)
atoms, count, molecules = mp.Array("b", 12), mp.Value("i", 0), 4


def bond(letter):
    with count.get_lock():
        atoms[count.value] = ord(letter)
        count.value += 1


def molecule_is_there():
    for _ in range(2):
        hydrogen_queue.release()
    hydrogen.value -= 2
    oxygen_queue.release()
    oxygen.value -= 1


def be_oxygen():
    mutex.acquire()
    oxygen.value += 1
    if hydrogen.value >= 2:
        molecule_is_there()
    else:
        mutex.release()
    oxygen_queue.acquire()
    bond("O")
    barrier.wait()
    mutex.release()


def be_hydrogen():
    mutex.acquire()
    hydrogen.value += 1
    if hydrogen.value >= 2 and oxygen.value >= 1:
        molecule_is_there()
    else:
        mutex.release()
    hydrogen_queue.acquire()
    bond("H")
    barrier.wait()


processes = [mp.Process(target=be_oxygen if number % 3 == 0 else be_hydrogen) for number in range(1, 3 * molecules + 1)]
for process in processes:
    process.start()
for process in processes:
    process.join()
for molecule in range(molecules):
    print("".join(sorted(chr(atoms[3 * molecule + place]) for place in range(3))))
