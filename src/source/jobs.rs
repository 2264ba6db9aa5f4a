//! Jobs that are made elsewhere.

use std::io;
use std::iter::Fuse;

use super::{Entry, Feed};
use crate::job::Job;

pub(super) struct Jobs<I>(Fuse<I>);

impl<I: Iterator<Item = Job>> Jobs<I> {
    pub(super) fn new(jobs: I) -> Self {
        Jobs(jobs.fuse())
    }
}

impl<I: Iterator<Item = Job> + Send> Feed for Jobs<I> {
    fn next_batch(&mut self, seq: u64, limit: usize) -> io::Result<Vec<Entry>> {
        let ready = self.0.size_hint().0.clamp(1, limit);
        let jobs = self.0.by_ref().take(ready).zip(seq..);
        Ok(jobs.map(|(job, seq)| Entry::Job(Box::new(Job { seq, ..job }))).collect())
    }
}
