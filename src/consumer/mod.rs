//! Reading records.
//!
//! A [`Consumer`] reads partitions that the caller [assigns](ConsumerBuilder::assign). It fetches ahead, up to [`prefetch`](ConsumerBuilder::prefetch)
//! bytes over all partitions, and hands out [`Batch`]es, whose records borrow from the bytes as they came from the socket.
//!
//! ```
//! use milena::Client;
//! use milena::admin::NewTopic;
//! use milena::consumer::Start;
//! use milena::producer::Record;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let cluster = milena_broker::Cluster::builder().start().await?;
//! # let bootstrap = cluster.bootstrap().to_vec();
//! let client = Client::builder().bootstrap(bootstrap).build().await?;
//! # client.admin().create_topic(NewTopic::new("orders")).await?;
//! # let producer = client.producer().build()?;
//! # producer.send(Record::to("orders").value("hello")).await?.await?;
//! let mut consumer = client
//!     .consumer()
//!     .assign([("orders", Start::Earliest)])
//!     .build()
//!     .await?;
//! while let Some(batch) = consumer.next().await.transpose()? {
//!     for record in &batch {
//!         println!("{}: {:?}", record.offset, record.value);
//!     }
//! #   break;
//! }
//! # client.close().await;
//! # Ok(())
//! # }
//! ```

mod aborted;
mod appetite;
mod assigned;
mod batch;
mod board;
mod budget;
mod builder;
mod chunk;
mod control;
mod fetcher;
mod frame;
mod handle;
mod inquiry;
mod line;
mod owned;
mod portion;
mod position;
mod router;
mod session;
mod settings;
mod shared;
mod signals;
mod start;

pub use batch::{Batch, Records as BatchRecords};
pub use builder::ConsumerBuilder;
pub use control::Control;
pub use handle::{Consumer, Records};
pub use milena_wire::records::{Header, Headers, Record, TimestampType};
pub use owned::{IntoRecords, OwnedRecord};
pub use start::{Assignment, OffsetReset, Start};

use crate::cluster::Client;

impl Client {
    /// Begins a consumer.
    pub fn consumer(&self) -> ConsumerBuilder {
        ConsumerBuilder::new(self.clone())
    }
}
