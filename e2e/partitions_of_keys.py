"""Sends a record for each line of standard input and prints the partition librdkafka gave it."""

import sys

from confluent_kafka import Producer


def main():
    brokers, topic = sys.argv[1:]
    keys = sys.stdin.buffer.read().decode().splitlines()
    partition_of = {}

    def delivered(error, message):
        if error is not None:
            sys.exit(f"{topic}: {error}")
        partition_of[message.key().decode()] = message.partition()

    producer = Producer({"bootstrap.servers": brokers, "partitioner": "murmur2_random"})
    for key in keys:
        producer.produce(topic, key=key, value=b"", on_delivery=delivered)
    producer.flush(30)
    for key in keys:
        print(partition_of[key])


if __name__ == "__main__":
    main()
