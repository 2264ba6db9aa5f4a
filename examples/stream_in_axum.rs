//! A web service that fetches the URLs of a request and streams their records back. A client that disconnects stops
//! its run; one that reads slowly slows it.
//!
//! ```console
//! $ cargo run --example stream_in_axum &
//! $ printf '%s\n' https://example.com https://example.org | curl --no-buffer --data-binary @- localhost:3000/fetch
//! ```

use std::error::Error;

use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::post;
use axum::{Router, serve};
use futures::StreamExt;
use haul::plan::Access;
use haul::{Haul, Input};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Whoever sends URLs from outside must not reach what is inside.
    let access = Access { deny_private: true, ..Access::default() };
    Ok(serve(TcpListener::bind("127.0.0.1:3000").await?, app(access)).await?)
}

fn app(access: Access) -> Router {
    Router::new().route("/fetch", post(fetch)).with_state(access)
}

/// Fetches a list of URLs, a line each.
async fn fetch(State(access): State<Access>, list: String) -> Result<impl IntoResponse, (StatusCode, String)> {
    let haul = Haul::builder()
        .input(Input::Text { name: "list".to_owned(), text: list })
        .plan(|plan| plan.access = access)
        .build()
        .map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    let lines = haul.stream().map(|record| serde_json::to_string(&record).map(|line| line + "\n"));
    Ok(([(CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)))
}

#[cfg(test)]
mod tests {
    use haul::Request;

    use super::*;

    #[tokio::test]
    async fn it_streams_a_record_for_each_line() -> Result<(), Box<dyn Error>> {
        let origin = haul_origin::Origin::spawn()?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/fetch", listener.local_addr()?);
        tokio::spawn(serve(listener, app(Access::default())).into_future());

        let list = format!("{}\nnot a URL\n{}\n", origin.url("/json"), origin.url("/status/404"));
        let mut answers = Haul::builder().urls([url]).request(Request::post().bytes(list)).build()?.stream();
        let answer = answers.next().await.ok_or("no answer")?;
        assert_eq!(answer.headers()[CONTENT_TYPE], "application/x-ndjson");
        let mut statuses = Vec::new();
        for line in answer.text()?.lines() {
            statuses.push(serde_json::from_str::<serde_json::Value>(line)?["status_code"].as_u64());
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [None, Some(200), Some(404)]);
        Ok(())
    }
}
