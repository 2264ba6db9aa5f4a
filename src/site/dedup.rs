//! Recognises duplicate requests, so that each is sent only once.
//!
//! Two requests are duplicates if they have the same URL, method and body; headers do not count. URLs are compared after
//! normalisation, with query and user-info, and without the fragment, which is never sent. Files are compared by name,
//! and multipart bodies without their boundary.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;

use foldhash::fast::RandomState;
use memchr::memmem;
use sha2::{Digest, Sha256};
use url::Position;

use crate::model::Job;
use crate::model::request::{Content, Payload, Piece, Request};

/// The number of maps that hold the set. A single map would block the run for a second, and need half as much memory
/// again, whenever it grows.
const SHARDS: usize = 256;

/// Half of a request's SHA-256. Among 20 million requests the chance of a collision is 1 in 10^24; to construct one takes
/// 2^64 tries.
type RequestHash = [u64; 2];

/// The requests of a run so far, each with the ordinal of its first input.
pub struct DedupSet {
    firsts: Box<[HashMap<RequestHash, u64, RandomState>]>,
    len: usize,
    max: usize,
    /// The hash of the last job's request. Many jobs share a request, whose body may be long.
    last: Option<(Arc<Request>, [u8; 32])>,
}

/// The set has reached its maximum size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {max} distinct requests, which is the most that is remembered to send duplicates only once")]
pub struct DedupSetFull {
    /// The maximum number of requests.
    pub max: usize,
}

impl DedupSet {
    /// An empty set for at most `max` requests.
    pub fn new(max: NonZeroUsize) -> Self {
        let firsts = (0..SHARDS).map(|_| HashMap::default()).collect();
        DedupSet { firsts, len: 0, max: max.get(), last: None }
    }

    /// Adds a job. Returns the ordinal of the first input with the same request, or `None` if that is `job` itself.
    ///
    /// # Errors
    /// The job is the first of its kind and the set is full. The set is unchanged.
    pub fn first(&mut self, job: &Job) -> Result<Option<u64>, DedupSetFull> {
        let hash = self.hash(job);
        self.insert_hash(hash, job.seq)
    }

    fn insert_hash(&mut self, hash: RequestHash, seq: u64) -> Result<Option<u64>, DedupSetFull> {
        let shard = (hash[0] >> 56) as usize;
        match self.firsts[shard].entry(hash) {
            Entry::Occupied(first) => Ok(Some(*first.get())),
            Entry::Vacant(_) if self.len >= self.max => Err(DedupSetFull { max: self.max }),
            Entry::Vacant(entry) => {
                entry.insert(seq);
                self.len += 1;
                Ok(None)
            }
        }
    }

    /// The number of requests in the set.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn hash(&mut self, job: &Job) -> RequestHash {
        let request = match &self.last {
            Some((last, digest)) if Arc::ptr_eq(last, &job.request) => *digest,
            _ => {
                let digest = digest(&job.request);
                self.last = Some((Arc::clone(&job.request), digest));
                digest
            }
        };
        let mut hash = Sha256::new();
        hash.update(request); // of fixed length, so it cannot run into the URL
        hash.update(&job.url[..Position::AfterQuery]);
        let digest: [u8; 32] = hash.finalize().into();
        [0, 8].map(|at| u64::from_be_bytes(std::array::from_fn(|n| digest[at + n])))
    }
}

impl fmt::Debug for DedupSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DedupSet").field("len", &self.len).field("max", &self.max).finish_non_exhaustive()
    }
}

/// The hash of method and body. Each part is preceded by its length, so that different requests cannot hash alike.
fn digest(request: &Request) -> [u8; 32] {
    let mut hash = Sha256::new();
    part(&mut hash, b'm', request.method.as_str().as_bytes());
    if let Some(payload) = &request.body {
        let boundary = boundary(payload);
        match &payload.content {
            Content::Bytes(bytes) => hash_without(&mut hash, bytes, boundary),
            Content::Pieces(pieces) => pieces.iter().for_each(|piece| match piece {
                Piece::Bytes(bytes) => hash_without(&mut hash, bytes, boundary),
                Piece::File(path) => part(&mut hash, b'f', path.as_os_str().as_encoded_bytes()),
            }),
        }
    }
    hash.finalize().into()
}

/// The boundary of a multipart body made by haul. It is random, so it must not count.
fn boundary(payload: &Payload) -> Option<&[u8]> {
    let content_type = payload.content_type.as_ref()?.as_bytes();
    content_type.strip_prefix(b"multipart/form-data; boundary=").filter(|boundary| !boundary.is_empty())
}

/// Hashes `bytes` without the boundaries in them.
fn hash_without(hash: &mut Sha256, bytes: &[u8], boundary: Option<&[u8]>) {
    let mut rest = bytes;
    if let Some(boundary) = boundary {
        while let Some(at) = memmem::find(rest, boundary) {
            part(hash, b'p', &rest[..at]);
            rest = &rest[at + boundary.len()..];
        }
    }
    part(hash, b'b', rest);
}

