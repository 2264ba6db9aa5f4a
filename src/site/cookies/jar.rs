//! The cookie jar: bounded, with least-recently-used eviction. Callers pass in the time.

use std::collections::HashMap;
use std::fmt;
use std::time::SystemTime;

use foldhash::fast::RandomState;
use http::header::{HeaderMap, SET_COOKIE};
use url::Url;

use super::{Cookie, domain_matches, path_matches, set_cookie, site};

/// The most cookies per site, that is per registrable domain. RFC 6265bis, section 6.1, asks for at least 50; this is
/// the limit of Chrome.
pub const MAX_SITE_COOKIES: usize = 180;

/// The most cookies in total. RFC 6265bis, section 6.1, asks browsers for at least 3,000; a list has more hosts. At their
/// maximum size they take 60 MiB.
pub const MAX_COOKIES: usize = 10_000;

/// How many are evicted at once, so that the search for the least recently used is rare.
const EVICTED: usize = MAX_COOKIES / 20;

/// Cookies, grouped by site.
#[derive(Clone, Default)]
pub struct Jar {
    sites: HashMap<Box<str>, Vec<StoredCookie>, RandomState>,
    count: usize,
    /// A logical clock, by which cookies are ordered by creation and last use.
    tick: u64,
}

#[derive(Clone)]
struct StoredCookie {
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
    /// A jar of `cookies`, without those that have expired or cannot be sent.
    pub fn new(cookies: impl IntoIterator<Item = Cookie>, now: SystemTime) -> Self {
        let mut jar = Jar::default();
        cookies.into_iter().for_each(|cookie| jar.put(cookie, now));
        jar
    }

    /// The number of cookies.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether the jar is empty.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// All cookies, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Cookie> {
        let mut all: Vec<&StoredCookie> = self.sites.values().flatten().collect();
        all.sort_by_key(|stored| stored.created);
        all.into_iter().map(|stored| &stored.cookie)
    }

    /// Stores what the server of `url` sets in the header fields of its response.
    pub fn take(&mut self, url: &Url, head: &HeaderMap, now: SystemTime) {
        for field in head.get_all(SET_COOKIE) {
            if let Some(cookie) = set_cookie::parse(field.as_bytes(), url, now)
                && (url.scheme() == "https" || !self.shadows_secure_cookie(&cookie))
            {
                self.put(cookie, now);
            }
        }
    }

    /// Stores a cookie, replacing the one with the same name, domain and path. An expired cookie deletes it.
    pub fn put(&mut self, cookie: Cookie, now: SystemTime) {
        if cookie.error().is_some() {
            return;
        }
        self.tick += 1;
        let site = site(&cookie.domain);
        let cookies = match self.sites.get_mut(site) {
            Some(cookies) => cookies,
            None if cookie.has_expired(now) => return,
            None => self.sites.entry(site.into()).or_default(),
        };
        let index = cookies.iter().position(|stored| is_same(&stored.cookie, &cookie));
        match (index, cookie.has_expired(now)) {
            (Some(index), false) => {
                let created = cookies[index].created; // a replaced cookie keeps its age (section 5.7)
                cookies[index] = StoredCookie { cookie, created, used: self.tick };
            }
            (Some(index), true) => {
                cookies.remove(index);
                self.count -= 1;
                if cookies.is_empty() {
                    self.sites.remove(site);
                }
            }
            (None, false) => {
                cookies.push(StoredCookie { cookie, created: self.tick, used: self.tick });
                self.count += 1;
                self.count -= evict_from_site(cookies, now);
            }
            (None, true) => {}
        }
        if self.count > MAX_COOKIES {
            self.evict(now);
        }
    }

    /// The cookies for a request to `url`, in the order in which they are sent: longer paths first, then older cookies.
    pub fn matching(&mut self, url: &Url, now: SystemTime) -> Vec<&Cookie> {
        let Some(cookies) = url.host_str().and_then(|host| self.sites.get_mut(site(host))) else { return Vec::new() };
        self.tick += 1;
        let mut found: Vec<&StoredCookie> = Vec::new();
        for stored in cookies.iter_mut().filter(|stored| stored.cookie.matches(url) && !stored.cookie.has_expired(now))
        {
            stored.used = self.tick;
            found.push(stored);
        }
        found.sort_by_key(|stored| (std::cmp::Reverse(stored.cookie.path.len()), stored.created));
        found.into_iter().map(|stored| &stored.cookie).collect()
    }

    /// Whether a cookie set over http would replace or shadow one set over https (section 5.7, step 16).
    fn shadows_secure_cookie(&self, new: &Cookie) -> bool {
        self.sites.get(site(&new.domain)).into_iter().flatten().map(|stored| &stored.cookie).any(|old| {
            let hosts_meet = domain_matches(&old.domain, &new.domain) || domain_matches(&new.domain, &old.domain);
            old.secure && old.name == new.name && hosts_meet && path_matches(&new.path, &old.path)
        })
    }

    /// Evicts cookies: expired ones first, then the least recently used.
    fn evict(&mut self, now: SystemTime) {
        self.sites.values_mut().for_each(|cookies| cookies.retain(|stored| !stored.cookie.has_expired(now)));
        let mut uses: Vec<u64> = self.sites.values().flatten().map(|stored| stored.used).collect();
        if uses.len() > MAX_COOKIES {
            let (_, oldest, _) = uses.select_nth_unstable(EVICTED);
            let oldest = *oldest;
            self.sites.values_mut().for_each(|cookies| cookies.retain(|stored| stored.used > oldest));
        }
        self.sites.retain(|_, cookies| !cookies.is_empty());
        self.count = self.sites.values().map(Vec::len).sum();
    }
}

/// Whether one cookie replaces the other (section 5.7, step 22).
fn is_same(one: &Cookie, other: &Cookie) -> bool {
    (&one.name, &one.domain, one.host_only, &one.path) == (&other.name, &other.domain, other.host_only, &other.path)
}

/// Evicts cookies of one site until it is within [`MAX_SITE_COOKIES`]: expired ones first, then those that are not secure,
/// then the least recently used. Returns how many were evicted.
fn evict_from_site(cookies: &mut Vec<StoredCookie>, now: SystemTime) -> usize {
    if cookies.len() <= MAX_SITE_COOKIES {
        return 0;
    }
    let before = cookies.len();
    cookies.retain(|stored| !stored.cookie.has_expired(now));
    while cookies.len() > MAX_SITE_COOKIES {
        let first = (0..cookies.len()).min_by_key(|&at| (cookies[at].cookie.secure, cookies[at].used));
        cookies.remove(first.expect("there are too many"));
    }
    before - cookies.len()
}
