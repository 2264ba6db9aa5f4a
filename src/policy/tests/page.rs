use std::time::Duration;

use http::Method;
use http::header::{HeaderValue, LINK};

use super::{answered, facts, failed, job};
use crate::jq::{Filter, FilterLimits, Outputs};
use crate::model::{Attempt, Continuation, ErrorKind, Job, PageInfo, PagesEnd, Setting};
use crate::plan::{Paginate, Plan};
use crate::policy::{Next, NextRequest, Policy};

fn policy(by: &str, max: u64) -> Policy {
    let paginate = Paginate { max: max.try_into().unwrap(), ..Paginate::new(by.parse().unwrap()) };
    Policy::new(&Plan { paginate: Some(paginate), ..Plan::default() })
}

/// A job for the first page.
fn first(policy: &Policy, url: &str) -> Job {
    let mut job = job(Method::GET, url);
    policy.begin(&mut job, None);
    job
}

/// A page that is ok, and what it says.
fn page(paging: PageInfo) -> Attempt {
    Attempt { paging: Some(Box::new(paging)), ..answered(200, []) }
}

/// A page that says where the next is.
fn naming(next: &str) -> Attempt {
    page(PageInfo { next: Ok(Some(next.to_owned())), ..PageInfo::default() })
}

fn linking(link: &str) -> Attempt {
    Attempt { paging: Some(Box::default()), ..answered(200, [("link", link)]) }
}

/// The next page after `attempt`.
#[track_caller]
fn next_request(policy: &Policy, job: &Job, attempt: &Attempt) -> NextRequest {
    match policy.decide(job, attempt, &facts(0.5)).next {
        Next::Page(next) => next,
        next => panic!("{next:?}"),
    }
}

fn next_of(policy: &Policy, job: &Job, target: &str) -> Next {
    policy.decide(job, &naming(target), &facts(0.5)).next
}

/// The URLs of the first pages of `url`, each of which answers with the next of `attempts`.
fn pages(by: &str, url: &str, attempts: impl IntoIterator<Item = Attempt>) -> Vec<String> {
    let policy = policy(by, 100);
    let mut job = first(&policy, url);
    let mut urls = vec![job.url.to_string()];
    for mut attempt in attempts {
        let next = next_request(&policy, &job, &attempt);
        job = *job.next_page(&mut attempt, next);
        urls.push(job.url.to_string());
    }
    urls
}

#[test]
fn every_way_to_the_next_page() {
    let plain = || [page(PageInfo::default()), page(PageInfo::default())];
    for (by, url, attempts, pages) in [
        ("page=p", "http://a/x?q=1", plain(), ["?q=1&p=1", "?q=1&p=2", "?q=1&p=3"]),
        ("page=p:0", "http://a/x", plain(), ["?p=0", "?p=1", "?p=2"]),
        ("page=p", "http://a/x?p=7&q=a+b%20c", plain(), ["?p=7&q=a+b%20c", "?p=8&q=a+b%20c", "?p=9&q=a+b%20c"]),
        ("page=p q", "http://a/x?p%20q=7&&p+q=1", plain(), ["?p%20q=7&&p+q=1", "?p+q=8", "?p+q=9"]),
        ("offset=o:25", "http://a/x", plain(), ["?o=0", "?o=25", "?o=50"]),
        ("cursor=c:.", "http://a/x?q", [naming("é&="), naming("2")], ["?q", "?q&c=%C3%A9%26%3D", "?q&c=2"]),
        ("next=.", "http://a/x?q", [naming("?n=2"), naming("http://a:80/x?n=3")], ["?q", "?n=2", "?n=3"]),
        ("link", "http://a/x", [linking("<?n=2>; rel=next"), linking("</x?n=3>; rel=next")], ["", "?n=2", "?n=3"]),
    ] {
        assert_eq!(self::pages(by, url, attempts), pages.map(|query| format!("http://a/x{query}")), "{by} {url}");
    }
}

