//! Settings that make no sense are errors of their own.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use haul::plan::{BodyMode, LimitBy, Login, Plan, Proxies, Template, TlsVersion};
use haul::{BuildError, Haul, HaulBuilder, Request};

fn refused(builder: HaulBuilder) -> BuildError {
    builder.build().map(drop).expect_err("a setting makes no sense")
}

#[test]
fn what_makes_no_sense_is_named() {
    let new = Haul::builder;
    for (builder, setting, message) in [
        (new().concurrency(0), "concurrency", "concurrency must not be zero"),
        (new().host_concurrency(0).rate(0), "host_concurrency", "host_concurrency must not be zero"),
        (new().rate(0), "rate", "rate must not be zero"),
        (new().timeout(Duration::ZERO), "timeout", "timeout must not be zero"),
        (new().base_url("no url"), "base_url", "base_url is not a URL"),
        (new().urls(["a"]).source([].into_iter()), "source", "source cannot be combined with urls, list and input"),
        (new().output("a").resume("b"), "resume", "resume cannot be combined with output"),
        (
            new().plan(|plan| plan.limits.max_memory = 1 << 20),
            "max_filesize",
            "max_filesize is too large for max_memory",
        ),
        (
            new().plan(|plan| plan.retry.base = Duration::from_secs(3600)),
            "retry.base",
            "retry.base is too large for retry.cap",
        ),
        (
            new().plan(|plan| {
                let options = &mut plan.fetch.transport;
                (options.tls_min, options.tls_max) = (Some(TlsVersion::Tls13), Some(TlsVersion::Tls12));
            }),
            "tls_min",
            "tls_min is too large for tls_max",
        ),
        (
            new().plan(|plan| {
                let options = &mut plan.fetch.transport;
                options.proxies = Proxies::all("http://proxy.test".parse().unwrap());
                options.connect_to = vec!["::b.test:".parse().unwrap()];
            }),
            "connect_to",
            "connect_to cannot be combined with proxies and unix_socket",
        ),
    ] {
        let error = refused(builder);
        assert_eq!((error.setting(), error.to_string().as_str()), (setting, message));
    }
    assert!(refused(new().base_url("no url")).source().is_some());
    let by_domain = new().plan(|plan| plan.limits.limit_by = LimitBy::Domain);
    assert!(by_domain.build().is_ok());
}

#[test]
fn only_bodies_that_are_kept_must_fit_into_memory() {
    let with = |change: fn(&mut Plan)| {
        let little_memory = Haul::builder().plan(|plan| plan.limits.max_memory = 1 << 20);
        little_memory.plan(change).build().map(drop).map_err(|error| error.setting())
    };
    let counted = |plan: &mut Plan| plan.output.body = BodyMode::None;
    assert_eq!(with(counted), Ok(()));
    assert_eq!(with(|plan| plan.request = Template::new(Request::head())), Ok(()));
    assert_eq!(with(|plan| plan.fetch.max_filesize = (1 << 20) - 1), Ok(()));
    for inspect in [
        |plan: &mut Plan| plan.expect.body = vec!["body~x".parse().unwrap()],
        |plan: &mut Plan| {
            let (url, request) = ("http://a.test/".parse().unwrap(), Arc::default());
            plan.login = Some(Login { url, request, token: None });
        },
    ] {
        let builder = Haul::builder().plan(|plan| plan.limits.max_memory = 1 << 20).plan(counted).plan(inspect);
        assert_eq!(refused(builder).setting(), "max_filesize");
    }
}

#[cfg(feature = "jq")]
#[test]
fn a_filter_that_does_not_compile_says_why() {
    let error = refused(Haul::builder().jq(".a |"));
    assert_eq!((error.setting(), error.to_string().as_str()), ("jq", "jq is not a filter"));
    assert!(error.source().unwrap().to_string().contains("the filter ends"));
}

#[cfg(not(feature = "jq"))]
#[test]
fn without_filters_no_filter_is_accepted() {
    let error = "next=.next".parse::<haul::plan::NextPage>().unwrap_err();
    assert_eq!(error.to_string(), "haul was built without jq filters (feature jq)");
}

#[cfg(not(feature = "robots"))]
#[test]
fn without_robots_txt_no_run_ignores_it() {
    use haul::plan::RobotsOptions;
    let asks = |plan: &mut haul::Plan| plan.robots = Some(RobotsOptions::new(&plan.request, None));
    assert_eq!(
        refused(Haul::builder().plan(asks)).to_string(),
        "robots needs haul to be built with the feature robots"
    );
}

#[cfg(not(feature = "csv"))]
#[test]
fn without_tables_no_table_is_read_as_text() {
    let list = haul::Input::Text { name: "list.csv".to_owned(), text: "url\nhttp://a.test/\n".to_owned() };
    let error = Haul::builder().input(list).build().unwrap().run_blocking().unwrap_err();
    assert_eq!(error.to_string(), "cannot read list.csv: haul was built without CSV and TSV lists (feature csv)");
}
