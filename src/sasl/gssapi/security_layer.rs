//! The last exchange of RFC 4752, section 3.1: which layer protects what follows. Here always none, as in Kafka: that is TLS's business.

use crate::sasl::error::SaslError;

/// The bit of "no security layer".
const NO_LAYER: u8 = 1;

/// What the broker offers, after it is unwrapped: a bit mask of layers, and the longest message it takes, which means nothing without one.
///
/// # Errors
/// If the broker insists on a layer, or its offer is not four bytes.
pub(super) fn read_offer(offer: &[u8]) -> Result<(), SaslError> {
    let [layers, _, _, _] = offer else {
        let text = format!(
            "the broker's offer of security layers has {} bytes instead of 4",
            offer.len()
        );
        return Err(SaslError::InvalidChallenge(text));
    };
    if layers & NO_LAYER == 0 {
        let text = "the broker insists on a security layer of GSSAPI, which Kafka does not have";
        return Err(SaslError::InvalidChallenge(text.into()));
    }
    Ok(())
}

/// What is answered: no layer, and so 0 as the longest message. No authorization id follows, which makes it the one of the ticket.
pub(super) const CHOICE: [u8; 4] = [NO_LAYER, 0, 0, 0];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_of_no_layer_is_taken_whatever_else_is_offered() {
        read_offer(&[1, 0, 0, 0]).unwrap();
        read_offer(&[1, 0, 1, 0]).unwrap();
        read_offer(&[7, 255, 255, 255]).unwrap();
    }

    #[test]
    fn a_layer_is_never_agreed_to() {
        for layers in [0, 2, 4, 6, 0xfe] {
            let error = read_offer(&[layers, 1, 0, 0]).unwrap_err();
            assert!(error.to_string().contains("insists"), "{layers}: {error}");
        }
    }

    #[test]
    fn an_offer_of_another_length_is_refused() {
        for wrong in [&[][..], &[1], &[1, 0, 0], &[1, 0, 0, 0, 0]] {
            assert!(read_offer(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn the_choice_is_no_layer_no_size_and_no_name() {
        assert_eq!(CHOICE, [1, 0, 0, 0]);
    }
}