/// As redirects do: bytes that are not UTF-8 count as they are, and user-info stays within its origin.
#[test]
fn a_link_is_bytes() {
    for (url, link, next) in [
        ("http://a/x", &b"<?q=caf\xe9>; rel=next"[..], "http://a/x?q=caf%E9"),
        ("http://a/x", b"</\xe9/\xff>; title=\"\xe9\"; rel=next", "http://a/%E9/%FF"),
        ("http://a/x", "</é>; rel=next".as_bytes(), "http://a/%C3%A9"),
        ("http://ann:pw@a/x", b"</\xe9>; rel=next", "http://ann:pw@a/%E9"),
        ("http://ann:pw@a/x", b"<http://a:80/y>; rel=next", "http://ann:pw@a/y"),
        ("http://ann:pw@a/x", b"<http://bob@a/y>; rel=next", "http://bob@a/y"),
    ] {
        let mut attempt = Attempt { paging: Some(Box::default()), ..answered(200, []) };
        attempt.head.as_mut().unwrap().headers.insert(LINK, HeaderValue::from_bytes(link).unwrap());
        assert_eq!(pages("link", url, [attempt])[1], next);
    }
}

#[test]
fn they_end_where_there_is_no_next_or_nothing_on_the_page() {
    let empty = || PageInfo { empty: true, ..PageInfo::default() };
    for (by, attempt) in [
        ("link", linking("<?n=2>; rel=prev")),
        ("link", page(PageInfo::default())),
        ("cursor=c:.", page(PageInfo::default())),
        ("page=p", page(empty())),
        ("offset=o:9", page(empty())),
        ("page=p", Attempt { paging: Some(Box::default()), ..answered(404, []) }),
        ("page=p", failed(ErrorKind::Decode)),
    ] {
        let policy = policy(by, 100);
        assert_eq!(policy.decide(&first(&policy, "http://a/x"), &attempt, &facts(0.5)).next, Next::Settle, "{by}");
    }
}

#[test]
fn an_empty_page_that_names_a_next_one_is_not_the_last() {
    let empty = || Box::new(PageInfo { empty: true, ..PageInfo::default() });
    let linking = || Attempt { paging: Some(empty()), ..linking("<?n=2>; rel=next") };
    let naming = |next: &str| page(PageInfo { next: Ok(Some(next.to_owned())), ..*empty() });
    assert_eq!(pages("link", "http://a/x", [linking()])[1], "http://a/x?n=2");
    assert_eq!(pages("next=.", "http://a/x", [naming("?n=2"), naming("?n=3")])[2], "http://a/x?n=3");
    assert_eq!(pages("cursor=c:.", "http://a/x", [naming("2")])[1], "http://a/x?c=2");
}

#[test]
fn an_empty_page_whose_next_one_cannot_be_read_is_not_the_last() {
    let empty = |next| page(PageInfo { empty: true, next, ..PageInfo::default() });
    for (by, next) in [
        ("next=.", Err("it failed".to_owned())),
        ("cursor=c:.", Err("it failed".to_owned())),
        ("next=.", Ok(Some("http://[".to_owned()))),
    ] {
        let policy = policy(by, 100);
        let next = policy.decide(&first(&policy, "http://a/x"), &empty(next.clone()), &facts(0.5)).next;
        assert!(matches!(next, Next::FailPage(_, _, PagesEnd::NoNext)), "{by} {next:?}");
    }
}

#[test]
fn retries_and_redirects_come_first() {
    let policy = policy("link", 100);
    let mut job = first(&policy, "http://a/x");
    let link = ("link", "<?n=2>; rel=next");
    let unavailable = Attempt { paging: Some(Box::default()), ..answered(503, [link]) };
    assert!(matches!(policy.decide(&job, &unavailable, &facts(0.5)).next, Next::Retry(_)));
    job.note_retry(&unavailable, Duration::ZERO);
    let moved = Attempt { paging: Some(Box::default()), ..answered(302, [link, ("location", "/y")]) };
    let Next::Follow(redirect) = policy.decide(&job, &moved, &facts(0.5)).next else { panic!() };
    job.follow(&moved, redirect);

    let mut found = linking("<?n=2>; rel=next");
    let next = next_request(&policy, &job, &found);
    let next = job.next_page(&mut found, next);
    assert_eq!((next.url.as_str(), next.retries().len(), next.redirects().len()), ("http://a/y?n=2", 0, 0));
    assert_eq!((next.page(), next.given_url(), next.given_method()), (Some(2), "http://a/x", &Method::GET));
    assert_eq!((job.page(), job.retries().len(), job.redirects().len()), (Some(1), 1, 1), "they are in its record");
    let continuation = found.paging.unwrap().continuation.unwrap();
    assert_eq!((continuation.page, &*continuation.url, continuation.off_origin), (2, "http://a/y?n=2", false));
}

