//! Which requests one speaks of: to disturb them, or to wait for them.

use milena_wire::api_key::ApiKey;

/// Some of the requests that come to a cluster. What is not said is not asked for: [`any`](Self::any) are all of them.
///
/// ```
/// use milena_broker::{ApiKey, Requests};
///
/// let fetches = Requests::of(ApiKey::FETCH).node(2).client_id("orders");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    api: Option<ApiKey>,
    node: Option<i32>,
    connection: Option<u64>,
    client_id: Option<String>,
}

impl Requests {
    /// All requests.
    #[must_use]
    pub fn any() -> Self {
        Self::default()
    }

    /// The requests of one API.
    #[must_use]
    pub fn of(api: ApiKey) -> Self {
        Self {
            api: Some(api),
            ..Self::default()
        }
    }

    /// Those of them that come to this node.
    #[must_use]
    pub fn node(mut self, node: i32) -> Self {
        self.node = Some(node);
        self
    }

    /// Those of them that come over the connection of this [number](crate::ConnectionInfo::number).
    #[must_use]
    pub fn connection(mut self, number: u64) -> Self {
        self.connection = Some(number);
        self
    }

    /// Those of them whose client calls itself so.
    #[must_use]
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = Some(client_id.into());
        self
    }

    pub(crate) fn contain(&self, request: &RequestOrigin<'_>) -> bool {
        let name = self.client_id.as_deref();
        self.contain_connection(request.node, request.connection)
            && self.api.is_none_or(|api| api == request.api)
            && name.is_none_or(|name| request.client_id == Some(name))
    }

    /// Whether requests of this connection may be among them.
    pub(crate) fn contain_connection(&self, node: i32, number: u64) -> bool {
        self.node.is_none_or(|wanted| wanted == node)
            && self.connection.is_none_or(|wanted| wanted == number)
    }
}

impl From<ApiKey> for Requests {
    fn from(api: ApiKey) -> Self {
        Self::of(api)
    }
}

/// What [`Requests`] are told apart by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestOrigin<'a> {
    pub(crate) api: ApiKey,
    pub(crate) client_id: Option<&'a str>,
    pub(crate) node: i32,
    pub(crate) connection: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_must_fit_and_nothing_else() {
        let request = RequestOrigin {
            api: ApiKey::FETCH,
            client_id: Some("me"),
            node: 2,
            connection: 7,
        };
        let fetches = || Requests::of(ApiKey::FETCH);
        for (requests, expected) in [
            (Requests::any(), true),
            (fetches(), true),
            (fetches().node(2).connection(7).client_id("me"), true),
            (Requests::of(ApiKey::PRODUCE), false),
            (fetches().node(1), false),
            (fetches().connection(8), false),
            (fetches().client_id("you"), false),
        ] {
            assert_eq!(requests.contain(&request), expected, "{requests:?}");
        }
        let nameless = RequestOrigin {
            client_id: None,
            ..request
        };
        assert!(Requests::any().contain(&nameless));
        assert!(!Requests::any().client_id("").contain(&nameless));
    }
}
