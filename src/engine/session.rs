//! The session of a run: cookies, answers to authentication challenges, and the token of a login.

use std::collections::HashMap;
use std::time::SystemTime;

use foldhash::fast::RandomState;
use http::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderValue};
use url::Url;

use super::login::{self, LoginError};
use crate::model::{Attempt, Job, host_key};
use crate::plan::{Login, Plan};
use crate::site::cookies::Jar;
use crate::site::digest::{Challenge, DigestCredentials};

/// How many hosts' challenges are remembered; further hosts answer each request with 401 first.
const MAX_CHALLENGES: usize = 1_000;

/// What requests get for their session. It exists only if the plan needs one.
#[derive(Debug)]
pub(super) struct Session {
    given: Option<Jar>,
    pub(super) kept: Option<Jar>,
    /// The cookies of the login, which only its origin gets.
    login: Option<(Box<str>, Jar)>,
    digest: Option<DigestCredentials>,
    challenges: HashMap<Box<str>, Challenge, RandomState>,
    /// The token of the login, which only its origin gets.
    token: Option<(Box<str>, HeaderValue)>,
    pub(super) is_logging_in: bool,
}

impl Session {
    pub(super) fn new(plan: &Plan) -> Option<Self> {
        let given = plan.cookies.given.clone();
        let kept = plan.cookies.kept.clone();
        let login = plan.login.as_ref().map(|login| (host_key(&login.url).into(), Jar::default()));
        let digest = plan.digest.clone();
        let needed = given.is_some() || kept.is_some() || digest.is_some() || login.is_some();
        needed.then(|| Session {
            given,
            kept,
            login,
            digest,
            challenges: HashMap::default(),
            token: None,
            is_logging_in: false,
        })
    }

    /// Notes that the login is on its way.
    pub(super) fn begin_login(&mut self) {
        self.is_logging_in = true;
    }

    /// Takes the token that the login brought, if it was to bring one.
    pub(super) fn end_login(&mut self, login: &Login, job: &Job, attempt: &Attempt) -> Result<(), LoginError> {
        self.is_logging_in = false;
        let token = login::token(login, job, attempt)?;
        self.token = token.map(|value| (host_key(&login.url).into(), value));
        Ok(())
    }

    /// Adds cookies and credentials to the next attempt of `job`.
    pub(super) fn prepare(&mut self, job: &mut Job, now: SystemTime) {
        let mut added = HeaderMap::new();
        if let Some(cookies) = self.cookies(job, now) {
            added.insert(COOKIE, cookies);
        }
        if let Some(credentials) = self.authorization(job) {
            added.insert(AUTHORIZATION, credentials);
        }
        job.added = (!added.is_empty()).then(|| Box::new(added));
    }

    /// Learns from an attempt.
    pub(super) fn learn(&mut self, job: &mut Job, attempt: &Attempt) {
        job.added = None; // neither the next attempt nor the record needs them
        let login = self.login.as_mut().filter(|(origin, _)| **origin == *host_key(&job.url)).map(|(_, jar)| jar);
        let jar = if self.kept.is_some() { self.kept.as_mut() } else { login };
        if let (Some(jar), Some(head)) = (jar, &attempt.head) {
            jar.take(&job.url, &head.headers, attempt.started + attempt.timings.total);
        }
    }

    /// Remembers the challenge of the host of `url`.
    pub(super) fn remember_challenge(&mut self, url: &Url, challenge: Challenge) {
        let host = host_key(url);
        if self.challenges.len() >= MAX_CHALLENGES && !self.challenges.contains_key(&*host) {
            let any = self.challenges.keys().next().cloned();
            any.and_then(|any| self.challenges.remove(&any));
        }
        self.challenges.insert(host.into(), challenge);
    }

    /// The Cookie header of a job, if it gets other cookies than its own. Of cookies with the same name its own takes
    /// precedence, then the one that a server has set.
    fn cookies(&mut self, job: &Job, now: SystemTime) -> Option<HeaderValue> {
        let mut pairs: Vec<Vec<u8>> = Vec::new();
        let own = job.request.headers.get_all(COOKIE).iter().flat_map(|field| field.as_bytes().split(|&b| b == b';'));
        pairs.extend(own.map(|pair| pair.trim_ascii().to_vec()).filter(|pair| !pair.is_empty()));
        let before = pairs.len();
        let login = self.login.as_mut().filter(|(origin, _)| **origin == *host_key(&job.url)).map(|(_, jar)| jar);
        for jar in [self.kept.as_mut(), login, self.given.as_mut()].into_iter().flatten() {
            let taken = pairs.len();
            for cookie in jar.matching(&job.url, now) {
                if !pairs[..taken].iter().any(|pair| name(pair) == &*cookie.name) {
                    pairs.push([&*cookie.name, b"=", &*cookie.value].concat());
                }
            }
        }
        if pairs.len() == before {
            return None;
        }
        let mut value = HeaderValue::from_bytes(&pairs.join(&b"; "[..])).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    fn authorization(&mut self, job: &Job) -> Option<HeaderValue> {
        if job.is_login() || job.has_credentials() || !job.is_on_origin() {
            return None;
        }
        let host = host_key(&job.url);
        if let Some((_, token)) = self.token.as_ref().filter(|(origin, _)| **origin == *host) {
            return Some(token.clone());
        }
        let challenge = self.challenges.get_mut(&*host)?;
        challenge.answer(self.digest.as_ref()?, &job.request.method, &job.url)
    }
}

fn name(pair: &[u8]) -> &[u8] {
    pair.split(|&byte| byte == b'=').next().unwrap_or_default().trim_ascii()
}

#[cfg(test)]
mod tests {
    use http::header::WWW_AUTHENTICATE;

    use super::*;

    #[test]
    fn a_limited_number_of_challenges_is_remembered() {
        let digest = Some(DigestCredentials { user: "ann".into(), password: "pw".into() });
        let mut session = Session::new(&Plan { digest, ..Plan::default() }).unwrap();
        let head: HeaderMap =
            [(WWW_AUTHENTICATE, HeaderValue::from_static(r#"Digest realm="r", nonce="n", qop=auth"#))]
                .into_iter()
                .collect();
        let url = |n: usize| Url::parse(&format!("http://h{n}.test/")).unwrap();
        for n in 0..2 * MAX_CHALLENGES {
            session.remember_challenge(&url(n), Challenge::of(&head).unwrap());
            assert!(session.challenges.len() <= MAX_CHALLENGES);
        }
        let mut job = Job::new(0, url(2 * MAX_CHALLENGES - 1), Default::default());
        session.prepare(&mut job, SystemTime::now());
        assert!(job.added.as_ref().is_some_and(|added| added.contains_key(AUTHORIZATION)));
        session.learn(&mut job, &Attempt::empty(SystemTime::now()));
        assert!(job.added.is_none());
    }

    #[test]
    fn a_plan_without_credentials_needs_no_session() {
        assert!(Session::new(&Plan::default()).is_none());
    }
}
