import java.io.File;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Kafka's own client for scripts/check-kafka.sh. What it wrote or read goes into DIRECTORY/TOPIC.java, one record a line, as the
 * example `read` prints it: partition, offset, timestamp, key, value, header=value,header=value; separated by tabs, null as null.
 *
 * <pre>
 * produce BOOTSTRAP DIRECTORY COUNT TOPIC=CODEC...  writes COUNT records into each topic, which it creates with three partitions;
 *                                                   the codec append-time is none with the broker's timestamps
 * consume BOOTSTRAP DIRECTORY TOPIC...              reads each topic to its end
 * </pre>
 */
public class Records {
    public static void main(String[] args) throws Exception {
        List<String> rest = List.of(args);
        switch (args[0]) {
            case "produce" -> produce(args[1], args[2], Integer.parseInt(args[3]), rest.subList(4, args.length));
            case "consume" -> consume(args[1], args[2], rest.subList(3, args.length));
            default -> throw new IllegalArgumentException(args[0]);
        }
    }

    static void produce(String bootstrap, String directory, int count, List<String> topics) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            admin.createTopics(topics.stream().map(topic -> {
                boolean appendTime = topic.endsWith("=append-time");
                return new NewTopic(topic.split("=")[0], Optional.of(3), Optional.empty())
                    .configs(Map.of("message.timestamp.type", appendTime ? "LogAppendTime" : "CreateTime"));
            }).collect(Collectors.toList())).all().get();
        }
        for (String topic : topics) {
            String name = topic.split("=")[0];
            String codec = topic.split("=")[1].replace("append-time", "none");
            // One request at a time: the leader of a new partition may refuse the first batch, as it does not know yet that it leads, and take
            // the second one. Then this client sends the first one for two minutes, and is told each time that it is out of order.
            Map<String, Object> config = Map.of("bootstrap.servers", bootstrap, "compression.type", codec,
                "linger.ms", 20, "batch.size", 16384, "max.request.size", 4_000_000, "max.in.flight.requests.per.connection", 1);
            List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
            List<Future<RecordMetadata>> written = new ArrayList<>();
            try (var producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
                for (int i = 0; i < count; i++) {
                    records.add(record(name, i));
                    written.add(producer.send(records.get(i)));
                }
            }
            try (PrintWriter out = new PrintWriter(new File(directory, name + ".java"), StandardCharsets.UTF_8)) {
                for (int i = 0; i < count; i++) {
                    RecordMetadata at = written.get(i).get();
                    ProducerRecord<byte[], byte[]> record = records.get(i);
                    out.print(line(at.partition(), at.offset(), at.timestamp(), record.key(), record.value(), record.headers()));
                }
            }
        }
    }

    /** Every sort of record has its turn: tombstones, no key, empty fields, headers that repeat or have no value, large values. */
    static ProducerRecord<byte[], byte[]> record(String topic, int i) {
        byte[] key = i % 7 == 3 ? null : i % 31 == 5 ? new byte[0] : bytes("key-" + i);
        byte[] value = i % 11 == 4 ? null : i % 13 == 6 ? new byte[0] : bytes("value " + i + " žluťoučký kůň 🐎");
        if (i % 100 == 50) {
            value = large(i);
        }
        // Timestamps of the last hour that also run backwards: the differences within a batch are of both signs.
        long timestamp = System.currentTimeMillis() - 3_000_000 + (i % 5) * 1_000 - i;
        var record = new ProducerRecord<>(topic, i % 4 == 0 ? Integer.valueOf(i % 3) : null, timestamp, key, value);
        if (i % 3 != 0) {
            record.headers().add("n", bytes(Integer.toString(i)));
        }
        if (i % 5 == 1) {
            record.headers().add("n", bytes("again")).add("nothing", null).add("empty", new byte[0]).add("ключ", bytes("é"));
        }
        return record;
    }

    /** Longer than one block of any codec; half of it compresses badly. */
    static byte[] large(int seed) {
        StringBuilder text = new StringBuilder();
        Random random = new Random(seed);
        while (text.length() < 200_000) {
            text.append(random.nextLong()).append(" and the same words over and over again ");
        }
        return bytes(text.toString());
    }

    static void consume(String bootstrap, String directory, List<String> topics) throws Exception {
        Map<String, Object> config = Map.of("bootstrap.servers", bootstrap, "check.crcs", true, "auto.offset.reset", "earliest",
            "allow.auto.create.topics", false);
        try (var consumer = new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            for (String topic : topics) {
                List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition())).collect(Collectors.toList());
                consumer.assign(partitions);
                consumer.seekToBeginning(partitions);
                Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
                long deadline = System.currentTimeMillis() + 30_000;
                try (PrintWriter out = new PrintWriter(new File(directory, topic + ".java"), StandardCharsets.UTF_8)) {
                    while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
                        if (System.currentTimeMillis() > deadline) {
                            throw new IllegalStateException(topic + " was not read to its end within 30 s");
                        }
                        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                            out.print(line(record.partition(), record.offset(), record.timestamp(), record.key(), record.value(),
                                record.headers()));
                        }
                    }
                }
            }
        }
    }

    static String line(int partition, long offset, long timestamp, byte[] key, byte[] value, Iterable<Header> headers) {
        String all = StreamSupport.stream(headers.spliterator(), false)
            .map(header -> header.key() + "=" + text(header.value())).collect(Collectors.joining(","));
        return partition + "\t" + offset + "\t" + timestamp + "\t" + text(key) + "\t" + text(value) + "\t" + all + "\n";
    }

    static String text(byte[] bytes) {
        return bytes == null ? "null" : new String(bytes, StandardCharsets.UTF_8);
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
