//! The SCRAM credentials of users.

use std::collections::{BTreeMap, BTreeSet};

use milena_wire::codec::Request;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::alter_user_scram_credentials::{
    ScramCredentialDeletion, ScramCredentialUpsertion,
};
use milena_wire::messages::describe_user_scram_credentials::{
    DescribeUserScramCredentialsResult, UserName,
};
use milena_wire::messages::{
    AlterUserScramCredentialsRequest, DescribeUserScramCredentialsRequest,
};

use super::answer::{check, omission, refusal};

use super::handle::Admin;
use super::numbered::numbered;
use super::operation::{Caller, Operation, Spec};
use super::per_item::PerItem;
use crate::error::{ConfigError, Error, ErrorKind};
use crate::sasl::ScramHash;
use crate::secret::Secret;

numbered! {
    /// A SCRAM mechanism.
    ScramMechanism {
        /// SCRAM-SHA-256.
        Sha256 = 1,
        /// SCRAM-SHA-512.
        Sha512 = 2,
    }
}

/// Which credentials a user has, and how often the password was hashed for each (Java: `UserScramCredentialsDescription`).
pub type ScramCredentials = BTreeMap<ScramMechanism, i32>;

/// Asks for credentials: see [`Admin::describe_user_scram_credentials`].
#[derive(Clone, Debug)]
pub struct DescribeUserScramCredentials(BTreeSet<String>);

impl Spec for DescribeUserScramCredentials {
    type Output = PerItem<String, ScramCredentials>;

    async fn run(self, caller: Caller) -> Self::Output {
        let users = self.0.into_iter().map(|user| {
            let name = UserName::default();
            name.with_name(user)
        });
        let request =
            DescribeUserScramCredentialsRequest::default().with_users(users.collect::<Vec<_>>());
        let names = |request: &DescribeUserScramCredentialsRequest| {
            let users = request.users.iter().flatten();
            users.map(|user| user.name.to_string()).collect()
        };
        caller
            .per_item(request, names, |_, response, results| {
                results.tell_all(response.error_code, response.error_message.as_ref());
                for user in &response.results {
                    let message = user.error_message.as_ref();
                    results.tell(&user.user.to_string(), user.error_code, message, || {
                        credentials(user)
                    });
                }
            })
            .await
    }
}

fn credentials(user: &DescribeUserScramCredentialsResult) -> ScramCredentials {
    let credentials = user.credential_infos.iter();
    credentials
        .map(|one| (ScramMechanism::from_number(one.mechanism), one.iterations))
        .collect()
}

/// Asks for the credentials of all users: see [`Admin::describe_all_user_scram_credentials`].
#[derive(Clone, Debug)]
pub struct DescribeAllUserScramCredentials(());

impl Spec for DescribeAllUserScramCredentials {
    type Output = Result<PerItem<String, ScramCredentials>, Error>;

    async fn run(self, caller: Caller) -> Self::Output {
        let mut request = DescribeUserScramCredentialsRequest::default();
        request.users = None;
        let response = caller.send(request).await?;
        let message = response.error_message.as_ref();
        check::<DescribeUserScramCredentialsRequest>(response.error_code, message)?;
        let users = response.results.iter().map(|user| {
            let result = match user.error_code {
                ErrorCode::NONE => Ok(credentials(user)),
                code => {
                    let api = DescribeUserScramCredentialsRequest::API_KEY;
                    Err(refusal(api, None, code, user.error_message.as_deref()))
                }
            };
            (user.user.to_string(), result)
        });
        Ok(users.collect())
    }
}

/// A change of a user's credentials (Java: `UserScramCredentialAlteration`).
#[derive(Clone, Debug)]
pub struct ScramCredentialChange {
    user: String,
    mechanism: ScramMechanism,
    upsertion: Option<Upsertion>,
}

#[derive(Clone, Debug)]
struct Upsertion {
    password: Secret,
    iterations: u32,
    salt: Option<Vec<u8>>,
}

impl ScramCredentialChange {
    /// The user gets this password, or another than before. It is hashed 4096 times, with a random salt, before it leaves the client.
    pub fn upsert(
        user: impl Into<String>,
        mechanism: ScramMechanism,
        password: impl Into<Secret>,
    ) -> Self {
        Self {
            user: user.into(),
            mechanism,
            upsertion: Some(Upsertion {
                password: password.into(),
                iterations: 4096,
                salt: None,
            }),
        }
    }

    /// The user has no password any more.
    pub fn delete(user: impl Into<String>, mechanism: ScramMechanism) -> Self {
        Self {
            user: user.into(),
            mechanism,
            upsertion: None,
        }
    }

