//! The cryptography that TLS uses: aws-lc's, with the randomness of the operating system.
//!
//! aws-lc's own generator is seeded from the jitter of the processor when it is first used, which takes longer than a
//! whole request. Only a client certificate, and a server that insists on a hybrid key exchange, still use it.

use aws_lc_rs::agreement::{self, Algorithm, ECDH_P256, ECDH_P384, PrivateKey, PublicKey, UnparsedPublicKey};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::crypto::aws_lc_rs::kx_group::X25519MLKEM768;
use rustls::crypto::{
    ActiveKeyExchange, CryptoProvider, GetRandomFailed, SecureRandom, SharedSecret, SupportedKxGroup,
};
use rustls::{CipherSuite, Error, NamedGroup, PeerMisbehaved, SupportedCipherSuite};

/// The provider of all TLS connections.
pub(super) fn provider() -> CryptoProvider {
    CryptoProvider {
        cipher_suites: cipher_suites(),
        kx_groups: vec![&X25519, &P256, &P384, X25519MLKEM768],
        secure_random: &SystemRandom,
        ..default_provider()
    }
}

/// All suites, with 128-bit keys first: a handshake with SHA-256 costs an eighth less than one with SHA-384.
fn cipher_suites() -> Vec<SupportedCipherSuite> {
    let mut suites = default_provider().cipher_suites;
    suites.sort_by_key(|suite| match suite.suite() {
        CipherSuite::TLS13_AES_128_GCM_SHA256 => 0,
        CipherSuite::TLS13_AES_256_GCM_SHA384 | CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => 1,
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 | CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 => 2,
        _ => 3,
    });
    suites
}

/// The operating system's randomness.
#[derive(Debug)]
struct SystemRandom;

impl SecureRandom for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), GetRandomFailed> {
        getrandom::fill(bytes).map_err(|_| GetRandomFailed)
    }
}

static X25519: Group = Group { name: NamedGroup::X25519, algorithm: &agreement::X25519, key_len: 32 };
static P256: Group = Group { name: NamedGroup::secp256r1, algorithm: &ECDH_P256, key_len: 32 };
static P384: Group = Group { name: NamedGroup::secp384r1, algorithm: &ECDH_P384, key_len: 48 };

/// The length of the longest private key.
const MAX_KEY: usize = 48;

/// How many keys are tried. Of 2^32 random numbers, about one is not a private key of P-256; all are one of X25519.
const TRIES: usize = 8;

/// The first byte of a point that is not compressed (SEC 1, section 2.3.3).
const UNCOMPRESSED: u8 = 4;

/// A group for a key exchange, whose private keys are random numbers from the system.
#[derive(Debug)]
struct Group {
    name: NamedGroup,
    algorithm: &'static Algorithm,
    key_len: usize,
}

impl Group {
    fn private_key(&self) -> Result<PrivateKey, Error> {
        let mut bytes = [0; MAX_KEY];
        let bytes = &mut bytes[..self.key_len];
        for _ in 0..TRIES {
            getrandom::fill(bytes).map_err(|_| Error::FailedToGetRandomBytes)?;
            if let Ok(key) = PrivateKey::from_private_key(self.algorithm, bytes) {
                return Ok(key);
            }
        }
        Err(Error::FailedToGetRandomBytes)
    }
}

impl SupportedKxGroup for Group {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        let private = self.private_key()?;
        let public = private.compute_public_key().map_err(|_| Error::FailedToGetRandomBytes)?;
        Ok(Box::new(Exchange { group: self.name, algorithm: self.algorithm, private, public }))
    }

    fn name(&self) -> NamedGroup {
        self.name
    }
}

/// A key exchange under way.
struct Exchange {
    group: NamedGroup,
    algorithm: &'static Algorithm,
    private: PrivateKey,
    public: PublicKey,
}

impl Exchange {
    /// Whether a public key is encoded as TLS wants it: of the group's length, and a point uncompressed. aws-lc reads
    /// other encodings, too.
    fn has_encoding_of_tls(&self, public: &[u8]) -> bool {
        public.len() == self.public.as_ref().len() && (self.group == NamedGroup::X25519 || public[0] == UNCOMPRESSED)
    }
}

