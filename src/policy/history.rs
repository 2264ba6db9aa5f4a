//! What jobs and attempts remember of a verdict.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::retry::may_resend;
use super::{NextRequest, RedirectRequest};
use crate::model::{Attempt, ErrorKind, Job, PagesEnd, Redirected, Retried, Setting};

impl Job {
    /// Notes that it is sent again after `pause`, because of `attempt`. False if that does not count as a retry, because
    /// no server has looked at the request.
    pub fn note_retry(&mut self, attempt: &Attempt, pause: Duration) -> bool {
        let unsent = may_resend(self, attempt);
        self.history_after(attempt).retries.push(Retried {
            status_code: attempt.status(),
            error: attempt.error.as_ref().map(|error| error.kind),
            wait_ms: pause.as_millis() as u64,
            unsent,
            auth_challenge: false,
            host_unreachable: false,
        });
        !unsent
    }

    /// Notes that it is sent again once its host, which `attempt` found unreachable, can be reached.
    pub fn note_unreachable(&mut self, attempt: &Attempt) {
        self.note_retry(attempt, Duration::ZERO);
        if let Some(last) = self.history_mut().retries.last_mut() {
            last.host_unreachable = true;
        }
    }

    /// Notes that it is sent again at once, with credentials that `attempt` asked for.
    pub fn note_challenge(&mut self, attempt: &Attempt) {
        self.note_retry(attempt, Duration::ZERO);
        if let Some(last) = self.history_mut().retries.last_mut() {
            last.auth_challenge = true;
        }
    }

    /// Notes that it is sent again at once on a fresh connection, which counts as the same attempt.
    pub fn note_reconnect(&mut self, attempt: &Attempt) {
        let history = self.history_after(attempt);
        history.reconnects += 1;
        history.is_reconnecting = true;
    }

    /// Turns to the request that `attempt` was redirected to.
    pub fn follow(&mut self, attempt: &Attempt, redirect: RedirectRequest) {
        let Some(status_code) = attempt.status() else { return };
        let url = self.url.clone();
        self.history_after(attempt).redirects.push(Redirected { url, status_code });
        self.url = redirect.url;
        self.request = redirect.request;
    }

    /// The job for the next page, with a history of its own. This job stays for the record of `attempt`, which is not
    /// the last of its input then.
    pub fn next_page(&mut self, attempt: &mut Attempt, next: NextRequest) -> Box<Job> {
        let NextRequest { url, request, off_origin } = next;
        let given = Some(self.given_url().into());
        let pages = self.pages.get_or_insert_default().next(&url, Arc::clone(&request), off_origin);
        let paging = attempt.paging.get_or_insert_default();
        paging.next_url = Some(url.clone()).filter(|url| *url != self.url);
        paging.continuation = Some(Box::new(pages.continuation(&url)));
        Box::new(Job { given, url, request, history: None, pages: Some(Box::new(pages)), ..self.clone() })
    }
}

impl Attempt {
    /// Whether the server has certainly not looked at the request.
    pub fn is_unsent(&self) -> bool {
        self.error.as_ref().is_some_and(|error| error.unsent)
    }

    /// Notes that its job ends only for this run.
    pub fn defer(&mut self, why: &str, setting: Setting) {
        self.deferred = true;
        self.remark_on(setting, why);
    }

    /// Notes that the pages of its job end here, although there may be another one at `url`.
    pub fn end_pages(&mut self, url: Url, why: &str) {
        self.paging.get_or_insert_default().next_url = Some(url);
        self.note_pages_end(PagesEnd::MaxPages);
        self.remark_on(Setting::MaxPages, why);
    }

    /// Notes that the pages of its job end here, since the place of the next one cannot be read.
    pub fn lose_pages(&mut self, why: &str) {
        self.note_pages_end(PagesEnd::NoNext);
        self.remark(why);
    }

    /// Notes that the pages of its job end here, unless that is noted already.
    pub fn note_pages_end(&mut self, cause: PagesEnd) {
        self.paging.get_or_insert_default().ended.get_or_insert(cause);
    }

    /// Notes that the pages of its job end here because it failed, if it did.
    pub fn note_failed_page(&mut self) {
        let cause = match self.error.as_ref().map(|error| error.kind) {
            _ if self.ok() => return,
            Some(ErrorKind::Blocked | ErrorKind::Robots) => PagesEnd::Blocked,
            Some(ErrorKind::Cancelled) => PagesEnd::Stopped,
            _ => PagesEnd::Failed,
        };
        self.note_pages_end(cause);
    }
}
