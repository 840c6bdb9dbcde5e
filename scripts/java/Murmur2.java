import java.util.Random;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.utils.Utils;

/**
 * Makes tests/golden/murmur2.tsv: keys in hex, what Java's Utils.murmur2 makes of them, and which of 12 partitions Java's producer
 * chooses by that.
 *
 * <pre>
 * scripts/kafka.sh java scripts/java/Murmur2.java >tests/golden/murmur2.tsv
 * </pre>
 */
public class Murmur2 {
    public static void main(String[] args) {
        Random random = new Random(20);
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 10_000; i++) {
            // All remainders by four are there, and many bytes above 127, whose sign matters.
            byte[] key = new byte[i < 32 ? i : 4 + random.nextInt(i % 100 == 0 ? 100 : 9)];
            random.nextBytes(key);
            int hash = Utils.murmur2(key);
            for (byte b : key) {
                lines.append(String.format("%02x", b));
            }
            int partition = BuiltInPartitioner.partitionForKey(key, 12);
            lines.append('\t').append(hash).append('\t').append(partition);
            lines.append('\n');
        }
        System.out.print(lines);
    }
}
