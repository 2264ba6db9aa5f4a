//! A small HTTP server for one page. It reads the run, and nothing that a client does can hold the run up.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use haul::engine::Control;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, Semaphore};
use tokio::time::{Instant, sleep, timeout};

use super::families::{self, Command, Figures};

/// How many clients are served at a time; others wait.
const MAX_CLIENTS: usize = 16;

/// How long a client may take, from its connection to the end of the answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long the run may take to answer, before it begins or while it is busy.
const BEGINS_WITHIN: Duration = Duration::from_secs(2);

/// How long a rendered page is served again: to look at a run costs it a little.
const FRESH: Duration = Duration::from_millis(200);

/// The pages of the server.
pub(super) struct Pages {
    control: Control,
    command: Command,
    /// When the process began, since 1970.
    began: Duration,
    last: Mutex<Option<(Instant, Bytes)>>,
}

impl Pages {
    pub(super) fn new(control: Control, command: Command, began: Duration) -> Self {
        Pages { control, command, began, last: Mutex::default() }
    }

    async fn answer(&self, method: &Method, path: &str) -> Response<Full<Bytes>> {
        match path {
            "/" | "/metrics" if !matches!(*method, Method::GET | Method::HEAD) => {
                let mut refused = text(StatusCode::METHOD_NOT_ALLOWED, "use GET\n");
                refused.headers_mut().insert(ALLOW, const { http::HeaderValue::from_static("GET, HEAD") });
                refused
            }
            "/" => text(StatusCode::OK, "The metrics of this run of haul are at /metrics\n"),
            "/metrics" => match self.metrics().await {
                Some(page) => of_type(StatusCode::OK, prometheus::TEXT_FORMAT, page),
                None => text(StatusCode::SERVICE_UNAVAILABLE, "the run has not begun\n"),
            },
            _ => text(StatusCode::NOT_FOUND, "not found: the metrics are at /metrics\n"),
        }
    }

    /// The figures as they are now, or a moment ago; none before the run begins.
    async fn metrics(&self) -> Option<Bytes> {
        let mut last = self.last.lock().await; // clients that ask at the same time share the answer
        if let Some((_, page)) = last.as_ref().filter(|(made, _)| made.elapsed() < FRESH) {
            return Some(page.clone());
        }
        let Ok(interim) = timeout(BEGINS_WITHIN, self.control.interim()).await else {
            return last.as_ref().map(|(_, page)| page.clone());
        };
        let (report, run) = (&interim.report, &interim.run);
        let &Pages { ref control, command, began, .. } = self;
        let figures = Figures { report, run, control, command, began };
        let page = Bytes::from(families::text(&figures));
        *last = Some((Instant::now(), page.clone()));
        Some(page)
    }
}

/// Serves whoever connects.
pub(super) async fn serve(listener: TcpListener, pages: Pages) {
    let (pages, clients) = (Arc::new(pages), Arc::new(Semaphore::new(MAX_CLIENTS)));
    loop {
        let Ok(place) = Arc::clone(&clients).acquire_owned().await else { return };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(_) => {
                sleep(FRESH).await; // no descriptor is free, perhaps
                continue;
            }
        };
        let pages = Arc::clone(&pages);
        tokio::spawn(async move {
            let _ = timeout(PATIENCE, converse(stream, &pages)).await;
            drop(place);
        });
    }
}

/// Answers one request.
async fn converse(stream: TcpStream, pages: &Pages) {
    let service = service_fn(async |request: Request<Incoming>| {
        Ok::<_, Infallible>(pages.answer(request.method(), request.uri().path()).await)
    });
    let _ = http1::Builder::new()
        .keep_alive(false)
        .timer(TokioTimer::new())
        .max_buf_size(16 << 10)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

fn text(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    of_type(status, "text/plain; charset=utf-8", Bytes::from_static(text.as_bytes()))
}

fn of_type(status: StatusCode, media_type: &'static str, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static(media_type));
    response
}