    /// How often the password is hashed: 4096 to 16384, as far as brokers accept it. Default: 4096. It says nothing of deletions.
    #[must_use]
    pub fn iterations(mut self, iterations: u32) -> Self {
        if let Some(upsertion) = &mut self.upsertion {
            upsertion.iterations = iterations;
        }
        self
    }

    /// The salt for the hash. Default: 32 random bytes. It says nothing of deletions.
    #[must_use]
    pub fn salt(mut self, salt: impl Into<Vec<u8>>) -> Self {
        if let Some(upsertion) = &mut self.upsertion {
            upsertion.salt = Some(salt.into());
        }
        self
    }
}

impl Upsertion {
    fn into_wire(
        self,
        user: String,
        mechanism: ScramMechanism,
    ) -> Result<ScramCredentialUpsertion, Error> {
        let invalid = |option: &str, problem: String| {
            let error = ErrorKind::Config(ConfigError::new(option, problem));
            Error::new(error).during(AlterUserScramCredentialsRequest::API_KEY, None)
        };
        let hash = match mechanism {
            ScramMechanism::Sha256 => ScramHash::Sha256,
            ScramMechanism::Sha512 => ScramHash::Sha512,
            ScramMechanism::Unknown(number) => {
                let problem = format!("{number} is none that this client knows");
                return Err(invalid("mechanism", problem));
            }
        };
        if self.password.expose().is_empty() {
            return Err(invalid("password", "it must not be empty".to_owned()));
        }
        let iterations = i32::try_from(self.iterations)
            .map_err(|_| invalid("iterations", "there are too many".to_owned()))?;
        let salt = match self.salt {
            Some(salt) => salt,
            None => {
                let mut salt = vec![0; 32];
                getrandom::fill(&mut salt)
                    .map_err(|error| invalid("salt", format!("no random bytes: {error}")))?;
                salt
            }
        };
        let password = self.password.expose().as_bytes();
        let salted = hash
            .stretch(password, &salt, self.iterations)
            .map_err(|error| invalid("password", error.to_string()))?;
        Ok(ScramCredentialUpsertion::default()
            .with_name(user)
            .with_mechanism(mechanism.number())
            .with_iterations(iterations)
            .with_salt(salt)
            .with_salted_password(salted.to_vec()))
    }
}

/// Changes credentials: see [`Admin::alter_user_scram_credentials`].
#[derive(Clone, Debug)]
pub struct AlterUserScramCredentials(Vec<ScramCredentialChange>);

impl Spec for AlterUserScramCredentials {
    type Output = PerItem<String, ()>;

    async fn run(self, caller: Caller) -> Self::Output {
        let users: BTreeSet<String> = self.0.iter().map(|change| change.user.clone()).collect();
        if users.is_empty() {
            return PerItem::from_iter([]);
        }
        let api = AlterUserScramCredentialsRequest::API_KEY;
        // Hashing takes milliseconds for each.
        let built = tokio::task::spawn_blocking(move || request(self.0)).await;
        let Ok((request, mut results)) = built else {
            let lost = Error::new(ErrorKind::NoRuntime).during(api, None);
            return users
                .into_iter()
                .map(|user| (user, Err(lost.clone())))
                .collect();
        };
        if results.len() < users.len() {
            match caller.send(request).await {
                Ok(response) => {
                    for user in &response.results {
                        let name = user.user.to_string();
                        if !users.contains(&name) {
                            continue;
                        }
                        results
                            .entry(name)
                            .or_insert_with(|| match user.error_code {
                                ErrorCode::NONE => Ok(()),
                                code => {
                                    Err(refusal(api, None, code, user.error_message.as_deref()))
                                }
                            });
                    }
                }
                Err(error) => {
                    for user in &users {
                        results
                            .entry(user.clone())
                            .or_insert_with(|| Err(error.clone()));
                    }
                }
            }
        }
        for user in users {
            results
                .entry(user)
                .or_insert_with(|| Err(omission(api, None)));
        }
        results.into_iter().collect()
    }
}

