//! A target of a probe.

use std::mem;
use std::sync::Arc;
use std::time::SystemTime;

use jiff::SignedDuration;
use url::Url;

use super::fill::Fill;
use crate::model::Job;
use crate::model::request::{Content, Piece};

/// The largest weight of a target.
const MAX_WEIGHT: u32 = 1_000_000;

/// The longest name of a group, in bytes.
const MAX_GROUP: usize = 1024;

/// A request that a probe sends over and over again.
#[derive(Debug)]
pub struct ProbeTarget {
    job: Job,
    weight: u32,
    at: Option<SignedDuration>,
    /// What is generated for each of its requests.
    fill: Option<Box<Fill>>,
}

impl ProbeTarget {
    pub(in crate::source) fn new(job: Job, fill: Fill, weight: u32, at: Option<SignedDuration>) -> Self {
        let fill = (!fill.is_empty()).then(|| Box::new(fill));
        ProbeTarget { job, weight, at, fill }
    }

    /// Its URL. Placeholders are filled with examples.
    pub fn url(&self) -> &Url {
        &self.job.url
    }

    /// The ordinal of its line, from 0.
    pub fn seq(&self) -> u64 {
        self.job.seq
    }

    /// How often it is sent, compared with others.
    pub fn weight(&self) -> u32 {
        self.weight
    }

    /// Whether its requests have values that depend on the seed.
    pub(super) fn has_random_values(&self) -> bool {
        self.fill.as_ref().is_some_and(|fill| fill.has_random())
    }

    /// When it was sent, according to its line.
    pub(super) fn at(&self) -> Option<SignedDuration> {
        self.at
    }

    /// The request with examples of values.
    pub(in crate::source) fn prototype(&self) -> &Job {
        &self.job
    }

    /// The request as the input numbered `seq`, which is to start at `now`.
    pub fn job(&self, seq: u64, now: SystemTime) -> Job {
        let mut job = Job { seq, ..self.job.clone() };
        if let Some(fill) = &self.fill {
            fill.apply(&mut job, now);
        }
        job
    }

    /// About how many bytes of memory it takes.
    pub(super) fn size(&self) -> usize {
        let tags = self.job.tags.as_ref().map_or(0, |tags| {
            let json = [&tags.id, &tags.meta].into_iter().flatten().map(|json| json.get().len()).sum::<usize>();
            mem::size_of_val(&**tags) + json
        });
        let given = self.job.given.as_ref().map_or(0, |given| given.len());
        mem::size_of::<Self>()
            + self.job.url.as_str().len()
            + given
            + tags
            + self.request_size()
            + self.fill.as_ref().map_or(0, |fill| fill.size())
    }

    /// The bytes of its request, unless other targets have the same.
    fn request_size(&self) -> usize {
        let request = &self.job.request;
        if Arc::strong_count(request) > 1 {
            return 0;
        }
        let fields: usize = request.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 64).sum();
        let body = request.body.as_ref().map_or(0, |body| match &body.content {
            Content::Bytes(bytes) => bytes.len(),
            Content::Pieces(pieces) => pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Bytes(bytes) => bytes.len(),
                    Piece::File(path) => path.as_os_str().len(),
                })
                .sum(),
        });
        mem::size_of_val(&**request) + fields + body
    }
}

/// Parses the weight of a target.
pub(in crate::source) fn parse_weight(text: &str) -> Result<u32, String> {
    let number = text.trim().parse::<f64>().ok();
    let whole = number.filter(|number| number.fract() == 0.0 && (0.0..=f64::from(MAX_WEIGHT)).contains(number));
    whole.map(|number| number as u32).ok_or_else(|| format!("must be a whole number from 0 to {MAX_WEIGHT}"))
}

/// Checks the name of a target's group. An empty one stands for no group.
pub(in crate::source) fn parse_group(name: &str) -> Result<Option<Arc<str>>, String> {
    match name.trim() {
        "" => Ok(None),
        name if name.len() > MAX_GROUP => Err(format!("is longer than {MAX_GROUP} bytes")),
        name => Ok(Some(name.into())),
    }
}
