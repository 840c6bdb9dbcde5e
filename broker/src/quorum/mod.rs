//! The controllers and what they have agreed on: who votes, and which features at which levels. No I/O; locks are short and never held across an await.

mod features;
mod registry;
mod voters;

pub(crate) use features::{FeatureUpdate, SUPPORTED};
pub(crate) use registry::{CONTROLLER_LISTENER, Quorum};
pub(crate) use voters::{Voter, VoterEndpoint, VoterKey};