#[test]
fn what_is_counted_is_what_was_asked_for_and_what_is_linked_is_what_answered() {
    for (by, url, off_origin) in [("page=p", "http://a/x?p=2", false), ("link", "https://b/y?n=2", true)] {
        let policy = policy(by, 100);
        let mut job = first(&policy, "http://a/x?p=1");
        let moved = answered(302, [("location", "https://b/y")]);
        let Next::Follow(redirect) = policy.decide(&job, &moved, &facts(0.5)).next else { panic!() };
        job.follow(&moved, redirect);
        let next = next_request(&policy, &job, &linking("<?n=2>; rel=next"));
        assert_eq!((next.url.as_str(), next.off_origin), (url, off_origin));
    }
}

#[test]
fn another_origin_is_blocked() {
    let policy = policy("next=.", 100);
    let job = first(&policy, "https://a.test/x");
    for target in
        ["http://a.test:8080/x?n=2", "https://b.test/", "https://a.test:444/", "//c.test", "ftp://a.test/", "x:"]
    {
        let Next::FailPage(_, why, PagesEnd::Blocked) = policy.decide(&job, &naming(target), &facts(0.5)).next else {
            panic!("{target}")
        };
        assert_eq!(why.kind, ErrorKind::Blocked, "{target}");
    }
    next_request(&policy, &job, &naming("https://A.test:443/x?n=2"));
}

#[test]
fn another_origin_is_asked_where_that_is_allowed_and_gets_no_credentials() {
    let next = |plan: &dyn Fn(&mut Plan), target: &str| {
        let hosts = vec!["b.test".parse().unwrap(), "*.c.test".parse().unwrap()];
        let paginate = Some(Paginate { hosts, ..Paginate::new("next=.".parse().unwrap()) });
        let mut rules = Plan { paginate, ..Plan::default() };
        plan(&mut rules);
        let policy = Policy::new(&rules);
        let mut job = super::redirect::upload(Method::POST); // of https://a.test/from
        policy.begin(&mut job, None);
        policy.decide(&job, &naming(target), &facts(0.5)).next
    };
    let unchanged = |_: &mut Plan| {};
    for target in ["https://b.test/x", "https://b.test:444/x", "//d.c.test/x"] {
        let Next::Page(page) = next(&unchanged, target) else { panic!("{target}") };
        assert!(page.off_origin && !page.request.headers.contains_key("authorization"), "{target}");
    }
    let Next::Page(page) = next(&unchanged, "/y") else { panic!() };
    assert!(!page.off_origin && page.request.headers.contains_key("authorization"));
    let denied = |plan: &mut Plan| plan.access.deny = vec!["b.test".parse().unwrap()];
    for (plan, target, setting) in [
        (&unchanged as &dyn Fn(&mut Plan), "https://c.test/x", Some(Setting::PageHosts)),
        (&unchanged, "ftp://b.test/x", None),
        (&unchanged, "javascript:x", None),
        (&unchanged, "http://b.test/x", Some(Setting::AllowDowngrade)),
        (&denied, "https://b.test/x", Some(Setting::DenyHosts)),
    ] {
        let Next::FailPage(_, why, PagesEnd::Blocked) = next(plan, target) else { panic!("{target}") };
        assert_eq!((why.kind, why.setting), (ErrorKind::Blocked, setting), "{target}: {}", why.message);
    }
    let Next::Page(page) = next(&|plan| plan.redirect.allow_downgrade = true, "http://b.test/x") else { panic!() };
    assert_eq!(page.url.as_str(), "http://b.test/x");
}

