//! A jar of cookies: bounded, ordered, told the time.

use std::collections::HashMap;
use std::fmt;
use std::time::SystemTime;

use foldhash::fast::RandomState;
use http::header::{HeaderMap, SET_COOKIE};
use url::Url;

use super::{Cookie, domain_matches, path_matches, set_cookie, site};

/// The most cookies of one site, which is a registrable domain with all hosts below it. RFC 6265bis, section 6.1,
/// asks for 50 at least; this is what Chrome has.
pub const MAX_SITE_COOKIES: usize = 180;

/// The most cookies in all. RFC 6265bis, section 6.1, asks for 3,000 at least, for someone who browses; a list has
/// more hosts. At their largest they fill 60 MiB.
pub const MAX_COOKIES: usize = 10_000;

/// How many go at once when there are too many, so that looking for the oldest is not needed for each.
const EVICTED: usize = MAX_COOKIES / 20;

/// Cookies by the site that they belong to.
#[derive(Clone, Default)]
pub struct Jar {
    sites: HashMap<Box<str>, Vec<Kept>, RandomState>,
    count: usize,
    /// Counts what is done to the jar: what is older and what was used longer ago.
    tick: u64,
}

#[derive(Clone)]
struct Kept {
    cookie: Cookie,
    created: u64,
    used: u64,
}

impl fmt::Debug for Jar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Jar({} cookies)", self.count)
    }
}

impl Jar {
    /// A jar of `cookies`, but for those that have expired or cannot be sent.
    pub fn new(cookies: impl IntoIterator<Item = Cookie>, now: SystemTime) -> Self {
        let mut jar = Jar::default();
        cookies.into_iter().for_each(|cookie| jar.put(cookie, now));
        jar
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// All cookies, older ones first.
    pub fn iter(&self) -> impl Iterator<Item = &Cookie> {
        let mut all: Vec<&Kept> = self.sites.values().flatten().collect();
        all.sort_by_key(|kept| kept.created);
        all.into_iter().map(|kept| &kept.cookie)
    }

    /// Takes in what the server of `url` sets in the head of its response.
    pub fn take(&mut self, url: &Url, head: &HeaderMap, now: SystemTime) {
        for field in head.get_all(SET_COOKIE) {
            if let Some(cookie) = set_cookie::parse(field.as_bytes(), url, now)
                && (url.scheme() == "https" || !self.would_hide_a_secure_one(&cookie))
            {
                self.put(cookie, now);
            }
        }
    }

    /// Puts a cookie in the place of the one that it renews. One that has expired leaves that place empty.
    pub fn put(&mut self, cookie: Cookie, now: SystemTime) {
        if cookie.flaw().is_some() {
            return;
        }
        self.tick += 1;
        let site = site(&cookie.domain);
        let cookies = match self.sites.get_mut(site) {
            Some(cookies) => cookies,
            None if cookie.has_expired(now) => return,
            None => self.sites.entry(site.into()).or_default(),
        };
        let place = cookies.iter().position(|kept| is_same(&kept.cookie, &cookie));
        match (place, cookie.has_expired(now)) {
            (Some(place), false) => {
                let created = cookies[place].created; // who renews a cookie keeps its age (section 5.7)
                cookies[place] = Kept { cookie, created, used: self.tick };
            }
            (Some(place), true) => {
                cookies.remove(place);
                self.count -= 1;
                if cookies.is_empty() {
                    self.sites.remove(site);
                }
            }
            (None, false) => {
                cookies.push(Kept { cookie, created: self.tick, used: self.tick });
                self.count += 1;
                self.count -= crowd_out(cookies, now);
            }
            (None, true) => {}
        }
        if self.count > MAX_COOKIES {
            self.evict(now);
        }
    }

    /// The cookies that a request to `url` gets, in the order in which they are sent: longer paths first, then the
    /// older ones.
    pub fn matching(&mut self, url: &Url, now: SystemTime) -> Vec<&Cookie> {
        let Some(cookies) = url.host_str().and_then(|host| self.sites.get_mut(site(host))) else { return Vec::new() };
        self.tick += 1;
        let mut found: Vec<&Kept> = Vec::new();
        for kept in cookies.iter_mut().filter(|kept| kept.cookie.matches(url) && !kept.cookie.has_expired(now)) {
            kept.used = self.tick;
            found.push(kept);
        }
        found.sort_by_key(|kept| (std::cmp::Reverse(kept.cookie.path.len()), kept.created));
        found.into_iter().map(|kept| &kept.cookie).collect()
    }

    /// Whether one that anyone on the way could have set would stand in for one that nobody could (section 5.7, step
    /// 16).
    fn would_hide_a_secure_one(&self, new: &Cookie) -> bool {
        self.sites.get(site(&new.domain)).into_iter().flatten().map(|kept| &kept.cookie).any(|old| {
            let hosts_meet = domain_matches(&old.domain, &new.domain) || domain_matches(&new.domain, &old.domain);
            old.secure && old.name == new.name && hosts_meet && path_matches(&new.path, &old.path)
        })
    }

    /// Makes room: what has expired goes first, then what was used longest ago.
    fn evict(&mut self, now: SystemTime) {
        self.sites.values_mut().for_each(|cookies| cookies.retain(|kept| !kept.cookie.has_expired(now)));
        let mut uses: Vec<u64> = self.sites.values().flatten().map(|kept| kept.used).collect();
        if uses.len() > MAX_COOKIES {
            let (_, oldest, _) = uses.select_nth_unstable(EVICTED);
            let oldest = *oldest;
            self.sites.values_mut().for_each(|cookies| cookies.retain(|kept| kept.used > oldest));
        }
        self.sites.retain(|_, cookies| !cookies.is_empty());
        self.count = self.sites.values().map(Vec::len).sum();
    }
}

/// Whether there can only be one of the two (section 5.7, step 22).
fn is_same(one: &Cookie, other: &Cookie) -> bool {
    (&one.name, &one.domain, one.host_only, &one.path) == (&other.name, &other.domain, other.host_only, &other.path)
}

/// Makes room within a site: what has expired goes first, then what is not secure, then what was used longest ago.
/// Says how many went.
fn crowd_out(cookies: &mut Vec<Kept>, now: SystemTime) -> usize {
    if cookies.len() <= MAX_SITE_COOKIES {
        return 0;
    }
    let before = cookies.len();
    cookies.retain(|kept| !kept.cookie.has_expired(now));
    while cookies.len() > MAX_SITE_COOKIES {
        let first = (0..cookies.len()).min_by_key(|&at| (cookies[at].cookie.secure, cookies[at].used));
        cookies.remove(first.expect("there are too many"));
    }
    before - cookies.len()
}
