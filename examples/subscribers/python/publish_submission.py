"""Submits an application over Kafka, follows its decisions, and accepts the offer if told to."""

import argparse
import json
import sys
import time
import uuid
from datetime import datetime, timezone
from pathlib import Path

from confluent_kafka import Consumer, Producer, TopicPartition

from saidao_events import Schemas, headers_of, line_of

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
    schemas = Schemas()
    submission = json.loads(args.file.read_text(encoding="utf-8"))
    submission["reference"] = args.reference
    # Our own name for this application: every event that comes of it carries it.
    correlation = str(uuid.uuid4())

    decisions = open_decisions(config, submission["lenderId"])
    producer = Producer(
        {
            **config,
            # Java's partitioner. librdkafka's default puts most keys elsewhere, where they are
            # refused: SAIDAO_WRONG_PARTITION.
            "partitioner": "murmur2_random",
            "enable.idempotence": True,
        }
    )
    publish(producer, schemas, "ApplicationSubmitted", submission, correlation)
    for event in follow(decisions, schemas, correlation, args.timeout):
        if event == "LoanApproved" and args.accept:
            name = {field: submission[field] for field in ("lenderId", "channel", "reference")}
            publish(producer, schemas, "OfferAcceptanceSubmitted", name, correlation)
        elif event in ("LoanApproved", "DisbursementAuthorised"):
            return
        elif event in ENDS:
            sys.exit(1 if args.accept else 0)
    sys.exit(
        f"No end within {args.timeout} s: `npx saidao trace {key_of(submission)}` shows how far "
        "it came, `npx saidao dead-letters list` what could not be taken."
    )


def publish(producer, schemas, event, data, correlation):
    """Returns once all replicas have the record; only then may it count as sent."""
    headers = {
        "content-type": "application/avro",
        "ce_specversion": "1.0",
        # Keep it with the message: a second try under the same id has no second effect.
        "ce_id": str(uuid.uuid4()),
        "ce_source": "examples/subscribers/python",
        "ce_type": event,
        "ce_time": datetime.now(timezone.utc).isoformat(),
        "ce_correlationid": correlation,
        "ce_lenderid": data["lenderId"],
    }
    outcome = []
    producer.produce(
        SUBMISSIONS,
        key=key_of(data),
        value=schemas.encode(SUBMISSIONS, event, data),
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
    """A consumer of what is decided from now on: it stands before the submission is sent."""
    topic = f"saidao.decisions.{lender}.v1"
    # Reads without a group, but librdkafka wants the name of one.
    consumer = Consumer({**config, "group.id": "none", "enable.auto.commit": False})
    found = consumer.list_topics(topic, timeout=10).topics[topic]
    if found.error is not None:
        sys.exit(f"{topic} cannot be read ({found.error.str()}): is {lender} a lender here?")
    ends = []
    for number in found.partitions:
        _, end = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=10)
        ends.append(TopicPartition(topic, number, end))
    consumer.assign(ends)
    return consumer


def follow(consumer, schemas, correlation, timeout):
    """Prints the decisions of our application and gives their names, until none came in time."""
    head = 0
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        message = consumer.poll(0.5)
        if message is None or message.error() is not None:
            continue
        headers = headers_of(message)
        number = int(headers["ce_sequence"])
        if headers.get("ce_correlationid") != correlation or number <= head:
            continue
        head = number
        event, data = schemas.decode(message.value())
        place = (message.partition(), message.offset(), message.key().decode())
        print(line_of(*place, headers, event, data), flush=True)
        yield event


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
