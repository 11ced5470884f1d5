"""The kernel's end of a speed test. Prints one JSON object: bytes, seconds, and processor seconds of this process.

stream.py send ADDRESS PORT BYTES | receive ADDRESS PORT | echo ADDRESS PORT | ask ADDRESS PORT ROUNDS
All but "send" and "ask" listen, and print "listening" first.
"""

import json
import resource
import socket
import sys
import time

IPPROTO_MPTCP = 262
CHUNK = 1 << 20


def report(**fields):
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({**fields, "cpu": usage.ru_utime + usage.ru_stime}), flush=True)


def stream_socket():
    """With the congestion control that Linux itself comes with: a machine's own choice (BBR) may cost a factor."""
    end = socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP)
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"cubic")
    return end


def accept(address, port):
    listener = stream_socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, port))
    listener.listen(1)
    print("listening", flush=True)
    # The listener stays open: the kernel takes further subflows through it.
    return listener.accept()[0], listener


def connect(address, port):
    end = stream_socket()
    end.connect((address, port))
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return end


def drain(end):
    buffer = bytearray(CHUNK)
    received = 0
    while length := end.recv_into(buffer):
        received += length
    return received


def send(address, port, length):
    end = connect(address, port)
    chunk = bytes(CHUNK)
    began = time.monotonic()
    for _ in range(length // CHUNK):
        end.sendall(chunk)
    end.shutdown(socket.SHUT_WR)
    drain(end)
    report(bytes=length, seconds=time.monotonic() - began)


def receive(address, port):
    end, _listener = accept(address, port)
    began = time.monotonic()
    received = drain(end)
    report(bytes=received, seconds=time.monotonic() - began)


def echo(address, port):
    end, _listener = accept(address, port)
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while chunk := end.recv(CHUNK):
        end.sendall(chunk)
    end.close()


def ask(address, port, rounds):
    end = connect(address, port)
    question = b"?" * 64
    times = []
    for _ in range(rounds):
        began = time.monotonic()
        end.sendall(question)
        answered = 0
        while answered < len(question):
            answered += len(end.recv(64))
        times.append((time.monotonic() - began) * 1e6)
    times = sorted(times[rounds // 10 :])
    report(median=times[len(times) // 2], p99=times[len(times) * 99 // 100])


ROLES = {"send": send, "receive": receive, "echo": echo, "ask": ask}
role, address, *numbers = sys.argv[1:]
ROLES[role](address, *map(int, numbers))
