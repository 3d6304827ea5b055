"""Decodes what ../kcat/read-decisions.sh --frames writes: each decision becomes a line of JSON."""

import struct
import sys

from saidao_events import Schemas, line_of


def main():
    schemas = Schemas()
    frames = sys.stdin.buffer
    while head := frames.readline():
        partition, offset, key, csv = head.decode().rstrip("\n").split(" ", 3)
        # No header of a decision holds a comma.
        headers = dict(header.split("=", 1) for header in csv.split(","))
        (length,) = struct.unpack(">i", frames.read(4))
        event, data = schemas.decode(frames.read(length))
        print(line_of(int(partition), int(offset), key, headers, event, data))


if __name__ == "__main__":
    main()
