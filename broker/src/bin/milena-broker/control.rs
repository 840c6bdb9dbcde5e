//! What can be said to a cluster that runs, a line each.

use std::io;
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;
use milena_broker::{
    Action, ApiKey, Cluster, ControlGuard, Coordination, ErrorCode, Fault, Moment, NodeInfo,
    Requests,
};

pub(crate) const USAGE: &str = "\
Lines on its standard input, each answered by \"ok\" or by what is wrong with it:

  fault API[@NODE][/TOPIC[/PARTITION]] ACTION [N]
                                what happens to the requests of an API, such as metadata or list-offsets, or to any; N times, or for ever; an error for a
                                topic or partition leaves the rest of a request alone
  clear                         no faults any more
  drop NODE                     close the connections to a node
  expire-sessions NODE          forget the fetch sessions of a node
  latency NODE MS               how long the way to a node and back takes

  nodes                         list the nodes: id, address, what clients are told, up or down, rack
  stop NODE, restart NODE       stop a node as a crash does; start it where it was
  readdress NODE                stop a node, and start it on another port
  add-node, remove-node NODE    more nodes, or fewer for good
  advertise NODE [HOST:PORT]    what clients are told of a node's address; nothing: the truth
  controller NODE               which node is the controller
  coordinator KIND KEY NODE     which node coordinates a group, a transaction or a share (partition)
  cluster-id                    give the cluster another id

  create TOPIC [PARTITIONS [REPLICAS]], delete TOPIC, recreate TOPIC
                                topics; one that is made anew has another id
  leader TOPIC PARTITION NODE   which node leads a partition
  reassign TOPIC PARTITION NODE,...
                                which nodes hold it
  raise-epoch TOPIC PARTITION   the same leader, one leader epoch later
  leaderless TOPIC PARTITION    nobody leads it
  truncate TOPIC PARTITION OFFSET
                                take the records from there on away, and begin a leader epoch: an unclean election
  prefer TOPIC PARTITION NODE   send clients that fetch from the leader to this replica
  hold TOPIC PARTITION NODE     a replica that gets nothing new
  rack-aware on|off             whether clients that fetch are sent to a replica in their rack
  omit TOPIC [PARTITION]        leave it out of Metadata
  restore                       take all that is leaderless, left out, preferred or held back

  Actions: error=CODE error-after-applying=CODE delay=MS throttle=MS split=BYTES length=N garbage wrong-correlation-id duplicate unsolicited no-answer
  silence corrupt-records, and close- or stall- with before-reading, after-reading, after-applying or after-bytes=N";

/// What comes instead of an answer.
const GARBAGE: &[u8] = b"HTTP/1.1 400 Bad Request\r\n\r\n";

/// Something that a cluster is told.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Fault(Fault),
    Clear,
    Drop(i32),
    ExpireSessions(i32),
    Latency(i32, Duration),
    Nodes,
    Stop(i32),
    Restart(i32),
    Readdress(i32),
    AddNode,
    RemoveNode(i32),
    Advertise(i32, Option<(String, u16)>),
    Controller(i32),
    Coordinator(Coordination, String, i32),
    ClusterId,
    Create(String, i32, i16),
    Delete(String),
    Recreate(String),
    Leader(String, i32, i32),
    Reassign(String, i32, Vec<i32>),
    RaiseEpoch(String, i32),
    Leaderless(String, i32),
    Truncate(String, i32, i64),
    Prefer(String, i32, i32),
    Hold(String, i32, i32),
    RackAware(bool),
    Omit(String, Option<i32>),
    Restore,
}

/// One who tells a cluster things.
#[derive(Debug)]
pub(crate) struct Operator<'a> {
    cluster: &'a Cluster,
    /// What is to last until it is taken back.
    guards: Vec<ControlGuard>,
}

impl<'a> Operator<'a> {
    pub(crate) fn new(cluster: &'a Cluster) -> Self {
        Self {
            cluster,
            guards: Vec::new(),
        }
    }

