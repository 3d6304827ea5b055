"""Decodes what read-decisions.sh --frames writes: each decision becomes a line of JSON."""

import json
import re
import struct
import sys

from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer

# A comma between two headers; ce_correlationid is whatever the channel sent, and may hold others.
BETWEEN = re.compile(r",(?=(?:content-type|traceparent|ce_[a-z]+)=)")


def main():
    url = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:18087"
    deserialize = AvroDeserializer(SchemaRegistryClient({"url": url}))
    frames = sys.stdin.buffer
    while head := frames.readline():
        topic, partition, offset, key, csv = head.decode().rstrip("\n").split(" ", 4)
        headers = dict(header.split("=", 1) for header in BETWEEN.split(csv))
        (length,) = struct.unpack(">i", frames.read(4))
        data = deserialize(frames.read(length), None)
        record = {"topic": topic, "partition": int(partition), "offset": int(offset), "key": key}
        record |= {"headers": headers, "event": headers["ce_type"], "data": data}
        print(json.dumps(record, ensure_ascii=False))


if __name__ == "__main__":
    main()
