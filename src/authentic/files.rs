//! What lies in the directory of one domain's keys.

use std::io;
use std::path::Path;

use super::error::KeyError;
use super::key::{file, rsa_selector};
use crate::seal;

/// The file that names the pair which signs.
const IN_USE: &str = "in-use";

/// The names of the pairs that lie in a domain's directory, the oldest first.
pub(super) fn pairs(dir: &Path) -> Result<Vec<String>, KeyError> {
    let failed = |error| KeyError::File { file: dir.to_owned(), error };
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?.file_name();
        let name = entry.to_str().and_then(|entry| entry.strip_suffix("e.pem"));
        // A pair of which one is missing was never finished, or half removed.
        names.extend(name.filter(|name| file(dir, &rsa_selector(name)).exists()).map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

/// The pair that signs: the one named, or the oldest where that one is not there.
pub(super) fn in_use(dir: &Path) -> Result<Option<String>, KeyError> {
    let path = dir.join(IN_USE);
    let named = match std::fs::read_to_string(&path) {
        Ok(text) => Some(text.trim().to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(KeyError::File { file: path, error }),
    };
    let kept = pairs(dir)?;
    Ok(named.filter(|name| kept.contains(name)).or_else(|| kept.first().cloned()))
}

pub(super) fn use_pair(dir: &Path, name: &str) -> Result<(), KeyError> {
    let path = dir.join(IN_USE);
    seal::keep(&path, &format!("{name}\n")).map_err(|error| KeyError::File { file: path, error })
}
