//! What SCRAM clients send, read as Kafka's patterns do.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// `n,,n=user,r=nonce`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ClientFirst {
    /// Empty if none is asked for.
    pub(super) authorization: String,
    pub(super) name: String,
    pub(super) nonce: String,
    /// `tokenauth=true`: name and password are those of a delegation token.
    pub(super) token: bool,
    /// All behind the GS2 header; it is signed.
    pub(super) bare: String,
}

impl ClientFirst {
    /// `None` if it is not of this form. Channel binding is not offered, so no client may want it.
    pub(super) fn parse(message: &[u8]) -> Option<Self> {
        let message = std::str::from_utf8(message).ok()?;
        let rest = message.strip_prefix("n,")?;
        let (authorization, bare) = rest.split_once(',')?;
        let authorization = match authorization.strip_prefix("a=") {
            Some(escaped) => unescape(escaped)?,
            None if authorization.is_empty() => String::new(),
            None => return None,
        };
        let mut fields = bare.split(',');
        let mut field = fields.next()?;
        if let Some(reserved) = field.strip_prefix("m=") {
            is_value(reserved).then_some(())?;
            field = fields.next()?;
        }
        let name = unescape(field.strip_prefix("n=")?)?;
        let nonce = nonce(fields.next()?)?.to_owned();
        let mut token = false;
        for extension in fields {
            let (key, value) = extension_of(extension)?;
            if key == "tokenauth" {
                token = value.eq_ignore_ascii_case("true");
            }
        }
        Some(Self {
            authorization,
            name,
            nonce,
            token,
            bare: bare.to_owned(),
        })
    }
}

/// `c=biws,r=nonce,p=proof`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ClientFinal {
    pub(super) nonce: String,
    pub(super) proof: Vec<u8>,
    /// What is signed.
    pub(super) without_proof: String,
}

impl ClientFinal {
    /// `None` if it is not of this form.
    pub(super) fn parse(message: &[u8]) -> Option<Self> {
        let message = std::str::from_utf8(message).ok()?;
        let (front, proof) = message.rsplit_once(",p=")?;
        let proof = STANDARD.decode(proof).ok()?;
        let mut fields = front.split(',');
        let channel = fields.next()?;
        STANDARD.decode(channel.strip_prefix("c=")?).ok()?;
        let nonce = nonce(fields.next()?)?;
        for extension in fields {
            extension_of(extension)?;
        }
        Some(Self {
            nonce: nonce.to_owned(),
            proof,
            // Kafka signs no extensions.
            without_proof: format!("{channel},r={nonce}"),
        })
    }
}

fn nonce(field: &str) -> Option<&str> {
    let nonce = field.strip_prefix("r=")?;
    let printable = !nonce.is_empty() && nonce.bytes().all(|byte| byte.is_ascii_graphic());
    printable.then_some(nonce)
}

fn extension_of(field: &str) -> Option<(&str, &str)> {
    let (key, value) = field.split_once('=')?;
    let named = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphabetic());
    (named && is_value(value)).then_some((key, value))
}

/// ASCII, without NUL; commas are gone already.
fn is_value(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii() && byte != 0)
}

/// A name, in which `=2C` stands for a comma and `=3D` for an equals sign.
fn unescape(name: &str) -> Option<String> {
    let plain = name.replace("=2C", "").replace("=3D", "");
    let legal = is_value(name) && !plain.contains('=');
    legal.then(|| name.replace("=2C", ",").replace("=3D", "="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_messages() {
        let first = ClientFirst::parse(b"n,a=x=2Cy,n=a=3Db,r=abc,tokenauth=true,q=1").unwrap();
        assert_eq!(first.authorization, "x,y");
        assert_eq!(first.name, "a=b");
        assert_eq!(first.nonce, "abc");
        assert!(first.token);
        assert_eq!(first.bare, "n=a=3Db,r=abc,tokenauth=true,q=1");
        assert!(!ClientFirst::parse(b"n,,n=u,r=x").unwrap().token);
        for bad in [
            "",
            "n,,",
            "y,,n=u,r=x",
            "p=tls-unique,,n=u,r=x",
            "n,n=u,r=x",
            "n,,n=,r=x",
            "n,,n=u,r=",
            "n,,n=u=,r=x",
            "n,,n=u,r=x,",
            "n,,n=u,r=x,1=2",
            "n,,n=u,r=x y",
            "n,,n=\u{e4},r=x",
        ] {
            assert_eq!(ClientFirst::parse(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn final_messages() {
        let last = ClientFinal::parse(b"c=biws,r=abc,e=f,p=AQI=").unwrap();
        assert_eq!(last.nonce, "abc");
        assert_eq!(last.proof, [1, 2]);
        assert_eq!(last.without_proof, "c=biws,r=abc");
        for bad in [
            "",
            "c=biws,r=abc",
            "c=!,r=abc,p=AQI=",
            "r=abc,p=AQI=",
            "c=biws,r=abc,p=A",
        ] {
            assert_eq!(ClientFinal::parse(bad.as_bytes()), None, "{bad}");
        }
    }
}
