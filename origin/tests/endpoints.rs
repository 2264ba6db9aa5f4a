//! The embedded origin, asked over real sockets.

use std::io::Read;
use std::net::TcpStream;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures::future::join_all;
use haul_origin::{Origin, limits};

use reqwest::header::HeaderMap;
use reqwest::{Client, ClientBuilder, Method, RequestBuilder, Version, redirect};
use serde_json::{Value, json};

/// An origin and its client.
struct Site {
    origin: Origin,
    client: Client,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Site {
    fn new() -> Self {
        Site::with(client())
    }

    fn with(client: ClientBuilder) -> Self {
        Site { origin: Origin::spawn().unwrap(), client: client.build().unwrap() }
    }

    fn url(&self, path: &str) -> String {
        self.origin.url(path)
    }

    fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.client.request(Method::from_bytes(method.as_bytes()).unwrap(), self.url(path))
    }

    async fn try_get(&self, path: &str) -> reqwest::Result<Answer> {
        send(self.request("GET", path)).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.try_get(path).await.unwrap()
    }

    async fn status(&self, path: &str) -> u16 {
        self.get(path).await.status
    }

    async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        answer.json()
    }
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), "application/json");
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A client that follows no redirect and trusts nobody, since loading certificates takes long.
fn client() -> ClientBuilder {
    Client::builder().no_proxy().redirect(redirect::Policy::none()).tls_certs_only([]).timeout(Duration::from_secs(20))
}

async fn send(request: RequestBuilder) -> reqwest::Result<Answer> {
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Answer { status, headers, body: response.bytes().await?.to_vec() })
}

