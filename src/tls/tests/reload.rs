//! Files that change: statement 34.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::authority::{Authority, Directory, Issued};
use super::server::{BOTH, TLS13, config, demanding, meet, server};
use crate::tls::config::Configured;
use crate::tls::file::WatchedFile;
use crate::tls::identity::Identity;
use crate::tls::roots::Roots;
use crate::tls::{Tls, TlsProblem, provider};

/// 34: a file is read again if anything tells that it is another one, or if it is too young to tell.
#[test]
fn a_file_that_stays_is_not_read() {
    let directory = Directory::new();
    let path = directory.write("ca.pem", "one");
    let mut file = WatchedFile::new(path.clone());
    let accept = |file: &mut WatchedFile| {
        let content = file.read().unwrap();
        file.accept(content);
    };
    accept(&mut file);
    assert!(file.is_stale(), "it may have been written again just now");
    age(&path);
    accept(&mut file);
    assert!(!file.is_stale());

    #[cfg(unix)]
    {
        // As long, and as old, as the one that it takes the place of.
        let other = directory.write("other.pem", "two");
        let time = fs::metadata(&path).unwrap().modified().unwrap();
        let opened = fs::File::options().append(true).open(&other).unwrap();
        opened.set_modified(time).unwrap();
        fs::rename(other, &path).unwrap();
        assert!(file.is_stale());
        accept(&mut file);
    }
    directory.write("ca.pem", "six");
    assert!(file.is_stale());
    fs::remove_file(&path).unwrap();
    assert!(file.is_stale());
}

/// As if it had been written a while ago.
fn age(path: &Path) {
    let file = fs::File::options().append(true).open(path).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(3600))
        .unwrap();
}

/// 34: the authorities are read again when their file changes; a file that cannot be used changes nothing.
#[tokio::test]
async fn trusted_certificates_are_read_again() {
    let (old, new) = (Authority::new("old"), Authority::new("new"));
    let (old_server, new_server) = (
        server(&old.issue("localhost")),
        server(&new.issue("localhost")),
    );
    let directory = Directory::new();
    let path = directory.write("ca.pem", old.pem());
    age(&path);
    let tls = Tls::from_pem_file(&path).unwrap();
    assert!(meet(&tls, "localhost", &old_server).await.is_ok());
    let met = meet(&tls, "localhost", &new_server).await;
    assert_eq!(met, Err(TlsProblem::UnknownIssuer));

    let half = &new.pem()[..new.pem().len() / 2];
    for broken in [half, "", "no certificate"] {
        directory.write("ca.pem", broken);
        assert!(meet(&tls, "localhost", &old_server).await.is_ok());
    }
    fs::remove_file(&path).unwrap();
    assert!(meet(&tls, "localhost", &old_server).await.is_ok());

    directory.write("ca.pem", new.pem());
    assert!(meet(&tls, "localhost", &new_server).await.is_ok());
    // Not even by a session of before.
    let met = meet(&tls, "localhost", &old_server).await;
    assert_eq!(met, Err(TlsProblem::UnknownIssuer));
}

/// 34: the same for the client's certificate and key, which cannot be exchanged at once.
#[tokio::test]
async fn the_client_certificate_is_read_again() {
    let brokers = Authority::new("brokers");
    let (old, new) = (Authority::new("old"), Authority::new("new"));
    let (old_client, new_client) = (old.issue("client"), new.issue("client"));
    let issued = brokers.issue("localhost");
    let (old_server, new_server) = (
        demanding(&issued, BOTH, &old),
        demanding(&issued, BOTH, &new),
    );
    let directory = Directory::new();
    let certificate = directory.write("client.pem", old_client.pem());
    let key = directory.write("client.key", old_client.key_pem());
    age(&certificate);
    age(&key);
    let tls = Tls::builder()
        .roots_pem(brokers.pem())
        .client_certificate_files(&certificate, &key)
        .build()
        .unwrap();
    assert!(meet(&tls, "localhost", &old_server).await.is_ok());

    directory.write("client.pem", new_client.pem());
    assert!(meet(&tls, "localhost", &old_server).await.is_ok());
    let met = meet(&tls, "localhost", &new_server).await;
    assert_eq!(met, Err(TlsProblem::CertificateRefused));

    directory.write("client.key", new_client.key_pem());
    assert!(meet(&tls, "localhost", &new_server).await.is_ok());
    let met = meet(&tls, "localhost", &old_server).await;
    assert_eq!(met, Err(TlsProblem::CertificateRefused));
}

/// 34: authorities that cannot be read do not keep an identity from being renewed.
#[tokio::test]
async fn one_broken_file_does_not_keep_the_others() {
    let authority = Authority::new("ca");
    let clients = Authority::new("clients");
    let (stranger, client) = (authority.issue("stranger"), clients.issue("client"));
    let directory = Directory::new();
    let ca = directory.write("ca.pem", authority.pem());
    let both = |issued: &Issued| issued.pem() + &issued.key_pem();
    let path = directory.write("client.pem", both(&stranger));
    let tls = Tls::builder()
        .roots_file(&ca)
        .client_certificate_files(&path, &path)
        .build()
        .unwrap();
    directory.write("ca.pem", "broken");
    directory.write("client.pem", both(&client));
    let server = demanding(&authority.issue("localhost"), BOTH, &clients);
    assert!(meet(&tls, "localhost", &server).await.is_ok());
}

/// 33: files that stay, or are only touched, do not cost the sessions.
#[tokio::test]
async fn files_that_stay_leave_the_sessions() {
    let authority = Authority::new("ca");
    let server = config(&authority.issue("localhost"), TLS13, None);
    let directory = Directory::new();
    let path = directory.write("ca.pem", authority.pem());
    let tls = Tls::from_pem_file(&path).unwrap();
    assert!(!meet(&tls, "localhost", &server).await.unwrap().resumed());
    age(&path);
    assert!(meet(&tls, "localhost", &server).await.unwrap().resumed());
    assert!(meet(&tls, "localhost", &server).await.unwrap().resumed());
    directory.write("ca.pem", authority.pem());
    assert!(meet(&tls, "localhost", &server).await.unwrap().resumed());
}

/// 34: the same configuration serves until there is another that can be used.
#[test]
fn what_cannot_be_used_is_told_every_time() {
    let authority = Authority::new("ca");
    let directory = Directory::new();
    let path = directory.write("ca.pem", authority.pem());
    age(&path);
    let mut configured = Configured::new(
        provider::choose(None).unwrap(),
        Roots::of_file(path.clone()).unwrap(),
        Identity::none(),
        1,
    )
    .unwrap();
    let first = configured.config();
    assert_eq!(configured.refresh(), []);
    directory.write("ca.pem", "broken");
    for _ in 0..2 {
        assert_eq!(configured.refresh().len(), 1);
        assert!(Arc::ptr_eq(&first, &configured.config()));
    }
    directory.write("ca.pem", Authority::new("another").pem());
    assert_eq!(configured.refresh(), []);
    assert!(!Arc::ptr_eq(&first, &configured.config()));
}
