//! A transport whose answers depend on the URL.

use super::*;

/// A server in a few lines; the path of a URL says how it answers.
///
/// `/ok`, `/slow/MS`, `/flaky/N` (503 until the Nth try), `/to/PATH` (302 there), `/big/BYTES`, `/panic`, `/reset`,
/// `/queue/MS` (one server that answers them in turn, each after MS), `/pages/N` (a page before N more, of which every
/// third is unavailable at first), `/wait/S` (429 at first, which asks for S seconds), `/robots.txt` (see there). `gone.test` refuses connections for a minute.
#[derive(Debug, Clone, Default)]
pub(super) struct Script(pub(super) Arc<Mutex<Log>>);

#[derive(Debug, Default)]
pub(super) struct Log {
    pub(super) visits: HashMap<String, u32>,
    in_flight: usize,
    pub(super) peak: usize,
    pub(super) started: Vec<Instant>,
    /// When requests to `slow.test` started.
    pub(super) slow: Vec<Instant>,
    pub(super) most_booked: usize,
    /// When the one server of `/queue` is free.
    free_at: Option<Instant>,
}

impl Transport for Script {
    type Client = ();

    fn client(&self) -> io::Result<()> {
        Ok(())
    }

    async fn attempt(&self, (): &(), job: &Job, memory: &mut MemoryPermit) -> Attempt {
        let start = Instant::now();
        let mut attempt = self.answer(job, memory).await;
        attempt.timings.total = start.elapsed();
        attempt
    }
}

impl Script {
    async fn answer(&self, job: &Job, memory: &mut MemoryPermit) -> Attempt {
        let visit = {
            let mut log = self.0.lock().unwrap();
            log.started.push(Instant::now());
            if job.url.host_str() == Some("slow.test") {
                log.slow.push(Instant::now());
            }
            log.in_flight += 1;
            log.peak = log.peak.max(log.in_flight);
            let visits = log.visits.entry(job.url.to_string()).or_default();
            *visits += 1;
            *visits
        };
        let (verb, rest) = job.url.path()[1..].split_once('/').unwrap_or((&job.url.path()[1..], ""));
        let number = rest.parse().unwrap_or(10);
        match verb {
            "queue" => self.queue(Duration::from_millis(number)).await,
            "slow" => tokio::time::sleep(Duration::from_millis(number)).await,
            _ => tokio::time::sleep(Duration::from_millis(10)).await,
        }
        self.0.lock().unwrap().in_flight -= 1;
        match verb {
            "to" => redirect(rest),
            _ if job.url.host_str() == Some("gone.test") && self.age() < Duration::from_secs(60) => {
                let why = Failure::new(ErrorKind::ConnectRefused, "as scripted");
                Attempt::failed(SystemTime::now(), why.during(Phase::Connect))
            }
            "flaky" if u64::from(visit) < number => answer(503),
            "wait" if visit == 1 => wait(number),
            "pages" if visit == 1 && number % 3 == 1 => answer(503),
            "pages" => page(number),
            "robots.txt" => robots::answer(job.url.host_str().unwrap(), visit),
            "big" => {
                for received in (0..=number as usize).step_by(10_000) {
                    memory.wait().await;
                    memory.grow(received);
                    let mut log = self.0.lock().unwrap();
                    log.most_booked = log.most_booked.max(memory.booked_by_all());
                }
                answer(200)
            }
            "panic" => panic!("as scripted"),
            "reset" => Attempt::failed(SystemTime::now(), Failure::new(ErrorKind::Reset, "as scripted")),
            _ => answer(200),
        }
    }

    /// Waits for those before, and for `time`.
    async fn queue(&self, time: Duration) {
        let done = {
            let mut log = self.0.lock().unwrap();
            let begins = log.free_at.unwrap_or_else(Instant::now).max(Instant::now());
            *log.free_at.insert(begins + time)
        };
        tokio::time::sleep_until(done).await;
    }

    /// Time since the first request started.
    fn age(&self) -> Duration {
        self.0.lock().unwrap().started[0].elapsed()
    }
}

pub(super) fn answer(status: u16) -> Attempt {
    let head = Head {
        status: StatusCode::from_u16(status).unwrap(),
        version: Version::HTTP_11,
        headers: http::header::HeaderMap::new(),
    };
    Attempt { head: Some(head), body: Body::None, ..Attempt::empty(SystemTime::now()) }
}

pub(super) fn wait(seconds: u64) -> Attempt {
    let mut attempt = answer(429);
    attempt.head.as_mut().unwrap().headers.insert("retry-after", seconds.into());
    attempt
}

fn redirect(path: &str) -> Attempt {
    let mut attempt = answer(302);
    let headers = &mut attempt.head.as_mut().unwrap().headers;
    let to = if path.starts_with("http:") { path.to_owned() } else { format!("/{path}") };
    headers.insert("location", to.parse().unwrap());
    attempt
}

fn page(more: u64) -> Attempt {
    let mut attempt = answer(200);
    attempt.paging = Some(Box::default());
    let headers = &mut attempt.head.as_mut().unwrap().headers;
    if let Some(next) = more.checked_sub(1) {
        headers.insert("link", format!("</pages/{next}>; rel=next").parse().unwrap());
    }
    attempt
}
