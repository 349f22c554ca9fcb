//! The office's Ed25519 key (RFC 8032): it signs what leaves the office, and what stands for audit entries that were cut.
//!
//! The key lies in a PKCS #8 PEM file (RFC 5958, RFC 7468), so that `openssl pkey` reads it too.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwapOption;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use data_encoding::BASE64;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject;

use crate::limits;

/// Who may read the key.
const FILE_MODE: u32 = 0o600;
/// Who may enter the directory that is made for it.
const DIRECTORY_MODE: u32 = 0o700;
/// RFC 7468 §2: lines of base64 in a PEM file have 64 characters.
const PEM_LINE: usize = 64;

/// Held by whoever makes a key: one process owns a data directory.
static MAKING: Mutex<()> = Mutex::new(());

/// The key, ready to sign. Cheap to clone.
#[derive(Clone)]
pub struct Seal(Arc<Ed25519KeyPair>);

/// The key's file: the key is read, or made, when it is first needed. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SealFile {
    path: Arc<Path>,
    opened: Arc<ArcSwapOption<Seal>>,
}

/// What others verify with: 32 octets (RFC 8032 §5.1.5).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

/// 64 octets (RFC 8032 §5.1.6).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; 64]);

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The file, or the directory for it.
    #[error("{}: {error}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
    /// Others than the owner may read it (hostile §7).
    #[error("{}: mode {mode:04o} lets others in; it must be {FILE_MODE:04o}: chmod {FILE_MODE:04o} {}", file.display(), file.display())]
    Mode {
        /// The file.
        file: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It holds something else.
    #[error("{} holds no Ed25519 key in PKCS #8 PEM; openssl genpkey -algorithm ed25519 makes one", .0.display())]
    Malformed(PathBuf),
    /// The system has no randomness.
    #[error("no key could be made")]
    Made,
}

impl SealFile {
    /// The file need not be there yet.
    pub fn at(path: &Path) -> Self {
        Self { path: path.into(), opened: Arc::default() }
    }

    /// Where the key lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The key, where one was made.
    pub fn open(&self) -> Result<Option<Seal>, SealError> {
        if let Some(seal) = self.opened.load_full() {
            return Ok(Some(Seal::clone(&seal)));
        }
        let seal = Seal::read(&self.path)?;
        self.opened.store(seal.clone().map(Arc::new));
        Ok(seal)
    }

    /// The key; one is made where none is.
    pub fn open_or_make(&self) -> Result<Seal, SealError> {
        if let Some(seal) = self.open()? {
            return Ok(seal);
        }
        // Two at once would each make one, and one of them would sign with a key that is no longer there. Whatever the
        // holder before did, the file says whether there is a key.
        let _one = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
        let seal = match self.open()? {
            Some(seal) => seal,
            None => Seal::make(&self.path)?,
        };
        self.opened.store(Some(Arc::new(seal.clone())));
        Ok(seal)
    }
}

impl Seal {
    /// Signs octets.
    pub fn sign(&self, message: &[u8]) -> Signature {
        let mut octets = [0; 64];
        octets.copy_from_slice(self.0.sign(message).as_ref());
        Signature(octets)
    }

    /// What others verify with.
    pub fn public(&self) -> PublicKey {
        let mut octets = [0; 32];
        octets.copy_from_slice(self.0.public_key().as_ref());
        PublicKey(octets)
    }

    /// Nothing where there is no file.
    fn read(path: &Path) -> Result<Option<Self>, SealError> {
        let Some(der) = read_pkcs8(path)? else { return Ok(None) };
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_pkcs8_der());
        let pair = pair.map_err(|_| SealError::Malformed(path.to_owned()))?;
        Ok(Some(Self(Arc::new(pair))))
    }

    /// Makes a key that is on the disk, whole, before anything is signed with it.
    fn make(path: &Path) -> Result<Self, SealError> {
        let pair = Ed25519KeyPair::generate().map_err(|_| SealError::Made)?;
        // Version 1, without the public key: OpenSSL reads no other.
        let der = pair.to_pkcs8v1().map_err(|_| SealError::Made)?;
        keep(path, &pem(der.as_ref())).map_err(|error| SealError::File { file: path.to_owned(), error })?;
        tracing::info!(key = %path.display(), "made the office's signing key");
        Ok(Self(Arc::new(pair)))
    }
}

/// The octets of a private key in a file that only its owner may read; nothing where there is no file.
pub fn read_pkcs8(path: &Path) -> Result<Option<PrivatePkcs8KeyDer<'static>>, SealError> {
    let failed = |error| SealError::File { file: path.to_owned(), error };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o777;
    if mode & !FILE_MODE != 0 {
        return Err(SealError::Mode { file: path.to_owned(), mode });
    }
    let mut text = Vec::new();
    file.take(limits::KEY_FILE_BYTES_MAX).read_to_end(&mut text).map_err(failed)?;
    let der = PrivatePkcs8KeyDer::from_pem_slice(&text).map_err(|_| SealError::Malformed(path.to_owned()))?;
    Ok(Some(der))
}

