"""Sends SYNs to an address from addresses that do not answer, as packets that come out of a TUN device.

flood.py DEVICE SOURCE_PREFIX ADDRESS PORT RATE   SYNs a second, until standard input ends

SOURCE_PREFIX is 16 bits of an IPv4 address, or 64 of an IPv6 address; each SYN comes from another address and port.
Says "ready" once it can begin, and at the end how many SYNs it has sent.
"""

import ipaddress
import os
import random
import select
import socket
import struct
import sys
import time

ETH_P_IP = 0x0800
ETH_P_IPV6 = 0x86DD
TICK = 0.005
# MSS 1460, SACK permitted, timestamps, window scale 7, and MP_CAPABLE of version 1 with HMAC-SHA256.
OPTIONS = bytes.fromhex("020405b40402080a00000001000000000103030701011e040101") + b"\x01\x01"


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def syn(source, target, port):
    offset = (20 + len(OPTIONS)) // 4
    header = struct.pack("!HHIIBBHHH", random.randrange(1024, 65536), port, random.getrandbits(32), 0, offset << 4, 2, 64240, 0, 0)
    segment = header + OPTIONS
    if target.version == 4:
        pseudo = source.packed + target.packed + struct.pack("!HH", 6, len(segment))
    else:
        pseudo = source.packed + target.packed + struct.pack("!II", len(segment), 6)
    segment = segment[:16] + struct.pack("!H", checksum(pseudo + segment)) + segment[18:]
    if target.version == 6:
        return struct.pack("!IHBB", 6 << 28, len(segment), 6, 64) + source.packed + target.packed + segment
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0, 64, 6, 0) + source.packed + target.packed
    return ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:] + segment


def main():
    device, prefix, address, port, rate = sys.argv[1:]
    target = ipaddress.ip_address(address)
    network = ipaddress.ip_network(prefix)
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    raw.bind((device, ETH_P_IP if target.version == 4 else ETH_P_IPV6))
    # Made before, so that sending costs little.
    packets = [syn(network[random.randrange(1, 60000)], target, int(port)) for _ in range(20000)]
    print("ready", flush=True)
    sent = 0
    begun = time.monotonic()
    while not select.select([sys.stdin], [], [], TICK)[0]:
        due = int((time.monotonic() - begun) * int(rate))
        while sent < due:
            try:
                raw.send(packets[sent % len(packets)])
            except OSError:
                pass
            sent += 1
    print(sent, flush=True)


main()
