"""Sends one ICMP or ICMPv6 echo request and says whether the same bytes come back within two seconds.

ping.py ADDRESS BYTES
"""

import os
import socket
import struct
import sys


def checksum(message):
    padded = message + b"\0" * (len(message) % 2)
    total = sum(struct.unpack("!%dH" % (len(padded) // 2), padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def main():
    address, length = sys.argv[1], int(sys.argv[2])
    is_v6 = ":" in address
    family, protocol = (socket.AF_INET6, 58) if is_v6 else (socket.AF_INET, 1)
    connection = socket.socket(family, socket.SOCK_RAW, protocol)
    connection.settimeout(2)
    data = os.urandom(length)
    identifier = os.getpid() & 0xFFFF
    header = struct.pack("!BBHHH", 128 if is_v6 else 8, 0, 0, identifier, 7)
    # For IPv6 the kernel fills the checksum in.
    whole = header if is_v6 else header[:2] + struct.pack("!H", checksum(header + data)) + header[4:]
    connection.sendto(whole + data, (address, 0))
    expected = struct.pack("!HH", identifier, 7) + data
    while True:
        try:
            received, source = connection.recvfrom(65535)
        except socket.timeout:
            return print("silence")
        message = received if is_v6 else received[(received[0] & 15) * 4 :]
        if message[0] == (129 if is_v6 else 0) and message[4:] == expected and source[0] == address:
            return print("reply")


main()
