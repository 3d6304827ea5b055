"""Prints a lender's decisions as they come, each one once, with its reasons in both languages."""

import argparse
import json
import sys

from confluent_kafka import Consumer, KafkaError
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext


def main():
    args = arguments()
    # The schema id stands in each record; the schema is fetched once and then kept.
    deserialize = AvroDeserializer(SchemaRegistryClient({"url": args.registry}))
    consumer = Consumer(
        {
            "bootstrap.servers": args.brokers,
            "group.id": args.group or f"lender-{args.lenders[0]}.risk-team-python",
            "auto.offset.reset": "earliest",
            # A record counts as read once it has been handled: store_offsets below says when.
            "enable.auto.offset.store": False,
            "enable.partition.eof": True,
            **dict(setting.split("=", 1) for setting in args.config),
        }
    )
    consumer.subscribe([f"saidao.decisions.{lender}.v1" for lender in args.lenders])
    # The number of the last event of each application. Kafka delivers at least once, so keep these
    # in your own database, in the transaction that writes what you make of the event.
    heads = {}
    try:
        for message in messages(consumer, until_end=args.until_end):
            headers = {name: value.decode() for name, value in message.headers()}
            application, number = message.key().decode(), int(headers["ce_sequence"])
            head = heads.get(application)
            if head is None or number > head:
                if head is not None and number > head + 1:
                    print(f"{application}: {head + 1} to {number - 1} missing", file=sys.stderr)
                context = SerializationContext(message.topic(), MessageField.VALUE)
                data = deserialize(message.value(), context)
                print(as_json(message, headers, data) if args.json else told(headers, data))
                heads[application] = number
            consumer.store_offsets(message=message)
    except KeyboardInterrupt:
        pass
    finally:
        # Commits what was stored and leaves the group.
        consumer.close()


def messages(consumer, until_end):
    """The records as they come; `until_end` ends when every partition has been read to its end."""
    at_end = set()
    while not (until_end and at_end and len(at_end) == len(consumer.assignment())):
        sys.stdout.flush()
        message = consumer.poll(1.0)
        if message is None:
            continue
        if message.error() is None:
            yield message
        elif message.error().code() == KafkaError._PARTITION_EOF:
            at_end.add((message.topic(), message.partition()))
        else:
            sys.exit(f"The decisions cannot be read: {message.error().str()}")


def told(headers, data):
    """What was decided, and a line for each reason, the heaviest first."""
    terms = data.get("terms")
    lines = [f"{headers['ce_id']} {headers['ce_type']}{'' if not terms else yuan(terms['amount'])}"]
    for reason in data.get("reasons") or []:
        lines.append(f"  {reason['code']} {reason['zh']} / {reason['en']}")
    return "\n".join(lines)


def yuan(money):
    """Amounts are whole fen: never floats."""
    return f" {money['minor'] // 100}.{money['minor'] % 100:02d} {money['currency']}"


def as_json(message, headers, data):
    place = {"topic": message.topic(), "partition": message.partition(), "offset": message.offset()}
    record = {**place, "key": message.key().decode(), "headers": headers}
    return json.dumps({**record, "event": headers["ce_type"], "data": data}, ensure_ascii=False)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lenders", nargs="+", metavar="lender", help="such as czb-hz")
    parser.add_argument("--brokers", default="localhost:19092")
    parser.add_argument("--registry", default="http://localhost:18087")
    parser.add_argument("--group", help="consumer group; it begins with `lender-<id>.`")
    parser.add_argument("--until-end", action="store_true", help="end with what is there now")
    parser.add_argument("--json", action="store_true", help="all fields, a line for each event")
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
