//! Evaluates filters on bodies, so that neither other requests nor the memory of the run suffer from it.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::body;
use super::memory::MemoryPermit;
use crate::jq::{Filter, FilterError, FilterLimits};
use crate::model::Setting;
use crate::plan::Plan;

/// The largest document that is evaluated or searched on the fetcher's own thread.
pub(super) const SMALL: usize = 64 << 10;

/// What an evaluation may take there: nothing else goes on meanwhile.
pub(super) const BRIEF: FilterLimits =
    FilterLimits { steps: 64 << 10, time: Duration::from_millis(5), spent: Duration::ZERO, memory: 4 << 20, bytes: 0 };

/// The memory that a filter gets at first when it runs apart, and eight times the document.
const USUAL: usize = 16 << 20;

/// Evaluates the filters of a plan on the body of an answer, whose permit pays for them.
#[derive(Clone, Copy)]
pub(super) struct Filtering<'a> {
    pub(super) plan: &'a Plan,
    pub(super) permit: &'a MemoryPermit,
}

/// An evaluation that failed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FilterFailure {
    pub(super) why: FilterError,
    /// The setting that limits it, if a larger one could help.
    pub(super) setting: Option<Setting>,
}

impl Filtering<'_> {
    /// Runs `evaluate`, a method of [`Filter`], on a document: at once if that takes little, and else on a thread for
    /// such work, as soon as there is memory for it.
    pub(super) async fn evaluate<T: Send + 'static>(
        self,
        filter: &Filter,
        document: &Bytes,
        evaluate: fn(&Filter, &[u8], FilterLimits) -> Result<T, FilterError>,
    ) -> Result<T, FilterFailure> {
        if let Some(why) = body::undecoded(document) {
            return Err(FilterFailure::of_document(FilterError::NotJson(why.to_owned())));
        }
        let bytes = self.plan.fetch.max_filesize;
        if document.len() <= SMALL {
            match evaluate(filter, document, FilterLimits { bytes, ..BRIEF }) {
                Err(FilterError::Unbounded(_) | FilterError::OutOfMemory(_)) => {}
                result => return result.map_err(FilterFailure::of_document),
            }
        }
        let full = FilterLimits::for_document(document.len(), bytes);
        let allowed = full.within(self.plan.filter_memory()).memory;
        // Most need little: with less memory for each, more of them run at the same time.
        let usual = USUAL.saturating_add(document.len().saturating_mul(8)).min(allowed);
        let (result, took) = self.run_apart(filter, document, FilterLimits { memory: usual, ..full }, evaluate).await;
        let result = match result {
            Err(FilterError::OutOfMemory(_)) if usual < allowed => {
                let rest = FilterLimits { memory: allowed, spent: took, ..full };
                self.run_apart(filter, document, rest, evaluate).await.0
            }
            result => result,
        };
        result.map_err(|why| FilterFailure {
            setting: (allowed < full.memory && matches!(why, FilterError::OutOfMemory(_)))
                .then_some(Setting::MaxMemory),
            why,
        })
    }

    /// Evaluates on another thread, and tells how long that took. Its memory is charged until it has ended, even if
    /// nobody waits for it any more.
    #[cfg_attr(not(feature = "jq"), allow(unused_variables))] // never called then
    async fn run_apart<T: Send + 'static>(
        self,
        filter: &Filter,
        document: &Bytes,
        limits: FilterLimits,
        evaluate: fn(&Filter, &[u8], FilterLimits) -> Result<T, FilterError>,
    ) -> (Result<T, FilterError>, Duration) {
        self.permit.reserve(self.permit.booked().saturating_add(limits.memory)).await;
        let share = self.permit.split(limits.memory);
        let (filter, document) = (filter.clone(), document.clone());
        let evaluation = move || {
            let start = Instant::now();
            (evaluate(&filter, &document, limits), start.elapsed(), share)
        };
        match tokio::task::spawn_blocking(evaluation).await {
            Ok((result, took, _share)) => (result, took),
            Err(_) => (Err(FilterError::Failed("the filter panicked".to_owned())), Duration::ZERO),
        }
    }
}

