//! The properties of reading messages: shared by the bounded run in `cargo test` and by the fuzz target.

use std::fmt::Debug;

use allocation_counter::measure;
use bytes::Bytes;
use milena_wire::api_key::ApiKey;
use milena_wire::codec::{DecodeError, DecodeErrorKind, Kind, Message, Structure, VersionRange};
use milena_wire::for_each_api;
#[allow(clippy::wildcard_imports, reason = "the macro names every message")]
use milena_wire::messages::*;

use self::consumer_protocol::{ConsumerProtocolAssignment, ConsumerProtocolSubscription};
use self::control_records::{
    ControlRecordTypeSchema, EndTxnMarker, KRaftVersionRecord, LeaderChangeMessage,
    SnapshotFooterRecord, SnapshotHeaderRecord, VotersRecord,
};
use self::principal::DefaultPrincipalData;

/// A message, and how its reader is tried.
pub(crate) struct Tried {
    pub(crate) name: &'static str,
    /// The API key, and whether it is the request; none for what lies in headers and records.
    pub(crate) api: Option<(i16, bool)>,
    pub(crate) versions: VersionRange,
    /// Reads bytes as this version within a budget, and checks what must hold. Gives whether they were read, and the most memory that this took.
    pub(crate) execute: fn(&Bytes, i16, usize) -> (bool, u64),
    /// The message with nothing set, if the version can carry that.
    pub(crate) unset: fn(i16) -> Option<Vec<u8>>,
}

const fn tried<M: Message + Clone + PartialEq + Debug>(api: Option<(i16, bool)>) -> Tried {
    Tried {
        name: M::NAME,
        api,
        versions: M::VERSIONS,
        execute: execute::<M>,
        unset: unset::<M>,
    }
}

macro_rules! table {
    ($(($key:ident, $request:ident, $response:ident))*) => {
        /// Every message that the crate was built with.
        pub(crate) const fn messages() -> &'static [Tried] {
            const ALL: &[Tried] = &[
                $(tried::<$request>(Some((ApiKey::$key.0, true))), tried::<$response>(Some((ApiKey::$key.0, false))),)*
                tried::<RequestHeader>(None),
                tried::<ResponseHeader>(None),
                tried::<ConsumerProtocolSubscription>(None),
                tried::<ConsumerProtocolAssignment>(None),
                tried::<EndTxnMarker>(None),
                tried::<ControlRecordTypeSchema>(None),
                tried::<LeaderChangeMessage>(None),
                tried::<SnapshotHeaderRecord>(None),
                tried::<SnapshotFooterRecord>(None),
                tried::<KRaftVersionRecord>(None),
                tried::<VotersRecord>(None),
                tried::<DefaultPrincipalData>(None),
            ];
            ALL
        }
    };
}

for_each_api!(table);

fn unset<M: Message>(version: i16) -> Option<Vec<u8>> {
    Some(M::default().encode(version).ok()?.into_bytes().to_vec())
}

fn execute<M: Message + Clone + PartialEq + Debug>(
    body: &Bytes,
    version: i16,
    budget: usize,
) -> (bool, u64) {
    let mut read = None;
    let measured = measure(|| read = Some(M::decode_prefix(body, version, budget)));
    match read.expect("it was called") {
        Ok((message, left)) => {
            assert!(left <= body.len(), "{left} bytes left");
            there_and_back(&message, version, budget);
            (true, measured.bytes_max)
        }
        Err(error) => {
            check_error::<M>(&error, body, version, budget);
            (false, measured.bytes_max)
        }
    }
}

/// What was read can be written, and what was written reads as the same.
fn there_and_back<M: Message + Clone + PartialEq + Debug>(
    message: &M,
    version: i16,
    budget: usize,
) {
    let written = encode(message, version);
    // The budget that sufficed once suffices again: what is written is no larger in memory than what was read.
    let (again, left) = match M::decode_prefix(&written, version, budget) {
        Ok(again) => again,
        Err(error) => panic!("what was written does not read: {error}"),
    };
    assert_eq!(left, 0, "bytes left of what was written");
    if again != *message {
        // A float that is no number equals nothing, not even itself; then the bytes must do.
        assert!(
            message.clone() != *message,
            "read {message:?}\nthen {again:?}"
        );
        assert_eq!(encode(&again, version), written);
    }
}

