"""A program that manages the kernel's paths (net.mptcp.path_manager=userspace) by generic netlink, as it is told to.

Reads lines, and answers each with "done" or an error:
  announce TOKEN ID ADDRESS [PORT]   and listens on the port
  remove TOKEN ID
  create TOKEN ID ADDRESS REMOTE PORT
  destroy TOKEN ADDRESS PORT REMOTE PORT
  backup|nobackup TOKEN ADDRESS PORT REMOTE PORT

TOKEN is hexadecimal, as ss prints it. Attributes and commands are those of linux/mptcp_pm.h.
"""

import os
import socket
import struct
import sys

NETLINK_GENERIC = 16
NLMSG_ERROR = 2
NLM_F_REQUEST, NLM_F_ACK = 1, 4
NESTED = 1 << 15
SOL_NETLINK, ADD_MEMBERSHIP = 270, 1
GENL_ID_CTRL, CTRL_CMD_GETFAMILY = 16, 3
FAMILY_ID, FAMILY_NAME, GROUPS, GROUP_NAME, GROUP_ID = 1, 2, 7, 1, 2
IPPROTO_MPTCP = 262

SET_FLAGS, ANNOUNCE, REMOVE, CREATE, DESTROY = 7, 8, 9, 10, 11
ADDRESS, TOKEN, LOCAL_ID, REMOTE = 1, 4, 5, 6
FAMILY, ID, ADDRESS4, ADDRESS6, PORT, FLAGS = 1, 2, 3, 4, 5, 6
SIGNAL, SUBFLOW, BACKUP = 1, 2, 4


def attribute(kind, value):
    data = struct.pack("=HH", 4 + len(value), kind) + value
    return data + b"\0" * (-len(data) % 4)


def endpoint(kind, address, port=None, id=None, flags=None):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    parts = attribute(FAMILY, struct.pack("=H", family))
    parts += attribute(ADDRESS6 if ":" in address else ADDRESS4, socket.inet_pton(family, address))
    if port is not None:
        parts += attribute(PORT, struct.pack("=H", int(port)))
    if id is not None:
        parts += attribute(ID, struct.pack("=B", int(id)))
    if flags is not None:
        parts += attribute(FLAGS, struct.pack("=I", flags))
    return attribute(kind | NESTED, parts)


def ask(netlink, family, command, version, attributes):
    """Sends a command; returns the attributes of the answer, if there is one, once the kernel has done it."""
    body = struct.pack("=BBH", command, version, 0) + attributes
    header = struct.pack("=IHHII", 16 + len(body), family, NLM_F_REQUEST | NLM_F_ACK, 1, 0)
    netlink.send(header + body)
    answer = b""
    while True:
        data = netlink.recv(65536)
        while data:
            length, kind = struct.unpack_from("=IH", data)
            if kind == NLMSG_ERROR:
                error = -struct.unpack_from("=i", data, 16)[0]
                if error:
                    raise OSError(error, os.strerror(error))
                return answer
            answer = data[20:length]
            data = data[(length + 3) & ~3:]


def attributes_in(data):
    """Attributes by kind; those of a nested one are bytes."""
    found = {}
    while data:
        length, kind = struct.unpack_from("=HH", data)
        found[kind & ~NESTED] = data[4:length]
        data = data[(length + 3) & ~3:]
    return found


def find_family(netlink):
    """Numbers of mptcp_pm and of the group that its events go to."""
    answer = attributes_in(ask(netlink, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, attribute(FAMILY_NAME, b"mptcp_pm\0")))
    for group in map(attributes_in, attributes_in(answer[GROUPS]).values()):
        if group[GROUP_NAME] == b"mptcp_pm_events\0":
            return struct.unpack("=H", answer[FAMILY_ID])[0], struct.unpack("=I", group[GROUP_ID])[0]
    raise OSError("the kernel has no events of mptcp_pm")


def listen(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, IPPROTO_MPTCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, int(port)))
    listener.listen()
    return listener


def attributes_of(command, words):
    if command == "announce":
        id, address, *port = words
        return ANNOUNCE, endpoint(ADDRESS, address, *port[:1], id=id, flags=SIGNAL)
    if command == "remove":
        return REMOVE, attribute(LOCAL_ID, struct.pack("=B", int(words[0])))
    if command == "create":
        id, local, remote, port = words
        return CREATE, endpoint(ADDRESS, local, id=id, flags=SUBFLOW) + endpoint(REMOTE, remote, port)
    local, local_port, remote, remote_port = words
    if command == "destroy":
        return DESTROY, endpoint(ADDRESS, local, local_port) + endpoint(REMOTE, remote, remote_port)
    flags = {"backup": BACKUP, "nobackup": 0}[command]
    return SET_FLAGS, endpoint(ADDRESS, local, local_port, flags=flags) + endpoint(REMOTE, remote, remote_port)


def connect():
    netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
    netlink.bind((0, 0))
    return netlink


def main():
    netlink, events = connect(), connect()
    family, group = find_family(netlink)
    # Joins are refused while nobody wants to know of events.
    events.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, group)
    listeners = []
    print("ready", flush=True)
    for line in sys.stdin:
        command, token, *words = line.split()
        try:
            if command == "announce" and len(words) > 2:
                listeners.append(listen(*words[1:]))
            number, attributes = attributes_of(command, words)
            ask(netlink, family, number, 1, attribute(TOKEN, struct.pack("=I", int(token, 16))) + attributes)
            print("done", flush=True)
        except OSError as error:
            print(error, flush=True)


main()