#[test]
fn pages_may_lead_back_to_the_origin_of_the_input() {
    let hosts = vec!["b.test".parse().unwrap()];
    let paginate = Some(Paginate { hosts, ..Paginate::new("next=.".parse().unwrap()) });
    let policy = Policy::new(&Plan { paginate, ..Plan::default() });
    let mut job = first(&policy, "https://a.test:8443/x");
    for (target, off_origin) in
        [("https://b.test/2", true), ("https://b.test/3", true), ("https://a.test:8443/4", true)]
    {
        let next = next_request(&policy, &job, &naming(target));
        assert_eq!((next.url.as_str(), next.off_origin), (target, off_origin));
        job = *job.next_page(&mut naming(target), next);
    }
    let elsewhere = next_of(&policy, &job, "https://a.test/5");
    assert!(matches!(elsewhere, Next::FailPage(_, _, PagesEnd::Blocked)), "{elsewhere:?}");
    let mut job = first(&policy, "https://a.test/x");
    let next = next_request(&policy, &job, &naming("https://b.test/2"));
    job = *job.next_page(&mut naming("https://b.test/2"), next);
    let Next::FailPage(_, why, _) = next_of(&policy, &job, "http://a.test/3") else { panic!() };
    assert_eq!(why.setting, Some(Setting::PageHosts), "another scheme is another origin");
}

/// Behind a proxy that ends TLS, a server may not know that it was asked over https.
#[test]
fn an_http_link_to_the_origin_of_an_https_page_stays_encrypted() {
    for (from, target, next) in [
        ("https://a.test/x", "http://a.test/x?n=2", "https://a.test/x?n=2"),
        ("https://a.test/x", "http://A.test:80/y", "https://a.test/y"),
        ("https://a.test/x", "http://a.test:443/y", "https://a.test/y"),
        ("https://a.test:8443/x", "http://a.test:8443/y", "https://a.test:8443/y"),
        ("https://ann:pw@a.test/x", "http://a.test/y", "https://ann:pw@a.test/y"),
        ("http://a.test/x", "http://a.test/y", "http://a.test/y"),
    ] {
        let policy = policy("next=.", 100);
        let page = next_request(&policy, &first(&policy, from), &naming(target));
        assert_eq!((page.url.as_str(), page.off_origin), (next, false), "{target}");
    }
    for (from, target) in [
        ("https://a.test/x", "http://a.test:8080/y"),
        ("https://a.test:8443/x", "http://a.test/y"),
        ("https://a.test/x", "http://b.test/y"),
        ("http://a.test/x", "https://a.test/y"),
    ] {
        let policy = policy("next=.", 100);
        let verdict = policy.decide(&first(&policy, from), &naming(target), &facts(0.5)).next;
        assert!(matches!(verdict, Next::FailPage(.., PagesEnd::Blocked)), "{target}");
    }
}

#[test]
fn who_asks_for_a_page_asks_for_the_next() {
    let policy = policy("next=.", 100);
    let mut job = first(&policy, "http://ann:pw@a.test/x");
    for (target, url) in [
        ("?n=2", "http://ann:pw@a.test/x?n=2"),
        ("http://a.test/x?n=2", "http://ann:pw@a.test/x?n=2"),
        ("http://bob@a.test/x?n=2", "http://bob@a.test/x?n=2"),
    ] {
        assert_eq!(next_request(&policy, &job, &naming(target)).url.as_str(), url);
    }
    let mut attempt = naming("?n=2");
    let next = next_request(&policy, &job, &attempt);
    job.next_page(&mut attempt, next);
    let continuation = *attempt.paging.unwrap().continuation.unwrap();
    assert_eq!(continuation.url, "http://a.test/x?n=2", "what is kept for another run is without");
    let mut again = first(&policy, "http://ann:pw@a.test/x");
    policy.begin(&mut again, Some(continuation.clone()));
    assert_eq!(again.url.as_str(), "http://ann:pw@a.test/x?n=2");
    let mut other = first(&policy, "http://ann:pw@b.test/x");
    policy.begin(&mut other, Some(continuation));
    assert_eq!(other.url.as_str(), "http://a.test/x?n=2");
}