    /// Does it; what there is to say about it, a line each.
    pub(crate) async fn obey(&mut self, command: Command) -> io::Result<String> {
        let cluster = self.cluster;
        let mut said = String::new();
        match command {
            Command::Fault(fault) => cluster.inject(fault).keep(),
            Command::Clear => cluster.clear_faults(),
            Command::Drop(node) => {
                cluster.drop_connections(node);
            }
            Command::ExpireSessions(node) => {
                cluster.expire_fetch_sessions(node);
            }
            Command::Latency(node, latency) => cluster.set_latency(node, latency),
            Command::Nodes => said = cluster.nodes().iter().map(describe).collect(),
            Command::Stop(node) => cluster.stop_node(node).await?,
            Command::Restart(node) => cluster.restart_node(node).await?,
            Command::Readdress(node) => {
                cluster.readdress_node(node).await?;
                said = describe_one(cluster, node);
            }
            Command::AddNode => said = describe_one(cluster, cluster.add_node().await?),
            Command::RemoveNode(node) => cluster.remove_node(node).await?,
            Command::Advertise(node, None) => cluster.advertise_truly(node)?,
            Command::Advertise(node, Some((host, port))) => cluster.advertise(node, &host, port)?,
            Command::Controller(node) => cluster.set_controller(node)?,
            Command::Coordinator(what, key, node) => cluster.move_coordinator(what, &key, node)?,
            Command::ClusterId => said = cluster.change_cluster_id() + "\n",
            Command::Create(topic, partitions, replicas) => {
                cluster.create_topic(&topic, partitions, replicas)?;
            }
            Command::Delete(topic) => cluster.delete_topic(&topic)?,
            Command::Recreate(topic) => {
                cluster.recreate_topic(&topic)?;
            }
            Command::Leader(topic, partition, node) => {
                cluster.move_leader(&topic, partition, node)?;
            }
            Command::Reassign(topic, partition, nodes) => {
                cluster.reassign_partition(&topic, partition, &nodes)?;
            }
            Command::RaiseEpoch(topic, partition) => {
                cluster.raise_leader_epoch(&topic, partition)?;
            }
            Command::Leaderless(topic, partition) => {
                self.guards.push(cluster.leaderless(&topic, partition)?);
            }
            Command::Truncate(topic, partition, offset) => {
                let end = cluster.truncate_partition(&topic, partition, offset)?;
                said = format!("{end}\n");
            }
            Command::Prefer(topic, partition, node) => {
                self.guards
                    .push(cluster.prefer_replica(&topic, partition, node)?);
            }
            Command::Hold(topic, partition, node) => {
                self.guards
                    .push(cluster.hold_replica(&topic, partition, node)?);
            }
            Command::RackAware(rack_aware) => cluster.set_rack_aware(rack_aware),
            Command::Omit(topic, None) => self.guards.push(cluster.omit_topic(&topic)),
            Command::Omit(topic, Some(partition)) => {
                self.guards.push(cluster.omit_partition(&topic, partition));
            }
            Command::Restore => self.guards.clear(),
        }
        Ok(said)
    }
}

fn describe(node: &NodeInfo) -> String {
    let state = if node.is_up { "up" } else { "down" };
    let rack = node.rack.as_deref().unwrap_or("-");
    format!(
        "{} {} {} {state} {rack}\n",
        node.id, node.address, node.advertised
    )
}

fn describe_one(cluster: &Cluster, id: i32) -> String {
    let nodes = cluster.nodes();
    let nodes = nodes.iter().filter(|node| node.id == id);
    nodes.map(describe).collect()
}

