//! What comes of a client's token.

/// What comes of a client's token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The exchange goes on.
    Challenge(Vec<u8>),
    /// The client is who he says, and the last token tells him that the broker is, too.
    Done { token: Vec<u8>, identity: Identity },
}

/// Who has logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    /// The name of the principal; all are of type `User`.
    pub(super) name: String,
    /// When what he logged in with expires, in milliseconds since 1970.
    pub(super) expires: Option<i64>,
    /// Whether it was by a delegation token.
    pub(super) by_token: bool,
}

/// Why a login failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The client is told this.
    Told(String),
    /// The client is told no more than that his credentials are invalid, so that he can't learn who has an account.
    Untold(&'static str),
}