/// The request, and the users of whom nothing can be asked. All changes of such a user are left out.
fn request(
    changes: Vec<ScramCredentialChange>,
) -> (
    AlterUserScramCredentialsRequest,
    BTreeMap<String, Result<(), Error>>,
) {
    let mut refused = BTreeMap::new();
    let mut request = AlterUserScramCredentialsRequest::default();
    for change in changes {
        let user = change.user;
        match change.upsertion {
            None => request.deletions.push(
                ScramCredentialDeletion::default()
                    .with_name(user)
                    .with_mechanism(change.mechanism.number()),
            ),
            Some(upsertion) => match upsertion.into_wire(user.clone(), change.mechanism) {
                Ok(upsertion) => request.upsertions.push(upsertion),
                Err(error) => {
                    refused.insert(user, Err(error));
                }
            },
        }
    }
    request
        .deletions
        .retain(|deletion| !refused.contains_key(&*deletion.name));
    request
        .upsertions
        .retain(|upsertion| !refused.contains_key(&*upsertion.name));
    (request, refused)
}

impl Admin {
    /// Asks which SCRAM credentials users have (Java: `describeUserScramCredentials`, since Kafka 2.7). The passwords cannot be asked for.
    pub fn describe_user_scram_credentials<U: Into<String>>(
        &self,
        users: impl IntoIterator<Item = U>,
    ) -> Operation<DescribeUserScramCredentials> {
        let users = users.into_iter().map(Into::into);
        self.operation(DescribeUserScramCredentials(users.collect()))
    }

    /// Asks which users have SCRAM credentials, and which (Java: `describeUserScramCredentials` without users).
    ///
    /// # Errors
    /// When awaited: if it is not told.
    pub fn describe_all_user_scram_credentials(
        &self,
    ) -> Operation<DescribeAllUserScramCredentials> {
        self.operation(DescribeAllUserScramCredentials(()))
    }

    /// Sets and deletes SCRAM credentials of users; gives for each user whether all changes were made (Java: `alterUserScramCredentials`, since Kafka
    /// 2.7). Passwords are salted and hashed here; brokers do not see them. They take one change of a user at a time.
    pub fn alter_user_scram_credentials(
        &self,
        changes: impl IntoIterator<Item = ScramCredentialChange>,
    ) -> Operation<AlterUserScramCredentials> {
        self.operation(AlterUserScramCredentials(changes.into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_hashed_as_brokers_do() {
        let change = ScramCredentialChange::upsert("user", ScramMechanism::Sha256, "pencil")
            .salt(b"[m\x99h\x9d\x125\x8e\xec\xa0K\x14\x126\xfa\x81".as_slice())
            .iterations(4096);
        let (request, refused) = request(vec![change]);
        assert!(refused.is_empty());
        // RFC 7677's example, as `Hi` gives it.
        let salted = &request.upsertions[0].salted_password;
        let expected = [
            0xc4, 0xa4, 0x95, 0x10, 0x32, 0x3a, 0xb4, 0xf9, 0x52, 0xca, 0xc1, 0xfa, 0x99, 0x44,
            0x19, 0x39, 0xe7, 0x8e, 0xa7, 0x4d, 0x6b, 0xe8, 0x1d, 0xdf, 0x70, 0x96, 0xe8, 0x75,
            0x13, 0xdc, 0x61, 0x5d,
        ];
        assert_eq!(salted[..], expected);
        assert_eq!(request.upsertions[0].iterations, 4096);
    }

    #[test]
    fn salts_are_random() {
        let change =
            || ScramCredentialChange::upsert("a", ScramMechanism::Sha512, "secret").iterations(1);
        let (request, _) = request(vec![change(), change()]);
        let [one, other] = &request.upsertions[..] else {
            panic!("{request:?}");
        };
        assert_eq!((one.salt.len(), one.salted_password.len()), (32, 64));
        assert_ne!(one.salt, other.salt);
        assert_ne!(one.salted_password, other.salted_password);
    }

    #[test]
    fn what_cannot_be_asked_is_not() {
        let unknown = ScramMechanism::Unknown(9);
        let changes = vec![
            ScramCredentialChange::delete("alice", ScramMechanism::Sha256),
            ScramCredentialChange::upsert("alice", unknown, "secret"),
            ScramCredentialChange::upsert("bob", ScramMechanism::Sha256, ""),
            ScramCredentialChange::delete("carol", ScramMechanism::Sha256),
        ];
        let (request, refused) = request(changes);
        assert_eq!(refused.len(), 2);
        assert!(refused.contains_key("alice") && refused.contains_key("bob"));
        assert!(request.upsertions.is_empty());
        assert_eq!(request.deletions.len(), 1);
        assert_eq!(&*request.deletions[0].name, "carol");
    }

    #[test]
    fn debug_shows_no_password() {
        let change = ScramCredentialChange::upsert("a", ScramMechanism::Sha512, "hunter2");
        assert!(!format!("{change:?}").contains("hunter2"));
    }
}
