//! Which requests a run has taken on: the same one is not sent again.
//!
//! Two requests are the same if URL, method and body are. The URL counts as it is normalised, with its parameters and
//! user-info, and without its fragment, which is never sent. Of a body in files their names count, and of a form of
//! parts its parts, whatever stands between them. Headers do not count.

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

/// The set is held in so many maps, each of which grows for itself: one map would hold up the run for a second, and
/// need half as much memory again, whenever it doubles.
const SHARDS: usize = 256;

/// A half of a request's SHA-256. Among 20 million requests two that differ share it with a chance of 1 in 10^24; to
/// make two that do takes 2^64 tries.
type Key = [u64; 2];

/// The requests that a run has taken on, each with the ordinal of the input that was the first to ask for it.
pub struct DedupSet {
    firsts: Box<[HashMap<Key, u64, RandomState>]>,
    len: usize,
    max: usize,
    /// The request of the last job, hashed: many share one, whose body may be long.
    last: Option<(Arc<Request>, [u8; 32])>,
}

/// There are as many requests as may be remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "--dedup cannot remember more than {max} distinct requests: raise --dedup-max, split the list, or remove duplicates \
     beforehand (sort -u) and leave --dedup out"
)]
pub struct DedupSetFull {
    /// How many that is.
    pub max: usize,
}

impl DedupSet {
    /// None yet, and never more than `max`.
    pub fn new(max: NonZeroUsize) -> Self {
        let firsts = (0..SHARDS).map(|_| HashMap::default()).collect();
        DedupSet { firsts, len: 0, max: max.get(), last: None }
    }

    /// The ordinal of the input that asked for the same as `job` before it. If there is none, `job` is the first.
    ///
    /// # Errors
    /// It is the first, and there are as many already as may be remembered: nothing has changed.
    pub fn first(&mut self, job: &Job) -> Result<Option<u64>, DedupSetFull> {
        let key = self.key(job);
        self.insert(key, job.seq)
    }

    fn insert(&mut self, key: Key, seq: u64) -> Result<Option<u64>, DedupSetFull> {
        let shard = (key[0] >> 56) as usize;
        match self.firsts[shard].entry(key) {
            Entry::Occupied(first) => Ok(Some(*first.get())),
            Entry::Vacant(_) if self.len >= self.max => Err(DedupSetFull { max: self.max }),
            Entry::Vacant(free) => {
                free.insert(seq);
                self.len += 1;
                Ok(None)
            }
        }
    }

    /// How many requests are remembered.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn key(&mut self, job: &Job) -> Key {
        let request = match &self.last {
            Some((last, digest)) if Arc::ptr_eq(last, &job.request) => *digest,
            _ => {
                let digest = digest(&job.request);
                self.last = Some((Arc::clone(&job.request), digest));
                digest
            }
        };
        let mut hash = Sha256::new();
        hash.update(request); // it has a length of its own, so that what follows cannot be taken for a part of it
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

/// Of method and body. Each part goes in behind its length, so that no two requests read as one.
fn digest(request: &Request) -> [u8; 32] {
    let mut hash = Sha256::new();
    part(&mut hash, b'm', request.method.as_str().as_bytes());
    if let Some(payload) = &request.body {
        let boundary = boundary(payload);
        match &payload.content {
            Content::Bytes(bytes) => between(&mut hash, bytes, boundary),
            Content::Pieces(pieces) => pieces.iter().for_each(|piece| match piece {
                Piece::Bytes(bytes) => between(&mut hash, bytes, boundary),
                Piece::File(path) => part(&mut hash, b'f', path.as_os_str().as_encoded_bytes()),
            }),
        }
    }
    hash.finalize().into()
}

/// What separates the parts of a form that we have made, which is another each time.
fn boundary(payload: &Payload) -> Option<&[u8]> {
    let content_type = payload.content_type.as_ref()?.as_bytes();
    content_type.strip_prefix(b"multipart/form-data; boundary=").filter(|boundary| !boundary.is_empty())
}

/// Takes in `bytes`, but for the `boundary` in them.
fn between(hash: &mut Sha256, bytes: &[u8], boundary: Option<&[u8]>) {
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

    fn seen(max: usize) -> DedupSet {
        DedupSet::new(NonZeroUsize::new(max).unwrap())
    }

    /// Whether two jobs ask for the same.
    fn same(a: (&str, Request), b: (&str, Request)) -> bool {
        let mut seen = seen(2);
        assert_eq!(seen.first(&job(3, a.0, a.1)), Ok(None));
        seen.first(&job(4, b.0, b.1)).unwrap() == Some(3)
    }

    #[test]
    fn a_url_counts_as_it_is_normalised() {
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
    fn of_a_form_its_parts_count() {
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
    fn past_its_bound_nothing_new_is_taken_in() {
        let mut seen = seen(2);
        let at = |seq, n: u64| job(seq, &format!("http://a.example/{n}"), Request::get());
        assert_eq!([seen.first(&at(0, 0)), seen.first(&at(1, 1))], [Ok(None); 2]);
        assert_eq!(seen.first(&at(2, 0)), Ok(Some(0)));
        assert_eq!(seen.first(&at(3, 2)), Err(DedupSetFull { max: 2 }));
        assert_eq!(seen.first(&at(4, 1)), Ok(Some(1)), "what is known is still known");
        assert_eq!(seen.len(), 2);
    }

    proptest! {
        #[test]
        fn the_first_of_each_is_found(
            asked in prop::collection::vec((0..9u8, 0..3u8, prop::option::of("[ab]{0,2}")), 0..200),
        ) {
            let (mut seen, mut model) = (seen(1000), HashMap::new());
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
                prop_assert_eq!(seen.first(&job).unwrap(), first);
            }
            prop_assert_eq!(seen.len(), model.len());
        }
    }
}
