//! The mechanism, and where its credentials come from.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use milena::Secret;
use milena::sasl::{
    OauthBearer, Plain, SaslAuthenticator, SaslError, ScramSha256, ScramSha512, Token,
};

use crate::failure::Failure;
use crate::options::{Sasl, ScramUser, Source};

pub(crate) async fn authenticator(sasl: &Sasl) -> Result<Arc<dyn SaslAuthenticator>, Failure> {
    Ok(match sasl {
        Sasl::Plain(login) => {
            let password = read(&login.password).await?;
            Arc::new(Plain::new(&login.user, password))
        }
        Sasl::ScramSha256(login, user) => {
            let scram = ScramSha256::new(&login.user, read(&login.password).await?);
            match user {
                ScramUser::User => Arc::new(scram),
                ScramUser::DelegationToken => Arc::new(scram.delegation_token()),
            }
        }
        Sasl::ScramSha512(login, user) => {
            let scram = ScramSha512::new(&login.user, read(&login.password).await?);
            match user {
                ScramUser::User => Arc::new(scram),
                ScramUser::DelegationToken => Arc::new(scram.delegation_token()),
            }
        }
        Sasl::OauthBearer(Source::StandardInput) => {
            Arc::new(OauthBearer::with_token(read(&Source::StandardInput).await?))
        }
        Sasl::OauthBearer(file) => {
            // Once now, so that a file that is not there is told of as that.
            read(file).await?;
            let file = file.clone();
            Arc::new(OauthBearer::from_fn(move || {
                let file = file.clone();
                async move {
                    let token = read(&file).await.map_err(|failure| failure.to_string());
                    Ok(Token::new(token.map_err(SaslError::provider)?))
                }
            }))
        }
        Sasl::Gssapi { keytab, principal } => gssapi(keytab.as_deref(), principal.as_deref())?,
    })
}

/// What is there, without the end of its last line.
async fn read(source: &Source) -> Result<Secret, Failure> {
    let wanted = source.clone();
    let text = tokio::task::spawn_blocking(move || match wanted {
        Source::File(path) => std::fs::read_to_string(path),
        Source::StandardInput => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).map(|_| text)
        }
    });
    let failure = |error: std::io::Error| {
        let what = match source {
            Source::File(path) => path.display().to_string(),
            Source::StandardInput => "standard input".to_owned(),
        };
        Failure::here("options", "file", &format!("{what}: {error}"))
    };
    let mut text = text
        .await
        .map_err(std::io::Error::other)
        .and_then(|text| text)
        .map_err(failure)?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text.into())
}

#[cfg(not(feature = "gssapi"))]
fn gssapi(_: Option<&Path>, _: Option<&str>) -> Result<Arc<dyn SaslAuthenticator>, Failure> {
    let cause = "this program was built without the feature gssapi";
    Err(Failure::here("options", "no_gssapi", &cause).hint("cargo run --features gssapi"))
}

#[cfg(feature = "gssapi")]
fn gssapi(
    keytab: Option<&Path>,
    principal: Option<&str>,
) -> Result<Arc<dyn SaslAuthenticator>, Failure> {
    if let Some(keytab) = keytab {
        use_keytab(keytab)?;
    }
    let gssapi = milena::sasl::Gssapi::new();
    Ok(Arc::new(match principal {
        Some(principal) => gssapi.principal(principal),
        None => gssapi,
    }))
}

/// Kerberos' library takes a keytab from the environment alone, and a process with threads cannot change its own: so the program begins
/// anew, in another one. With tickets of its own too, as else those of the user's cache would come first.
#[cfg(feature = "gssapi")]
fn use_keytab(keytab: &Path) -> Result<(), Failure> {
    use std::os::unix::process::CommandExt as _;

    const KEYTAB: &str = "KRB5_CLIENT_KTNAME";
    const TICKETS: &str = "KRB5CCNAME";
    const IN_MEMORY: &str = "MEMORY:milena-connect";
    let failure = |error| {
        let text = format!("{}: {error}", keytab.display());
        Failure::here("options", "file", &text)
    };
    std::fs::File::open(keytab).map_err(failure)?;
    let is_set = |name, value| std::env::var_os(name).is_some_and(|found| found == value);
    if is_set(KEYTAB, keytab.as_os_str()) && is_set(TICKETS, IN_MEMORY.as_ref()) {
        return Ok(());
    }
    let program = std::env::current_exe().map_err(failure)?;
    let error = std::process::Command::new(program)
        .args(std::env::args_os().skip(1))
        .env(KEYTAB, keytab)
        .env(TICKETS, IN_MEMORY)
        .exec();
    Err(failure(error))
}