fn encode<M: Message>(message: &M, version: i16) -> Bytes {
    match message.encode(version) {
        Ok(frame) => {
            let length = frame.len();
            let bytes = frame.into_bytes();
            assert_eq!(bytes.len(), length, "the frame's length");
            bytes
        }
        Err(error) => panic!("what was read cannot be written: {error}"),
    }
}

/// An error says truly where it was.
fn check_error<M: Message>(error: &DecodeError, body: &Bytes, version: i16, budget: usize) {
    assert_eq!((error.message(), error.version()), (M::NAME, version));
    assert!(error.offset() <= body.len(), "{error}");
    assert!(error.to_string().starts_with(M::NAME));
    let Kind::Struct(structure) = M::KIND else {
        panic!("a message is a struct")
    };
    let field = field_at(structure, error.field(), version);
    let left = body.len() - error.offset();
    match error.kind() {
        DecodeErrorKind::UnsupportedVersion => {
            assert!(!M::VERSIONS.contains(version));
            assert_eq!((error.field(), error.offset()), ("", 0));
        }
        // What a tagged field lacks may lie behind it.
        DecodeErrorKind::UnexpectedEnd { needed, remaining } => {
            assert!(needed > remaining && remaining <= left, "{error}");
        }
        DecodeErrorKind::CountTooLarge { count, remaining } => {
            assert!(count > 0 && remaining <= left, "{error}");
            assert!(matches!(field, Some(Kind::Array(_))), "{error}");
        }
        DecodeErrorKind::NegativeLength(length) => {
            assert!(length < -1, "{error}");
            assert!(
                !M::FLEXIBLE.contains(version) || M::NAME == "RequestHeader",
                "{error}"
            );
        }
        DecodeErrorKind::NullNotAllowed | DecodeErrorKind::InvalidUtf8 => {
            let nullable = matches!(field, Some(Kind::String | Kind::Bytes | Kind::Array(_)));
            assert!(nullable, "{error}");
        }
        DecodeErrorKind::InvalidPresence(byte) => {
            assert!(byte != 1 && byte != -1, "{error}");
            assert!(matches!(field, Some(Kind::Struct(_))), "{error}");
        }
        DecodeErrorKind::MemoryBudget { limit } => assert_eq!(limit, budget),
        DecodeErrorKind::VarintTooLong
        | DecodeErrorKind::TagOutOfOrder(_)
        | DecodeErrorKind::TagSize { .. } => {
            assert!(M::FLEXIBLE.contains(version), "{error}");
        }
        other => panic!("unexpected here: {other:?}"),
    }
}

/// The type of the field that a path leads to; it must exist in the version. `None` for the empty path.
fn field_at(structure: &'static Structure, path: &str, version: i16) -> Option<Kind> {
    let mut structure = Some(structure);
    let mut found = None;
    if path.is_empty() {
        return None;
    }
    for step in path.split('.') {
        let (name, index) = step
            .split_once('[')
            .map_or((step, None), |(name, index)| (name, Some(index)));
        let fields = structure
            .unwrap_or_else(|| panic!("{path}: {name} is in no struct"))
            .fields;
        let field = fields
            .iter()
            .find(|field| field.name == name)
            .unwrap_or_else(|| panic!("{path}: no field {name}"));
        assert!(
            field.versions.contains(version),
            "{path}: {name} is not in v{version}"
        );
        let mut kind = field.kind;
        if let (Some(_), Kind::Array(element)) = (index, kind) {
            kind = *element;
        }
        structure = match kind {
            Kind::Struct(structure) => Some(structure),
            _ => None,
        };
        found = Some(kind);
    }
    found
}