impl FromStr for Command {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let words: Vec<_> = line.split_whitespace().collect();
        let topic = |name: &str| name.to_owned();
        Ok(match &words[..] {
            ["fault", requests, action] => Self::Fault(fault(requests, action)?),
            ["fault", requests, action, times] => {
                Self::Fault(fault(requests, action)?.times(number(times)?))
            }
            ["clear"] => Self::Clear,
            ["drop", node] => Self::Drop(number(node)?),
            ["expire-sessions", node] => Self::ExpireSessions(number(node)?),
            ["latency", node, time] => Self::Latency(number(node)?, milliseconds(time)?),
            ["nodes"] => Self::Nodes,
            ["stop", node] => Self::Stop(number(node)?),
            ["restart", node] => Self::Restart(number(node)?),
            ["readdress", node] => Self::Readdress(number(node)?),
            ["add-node"] => Self::AddNode,
            ["remove-node", node] => Self::RemoveNode(number(node)?),
            ["advertise", node] => Self::Advertise(number(node)?, None),
            ["advertise", node, address] => {
                Self::Advertise(number(node)?, Some(host_and_port(address)?))
            }
            ["controller", node] => Self::Controller(number(node)?),
            ["coordinator", kind, key, node] => {
                Self::Coordinator(coordination(kind)?, topic(key), number(node)?)
            }
            ["cluster-id"] => Self::ClusterId,
            ["create", name] => Self::Create(topic(name), -1, -1),
            ["create", name, partitions] => Self::Create(topic(name), number(partitions)?, -1),
            ["create", name, partitions, replicas] => {
                Self::Create(topic(name), number(partitions)?, number(replicas)?)
            }
            ["delete", name] => Self::Delete(topic(name)),
            ["recreate", name] => Self::Recreate(topic(name)),
            ["leader", name, partition, node] => {
                Self::Leader(topic(name), number(partition)?, number(node)?)
            }
            ["reassign", name, partition, nodes] => {
                let nodes: Result<_, _> = nodes.split(',').map(number).collect();
                Self::Reassign(topic(name), number(partition)?, nodes?)
            }
            ["raise-epoch", name, partition] => Self::RaiseEpoch(topic(name), number(partition)?),
            ["leaderless", name, partition] => Self::Leaderless(topic(name), number(partition)?),
            ["truncate", name, partition, offset] => {
                Self::Truncate(topic(name), number(partition)?, number(offset)?)
            }
            ["prefer", name, partition, node] => {
                Self::Prefer(topic(name), number(partition)?, number(node)?)
            }
            ["hold", name, partition, node] => {
                Self::Hold(topic(name), number(partition)?, number(node)?)
            }
            ["rack-aware", "on"] => Self::RackAware(true),
            ["rack-aware", "off"] => Self::RackAware(false),
            ["omit", name] => Self::Omit(topic(name), None),
            ["omit", name, partition] => Self::Omit(topic(name), Some(number(partition)?)),
            ["restore"] => Self::Restore,
            _ => {
                let message = format!("{line:?} is no command; --help tells which there are");
                return Err(message);
            }
        })
    }
}

fn host_and_port(address: &str) -> Result<(String, u16), String> {
    let (host, port) = address
        .rsplit_once(':')
        .ok_or_else(|| format!("{address:?} is no HOST:PORT"))?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Ok((host.to_owned(), number(port)?))
}

fn coordination(kind: &str) -> Result<Coordination, String> {
    match kind {
        "group" => Ok(Coordination::Group),
        "transaction" => Ok(Coordination::Transaction),
        "share" => Ok(Coordination::Share),
        _ => Err(format!("nothing coordinates a {kind:?}")),
    }
}

fn fault(requests: &str, action: &str) -> Result<Fault, String> {
    let mut parts = requests.splitn(3, '/');
    let requests = parts.next().unwrap_or_default();
    let (topic, partition) = (parts.next(), parts.next());
    let (api, node) = match requests.split_once('@') {
        Some((api, node)) => (api, Some(number(node)?)),
        None => (requests, None),
    };
    let requests = match api {
        "any" => Requests::any(),
        name => Requests::of(api_key(name)?),
    };
    let fault = Fault::on(requests, parse_action(action)?);
    let fault = match (topic, partition) {
        (Some(topic), Some(partition)) => fault.partition(topic, number(partition)?),
        (Some(topic), None) => fault.topic(topic),
        (None, _) => fault,
    };
    Ok(match node {
        Some(node) => fault.node(node),
        None => fault,
    })
}

