//! A whole cluster: its brokers, and which of them leads what.
//!
//! [`Metadata`] is what a client knows of a cluster at one moment: brokers, topics, partitions and their leaders. It never changes;
//! what a broker answers makes a new one of it ([`Metadata::apply`]), by rules that keep old news from replacing newer.

mod metadata;

pub use metadata::{
    Asked, AskedTopics, Broker, Changes, Flaw, Generation, IdentityChange, Leader, LeaderHint,
    LeaderMoved, LeftOut, Metadata, MetadataProblem, Partition, Recreated, Topic, TopicKey,
};
