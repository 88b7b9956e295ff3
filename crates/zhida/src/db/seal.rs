//! What must not be read by whoever gets hold of the database: sealed with XChaCha20-Poly1305; looked up by keyed hash.

use std::path::Path;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

const NONCE: usize = 24;

/// The keys of one installation.
#[derive(Clone)]
pub struct Keys {
    cipher: XChaCha20Poly1305,
    lookup: [u8; 32],
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

/// Bytes from the operating system's source of chance.
///
/// # Errors
/// Where the system gives none.
pub fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    use rand::TryRngCore as _;
    let mut bytes = [0; N];
    rand::rngs::OsRng.try_fill_bytes(&mut bytes).context("the operating system gives no random bytes")?;
    Ok(bytes)
}

/// Text that nobody can guess: 128 bits in 22 characters that may stand in an address.
///
/// # Errors
/// Where the system gives no chance.
pub fn token() -> anyhow::Result<String> {
    Ok(URL_SAFE_NO_PAD.encode(random::<16>()?))
}

/// The secret part of a link that begins with the county whose it is, and what is kept of it.
///
/// # Errors
/// As [`token`].
pub fn link(county: &crate::ids::CountyId) -> anyhow::Result<(String, String)> {
    let link = format!("{county}{}", token()?);
    let hash = sha256_hex(link.as_bytes());
    Ok((link, hash))
}

/// SHA-256 as hexadecimal digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, b| {
        let _infallible = write!(text, "{b:02x}");
        text
    })
}

/// HMAC-SHA-256 as hexadecimal digits: signatures of webhooks.
pub fn signature(secret: &str, body: &[u8]) -> String {
    hex(&mac(secret.as_bytes(), body))
}

fn mac(key: &[u8], body: &[u8]) -> Vec<u8> {
    // HMAC takes keys of any length, so this cannot fail; an empty tag would match nothing.
    Hmac::<Sha256>::new_from_slice(key).map_or_else(
        |_| Vec::new(),
        |mut mac| {
            mac.update(body);
            mac.finalize().into_bytes().to_vec()
        },
    )
}

impl Keys {
    /// Opens the key file, or makes one that only its owner may read.
    ///
    /// # Errors
    /// A file that cannot be read or written, or that is not 64 bytes.
    pub fn open_or_create(path: &Path) -> anyhow::Result<Self> {
        if !path.exists() {
            write_private(path, &random::<64>()?)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let Ok(bytes) = <[u8; 64]>::try_from(bytes) else {
            bail!(
                "{} is not a key file of 64 bytes; restore it from the backup, without it nothing can be opened",
                path.display()
            );
        };
        let (seal, lookup) = bytes.split_at(32);
        let mut lookup_key = [0; 32];
        lookup_key.copy_from_slice(lookup);
        Ok(Self { cipher: XChaCha20Poly1305::new(Key::from_slice(seal)), lookup: lookup_key })
    }

    /// Seals bytes; `about` (county and id) must be given again to open them, so that no row's secret fits another.
    ///
    /// # Errors
    /// Where the system gives no chance.
    pub fn seal(&self, about: &str, plain: &[u8]) -> anyhow::Result<Vec<u8>> {
        let nonce = random::<NONCE>()?;
        let payload = Payload { msg: plain, aad: about.as_bytes() };
        let Ok(sealed) = self.cipher.encrypt(XNonce::from_slice(&nonce), payload) else {
            bail!("the value is too long to be sealed");
        };
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens sealed bytes.
    ///
    /// # Errors
    /// Where the bytes were changed, belong elsewhere, or were sealed with another key.
    pub fn open(&self, about: &str, sealed: &[u8]) -> anyhow::Result<Vec<u8>> {
        let Some((nonce, body)) = sealed.split_at_checked(NONCE) else {
            bail!("the sealed value is cut off")
        };
        let payload = Payload { msg: body, aad: about.as_bytes() };
        match self.cipher.decrypt(XNonce::from_slice(nonce), payload) {
            Ok(plain) => Ok(plain),
            Err(_) => bail!("a sealed value does not open: it was changed, or belongs to another key file"),
        }
    }

    /// The keyed hash by which a number is looked up without being stored; `kind` keeps kinds apart.
    pub fn lookup(&self, kind: &str, value: &str) -> String {
        hex(&mac(&self.lookup, format!("{kind}:{value}").as_bytes()))
    }
}

/// Writes a file that only its owner may read.
///
/// # Errors
/// The file system's.
pub fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_opens_only_where_it_belongs() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::open_or_create(&folder.path().join("key")).unwrap();
        let sealed = keys.seal("330424/a", "身份证".as_bytes()).unwrap();
        assert_eq!(keys.open("330424/a", &sealed).unwrap(), "身份证".as_bytes());
        keys.open("330424/b", &sealed).unwrap_err();
        let mut changed = sealed;
        *changed.last_mut().unwrap() ^= 1;
        keys.open("330424/a", &changed).unwrap_err();
        assert_ne!(keys.seal("330424/a", b"x").unwrap(), keys.seal("330424/a", b"x").unwrap());
    }

    #[test]
    fn the_key_file_is_private_and_lasts() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let first = Keys::open_or_create(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let second = Keys::open_or_create(&path).unwrap();
        assert_eq!(first.lookup("id", "1"), second.lookup("id", "1"));
        assert_ne!(first.lookup("id", "1"), first.lookup("phone", "1"));
        std::fs::write(&path, b"short").unwrap();
        assert!(Keys::open_or_create(&path).unwrap_err().to_string().contains("restore it from the backup"));
    }

    #[test]
    fn a_signature_is_the_published_one() {
        // RFC 4231, test case 2.
        assert_eq!(
            signature("Jefe", b"what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
