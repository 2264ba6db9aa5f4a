//! What a run in progress has come to, for whoever asks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::model::RecordSummary;
use crate::report::{Report, RunFacts};

/// What a run in progress has come to: the report and the facts that it would end with if it ended now.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Interim {
    /// Of all records that the output has taken so far.
    pub report: Arc<Report>,
    /// How the run has gone so far. Its records include those that the output has not taken yet.
    pub run: Arc<RunFacts>,
    /// How many of the report's records are of this run, not of the one that it resumes.
    pub written: u64,
}

/// The questions to a run and its answers.
#[derive(Debug, Clone)]
pub(super) struct Interims {
    asked: watch::Sender<u64>,
    answer: watch::Sender<Answer>,
    pub(super) report: SharedReport,
}

/// The last answer of the run's loop.
#[derive(Debug, Clone, Default)]
enum Answer {
    /// Nobody has asked.
    #[default]
    None,
    Facts(Arc<RunFacts>),
    /// The run has ended.
    Last(Arc<RunFacts>),
}

impl Default for Interims {
    fn default() -> Self {
        Interims {
            asked: watch::Sender::new(0),
            answer: watch::Sender::new(Answer::default()),
            report: SharedReport::default(),
        }
    }
}

impl Interims {
    /// Asks the loop, and waits for its answer.
    pub(super) async fn ask(&self) -> Interim {
        let mut answers = self.answer.subscribe();
        let has_ended = matches!(*answers.borrow_and_update(), Answer::Last(_));
        if !has_ended {
            self.asked.send_modify(|questions| *questions += 1);
            let _ = answers.changed().await; // it never fails: we have a sender
        }
        let run = match &*answers.borrow() {
            Answer::Facts(run) | Answer::Last(run) => Arc::clone(run),
            Answer::None => Arc::default(),
        };
        let (report, earlier) = self.report.get_with_earlier();
        let written = report.totals().records.saturating_sub(earlier);
        Interim { report, run, written }
    }

    /// Where the loop learns that somebody has asked; also if that was before the run began.
    pub(super) fn questions(&self) -> watch::Receiver<u64> {
        let mut questions = self.asked.subscribe();
        if *questions.borrow() > 0 {
            questions.mark_changed();
        }
        questions
    }

    /// Answers everybody who has asked.
    pub(super) fn answer(&self, run: RunFacts) {
        self.answer.send_replace(Answer::Facts(Arc::new(run)));
    }

    /// Answers whoever asks from now on as before: the run has ended, perhaps before its loop began.
    fn end(&self) {
        self.answer.send_if_modified(|answer| {
            let last = match answer {
                Answer::Last(_) => return false,
                Answer::Facts(run) => Arc::clone(run),
                Answer::None => Arc::default(),
            };
            *answer = Answer::Last(last);
            true
        });
    }

    /// Answers everybody who has asked or will ask.
    pub(super) fn answer_last(&self, run: RunFacts) {
        self.answer.send_replace(Answer::Last(Arc::new(run)));
    }
}

/// Sees to it that whoever asks gets an answer, however the run ends.
#[derive(Debug)]
pub(crate) struct AnswersAtEnd<'a>(pub(super) &'a Interims);

impl Drop for AnswersAtEnd<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// The report of a run in progress. The writer adds to it; others can look at it even while the output is stuck, since
/// nobody keeps the lock while doing anything else.
#[derive(Debug, Clone, Default)]
pub(super) struct SharedReport(Arc<Mutex<Taken>>);

#[derive(Debug, Clone, Default)]
struct Taken {
    report: Arc<Report>,
    /// How many of its records are of the run that this one resumes.
    earlier: u64,
}

impl SharedReport {
    /// Begins with the report of the run that this one resumes.
    pub(super) fn set(&self, report: Report) {
        let earlier = report.totals().records;
        *self.lock() = Taken { report: Arc::new(report), earlier };
    }

    /// Adds one record.
    pub(super) fn add(&self, record: &RecordSummary<'_>) {
        Arc::make_mut(&mut self.lock().report).add(record); // copies only if somebody still looks at it
    }

    /// The report as it is now.
    pub(super) fn get(&self) -> Arc<Report> {
        self.get_with_earlier().0
    }

    /// The same, and how many of its records are of an earlier run.
    fn get_with_earlier(&self) -> (Arc<Report>, u64) {
        let taken = self.lock();
        (Arc::clone(&taken.report), taken.earlier)
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
