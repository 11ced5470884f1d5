"""Writes packets to a TUN device as the kernel does, whatever they are: hexadecimal on standard input, one a line.

inject.py DEVICE [virtio]   "virtio": each packet begins with its virtio-net header

Says "ready" once it can begin, and at the end how many packets the kernel took.
"""

import socket
import sys

ETH_P_IP = 0x0800
SOL_PACKET = 263
PACKET_VNET_HDR = 15


def main():
    device = sys.argv[1]
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    if "virtio" in sys.argv[2:]:
        raw.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    raw.bind((device, ETH_P_IP))
    print("ready", flush=True)
    taken = 0
    for line in sys.stdin:
        try:
            raw.send(bytes.fromhex(line))
            taken += 1
        except OSError:
            pass
    print(taken, flush=True)


main()
