//! Answers that are not as they should be.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::action::Action;

/// What the length of an answer is that has its correlation id and nothing else.
const EMPTY: i32 = 4;
/// Length and correlation id.
const PREFIX: usize = 8;

/// What is written instead of `answer`, length and all. An action that leaves the bytes alone changes nothing.
pub(crate) fn mangle(answer: Bytes, action: &Action) -> Bytes {
    match action {
        Action::Garbage(bytes) => bytes.clone(),
        Action::NoAnswer => Bytes::new(),
        Action::Duplicate => [&answer[..], &answer[..]].concat().into(),
        Action::Length(length) => patched(&answer, |_, id| (*length, id)),
        Action::WrongCorrelationId => patched(&answer, |length, id| (length, id.wrapping_add(1))),
        Action::Unsolicited => {
            let other = patched(&answer, |_, id| (EMPTY, id.wrapping_add(1)));
            let other = other.get(..PREFIX).unwrap_or_default();
            [&answer[..], other].concat().into()
        }
        _ => answer,
    }
}

/// The answer with other numbers for its length and its correlation id.
fn patched(answer: &[u8], patch: impl FnOnce(i32, i32) -> (i32, i32)) -> Bytes {
    let mut rest = answer;
    let (Ok(length), Ok(id)) = (rest.try_get_i32(), rest.try_get_i32()) else {
        return Bytes::copy_from_slice(answer);
    };
    let (length, id) = patch(length, id);
    let mut patched = BytesMut::with_capacity(answer.len());
    patched.put_i32(length);
    patched.put_i32(id);
    patched.put_slice(rest);
    patched.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_asked_for_changes() {
        let answer = &[0, 0, 0, 6, 0, 0, 0, 9, 1, 2];
        let cases: [(Action, &[u8]); 7] = [
            (Action::WrongCorrelationId, &[0, 0, 0, 6, 0, 0, 0, 10, 1, 2]),
            (Action::Length(-1), &[255, 255, 255, 255, 0, 0, 0, 9, 1, 2]),
            (
                Action::Duplicate,
                &[0, 0, 0, 6, 0, 0, 0, 9, 1, 2, 0, 0, 0, 6, 0, 0, 0, 9, 1, 2],
            ),
            (
                Action::Unsolicited,
                &[0, 0, 0, 6, 0, 0, 0, 9, 1, 2, 0, 0, 0, 4, 0, 0, 0, 10],
            ),
            (Action::Garbage(Bytes::from_static(b"HTTP")), b"HTTP"),
            (Action::NoAnswer, &[]),
            (Action::Silence, answer),
        ];
        for (action, expected) in cases {
            assert_eq!(
                mangle(Bytes::from_static(answer), &action),
                expected,
                "{action:?}"
            );
        }
    }
}
