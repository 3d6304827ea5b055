"""Saidao's events as Python data: the Confluent wire format, read with the committed schemas."""

import io
import json
import struct
from pathlib import Path

from fastavro import parse_schema, schemaless_reader, schemaless_writer

# The lock of schema ids: every schema in full, under the id that stands in every record. In a
# project of your own it is a copy beside this file, renewed with every release of Saidao.
SCHEMA_IDS = Path(__file__).resolve().parent / "../../../packages/schemas/schema-ids.json"


class Schemas:
    """The schemas of one release of Saidao."""

    def __init__(self, path=SCHEMA_IDS):
        self._path = path
        self._by_id = {}
        self._newest = {}
        self._written = {}
        for entry in json.loads(Path(path).read_text(encoding="utf-8"))["schemas"]:
            entry["parsed"] = parse_schema(entry["schema"])
            subject = entry["subject"]
            self._by_id[entry["id"]] = entry
            if entry["reads"] and entry["version"] >= self._newest.get(subject, entry)["version"]:
                self._newest[subject] = entry
            if entry["writes"]:
                self._written[subject] = entry

    def decode(self, value):
        """The name of the event and its data, in the newest form that this release knows."""
        if value is None or len(value) < 5 or value[0] != 0:
            raise ValueError("this is no value in the Confluent wire format")
        (schema_id,) = struct.unpack(">i", value[1:5])
        entry = self._by_id.get(schema_id)
        if entry is None:
            raise ValueError(f"{self._path} has no schema {schema_id}: take a newer release's")
        newest = self._newest.get(entry["subject"], entry)
        body = io.BytesIO(value[5:])
        data = schemaless_reader(body, entry["parsed"], newest["parsed"])
        if body.read(1):
            raise ValueError(f"bytes are left after {entry['schema']['name']}")
        return entry["schema"]["name"], data

    def encode(self, topic, event, data):
        """The value of a record on that topic. A field too many or too few is an error."""
        entry = self._written[f"{topic}-saidao.{event}"]
        body = io.BytesIO()
        schemaless_writer(body, entry["parsed"], data, strict=True)
        return struct.pack(">bi", 0, entry["id"]) + body.getvalue()


def headers_of(message):
    """The envelope of a record: CloudEvents attributes as headers that begin with `ce_`."""
    return {name: (value or b"").decode() for name, value in message.headers() or []}


def line_of(partition, offset, key, headers, event, data):
    """A record as one line of JSON. Amounts are whole fen: never read them as floats."""
    record = {"partition": partition, "offset": offset, "key": key, "headers": headers}
    return json.dumps({**record, "event": event, "data": data}, ensure_ascii=False)