/// A private key's octets as PEM (RFC 7468 §10).
pub fn pem(der: &[u8]) -> String {
    let base64 = BASE64.encode(der);
    let lines = base64.as_bytes().chunks(PEM_LINE).map(|line| String::from_utf8_lossy(line) + "\n");
    format!("-----BEGIN PRIVATE KEY-----\n{}-----END PRIVATE KEY-----\n", lines.collect::<String>())
}

/// Puts a text into a file that only its owner may read, whole or not at all.
pub fn keep(path: &Path, text: &str) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    std::fs::DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(directory)?;
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    // What a start that was cut short left behind was never used.
    let _ = std::fs::remove_file(&new);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    File::open(directory)?.sync_all()
}

impl PublicKey {
    /// Reads base64.
    pub fn parse(text: &str) -> Option<Self> {
        BASE64.decode(text.as_bytes()).ok()?.try_into().ok().map(Self)
    }

    /// Whether the key's holder signed these octets.
    pub fn verifies(&self, message: &[u8], signature: &Signature) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(message, &signature.0).is_ok()
    }
}

impl Signature {
    /// From its octets.
    pub fn read(octets: &[u8]) -> Option<Self> {
        octets.try_into().ok().map(Self)
    }

    /// Reads base64.
    pub fn parse(text: &str) -> Option<Self> {
        Self::read(&BASE64.decode(text.as_bytes()).ok()?)
    }

    /// Its octets.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }
}

/// Base64 (RFC 4648 §4).
impl std::fmt::Display for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&BASE64.encode(&self.0))
    }
}

/// Base64 (RFC 4648 §4).
impl std::fmt::Display for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&BASE64.encode(&self.0))
    }
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Seal({})", self.public())
    }
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl std::fmt::Debug for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signature({self})")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys/office.pem");
        assert!(SealFile::at(&path).open().unwrap().is_none());
        let seal = SealFile::at(&path).open_or_make().unwrap();
        let again = SealFile::at(&path).open_or_make().unwrap();
        assert_eq!(seal.public(), again.public());
        assert_eq!(seal.sign(b"x"), again.sign(b"x"));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_key_that_many_need_at_once_is_made_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("office.pem");
        let keys: Vec<_> = std::thread::scope(|scope| {
            let need = || SealFile::at(&path).open_or_make().unwrap().public().to_string();
            let needing: Vec<_> = (0..8).map(|_| scope.spawn(need)).collect();
            needing.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    }

    #[test]
    fn a_signature_holds_for_its_octets_and_key_alone() {
        let dir = tempfile::tempdir().unwrap();
        let seal = SealFile::at(&dir.path().join("a.pem")).open_or_make().unwrap();
        let other = SealFile::at(&dir.path().join("b.pem")).open_or_make().unwrap();
        let signature = Signature::parse(&seal.sign(b"file 1").to_string()).unwrap();
        let public = PublicKey::parse(&seal.public().to_string()).unwrap();
        assert!(public.verifies(b"file 1", &signature));
        assert!(!public.verifies(b"file 2", &signature));
        assert!(!other.public().verifies(b"file 1", &signature));
        assert!(PublicKey::parse("AAAA").is_none() && Signature::parse("!").is_none());
    }

    #[test]
    fn a_key_that_others_may_read_or_that_is_none_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("office.pem");
        SealFile::at(&path).open_or_make().unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let message = SealFile::at(&path).open_or_make().unwrap_err().to_string();
        assert!(message.contains("mode 0640") && message.contains("chmod 0600"), "{message}");
        std::fs::remove_file(&path).unwrap();
        keep(&path, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n").unwrap();
        assert!(matches!(SealFile::at(&path).open_or_make(), Err(SealError::Malformed(_))));
    }

    /// RFC 8032 §7.1, the second test vector, as OpenSSL writes such a key.
    #[test]
    fn a_key_of_openssl_signs_as_the_standard_says() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("office.pem");
        let seed = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
        let der = format!("302e020100300506032b657004220420{seed}");
        keep(&path, &pem(&data_encoding::HEXLOWER.decode(der.as_bytes()).unwrap())).unwrap();
        let seal = SealFile::at(&path).open().unwrap().unwrap();
        assert_eq!(seal.public().to_string(), "PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=");
        let expected = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                        085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
        assert_eq!(data_encoding::HEXLOWER.encode(seal.sign(&[0x72]).octets()), expected);
    }
}