/// Waits for something that happens soon, but elsewhere.
async fn eventually(condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while !condition() {
        assert!(Instant::now() < deadline, "it never happened");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn the_list_names_endpoints_that_exist() {
    let site = Site::with(client().timeout(Duration::from_millis(500)));
    for (path, explanation) in site.json("/").await.as_object().unwrap() {
        assert!(explanation.as_str().unwrap().ends_with('.'));
        let numbers = [("{code}", "200"), ("{seconds}", "0"), ("{size}", "1"), ("{hops}", "1"), ("{n}", "1")];
        let path = numbers.iter().fold(path.clone(), |path, (name, number)| path.replace(name, number));
        // Those that never answer exist as well.
        assert!(site.try_get(&path).await.map_or(true, |answer| answer.status != 404), "{path}");
    }
    let answer = site.get("/nowhere/at/all/to/be/found").await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.json(), json!({ "error": "no such endpoint", "path": "/nowhere/at/all/to/be/found" }));
    assert_eq!(site.status("/get/").await, 404);
}

#[tokio::test]
async fn get_tells_what_it_was_sent() {
    let site = Site::new();
    let target = "/get?a=1&b=2&a=%C3%BC";
    let answer = send(site.request("GET", target).header("x-two", "1").header("x-two", "2")).await.unwrap();
    let echo = answer.json();
    assert_eq!(echo["args"], json!({ "a": ["1", "ü"], "b": "2" }));
    assert_eq!(echo["headers"]["Host"], site.origin.addr().to_string());
    assert_eq!(echo["headers"]["X-Two"], "1,2");
    assert_eq!(echo["method"], "GET");
    assert_eq!(echo["url"], site.url(target));
    assert_eq!(answer.header("server"), concat!("haul-origin/", env!("CARGO_PKG_VERSION")));
    assert!(answer.header("date").ends_with("GMT"));
}

#[tokio::test]
async fn get_allows_no_other_method() {
    let site = Site::new();
    let answer = send(site.request("POST", "/get")).await.unwrap();
    assert_eq!((answer.status, answer.header("allow")), (405, "GET, HEAD"));
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    for site in [Site::new(), Site::with(client().http2_prior_knowledge())] {
        let size = site.get("/json/1000").await.body.len().to_string();
        let answer = send(site.request("HEAD", "/json/1000")).await.unwrap();
        assert_eq!((answer.status, answer.header("content-length"), answer.body.len()), (200, &*size, 0));
        assert_eq!(send(site.request("HEAD", "/status/204")).await.unwrap().header("content-length"), "");
    }
}

#[tokio::test]
async fn anything_takes_any_method_and_body() {
    let site = Site::new();
    let target = "/anything/below?q=1";

    let echo = send(site.request("PUT", target).body(r#"{"a": [1.0]}"#)).await.unwrap().json();
    assert_eq!((&echo["method"], &echo["url"]), (&json!("PUT"), &json!(site.url(target))));
    assert_eq!((&echo["args"], &echo["data"]), (&json!({ "q": "1" }), &json!(r#"{"a": [1.0]}"#)));
    assert_eq!((&echo["json"], &echo["form"]), (&json!({ "a": [1.0] }), &json!({})));

    let form = site.request("POST", target).header("content-type", "application/x-www-form-urlencoded");
    let echo = send(form.body("a=b+c&d=%26")).await.unwrap().json();
    assert_eq!((&echo["form"], &echo["data"]), (&json!({ "a": "b c", "d": "&" }), &json!("")));

    let echo = send(site.request("BREW", target).body(vec![0xff])).await.unwrap().json();
    assert_eq!((&echo["method"], &echo["json"]), (&json!("BREW"), &Value::Null));
    assert_eq!(echo["data"], "data:application/octet-stream;base64,/w==");

    // A client that is still sending may miss the answer.
    let answer = send(site.request("POST", target).body(vec![b'.'; limits::REQUEST_BODY + 1])).await;
    assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status == 413));
}

#[tokio::test]
async fn headers_ip_and_user_agent() {
    let site = Site::new();
    let answer = send(site.request("GET", "/headers").header("accept-language", "de")).await.unwrap();
    assert_eq!(answer.json()["headers"]["Accept-Language"], "de");
    assert_eq!(site.json("/ip").await, json!({ "origin": "127.0.0.1" }));
    let answer = send(site.request("GET", "/user-agent").header("user-agent", "haul/test")).await.unwrap();
    assert_eq!(answer.json(), json!({ "user-agent": "haul/test" }));
}

#[tokio::test]
async fn any_status() {
    let site = Site::new();
    for code in [200, 302, 404, 418, 500, 599, 999] {
        let answer = send(site.request("POST", &format!("/status/{code}")).body("ignored")).await.unwrap();
        assert_eq!((answer.status, answer.json()), (code, json!({ "status": code })));
    }
    for code in [204, 205, 304] {
        let answer = site.get(&format!("/status/{code}")).await;
        assert_eq!((answer.status, answer.body.len()), (code, 0));
    }
}

#[tokio::test]
async fn numbers_out_of_their_range_are_refused() {
    let site = Site::new();
    for path in ["/status/100", "/status/1000", "/status/teapot", "/bytes/-1", "/delay/61", "/delay/NaN", "/cut/0"] {
        assert_eq!(site.status(path).await, 400, "{path}");
    }
    let answer = site.get("/redirect/101").await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json(), json!({ "error": "\"101\" is no number from 1 to 100" }));
}

#[tokio::test]
async fn noise_depends_on_its_seed_alone() {
    let site = Site::new();
    let whole = site.get("/bytes/3000000").await;
    assert_eq!(whole.header("content-length"), "3000000");
    assert_eq!(whole.header("content-type"), "application/octet-stream");
    assert_eq!(whole.body.len(), 3_000_000);
    assert!(whole.body.starts_with(&site.get("/bytes/100").await.body));

    let seeded = site.get("/bytes/3000000?seed=7").await;
    let streamed = site.get("/stream-bytes/3000000?seed=7").await;
    assert_eq!((streamed.header("content-length"), streamed.header("transfer-encoding")), ("", "chunked"));
    assert!(seeded.body == streamed.body && seeded.body != whole.body);

    for size in [0, 1, 65_536, 65_537] {
        assert_eq!(site.get(&format!("/bytes/{size}?seed=99")).await.body.len(), size);
        assert_eq!(site.get(&format!("/stream-bytes/{size}")).await.body.len(), size);
    }
}

#[tokio::test]
async fn json_html_and_text() {
    let site = Site::new();
    assert!(site.json("/json").await.is_object());
    for (path, media_type) in [("/html", "text/html; charset=utf-8"), ("/text", "text/plain; charset=utf-8")] {
        let answer = site.get(path).await;
        assert_eq!(answer.header("content-type"), media_type);
        assert!(!str::from_utf8(&answer.body).unwrap().is_ascii());
    }
    for size in [0, 1, 100, 10_000, 1_000_000] {
        let answer = site.get(&format!("/json/{size}")).await;
        assert!(answer.json().is_array());
        assert!(answer.body.len().abs_diff(size) < 60, "{size} became {}", answer.body.len());
    }
}

#[tokio::test]
async fn rules_for_robots() {
    let site = Site::new();
    let rules = site.get("/robots.txt").await;
    assert_eq!(
        (rules.header("content-type"), &rules.body[..]),
        ("text/plain", &b"User-agent: *\nDisallow: /deny\n"[..])
    );
    assert_eq!(site.get("/deny").await.status, 200);
}

#[tokio::test]
async fn content_codings() {
    type Decode = fn(&[u8]) -> Vec<u8>;
    fn all(mut from: impl Read) -> Vec<u8> {
        let mut decoded = Vec::new();
        from.read_to_end(&mut decoded).unwrap();
        decoded
    }

    let site = Site::new();
    let codings: [(_, _, _, Decode); 4] = [
        ("/gzip", "gzip", "gzipped", |body| all(flate2::read::GzDecoder::new(body))),
        ("/deflate", "deflate", "deflated", |body| all(flate2::read::ZlibDecoder::new(body))),
        ("/brotli", "br", "brotli", |body| all(brotli::Decompressor::new(body, 4096))),
        ("/zstd", "zstd", "zstd", |body| zstd::decode_all(body).unwrap()),
    ];
    for (path, coding, key, decode) in codings {
        let answer = site.get(path).await;
        assert_eq!(answer.header("content-encoding"), coding);
        let body: Value = serde_json::from_slice(&decode(&answer.body)).unwrap();
        assert_eq!((&body[key], &body["method"]), (&json!(true), &json!("GET")));
        assert!(body["headers"]["Host"].is_string());
    }
}

#[tokio::test]
async fn redirects() {
    let site = Site::new();
    for (path, location) in [
        ("/redirect/2", "/redirect/1"),
        ("/redirect/1", "/get"),
        ("/absolute-redirect/2", &site.url("/absolute-redirect/1")),
        ("/absolute-redirect/1", &site.url("/get")),
        ("/redirect-to?url=%2Fip", "/ip"),
    ] {
        let answer = site.get(path).await;
        assert_eq!((answer.status, answer.header("location")), (302, location));
    }
    assert_eq!(site.status("/redirect-to?url=/ip&status_code=308").await, 308);
    for path in ["/redirect-to?url=/ip&status_code=200", "/redirect-to?url=a%0Ab", "/redirect-to"] {
        assert_eq!(site.status(path).await, 400);
    }

    let follower = Site::with(client().redirect(redirect::Policy::limited(10)));
    for path in ["/redirect/5", "/absolute-redirect/5"] {
        assert_eq!(follower.json(path).await["url"], follower.url("/get"));
    }
}

#[tokio::test]
async fn cookies() {
    let site = Site::new();
    let answer = site.get("/cookies/set?a=1&b=2").await;
    assert_eq!((answer.status, answer.header("location")), (302, "/cookies"));
    assert!(answer.headers.get_all("set-cookie").iter().eq(["a=1; Path=/", "b=2; Path=/"]));
    assert_eq!(site.status("/cookies/set?a=%00").await, 400);

    let answer = site.get("/cookies/delete?a").await;
    assert_eq!((answer.status, answer.header("location")), (302, "/cookies"));
    assert!(answer.header("set-cookie").starts_with("a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT"));

    let answer = send(site.request("GET", "/cookies").header("cookie", "a=1; b=x=y")).await.unwrap();
    assert_eq!(answer.json(), json!({ "cookies": { "a": "1", "b": "x=y" } }));
}

#[tokio::test]
async fn credentials() {
    let site = Site::new();
    let answer = site.get("/basic-auth/me/secret").await;
    assert_eq!((answer.status, answer.header("www-authenticate")), (401, r#"Basic realm="haul-origin""#));
    let basic = |password| send(site.request("GET", "/basic-auth/me/secret").basic_auth("me", Some(password)));
    assert_eq!(basic("wrong").await.unwrap().status, 401);
    assert_eq!(basic("secret").await.unwrap().json(), json!({ "authenticated": true, "user": "me" }));

    let answer = site.get("/bearer").await;
    assert_eq!((answer.status, answer.header("www-authenticate")), (401, "Bearer"));
    let answer = send(site.request("GET", "/bearer").bearer_auth("t0k3n")).await.unwrap();
    assert_eq!(answer.json(), json!({ "authenticated": true, "token": "t0k3n" }));
}

#[tokio::test]
async fn a_digest_is_checked() {
    let site = Site::new();
    let path = "/digest-auth/Mufasa/Circle%20of%20Life?algorithm=SHA-256&uses=2";
    let answer = site.get(path).await;
    assert_eq!((answer.status, answer.json()), (401, json!({ "authenticated": false })));
    let challenge = answer.header("www-authenticate").to_owned();
    assert!(challenge.starts_with("Digest realm=\"haul-origin\", qop=\"auth\", algorithm=SHA-256, nonce=\""));
    assert!(challenge.ends_with("stale=false"));

    let mut client = http_auth::PasswordClient::try_from(challenge.as_str()).unwrap();
    let mut ask = |password: &str| {
        let params = http_auth::PasswordParams { username: "Mufasa", password, uri: path, method: "GET", body: None };
        send(site.request("GET", path).header("authorization", client.respond(&params).unwrap()))
    };
    assert_eq!(ask("Circle%20of%20Life").await.unwrap().json()["nonce_count"], 1);
    let wrong = ask("Hakuna Matata").await.unwrap();
    assert!(wrong.status == 401 && wrong.header("www-authenticate").ends_with("stale=false"));
    let stale = ask("Circle%20of%20Life").await.unwrap();
    assert!(stale.status == 401 && stale.header("www-authenticate").ends_with("stale=true"));
    for path in ["/digest-auth/a/b?algorithm=SHA-1", "/digest-auth/a/b?uses=0"] {
        assert_eq!(site.status(path).await, 400);
    }
}

#[tokio::test]
async fn pages_lead_to_each_other() {
    let site = Site::new();
    let mut ids = Vec::new();
    let mut next = Some(site.url("/paginate"));
    while let Some(url) = next {
        let answer = send(site.client.get(url)).await.unwrap();
        let page = answer.json();
        ids.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].as_u64().unwrap()));
        next = page["next"].as_str().map(str::to_owned);
        assert_eq!(answer.header("link").contains("rel=\"next\""), next.is_some());
    }
    assert!(ids.into_iter().eq(1..=100));

    let answer = site.get("/paginate?cursor=2&per_page=3&total=7").await;
    let link =
        |rel, page| format!("<{}>; rel=\"{rel}\"", site.url(&format!("/paginate?page={page}&per_page=3&total=7")));
    let links = [link("first", 1), link("prev", 1), link("next", 3), link("last", 3)];
    assert_eq!(answer.header("link"), links.join(", "));
    assert_eq!(answer.json()["next_cursor"], "3");
    assert_eq!(answer.json()["items"][0], json!({ "id": 4, "name": "item 4" }));

    assert_eq!(site.json("/paginate?offset=8").await["page"], 3);
    for status in [503, 200] {
        assert_eq!(site.get("/paginate?page=2&fail=2").await.status, status);
    }
    let next = site.json("/paginate?fail=2").await["next"].clone();
    assert_eq!(next, site.url("/paginate?page=2&per_page=4&total=100&fail=2"));

    for path in ["/paginate?page=26", "/paginate?total=0"] {
        let page = site.json(path).await;
        assert_eq!((&page["items"], &page["next"], &page["next_cursor"]), (&json!([]), &Value::Null, &Value::Null));
    }
}

#[tokio::test]
async fn flaky_succeeds_every_nth_time() {
    let site = Site::new();
    for expected in [503, 503, 200, 503, 503, 200] {
        assert_eq!(site.status("/flaky/3").await, expected);
    }
    assert_eq!(site.status("/flaky/2?key=a").await, 503);
    assert_eq!(site.status("/flaky/2?key=b").await, 503);
    assert_eq!(site.json("/flaky/2?key=a").await, json!({ "attempt": 2, "of": 2 }));
    assert_eq!(site.status("/flaky/1").await, 200);
}

#[tokio::test]
async fn retry_after_asks_once() {
    let site = Site::new();
    let answer = site.get("/retry-after/2?code=429").await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, "2"));
    assert_eq!(site.status("/retry-after/2?code=429").await, 200);
    assert_eq!(site.status("/retry-after/2?code=429").await, 200);
    assert_eq!(site.status("/retry-after/2?key=other").await, 503);
}

