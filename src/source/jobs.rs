//! Jobs that are made elsewhere.

use std::io;
use std::iter::Fuse;

use super::resume::Numbering;
use super::{Entry, Feed};
use crate::model::Job;

pub(super) struct Jobs<I>(Fuse<I>);

impl<I: Iterator<Item = Job>> Jobs<I> {
    pub(super) fn new(jobs: I) -> Self {
        Jobs(jobs.fuse())
    }
}

impl<I: Iterator<Item = Job> + Send> Feed for Jobs<I> {
    fn read(&mut self, numbering: &mut Numbering, limit: usize) -> io::Result<Option<Vec<Entry>>> {
        let ready = self.0.size_hint().0.clamp(1, limit);
        let (mut batch, mut ended) = (Vec::with_capacity(ready), true);
        for job in self.0.by_ref().take(ready) {
            ended = false;
            if numbering.is_skipped() {
                numbering.skip();
            } else {
                batch.extend(numbering.take(Entry::Job(Box::new(Job { seq: numbering.seq, ..job }))));
            }
        }
        Ok(Some(batch).filter(|_| !ended))
    }
}