#[test]
fn what_is_kept_for_another_run_has_no_secrets_that_the_input_has() {
    let policy = policy("next=.", 100);
    let input = "http://a.test/x?token=ab&sig=cd&n=1";
    let kept = |target: &str| {
        let (mut job, mut attempt) = (first(&policy, input), naming(target));
        let next = next_request(&policy, &job, &attempt);
        let next = job.next_page(&mut attempt, next);
        (*attempt.paging.unwrap().continuation.unwrap(), next.url)
    };
    for (target, url) in [
        ("?token=ab&n=2&sig=ef#sig=x", "http://a.test/x?token=REDACTED&n=2&sig=ef"),
        ("/y?sig=cd", "http://a.test/y?sig=REDACTED"),
        ("?n=2", "http://a.test/x?n=2"),
        ("/y", "http://a.test/y"),
        ("?password=ab&cursor=ab", "http://a.test/x?password=ab&cursor=ab"),
    ] {
        let (continuation, mut next) = kept(target);
        assert_eq!(continuation.url, url);
        let mut again = first(&policy, input);
        policy.begin(&mut again, Some(continuation));
        next.set_fragment(None);
        assert_eq!(again.url, next);
    }
    let (continuation, _) = kept("?token=ab&n=2");
    let mut other = first(&policy, "http://b.test/x?token=ef");
    policy.begin(&mut other, Some(continuation));
    assert_eq!(other.url.as_str(), "http://a.test/x?token=REDACTED&n=2", "its secrets go nowhere else");
}

#[test]
fn circles_are_found_and_fragments_lead_nowhere_else() {
    for targets in [vec!["/x"], vec!["?n=2", "#a"], vec!["?n=2", "?n=3", "/x#a"]] {
        let policy = policy("next=.", 100);
        let mut job = first(&policy, "http://a/x");
        let (last, before) = targets.split_last().unwrap();
        for target in before {
            let mut attempt = naming(target);
            let next = next_request(&policy, &job, &attempt);
            job = *job.next_page(&mut attempt, next);
        }
        let Next::FailPage(next, why, PagesEnd::Loop) = policy.decide(&job, &naming(last), &facts(0.5)).next else {
            panic!("{targets:?}")
        };
        assert_eq!(why.kind, ErrorKind::TooManyRedirects);
        assert!(why.message.contains(next.url.as_str()), "{}", why.message);
    }
}

#[test]
fn the_most_pages_are_told_in_a_remark() {
    let policy = policy("page=p", 2);
    let mut job = first(&policy, "http://a/x");
    let mut attempt = page(PageInfo::default());
    let next = next_request(&policy, &job, &attempt);
    job = *job.next_page(&mut attempt, next);
    let Next::EndPages(url, note) = policy.decide(&job, &attempt, &facts(0.5)).next else { panic!() };
    assert_eq!((url.as_str(), &*note), ("http://a/x?p=3", "there may be more pages than 2"));
    attempt.remark("first");
    attempt.end_pages(url, &note);
    assert_eq!(attempt.pages_ended(), Some(PagesEnd::MaxPages));
    assert_eq!(attempt.note_setting, Some(Setting::MaxPages));
    assert_eq!(attempt.note.unwrap(), "first; there may be more pages than 2");
}

#[test]
fn a_failed_page_says_how_the_pages_end() {
    for (attempt, cause) in [
        (answered(200, []), None),
        (answered(404, []), Some(PagesEnd::Failed)),
        (failed(ErrorKind::Timeout), Some(PagesEnd::Failed)),
        (failed(ErrorKind::TooManyRedirects), Some(PagesEnd::Failed)),
        (failed(ErrorKind::Blocked), Some(PagesEnd::Blocked)),
        (failed(ErrorKind::Robots), Some(PagesEnd::Blocked)),
        (failed(ErrorKind::Cancelled), Some(PagesEnd::Stopped)),
    ] {
        let mut attempt = attempt;
        attempt.note_failed_page();
        assert_eq!(attempt.pages_ended(), cause);
        attempt.note_pages_end(PagesEnd::Loop);
        assert_eq!(attempt.pages_ended(), cause.or(Some(PagesEnd::Loop)), "the first cause counts");
    }
}