impl ActiveKeyExchange for Exchange {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        let invalid = Error::PeerMisbehaved(PeerMisbehaved::InvalidKeyShare);
        if !self.has_encoding_of_tls(peer) {
            return Err(invalid);
        }
        let peer = UnparsedPublicKey::new(self.algorithm, peer);
        agreement::agree(&self.private, peer, invalid, |secret| Ok(SharedSecret::from(secret)))
    }

    fn pub_key(&self) -> &[u8] {
        self.public.as_ref()
    }

    fn group(&self) -> NamedGroup {
        self.group
    }
}

#[cfg(test)]
mod tests {
    use rustls::crypto::aws_lc_rs::{cipher_suite, kx_group};

    use super::*;

    /// Our groups, each with the length of its public keys and the same group of aws-lc.
    const GROUPS: [(&Group, usize, &dyn SupportedKxGroup); 3] =
        [(&X25519, 32, kx_group::X25519), (&P256, 65, kx_group::SECP256R1), (&P384, 97, kx_group::SECP384R1)];

    #[test]
    fn ours_and_theirs_agree_on_a_secret() {
        for (ours, len, theirs) in GROUPS {
            let active = ours.start().unwrap();
            assert_eq!((active.pub_key().len(), active.group(), ours.name()), (len, theirs.name(), theirs.name()));
            let answer = theirs.start_and_complete(active.pub_key()).unwrap();
            let secret = active.complete(&answer.pub_key).unwrap();
            assert_eq!(secret.secret_bytes(), answer.secret.secret_bytes(), "{ours:?}");

            let active = theirs.start().unwrap();
            let answer = ours.start_and_complete(active.pub_key()).unwrap();
            let secret = active.complete(&answer.pub_key).unwrap();
            assert_eq!(secret.secret_bytes(), answer.secret.secret_bytes(), "{ours:?}");
        }
    }

    #[test]
    fn a_key_is_used_once() {
        for (group, ..) in GROUPS {
            assert_ne!(group.start().unwrap().pub_key(), group.start().unwrap().pub_key(), "{group:?}");
        }
        let mut bytes = [[0; 32]; 2];
        bytes.iter_mut().for_each(|bytes| SystemRandom.fill(bytes).unwrap());
        assert!(bytes[0] != bytes[1] && !bytes.contains(&[0; 32]));
    }

    #[test]
    fn invalid_keys_are_refused() {
        let invalid = Error::PeerMisbehaved(PeerMisbehaved::InvalidKeyShare);
        for (group, len, _) in GROUPS {
            let public = group.start().unwrap().pub_key().to_vec();
            let compressed = [&[2 + (public[len - 1] & 1)], &public[1..=len / 2]].concat();
            for peer in [&[][..], &[4], &vec![0; len], &public[1..], &[&public[..], &[0]].concat(), &compressed] {
                assert_eq!(group.start().unwrap().complete(peer).err(), Some(invalid.clone()), "{group:?} {peer:?}");
            }
        }
        for zero_or_too_large in [[0; 32], [0xff; 32]] {
            assert!(PrivateKey::from_private_key(&ECDH_P256, &zero_or_too_large).is_err());
        }
    }

    #[test]
    fn nothing_is_lost_and_short_keys_come_first() {
        let (ours, theirs) = (provider(), default_provider());
        let names = |provider: &CryptoProvider| provider.kx_groups.iter().map(|group| group.name()).collect::<Vec<_>>();
        assert_eq!(names(&ours), names(&theirs));
        let jitter = |group: &&dyn SupportedKxGroup| !format!("{group:?}").starts_with("Group ");
        let jitter = ours.kx_groups.iter().filter(|group| jitter(*group)).map(|group| group.name());
        assert_eq!(jitter.collect::<Vec<_>>(), [NamedGroup::X25519MLKEM768]);
        assert_eq!(ours.cipher_suites.len(), theirs.cipher_suites.len());
        assert!(theirs.cipher_suites.iter().all(|suite| ours.cipher_suites.contains(suite)));
        assert_eq!(ours.cipher_suites[0], cipher_suite::TLS13_AES_128_GCM_SHA256);
    }
}
