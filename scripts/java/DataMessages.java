// Writes what wire/tests/data_messages.rs holds milena against: scripts/kafka.sh java scripts/java/DataMessages.java
import java.nio.ByteBuffer;
import java.util.*;
import org.apache.kafka.common.message.*;
import org.apache.kafka.common.protocol.*;
import org.apache.kafka.common.Uuid;
public class DataMessages {
  static void print(String name, int v, Message m) {
    ByteBuffer b = MessageUtil.toVersionPrefixedByteBuffer((short) v, m);
    byte[] a = new byte[b.remaining()]; b.get(a);
    System.out.println(name + " " + v + " " + HexFormat.of().formatHex(a));
  }
  public static void main(String[] x) throws Exception {
    for (int v = 0; v <= 3; v++) {
      ConsumerProtocolSubscription s = new ConsumerProtocolSubscription().setTopics(List.of("orders", "p\u00e4yments")).setUserData(ByteBuffer.wrap(new byte[]{1,2,3}));
      if (v >= 1) s.setOwnedPartitions(new ConsumerProtocolSubscription.TopicPartitionCollection(List.of(new ConsumerProtocolSubscription.TopicPartition().setTopic("orders").setPartitions(List.of(0, 7))).iterator()));
      if (v >= 2) s.setGenerationId(42);
      if (v >= 3) s.setRackId("rack-a");
      print("ConsumerProtocolSubscription", v, s);
      ConsumerProtocolAssignment as = new ConsumerProtocolAssignment().setAssignedPartitions(new ConsumerProtocolAssignment.TopicPartitionCollection(List.of(new ConsumerProtocolAssignment.TopicPartition().setTopic("orders").setPartitions(List.of(0, 1, 2, 3, 4, 5))).iterator())).setUserData(null);
      print("ConsumerProtocolAssignment", v, as);
    }
    for (int v = 0; v <= EndTxnMarker.HIGHEST_SUPPORTED_VERSION; v++) print("EndTxnMarker", v, new EndTxnMarker().setCoordinatorEpoch(19));
    for (int v = 0; v <= LeaderChangeMessage.HIGHEST_SUPPORTED_VERSION; v++) {
      LeaderChangeMessage l = new LeaderChangeMessage().setLeaderId(3).setVoters(List.of(new LeaderChangeMessage.Voter().setVoterId(1), new LeaderChangeMessage.Voter().setVoterId(3))).setGrantingVoters(List.of(new LeaderChangeMessage.Voter().setVoterId(3)));
      print("LeaderChangeMessage", v, l);
    }
    print("SnapshotHeaderRecord", 0, new SnapshotHeaderRecord().setVersion((short) 0).setLastContainedLogTimestamp(1700000000000L));
    print("SnapshotFooterRecord", 0, new SnapshotFooterRecord().setVersion((short) 0));
    print("KRaftVersionRecord", 0, new KRaftVersionRecord().setVersion((short) 0).setKRaftVersion((short) 1));
    print("VotersRecord", 0, new VotersRecord().setVersion((short) 0).setVoters(List.of(new VotersRecord.Voter().setVoterId(1).setVoterDirectoryId(new Uuid(1, 2)).setEndpoints(new VotersRecord.EndpointCollection(List.of(new VotersRecord.Endpoint().setName("CONTROLLER").setHost("localhost").setPort(9093)).iterator())).setKRaftVersionFeature(new VotersRecord.KRaftVersionFeature().setMinSupportedVersion((short) 0).setMaxSupportedVersion((short) 1)))));
    print("DefaultPrincipalData", 0, new DefaultPrincipalData().setType("User").setName("alice").setTokenAuthenticated(true));
    for (int v = 1; v <= 2; v++) print("RequestHeader", v, new RequestHeaderData().setRequestApiKey((short) 3).setRequestApiVersion((short) 12).setCorrelationId(77).setClientId(v == 1 ? "milena" : null));
    for (int v = 0; v <= 1; v++) print("ResponseHeader", v, new ResponseHeaderData().setCorrelationId(-1));
  }
}
