//! Who may read what: the data directory and key files belong to their owner alone (hostile §7).

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use super::ConfigError;

/// The data directory's mode.
pub const DIRECTORY_MODE: u32 = 0o700;
/// The mode of keys, the database, and lists of passwords.
pub const FILE_MODE: u32 = 0o600;

/// Refuses a directory that anybody but its owner may enter.
pub fn check_directory(path: &Path) -> Result<(), ConfigError> {
    check(path, DIRECTORY_MODE)
}

/// Refuses a directory of somebody else: what is written there would be unreadable for its owner's daemon.
pub fn check_owner(path: &Path) -> Result<(), ConfigError> {
    let owner = std::fs::metadata(path).map_err(|e| ConfigError::read(path, e))?.uid();
    let own = nix::unistd::geteuid().as_raw();
    if owner == own { Ok(()) } else { Err(ConfigError::Owner { file: path.to_owned(), owner: name_of(owner) }) }
}

fn name_of(uid: u32) -> String {
    let known = nix::unistd::User::from_uid(nix::unistd::Uid::from_raw(uid)).ok().flatten();
    known.map_or_else(|| uid.to_string(), |known| known.name)
}

/// Refuses a file that anybody but its owner may read or write.
pub fn check_file(path: &Path) -> Result<(), ConfigError> {
    check(path, FILE_MODE)
}

fn check(path: &Path, wanted: u32) -> Result<(), ConfigError> {
    let mode = std::fs::metadata(path).map_err(|e| ConfigError::read(path, e))?.permissions().mode() & 0o777;
    if mode & !wanted == 0 { Ok(()) } else { Err(ConfigError::Mode { file: path.to_owned(), mode, wanted }) }
}

/// Makes a directory, with those above it, that only its owner may enter; one that exists is left as it is.
pub fn make_directory(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(path)
}

/// Writes a file that only its owner may read, whole or not at all.
pub fn write_private(path: &Path, contents: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let _ = std::fs::remove_file(&new);
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(&new)?;
    file.write_all(contents)?;
    file.sync_all()?;
    std::fs::rename(&new, path)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let key = dir.path().join("key.pem");
        write_private(&key, b"secret").unwrap();
        check_file(&key).unwrap();
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
        let message = check_file(&key).unwrap_err().to_string();
        assert!(message.contains("mode 0644") && message.contains("chmod 0600"), "{message}");
    }

    #[test]
    fn a_made_directory_passes_its_check() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("a/b");
        make_directory(&data).unwrap();
        check_directory(&data).unwrap();
        std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o750)).unwrap();
        assert!(matches!(check_directory(&data), Err(ConfigError::Mode { mode: 0o750, wanted: 0o700, .. })));
    }
}
