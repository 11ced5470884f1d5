"""The kernel's end of a test: sends random bytes, receives until the end of the stream, and reports as JSON.

peer.py connect|listen ADDRESS PORT BYTES [key=value ...]
  protocol=262   IPPROTO_MPTCP; 6 for plain TCP
  seed=1         of the bytes sent
  bind=ADDRESS   source of the first subflow
  count=1        connections, one after another
  ready=1        make the bytes before the first connection, where time is measured
  last=1         end the sending direction only when the peer has ended its own
  abort=BYTES    reset the connection (SO_LINGER 0) after receiving so many bytes
  fastopen=0     listening: accept so many connections early at once; connecting: offer so many bytes with the SYN
  patience=0     seconds for which to connect again where nobody listens yet
"""

import hashlib
import json
import random
import socket
import struct
import sys
import threading
import time

SOL_MPTCP = 284
MPTCP_INFO = 1
TIMEOUT = 40


def is_multipath(connection):
    """Whether the kernel says that the connection has not fallen back."""
    try:
        info = connection.getsockopt(SOL_MPTCP, MPTCP_INFO, 256)
    except OSError:
        return False
    flags = struct.unpack_from("=I", info, 8)[0]
    return not flags & 1


def chunks(length, seed):
    source = random.Random(seed)
    while length > 0:
        chunk = source.randbytes(min(1 << 20, length))
        length -= len(chunk)
        yield chunk


def send(connection, early, data, may_end, report):
    digest = hashlib.sha256()
    sent = 0
    try:
        for chunk in data:
            digest.update(chunk)
            connection.sendall(chunk[early:])
            sent += len(chunk)
            early = 0
        may_end.wait()
        connection.shutdown(socket.SHUT_WR)
    except OSError as error:
        report["sendError"] = error.strerror or str(error)
    report["sent"] = sent
    report["sentHash"] = digest.hexdigest()


def receive(connection, limit, report):
    began = time.monotonic()
    digest = hashlib.sha256()
    received = 0
    try:
        while received < limit:
            chunk = connection.recv(1 << 18)
            if not chunk:
                break
            digest.update(chunk)
            received += len(chunk)
    except OSError as error:
        report["receiveError"] = error.strerror or str(error)
    report["receiveSeconds"] = time.monotonic() - began
    report["received"] = received
    report["receivedHash"] = digest.hexdigest()


def exchange(connection, early, data, is_last, abort):
    connection.settimeout(TIMEOUT)
    report = {}
    may_end = threading.Event()
    if not is_last:
        may_end.set()
    sender = threading.Thread(target=send, args=(connection, early, data, may_end, report), daemon=True)
    sender.start()
    receive(connection, abort or sys.maxsize, report)
    may_end.set()
    if abort:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    else:
        sender.join()
    report["multipath"] = is_multipath(connection)
    connection.close()
    return report


def make(family, options):
    end = socket.socket(family, socket.SOCK_STREAM, int(options.get("protocol", 262)))
    end.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # What Linux itself comes with, whatever this machine prefers.
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"cubic")
    return end


def connect(family, to, length, options):
    """The connection, and how many bytes of the stream have left with it."""
    until = time.monotonic() + float(options.get("patience", 0))
    while True:
        end = make(family, options)
        end.settimeout(TIMEOUT)
        if "bind" in options:
            end.bind((options["bind"], 0))
        try:
            if "fastopen" in options:
                # Without a cookie, what does not wait does not keep the bytes either.
                end.settimeout(None)
                first = random.Random(int(options.get("seed", 1))).randbytes(min(1 << 20, length))
                return end, end.sendto(first[: int(options["fastopen"])], socket.MSG_FASTOPEN, to)
            end.connect(to)
            return end, 0
        except OSError:
            end.close()
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def main():
    role, address, port, length = sys.argv[1:5]
    options = dict(word.split("=", 1) for word in sys.argv[5:])
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    seed = int(options.get("seed", 1))
    prepared = [b"".join(chunks(int(length), seed))] if int(options.get("ready", 0)) else None
    if role == "listen":
        end = make(family, options)
        end.bind((address, int(port)))
        if "fastopen" in options:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, int(options["fastopen"]))
        end.listen(512)
        print("listening", flush=True)
    for _ in range(int(options.get("count", 1))):
        if role == "listen":
            connection, early = end.accept()[0], 0
        else:
            connection, early = connect(family, (address, int(port)), int(length), options)
        data = prepared or chunks(int(length), seed)
        report = exchange(connection, early, data, *(int(options.get(name, 0)) for name in ("last", "abort")))
        print(json.dumps(report), flush=True)


main()
