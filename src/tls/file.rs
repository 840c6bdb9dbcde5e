//! A file that is read again when it has changed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::problem::TlsProblem;

/// No file system's clock is coarser. A file as young as this may change again without its time telling.
const COARSEST_CLOCK: Duration = Duration::from_secs(2);

/// A file, and what it held when its content was last accepted.
pub(super) struct WatchedFile {
    path: PathBuf,
    /// None: the next look has to read.
    seen: Option<Stamp>,
    digest: Option<[u8; 32]>,
}

/// What can be told of a file without reading it.
#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    modified: SystemTime,
    length: u64,
    /// A file that was moved into the place of another may be as old and as long.
    #[cfg(unix)]
    inode: (u64, u64),
}

/// What a file holds, not yet accepted.
pub(super) struct Content {
    /// A key may be in it.
    pub(super) text: Zeroizing<Vec<u8>>,
    stamp: Option<Stamp>,
    digest: [u8; 32],
}

impl WatchedFile {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            seen: None,
            digest: None,
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the file has to be read: it may hold something else than was accepted.
    pub(super) fn is_stale(&self) -> bool {
        match (&self.seen, Stamp::of(&self.path)) {
            (Some(seen), Ok(Some(now))) => *seen != now,
            _ => true,
        }
    }

    pub(super) fn read(&self) -> Result<Content, TlsProblem> {
        let problem = |error: io::Error| {
            TlsProblem::Configuration(format!("{}: {error}", self.path.display()))
        };
        // Before the content: what is written meanwhile has another stamp.
        let stamp = Stamp::of(&self.path).map_err(problem)?;
        let text = Zeroizing::new(fs::read(&self.path).map_err(problem)?);
        let digest = Sha256::digest(&*text).into();
        Ok(Content {
            text,
            stamp,
            digest,
        })
    }

    /// Whether this is what was accepted.
    pub(super) fn knows(&self, content: &Content) -> bool {
        self.digest == Some(content.digest)
    }

    /// The content can be used; until it changes, it need not be read.
    pub(super) fn accept(&mut self, content: Content) {
        self.seen = content.stamp;
        self.digest = Some(content.digest);
    }
}

impl Stamp {
    /// None: too young, or without a time, to be relied on.
    fn of(path: &Path) -> io::Result<Option<Self>> {
        let now = SystemTime::now();
        let metadata = fs::metadata(path)?;
        let Ok(modified) = metadata.modified() else {
            return Ok(None);
        };
        let old_enough = now
            .duration_since(modified)
            .is_ok_and(|age| age > COARSEST_CLOCK);
        Ok(old_enough.then(|| Self {
            modified,
            length: metadata.len(),
            #[cfg(unix)]
            inode: {
                use std::os::unix::fs::MetadataExt;
                (metadata.dev(), metadata.ino())
            },
        }))
    }
}
