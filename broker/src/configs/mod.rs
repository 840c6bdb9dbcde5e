//! Configs: what Kafka knows of them, what a change makes of them, and those of everything but topics. No I/O.

pub(crate) mod broker;
mod broker_check;
mod changes;
pub(crate) mod client_metrics;
mod definition;
mod dynamic;
mod effective;
pub(crate) mod group;
mod loggers;
mod source;

pub(crate) use broker_check::check as check_broker;
pub(crate) use changes::{Alteration, Change, Values};
pub(crate) use definition::{ConfigType, Definition, Shape, find as find_definition};
pub(crate) use dynamic::{ConfigResource, DynamicConfigs};
pub(crate) use effective::{BrokerConfigs, Synonym};
pub(crate) use source::ConfigSource;