#[tokio::test]
async fn a_rate_limit_is_told_once() {
    let site = Site::new();
    let seconds = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let asked = seconds();
    let answer = site.get("/rate-limit/5").await;
    assert_eq!((answer.status, answer.header("x-ratelimit-remaining")), (429, "0"));
    let reset: u64 = answer.header("x-ratelimit-reset").parse().unwrap();
    assert!((asked + 6..=seconds() + 6).contains(&reset), "{reset}");
    assert_eq!(site.status("/rate-limit/5").await, 200);
    let answer = site.get("/rate-limit/5?field=RateLimit&code=200").await;
    assert_eq!((answer.status, answer.header("ratelimit")), (200, r#""default";r=0;t=5"#));
    assert_eq!(site.status("/rate-limit/5?field=Rate").await, 400);
}

#[tokio::test]
async fn delay_and_drip_take_their_time() {
    let site = Site::new();
    let started = Instant::now();
    assert_eq!(site.json("/delay/0.2").await["url"], site.url("/delay/0.2"));
    assert!(started.elapsed() >= Duration::from_millis(200));

    let started = Instant::now();
    let answer = site.get("/drip?duration=0.2&numbytes=5000&delay=0.1&code=203").await;
    assert!(started.elapsed() >= Duration::from_millis(300));
    assert_eq!((answer.status, answer.header("content-length")), (203, "5000"));
    assert_eq!(answer.body, [b'*'; 5000]);
}

#[tokio::test]
async fn cut_sends_half_of_its_body() {
    let site = Site::new();
    let mut response = site.request("GET", "/cut/1000000").send().await.unwrap();
    assert_eq!(response.headers()["content-length"], "2000000");
    let mut received = 0;
    while let Ok(chunk) = response.chunk().await {
        received += chunk.expect("it ends with an error").len();
    }
    assert_eq!(received, 1_000_000);
}

#[tokio::test]
async fn close_and_hang_do_not_answer() {
    let site = Site::new();
    assert!(site.try_get("/close").await.is_err_and(|error| error.is_request()));
    let hanging = site.request("GET", "/hang").timeout(Duration::from_millis(100));
    assert!(send(hanging).await.is_err_and(|error| error.is_timeout()));
    eventually(|| site.origin.stats().in_flight == 0).await;
}

#[tokio::test]
async fn http2_on_the_same_port() {
    let site = Site::with(client().http2_prior_knowledge());
    let response = site.request("GET", "/get").send().await.unwrap();
    assert_eq!(response.version(), Version::HTTP_2);
    let echo: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    assert_eq!(echo["url"], site.url("/get"));
    assert_eq!(echo["headers"]["Host"], site.origin.addr().to_string());

    let answers = join_all((0..50).map(|seed| site.json(["/delay/0.1", "/get"][seed % 2]))).await;
    assert_eq!(answers.len(), 50);
    let answers = join_all((0..50).map(async |seed| site.get(&format!("/bytes/100000?seed={seed}")).await)).await;
    assert!(answers.iter().all(|answer| answer.body.len() == 100_000));
    assert!(site.try_get("/cut/1000").await.is_err());
    assert!(site.try_get("/close").await.is_err());
    assert_eq!(site.status("/get").await, 200);
    assert_eq!(site.origin.stats().connections, 1);
}

#[tokio::test]
async fn stats_count_what_a_client_did() {
    let site = Site::new();
    for _ in 0..10 {
        site.get("/bytes/100000").await;
    }
    let stats = site.origin.stats();
    assert_eq!((stats.connections, stats.requests), (1, 10));
    assert_eq!((stats.in_flight, stats.peak_in_flight), (0, 1));

    join_all((0..5).map(|_| site.get("/delay/0.2"))).await;
    let stats = site.origin.stats();
    assert_eq!((stats.requests, stats.in_flight, stats.peak_in_flight), (15, 0, 5));
    assert!((5..=6).contains(&stats.connections));
}

#[test]
fn a_dropped_origin_closes_its_port() {
    let origin = Origin::spawn().unwrap();
    let addr = origin.addr();
    let mut connected = TcpStream::connect(addr).unwrap();
    drop(origin);
    assert!(TcpStream::connect(addr).is_err());
    assert!(!matches!(connected.read(&mut [0]), Ok(1..)));
    assert_eq!(Origin::spawn_on(addr).unwrap().addr(), addr);
}

#[tokio::test]
async fn a_dropped_origin_leaves_no_task_in_its_runtime() {
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let origin = Origin::bind("127.0.0.1:0").await.unwrap();
    for client in [client(), client().http2_prior_knowledge()] {
        tokio::spawn(send(client.build().unwrap().get(origin.url("/hang"))));
    }
    eventually(|| origin.stats().in_flight == 2).await;
    let addr = origin.addr();
    drop(origin);
    eventually(|| tasks() == before).await;
    assert!(TcpStream::connect(addr).is_err());
}

#[test]
fn a_taken_port_is_an_error() {
    let origin = Origin::spawn().unwrap();
    assert!(Origin::spawn_on(origin.addr()).is_err());
}
