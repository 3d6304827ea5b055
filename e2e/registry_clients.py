"""Reads and writes records with confluent-kafka alone, told where broker and registry are."""

import json
import sys

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext


def read(brokers, registry, topics):
    """Prints each record of the topics, from first to last, with what it says."""
    consumer = Consumer(
        {"bootstrap.servers": brokers, "group.id": "python", "enable.partition.eof": True}
    )
    held = consumer.list_topics(timeout=30).topics
    places = {(topic, number) for topic in topics for number in held[topic].partitions}
    consumer.assign([TopicPartition(*place, OFFSET_BEGINNING) for place in places])
    deserialize = AvroDeserializer(registry)
    while places:
        message = consumer.poll(30)
        if message is None:
            sys.exit("nothing came for 30 s")
        topic, partition = message.topic(), message.partition()
        if message.error() is None:
            data = deserialize(message.value(), SerializationContext(topic, MessageField.VALUE))
            seen = {"topic": topic, "partition": partition, "offset": message.offset()}
            print(json.dumps({**seen, "data": data}, default=lambda part: part.decode("latin-1")))
        elif message.error().code() == KafkaError._PARTITION_EOF:
            places.discard((topic, partition))
        else:
            sys.exit(str(message.error()))
    consumer.close()


def write(brokers, registry, topic, record):
    """Sends what standard input holds, by the newest schema of the record's name."""
    schema = registry.get_latest_version(record).schema
    serialize = AvroSerializer(registry, schema)
    context = SerializationContext(topic, MessageField.VALUE)
    producer = Producer({"bootstrap.servers": brokers})
    producer.produce(topic, key=b"python", value=serialize(json.load(sys.stdin), context))
    if producer.flush(30) > 0:
        sys.exit("the broker took nothing")


def judge(registry, subject):
    """Prints whether what standard input holds could be the next version of the subject."""
    print(json.dumps(registry.test_compatibility(subject, Schema(sys.stdin.read(), "AVRO"))))


def main():
    command, brokers, url, *rest = sys.argv[1:]
    registry = SchemaRegistryClient({"url": url})
    if command == "read":
        read(brokers, registry, rest)
    elif command == "write":
        write(brokers, registry, *rest)
    else:
        judge(registry, *rest)


if __name__ == "__main__":
    main()
