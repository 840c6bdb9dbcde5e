//! What stands at the same place in the header of every request.

use milena_wire::api_key::ApiKey;

/// The start of a request's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head<'a> {
    pub(crate) api: ApiKey,
    pub(crate) version: i16,
    pub(crate) correlation_id: i32,
    /// What comes behind it.
    rest: &'a [u8],
}

impl<'a> Head<'a> {
    /// Reads it from a request without its length, of which the first bytes are enough.
    pub(crate) fn parse(request: &'a [u8]) -> Option<Self> {
        let (api, rest) = request.split_first_chunk()?;
        let (version, rest) = rest.split_first_chunk()?;
        let (correlation_id, rest) = rest.split_first_chunk()?;
        Some(Self {
            api: ApiKey(i16::from_be_bytes(*api)),
            version: i16::from_be_bytes(*version),
            correlation_id: i32::from_be_bytes(*correlation_id),
            rest,
        })
    }

    /// Whether all of the client's id has come.
    pub(crate) fn is_whole(&self) -> bool {
        match self.client_id_length() {
            None => false,
            Some((length, rest)) => {
                usize::try_from(length).is_ok_and(|length| rest.len() >= length) || length < 0
            }
        }
    }

    /// What the client calls itself. No header that is served lacks it, the oldest of all excepted, and that is never read here.
    pub(crate) fn client_id(&self) -> Option<&'a str> {
        let (length, rest) = self.client_id_length()?;
        let bytes = rest.get(..usize::try_from(length).ok()?)?;
        std::str::from_utf8(bytes).ok()
    }

    fn client_id_length(&self) -> Option<(i16, &'a [u8])> {
        let (length, rest) = self.rest.split_first_chunk()?;
        Some((i16::from_be_bytes(*length), rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_soon_as_it_is_there() {
        let mut request = vec![0, 3, 0, 13, 0, 0, 0, 7, 0, 2];
        request.extend(b"me, and more");
        for end in 0..request.len() {
            let head = Head::parse(&request[..end]);
            assert_eq!(head.is_some(), end >= 8, "{end}");
            assert_eq!(head.is_some_and(|head| head.is_whole()), end >= 12, "{end}");
        }
        let head = Head::parse(&request).unwrap();
        assert_eq!(
            (head.api, head.version, head.correlation_id),
            (ApiKey::METADATA, 13, 7)
        );
        assert_eq!(head.client_id(), Some("me"));
    }

    #[test]
    fn a_client_may_have_no_name() {
        let head = [0, 3, 0, 13, 0, 0, 0, 7, 0xff, 0xff];
        let head = Head::parse(&head).unwrap();
        assert!(head.is_whole());
        assert_eq!(head.client_id(), None);
    }
}