#[test]
fn what_leads_nowhere_breaks_the_chain() {
    let long = format!("/{}", "x".repeat(40_000));
    for (by, url, attempt) in [
        ("next=.", "http://a/", page(PageInfo { next: Err("it failed".into()), ..PageInfo::default() })),
        ("next=.", "http://a/", naming("http://")),
        ("next=.", "http://a/", naming(&long)),
        ("page=p", "http://a/?p=x", page(PageInfo::default())),
        ("offset=o:2", "http://a/?o=18446744073709551614", page(PageInfo::default())),
    ] {
        let policy = policy(by, 100);
        let Next::FailPage(next, why, PagesEnd::NoNext) =
            policy.decide(&first(&policy, url), &attempt, &facts(0.5)).next
        else {
            panic!("{by}")
        };
        assert_eq!((next.url.as_str(), why.kind), (url, ErrorKind::Protocol), "{}", why.message);
        assert!(why.message.len() < 4000);
    }
}

#[test]
fn a_page_that_cannot_be_split_has_failed() {
    let policy = Policy::new(&Plan::default());
    let wrong = page(PageInfo { items: Some(Err("jq: it failed".into())), ..PageInfo::default() });
    let Next::Fail(why) = policy.decide(&job(Method::GET, "http://a/"), &wrong, &facts(0.5)).next else { panic!() };
    assert_eq!((why.kind, &*why.message), (ErrorKind::Protocol, "cannot extract items: jq: it failed"));
    let items = Filter::compile(".").unwrap().run(b"1", FilterLimits::for_document(1, 10)).unwrap();
    let split = page(PageInfo { items: Some(Ok(items)), ..PageInfo::default() });
    assert_eq!(policy.decide(&job(Method::GET, "http://a/"), &split, &facts(0.5)).next, Next::Settle);
    assert_eq!(split.paging.unwrap().items().map(Outputs::size), Some(2));
}

#[test]
fn another_run_goes_on_with_the_page_and_no_more_than_it_may_tell() {
    let policy = policy("link", 10);
    let upload = || super::redirect::upload(Method::POST); // of https://a.test/from
    let continuation = |url: &str, method: &str, off_origin| {
        Some(Continuation { page: 7, url: url.into(), method: method.into(), off_origin })
    };

    let mut job = upload();
    policy.begin(&mut job, continuation("https://a.test/list?n=7", "POST", false));
    assert_eq!(
        (job.page(), job.url.as_str(), job.given_url()),
        (Some(7), "https://a.test/list?n=7", "https://a.test/from")
    );
    assert!(job.request.headers.contains_key("authorization") && job.request.body.is_some());
    assert_eq!(next_request(&policy, &job, &linking("<?n=8>; rel=next")).url.as_str(), "https://a.test/list?n=8");
    let circle = policy.decide(&job, &linking("<?n=7>; rel=next"), &facts(0.5)).next;
    assert!(matches!(circle, Next::FailPage(.., PagesEnd::Loop)), "what this run asks for it knows");

    for (url, off_origin) in [("https://a.test/list?n=7", true), ("https://b.test/list?n=7", false)] {
        let mut job = upload();
        policy.begin(&mut job, continuation(url, "GET", off_origin));
        assert!(!job.request.headers.contains_key("authorization") && job.request.body.is_none(), "{url}");
        assert_eq!((&job.request.method, job.given_method()), (&Method::GET, &Method::POST));
        assert!(job.pages.as_ref().unwrap().off_origin);
    }
    let mut job = upload();
    policy.begin(&mut job, continuation("nonsense", "GET", false));
    assert_eq!((job.page(), job.url.as_str()), (Some(1), "https://a.test/from"));
}