impl FilterFailure {
    fn of_document(why: FilterError) -> Self {
        FilterFailure { why, setting: None }
    }
}

#[cfg(all(test, feature = "jq"))]
mod tests {
    use std::sync::Barrier;
    use std::time::Duration;

    use futures::FutureExt;
    use tokio::time::{sleep, timeout};

    use super::*;
    use crate::fetch::memory::MemoryBudget;
    use crate::guard::regex::tests::random_letters;

    const COUNT: &str = "[range(300000)] | length";

    async fn first(plan: &Plan, permit: &MemoryPermit, code: &str, document: &Bytes) -> Result<String, FilterFailure> {
        let filter = Filter::compile(code).unwrap();
        let output = Filtering { plan, permit }.evaluate(&filter, document, Filter::first).await;
        output.map(Option::unwrap_or_default)
    }

    #[test]
    fn what_takes_little_is_evaluated_at_once() {
        let (plan, permit) = (Plan::default(), MemoryBudget::new(1).book(1));
        let output = first(&plan, &permit, ".a", &Bytes::from_static(br#"{"a":1}"#)).now_or_never();
        assert_eq!(output, Some(Ok("1".to_owned())));
    }

    #[tokio::test]
    async fn other_requests_go_on_while_a_filter_runs() {
        let (plan, budget) = (Plan::default(), MemoryBudget::new(1 << 30));
        let permit = budget.book(10);
        let large = Bytes::from(format!("[{}1]", "1,".repeat(SMALL)));
        let text = Bytes::from(format!("\"{}\"", random_letters(20_000)));
        let search = "[match(\"[ab]*a[ab]{200}c\")] | length";
        for (code, document, expected) in
            [(COUNT, Bytes::from_static(b"1"), "300000"), ("length", large, "65537"), (search, text, "0")]
        {
            let evaluation = first(&plan, &permit, code, &document);
            let mut most = 0;
            let others = async {
                loop {
                    most = most.max(budget.used());
                    tokio::task::yield_now().await;
                }
            };
            let output = tokio::select! { output = evaluation => output, () = others => unreachable!() };
            assert_eq!(output, Ok(expected.to_owned()));
            assert!(most > BRIEF.memory, "it is charged meanwhile: {most}");
            assert_eq!(budget.used(), 10);
        }
    }

    #[tokio::test]
    async fn a_filter_that_nobody_waits_for_keeps_its_memory_until_it_ends() {
        static STEP: Barrier = Barrier::new(2);
        fn count(_: &Filter, _: &[u8], _: FilterLimits) -> Result<(), FilterError> {
            STEP.wait(); // it has started
            STEP.wait(); // and may end
            Ok(())
        }
        let (plan, budget) = (Plan::default(), MemoryBudget::new(1 << 30));
        let (permit, filter) = (budget.book(10), Filter::compile(".").unwrap());
        let large = Bytes::from(vec![b' '; SMALL + 1]);
        let filtering = Filtering { plan: &plan, permit: &permit };
        assert!(filtering.evaluate(&filter, &large, count).now_or_never().is_none(), "it is dropped here");
        STEP.wait();
        drop(permit);
        assert_eq!(budget.used(), USUAL + 8 * large.len());
        STEP.wait();
        budget.freed_until(|| budget.used() == 0).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_filter_waits_for_memory() {
        let (plan, budget) = (Plan::default(), MemoryBudget::new(20 << 20));
        let (other, permit) = (budget.book(21 << 20), budget.book(10));
        other.wait().await; // it has the priority
        let document = Bytes::from_static(b"1");
        let mut evaluation = Box::pin(first(&plan, &permit, COUNT, &document));
        assert!(timeout(Duration::from_secs(1000), &mut evaluation).await.is_err());
        drop(other);
        assert_eq!(evaluation.await, Ok("300000".to_owned()));
        sleep(Duration::ZERO).await;
        assert_eq!(budget.used(), 10);
    }
}
