# The sleeping barber: there are three chairs to wait on; who finds none comes again. Barber and customer are done together.
import multiprocessing as mp
import time

mp.set_start_method("fork")
chairs, total = 3, 10
customers, mutex = mp.Value("i", 0, lock=False), mp.Semaphore(1)
cut, having = mp.Value("i", 0, lock=False), mp.Value("i", 0)
customer, barber = mp.Semaphore(0), mp.Semaphore(0)
customer_done, barber_done = mp.Semaphore(0), mp.Semaphore(0)
served, crowded = mp.Value("i", 0), mp.Value("i", 0, lock=False)


def add(value):
    with value.get_lock():
        value.value += 1


def visit():
    """False when all chairs were taken."""
    mutex.acquire()
    if customers.value == chairs + 1:
        mutex.release()
        return False
    customers.value += 1
    if customers.value > chairs + 1:
        crowded.value += 1
    mutex.release()
    customer.release()
    barber.acquire()
    add(having)
    customer_done.release()
    barber_done.acquire()
    mutex.acquire()
    customers.value -= 1
    mutex.release()
    add(served)
    return True


def come():
    while not visit():
        time.sleep(0.001)


def work():
    for _ in range(total):
        customer.acquire()
        barber.release()
        cut.value += 1
        customer_done.acquire()
        barber_done.release()


processes = [mp.Process(target=work)] + [mp.Process(target=come) for _ in range(total)]
for process in processes:
    process.start()
for process in processes:
    process.join()
print("haircuts", cut.value, sep="\t")
print("had", having.value, sep="\t")
print("served", served.value, sep="\t")
print("too many in the shop", crowded.value, sep="\t")
