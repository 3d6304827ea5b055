import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Prints a lender's decisions as they come, each one once, with its reasons in both languages. */
public final class RiskTeam {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final PrintStream OUT = new PrintStream(System.out, false, UTF_8);

  public static void main(String[] args) throws Exception {
    Options options = Options.of(args);
    Registry registry = new Registry(options.registry);
    // The number of the last event of each application. Kafka delivers at least once, so keep these
    // in your own database, in the transaction that writes what you make of the event.
    Map<String, Long> heads = new HashMap<>();
    try (var consumer = new KafkaConsumer<>(
        options.consumer, new StringDeserializer(), new ByteArrayDeserializer())) {
      consumer.subscribe(options.lenders.stream().map(id -> "saidao.decisions." + id + ".v1").toList());
      do {
        for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
          Map<String, String> headers = headersOf(record);
          long number = Long.parseLong(headers.get("ce_sequence"));
          Long head = heads.get(record.key());
          if (head != null && number <= head) continue;
          if (head != null && number > head + 1) {
            System.err.printf("%s: %d to %d missing%n", record.key(), head + 1, number - 1);
          }
          GenericRecord data = registry.decode(record.value());
          OUT.println(options.json ? json(record, headers, data) : told(headers, data));
          heads.put(record.key(), number);
        }
        OUT.flush();
        // Only now: a record counts as read once it has been handled.
        consumer.commitSync();
      } while (!options.untilEnd || !isAtEnd(consumer));
    }
  }

  private static boolean isAtEnd(KafkaConsumer<?, ?> consumer) {
    Collection<TopicPartition> assigned = consumer.assignment();
    return !assigned.isEmpty()
        && consumer.endOffsets(assigned).entrySet().stream()
            .allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
  }

  private static Map<String, String> headersOf(ConsumerRecord<?, ?> record) {
    Map<String, String> headers = new LinkedHashMap<>();
    record.headers().forEach(one -> headers.put(one.key(), new String(one.value(), UTF_8)));
    return headers;
  }

  /** What was decided, and a line for each reason, the heaviest first. */
  private static String told(Map<String, String> headers, GenericRecord data) {
    var text = new StringBuilder(headers.get("ce_id") + " " + headers.get("ce_type"));
    if (data.hasField("terms") && data.get("terms") instanceof GenericRecord terms) {
      text.append(yuan((GenericRecord) terms.get("amount")));
    }
    if (data.hasField("reasons")) {
      for (Object one : (List<?>) data.get("reasons")) {
        GenericRecord reason = (GenericRecord) one;
        text.append(String.format(
            "%n  %s %s / %s", reason.get("code"), reason.get("zh"), reason.get("en")));
      }
    }
    return text.toString();
  }

  /** Amounts are whole fen: never floats. */
  private static String yuan(GenericRecord money) {
    long fen = (Long) money.get("minor");
    return String.format(" %d.%02d %s", fen / 100, fen % 100, money.get("currency"));
  }

  private static String json(
      ConsumerRecord<String, byte[]> record, Map<String, String> headers, GenericRecord data)
      throws IOException {
    Map<String, Object> place = new LinkedHashMap<>();
    place.put("topic", record.topic());
    place.put("partition", record.partition());
    place.put("offset", record.offset());
    place.put("key", record.key());
    place.put("headers", headers);
    place.put("event", headers.get("ce_type"));
    String start = JSON.writeValueAsString(place);
    // Avro writes its own JSON, with longs as they are.
    return start.substring(0, start.length() - 1) + ",\"data\":" + data + "}";
  }

  /** Schemas by the id that stands in each record, each asked for once. */
  private static final class Registry {
    private final HttpClient http = HttpClient.newHttpClient();
    private final Map<Integer, Schema> schemas = new HashMap<>();
    private final String url;

    Registry(String url) {
      this.url = url;
    }

    /** A zero byte, the id in four bytes, the Avro body. */
    GenericRecord decode(byte[] value) throws IOException, InterruptedException {
      ByteBuffer head = ByteBuffer.wrap(value);
      if (head.get() != 0) throw new IOException("this is no value in the Confluent wire format");
      Schema schema = schemaOf(head.getInt());
      int at = head.position();
      var decoder = DecoderFactory.get().binaryDecoder(value, at, value.length - at, null);
      return new GenericDatumReader<GenericRecord>(schema).read(null, decoder);
    }

    private Schema schemaOf(int id) throws IOException, InterruptedException {
      Schema known = schemas.get(id);
      if (known != null) return known;
      var request = HttpRequest.newBuilder(URI.create(url + "/schemas/ids/" + id)).build();
      var answer = http.send(request, BodyHandlers.ofString(UTF_8));
      if (answer.statusCode() != 200) throw new IOException("schema " + id + ": " + answer.body());
      Schema schema = new Schema.Parser().parse(JSON.readTree(answer.body()).get("schema").asText());
      schemas.put(id, schema);
      return schema;
    }
  }

  private static final class Options {
    final List<String> lenders = new ArrayList<>();
    final Properties consumer = new Properties();
    String registry = "http://localhost:18087";
    boolean untilEnd;
    boolean json;

    static Options of(String[] args) {
      Options options = new Options();
      Properties consumer = options.consumer;
      consumer.put("bootstrap.servers", "localhost:19092");
      consumer.put("auto.offset.reset", "earliest");
      consumer.put("enable.auto.commit", "false");
      for (int at = 0; at < args.length; at += 1) {
        switch (args[at]) {
          case "--brokers" -> consumer.put("bootstrap.servers", args[++at]);
          case "--registry" -> options.registry = args[++at];
          case "--group" -> consumer.put("group.id", args[++at]);
          case "-X" -> {
            String[] setting = args[++at].split("=", 2);
            consumer.put(setting[0], setting[1]);
          }
          case "--until-end" -> options.untilEnd = true;
          case "--json" -> options.json = true;
          default -> options.lenders.add(args[at]);
        }
      }
      if (options.lenders.isEmpty()) {
        System.err.println("usage: RiskTeam LENDER... [--brokers HOST:PORT] [--registry URL]"
            + " [--group NAME] [--until-end] [--json] [-X NAME=VALUE]");
        System.exit(2);
      }
      consumer.putIfAbsent("group.id", "lender-" + options.lenders.get(0) + ".risk-team-java");
      return options;
    }
  }
}