fn api_key(name: &str) -> Result<ApiKey, String> {
    let name = name.replace('-', "");
    let mut keys = (0..i16::MAX).map(ApiKey);
    let found = keys.find(|key| {
        key.name()
            .is_some_and(|known| known.eq_ignore_ascii_case(&name))
    });
    found.ok_or_else(|| format!("there is no API {name:?}"))
}

fn parse_action(text: &str) -> Result<Action, String> {
    if let Some(moment) = text.strip_prefix("close-") {
        return parse_moment(moment).map(Action::Close);
    }
    if let Some(moment) = text.strip_prefix("stall-") {
        return parse_moment(moment).map(Action::Stall);
    }
    Ok(match text.split_once('=').unwrap_or((text, "")) {
        ("error", code) => Action::Error(ErrorCode(number(code)?)),
        ("error-after-applying", code) => Action::ErrorAfterApplying(ErrorCode(number(code)?)),
        ("delay", time) => Action::Delay(milliseconds(time)?),
        ("throttle", time) => Action::Throttle(milliseconds(time)?),
        ("split", size) => Action::Split(number::<NonZeroUsize>(size)?),
        ("length", length) => Action::Length(number(length)?),
        ("garbage", "") => Action::Garbage(Bytes::from_static(GARBAGE)),
        ("wrong-correlation-id", "") => Action::WrongCorrelationId,
        ("duplicate", "") => Action::Duplicate,
        ("unsolicited", "") => Action::Unsolicited,
        ("no-answer", "") => Action::NoAnswer,
        ("silence", "") => Action::Silence,
        ("corrupt-records", "") => Action::CorruptRecords,
        _ => return Err(format!("there is no action {text:?}")),
    })
}

fn parse_moment(text: &str) -> Result<Moment, String> {
    Ok(match text.split_once('=').unwrap_or((text, "")) {
        ("before-reading", "") => Moment::BeforeReading,
        ("after-reading", "") => Moment::AfterReading,
        ("after-applying", "") => Moment::AfterApplying,
        ("after-bytes", count) => Moment::AfterBytes(number(count)?),
        _ => return Err(format!("there is no moment {text:?}")),
    })
}

fn milliseconds(text: &str) -> Result<Duration, String> {
    number(text).map(Duration::from_millis)
}

fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| format!("{text:?} is no number that fits there"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_commands() {
        let produce = |action| Fault::on(ApiKey::PRODUCE, action);
        let second = Duration::from_secs(1);
        for (line, expected) in [
            ("clear", Command::Clear),
            ("drop 2", Command::Drop(2)),
            ("expire-sessions 1", Command::ExpireSessions(1)),
            (" latency  1 1000 ", Command::Latency(1, second)),
            (
                "fault produce@2 delay=1000 3",
                Command::Fault(produce(Action::Delay(second)).node(2).times(3)),
            ),
            (
                "fault Produce error=-1",
                Command::Fault(produce(Action::Error(ErrorCode(-1)))),
            ),
            (
                "fault produce close-after-bytes=5",
                Command::Fault(produce(Action::Close(Moment::AfterBytes(5)))),
            ),
            (
                "fault produce@2/orders/3 error=6",
                Command::Fault(
                    produce(Action::Error(ErrorCode(6)))
                        .node(2)
                        .partition("orders", 3),
                ),
            ),
            (
                "fault produce/orders silence",
                Command::Fault(produce(Action::Silence).topic("orders")),
            ),
            ("advertise 1", Command::Advertise(1, None)),
            (
                "advertise 1 [::1]:9092",
                Command::Advertise(1, Some(("::1".to_owned(), 9092))),
            ),
            (
                "coordinator share a:b:0 2",
                Command::Coordinator(Coordination::Share, "a:b:0".to_owned(), 2),
            ),
            ("create a", Command::Create("a".to_owned(), -1, -1)),
            ("create a 3 2", Command::Create("a".to_owned(), 3, 2)),
            (
                "reassign a 0 3,1",
                Command::Reassign("a".to_owned(), 0, vec![3, 1]),
            ),
            ("truncate a 0 5", Command::Truncate("a".to_owned(), 0, 5)),
            ("rack-aware off", Command::RackAware(false)),
            ("omit a", Command::Omit("a".to_owned(), None)),
            ("omit a 1", Command::Omit("a".to_owned(), Some(1))),
            (
                "fault any silence",
                Command::Fault(Fault::on(Requests::any(), Action::Silence)),
            ),
            (
                "fault list-offsets stall-before-reading",
                Command::Fault(Fault::on(
                    ApiKey::LIST_OFFSETS,
                    Action::Stall(Moment::BeforeReading),
                )),
            ),
        ] {
            assert_eq!(line.parse(), Ok(expected), "{line}");
        }
    }

    #[test]
    fn every_action_that_is_told_of_is_known() {
        let actions = USAGE.split_once("Actions: ").unwrap().1;
        let words = actions
            .split([' ', ',', '\n'])
            .filter(|word| !word.is_empty());
        let known = words.filter(|word| {
            let word = word
                .replace("CODE", "1")
                .replace("BYTES", "1")
                .replace("MS", "1")
                .replace("=N", "=1");
            parse_action(&word).is_ok() || parse_moment(&word).is_ok()
        });
        assert_eq!(known.count(), 17);
    }

    #[test]
    fn other_lines_are_errors() {
        for (line, message) in [
            (
                "fault",
                "\"fault\" is no command; --help tells which there are",
            ),
            ("fault metadat silence", "there is no API \"metadat\""),
            ("fault metadata quiet", "there is no action \"quiet\""),
            ("fault metadata close-late", "there is no moment \"late\""),
            (
                "fault metadata split=0",
                "\"0\" is no number that fits there",
            ),
            ("drop me", "\"me\" is no number that fits there"),
            ("advertise 1 here", "\"here\" is no HOST:PORT"),
            ("coordinator user a 1", "nothing coordinates a \"user\""),
            (
                "fault produce/a/b silence",
                "\"b\" is no number that fits there",
            ),
        ] {
            assert_eq!(line.parse::<Command>(), Err(message.to_owned()));
        }
    }

    #[tokio::test]
    async fn a_cluster_obeys() {
        let builder = Cluster::builder().nodes(3).in_memory().racks(["a", "b"]);
        let cluster = builder.start().await.unwrap();
        let mut operator = Operator::new(&cluster);
        let mut said = String::new();
        for line in [
            "create orders 1 2",
            "leader orders 0 2",
            "raise-epoch orders 0",
            "reassign orders 0 2,3",
            "stop 2",
            "restart 2",
            "prefer orders 0 3",
            "hold orders 0 2",
            "rack-aware off",
            "truncate orders 0 0",
            "leaderless orders 0",
            "omit orders",
            "restore",
            "create bills",
            "recreate bills",
            "delete bills",
            "controller 3",
            "coordinator group g 3",
            "advertise 1 proxy:19092",
            "readdress 2",
            "add-node",
            "remove-node 4",
            "latency 1 5",
            "drop 1",
            "expire-sessions 1",
            "nodes",
        ] {
            said += &operator.obey(line.parse().unwrap()).await.unwrap();
        }
        assert_eq!(cluster.leader("orders", 0), Some(3));
        assert_eq!(cluster.controller(), Some(3));
        assert_eq!(cluster.coordinator(Coordination::Group, "g"), Some(3));
        let expected = "\
            0\n\
            2 node-2-2.invalid:9092 node-2-2.invalid:9092 up b\n\
            4 node-4.invalid:9092 node-4.invalid:9092 up b\n\
            1 node-1.invalid:9092 proxy:19092 up a\n\
            2 node-2-2.invalid:9092 node-2-2.invalid:9092 up b\n\
            3 node-3.invalid:9092 node-3.invalid:9092 up a\n";
        assert_eq!(said, expected);
        let before = cluster.id();
        operator.obey(Command::ClusterId).await.unwrap();
        assert_ne!(cluster.id(), before);
        let error = operator.obey(Command::Stop(9)).await.unwrap_err();
        assert_eq!(error.to_string(), "there is no node 9");
    }
}
