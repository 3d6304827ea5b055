"""Submits an application over Kafka, follows its decisions, and accepts the offer if told to."""

import argparse
import json
import sys
import time
import uuid
from datetime import datetime, timezone
from pathlib import Path

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

SUBMISSIONS = "saidao.submissions.v1"
SAMPLE = Path(__file__).with_name("submission.json")
# A referral waits for officers, so for this program it is an end, too.
ENDS = ("LoanReferred", "LoanDeclined", "OfferExpired", "ApplicationClosed")


def main():
    args = arguments()
    config = {
        "bootstrap.servers": args.brokers,
        **dict(setting.split("=", 1) for setting in args.config),
    }
    registry = SchemaRegistryClient({"url": args.registry})
    submission = json.loads(args.file.read_text(encoding="utf-8"))
    submission["reference"] = args.reference

    producer = Producer(
        {
            **config,
            # Java's partitioner. librdkafka's default puts most keys elsewhere, where they are
            # refused: SAIDAO_WRONG_PARTITION.
            "partitioner": "murmur2_random",
            "enable.idempotence": True,
        }
    )
    decisions = open_decisions(config, submission["lenderId"])
    publish(producer, registry, "ApplicationSubmitted", submission)
    for event in follow(decisions, registry, key_of(submission), args.timeout):
        if event == "LoanApproved" and args.accept:
            name = {field: submission[field] for field in ("lenderId", "channel", "reference")}
            publish(producer, registry, "OfferAcceptanceSubmitted", name)
        elif event in ("LoanApproved", "DisbursementAuthorised"):
            return
        elif event in ENDS:
            sys.exit(1 if args.accept else 0)
    sys.exit(
        f"No end within {args.timeout} s: `npx saidao trace {key_of(submission)}` shows how far "
        "it came, `npx saidao dead-letters list` what could not be taken."
    )


def publish(producer, registry, event, data):
    """Returns once all replicas have the record; only then may it count as sent."""
    key = key_of(data)
    headers = {
        "content-type": "application/avro",
        "ce_specversion": "1.0",
        # Drawn from the message, not from the try: a second try under the same id, of this program
        # or another run of it, has no second effect. An amendment needs an id of its own.
        "ce_id": f"{key}/{event}",
        "ce_source": "examples/channel-python",
        "ce_type": event,
        "ce_time": datetime.now(timezone.utc).isoformat(),
        # Our own name for this application: every event that comes of it carries it.
        "ce_correlationid": key,
        "ce_lenderid": data["lenderId"],
    }
    schema = registry.get_latest_version(f"saidao.{event}").schema
    serialize = AvroSerializer(registry, schema)
    outcome = []
    producer.produce(
        SUBMISSIONS,
        key=key,
        value=serialize(data, SerializationContext(SUBMISSIONS, MessageField.VALUE)),
        headers=headers,
        on_delivery=lambda error, message: outcome.append((error, message)),
    )
    producer.flush(30)
    error, message = outcome[0] if outcome else ("no acknowledgement within 30 s", None)
    if error is not None:
        sys.exit(f"{event} was not taken: {error}")
    print(f"{event} is at {message.partition()}/{message.offset()}", file=sys.stderr)


def key_of(data):
    return f"{data['lenderId']}/{data['channel']}/{data['reference']}"


def open_decisions(config, lender):
    """A consumer of what was decided in the last hour and is from now on."""
    topic = f"saidao.decisions.{lender}.v1"
    # Reads without a group, but librdkafka wants the name of one.
    consumer = Consumer({**config, "group.id": "none", "enable.auto.commit": False})
    found = consumer.list_topics(topic, timeout=10).topics[topic]
    if found.error is not None:
        sys.exit(f"{topic} cannot be read ({found.error.str()}): is {lender} a lender here?")
    hour_ago_ms = int((time.time() - 3600) * 1000)
    asked = [TopicPartition(topic, number, hour_ago_ms) for number in found.partitions]
    starts = consumer.offsets_for_times(asked, timeout=10)
    for start in starts:
        if start.offset < 0:
            # Nothing came since: from the end as it is now, not as it will be when we first read.
            _, start.offset = consumer.get_watermark_offsets(start, timeout=10)
    consumer.assign(starts)
    return consumer


def follow(consumer, registry, correlation, timeout):
    """Prints the decisions of our application and gives their names, until none came in time."""
    deserialize = AvroDeserializer(registry)
    head = 0
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        message = consumer.poll(0.5)
        if message is None or message.error() is not None:
            continue
        headers = {name: value.decode() for name, value in message.headers()}
        number = int(headers["ce_sequence"])
        if headers.get("ce_correlationid") != correlation or number <= head:
            continue
        head = number
        context = SerializationContext(message.topic(), MessageField.VALUE)
        data = deserialize(message.value(), context)
        record = {"key": message.key().decode(), "headers": headers}
        record |= {"event": headers["ce_type"], "data": data}
        print(json.dumps(record, ensure_ascii=False), flush=True)
        yield headers["ce_type"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", type=Path, default=SAMPLE, help="data of ApplicationSubmitted")
    parser.add_argument(
        "--reference",
        default=f"python-{uuid.uuid4()}",
        help="your name for the application",
    )
    parser.add_argument("--accept", action="store_true", help="accept the offer, if one is made")
    parser.add_argument("--brokers", default="localhost:19092")
    parser.add_argument("--registry", default="http://localhost:18087")
    parser.add_argument("--timeout", type=float, default=60, metavar="SECONDS")
    parser.add_argument(
        "-X",
        dest="config",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="setting of librdkafka, such as security.protocol=SASL_SSL",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
