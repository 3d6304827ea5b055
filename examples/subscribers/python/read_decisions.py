"""Reads a lender's decisions as they come and prints each one once, as a line of JSON."""

import argparse
import sys

from confluent_kafka import Consumer, KafkaError

from saidao_events import Schemas, headers_of, line_of


def main():
    args = arguments()
    schemas = Schemas()
    consumer = Consumer(
        {
            "bootstrap.servers": args.brokers,
            "group.id": args.group,
            "auto.offset.reset": "earliest",
            # A record counts as read once it has been handled: store_offsets below says when.
            "enable.auto.offset.store": False,
            "enable.partition.eof": True,
            **dict(setting.split("=", 1) for setting in args.config),
        }
    )
    consumer.subscribe([f"saidao.decisions.{args.lender}.v1"])
    # The number of the last event of each application. Kafka delivers at least once, so keep these
    # in your own database, in the transaction that writes what you make of the event.
    heads = {}
    try:
        for message in messages(consumer, until_end=args.until_end):
            headers = headers_of(message)
            application, number = message.key().decode(), int(headers["ce_sequence"])
            head = heads.get(application)
            if head is None or number > head:
                if head is not None and number > head + 1:
                    print(f"{application}: {head + 1} to {number - 1} missing", file=sys.stderr)
                event, data = schemas.decode(message.value())
                place = (message.partition(), message.offset())
                print(line_of(*place, application, headers, event, data), flush=True)
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
        message = consumer.poll(1.0)
        if message is None:
            continue
        if message.error() is None:
            yield message
        elif message.error().code() == KafkaError._PARTITION_EOF:
            at_end.add(message.partition())
        else:
            sys.exit(f"The decisions cannot be read: {message.error().str()}")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lender", help="such as czb-hz")
    parser.add_argument("--brokers", default="localhost:19092")
    parser.add_argument("--group", default="risk-team", help="consumer group")
    parser.add_argument("--until-end", action="store_true", help="end with what is there now")
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
