# multiprocessing.Pool.imap over many records at once, which are skipped and not unpacked before, and Python's msgpack.
import sys
from multiprocessing import Pool

import msgpack

RECORDS = 5_000


def blocks(data):
    unpacker = msgpack.Unpacker(max_buffer_size=0)
    unpacker.feed(data)
    start = records = 0
    try:
        while True:
            unpacker.skip()
            records += 1
            if records == RECORDS:
                yield data[start : unpacker.tell()]
                start, records = unpacker.tell(), 0
    except msgpack.OutOfData:
        yield data[start:]


def task(block):
    unpacker, packer = msgpack.Unpacker(max_buffer_size=0), msgpack.Packer(autoreset=False)
    unpacker.feed(block)
    for item in unpacker:
        item["price"] *= 2
        packer.pack(item)
    return packer.bytes()


if __name__ == "__main__":
    with Pool() as pool, open(sys.argv[1], "rb") as file:
        sys.stdout.buffer.writelines(pool.imap(task, blocks(file.read())))