fn part(hash: &mut Sha256, kind: u8, bytes: &[u8]) {
    hash.update([kind]);
    hash.update((bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use http::Method;
    use proptest::prelude::*;
    use url::Url;

    use super::*;
    use crate::model::request::Multipart;

    fn job(seq: u64, url: &str, request: Request) -> Job {
        Job::new(seq, Url::parse(url).unwrap(), Arc::new(request))
    }

    fn set_of(max: usize) -> DedupSet {
        DedupSet::new(NonZeroUsize::new(max).unwrap())
    }

    /// Whether two jobs are duplicates.
    fn same(a: (&str, Request), b: (&str, Request)) -> bool {
        let mut set = set_of(2);
        assert_eq!(set.first(&job(3, a.0, a.1)), Ok(None));
        set.first(&job(4, b.0, b.1)).unwrap() == Some(3)
    }

    #[test]
    fn urls_are_compared_normalised() {
        let get = |url| (url, Request::get());
        for (a, b) in [
            ("HTTP://A.example:80/%7ex/../y?b#one", "http://a.example/y?b#two"),
            ("http://bücher.example", "http://xn--bcher-kva.example/"),
            ("http://ann:pw@a.example/", "http://ann:pw@a.example:/"),
        ] {
            assert!(same(get(a), get(b)), "{a} {b}");
        }
        for (a, b) in [
            ("http://a.example/", "https://a.example/"),
            ("http://a.example/", "http://ann@a.example/"),
            ("http://a.example/?a=1&b=2", "http://a.example/?b=2&a=1"),
            ("http://a.example/x", "http://a.example/x/"),
            ("http://a.example/x", "http://a.example/x?"),
            ("http://a.example/%7e", "http://a.example/~"),
        ] {
            assert!(!same(get(a), get(b)), "{a} {b}");
        }
        let with_param = Request::get().param("q", "1");
        assert!(same(("http://a.example/", with_param), get("http://a.example/?q=1")));
    }

    #[test]
    fn method_and_body_count_and_headers_do_not() {
        let url = "http://a.example/";
        let same = |a, b| same((url, a), (url, b));
        assert!(!same(Request::get(), Request::head()));
        assert!(same(Request::get(), Request::get().header("x-a", "1").unwrap()));
        assert!(same(Request::post().bytes("a=1"), Request::post().form([("a", "1")])));
        assert!(!same(Request::post().bytes("a"), Request::post().bytes("b")));
        assert!(!same(Request::post(), Request::post().bytes("")));
        assert!(same(Request::post().file("a"), Request::post().file("a")));
        assert!(!same(Request::post().file("a"), Request::post().bytes("a")));
        let method = |name: &str| Request::new(Method::from_bytes(name.as_bytes()).unwrap());
        assert!(!same(method("Ab"), method("A").bytes("b")));
    }

    #[test]
    fn multipart_bodies_are_compared_by_their_parts() {
        let url = "http://a.example/";
        let form = |form: Multipart| (url, Request::post().multipart(form).unwrap());
        let base = || Multipart::new().text("a", "1").file("f", "x.png");
        assert!(same(form(base()), form(base())));
        assert!(same(form(Multipart::new().text("a", "1")), form(Multipart::new().text("a", "1"))));
        for other in [
            Multipart::new().file("f", "x.png").text("a", "1"),
            Multipart::new().text("a", "1").file("f", "y.png"),
            Multipart::new().text("a", "2").file("f", "x.png"),
            base().text("b", ""),
        ] {
            assert!(!same(form(base()), form(other)));
        }
    }

    #[test]
    fn a_full_set_refuses_new_requests() {
        let mut set = set_of(2);
        let at = |seq, n: u64| job(seq, &format!("http://a.example/{n}"), Request::get());
        assert_eq!([set.first(&at(0, 0)), set.first(&at(1, 1))], [Ok(None); 2]);
        assert_eq!(set.first(&at(2, 0)), Ok(Some(0)));
        assert_eq!(set.first(&at(3, 2)), Err(DedupSetFull { max: 2 }));
        assert_eq!(set.first(&at(4, 1)), Ok(Some(1)), "what is known is still known");
        assert_eq!(set.len(), 2);
    }

    proptest! {
        #[test]
        fn the_first_of_each_duplicate_is_returned(
            asked in prop::collection::vec((0..9u8, 0..3u8, prop::option::of("[ab]{0,2}")), 0..200),
        ) {
            let (mut set, mut model) = (set_of(1000), HashMap::new());
            let shared: Vec<Arc<Request>> = (0..3).map(|_| Arc::new(Request::get())).collect();
            for (seq, (path, method, body)) in (0..).zip(asked) {
                let url = Url::parse(&format!("http://a.example/{path}")).unwrap();
                let request = match &body {
                    None => Arc::clone(&shared[usize::from(method)]),
                    Some(body) => {
                        let method = [Method::GET, Method::POST, Method::PUT][usize::from(method)].clone();
                        Arc::new(Request::new(method).bytes(body.clone()))
                    }
                };
                let key = (path, request.method.clone(), body);
                let job = Job::new(seq, url, request);
                let first = model.get(&key).copied();
                model.entry(key).or_insert(seq);
                prop_assert_eq!(set.first(&job).unwrap(), first);
            }
            prop_assert_eq!(set.len(), model.len());
        }
    }
}
