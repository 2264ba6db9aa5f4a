//! Everything else that is known of a run.

use super::View;
use super::markup::Html;
use super::over_time::Columns;
use crate::guard::text::grouped;
use crate::report::{LoadFacts, RunFacts, Totals, text, units};

pub(super) fn facts(view: View<'_>, columns: &Columns) -> Html {
    let mut facts = Facts::default();
    facts.records(&view.report.totals);
    if let Some(load) = view.from.load() {
        facts.load(load);
    }
    if let Some(run) = view.from.run() {
        facts.run(run);
    }
    if columns.span().is_none() && view.report.totals.records > 0 {
        facts.add("Over time", "not known: no record says when its request started".to_owned());
    }
    facts.html()
}

/// Names and values.
#[derive(Default)]
struct Facts(Vec<(&'static str, String)>);

impl Facts {
    fn add(&mut self, name: &'static str, value: String) {
        self.0.push((name, value));
    }

    /// A number, unless it is zero.
    fn count(&mut self, name: &'static str, count: u64) {
        if count > 0 {
            self.add(name, grouped(count));
        }
    }

    fn records(&mut self, totals: &Totals) {
        self.add("Records", grouped(totals.records));
        self.count("Ok", totals.ok);
        self.count("Without an answer", totals.no_response);
        self.count("In the warm-up", totals.warm_up);
        self.count("Duplicates", totals.duplicates);
        self.count("Attempts", totals.attempts);
        self.count("Retries", totals.retries);
        self.count("Redirects", totals.redirects);
        self.count("Pages", totals.pages);
        self.count("Items", totals.items);
        self.count("Bodies cut short", totals.truncated);
        self.count("Deferred", totals.deferred);
        self.add("Received", units::bytes(totals.encoded_bytes));
        if totals.decoded_bytes != totals.encoded_bytes {
            self.add("Decoded", units::bytes(totals.decoded_bytes));
        }
    }

    fn load(&mut self, load: &LoadFacts) {
        self.add("Starts due", grouped(load.asked));
        self.add("Started", grouped(load.started));
        if !load.until.is_empty() {
            self.add("Until", text::until(load));
        }
        self.count("Cancelled at the end", load.cancelled);
        let lags = [("p50", 0.5), ("p99", 0.99), ("max", 1.0)];
        let lags = lags.map(|(name, quantile)| Some(format!("{name} {}", units::duration(load.lag_us(quantile)?))));
        if let Some(lags) = lags.into_iter().collect::<Option<Vec<_>>>() {
            self.add("Lag of the generator", lags.join(" · "));
        }
        self.add("Peak in flight", grouped(load.peak_in_flight));
        if let Some(cpu) = load.cpu {
            self.add("CPU of the generator", format!("{} of {}", cpu.share, units::things(cpu.cores, "core")));
        }
        for (name, us) in [("Waited for the output", load.output_wait_us), ("Waited for memory", load.memory_wait_us)] {
            if us > 0 {
                self.add(name, units::duration(us));
            }
        }
        if load.runs > 1 {
            self.add("Runs", grouped(load.runs));
        }
    }

    fn run(&mut self, run: &RunFacts) {
        self.add("Version of haul", run.version.to_string());
        self.add("Started at", run.started_at.clone());
        self.add("Time", units::seconds(run.wall_s));
        self.add("Requests sent", grouped(run.requests));
        if run.load.is_none() {
            self.add("Peak in flight", grouped(run.peak_in_flight as u64));
        }
    }

    fn html(&self) -> Html {
        let mut html = Html::default();
        html.raw("<dl class=\"facts\">\n");
        for (name, value) in &self.0 {
            html.raw("<dt>").raw(name).raw("</dt><dd>").text(value).raw("</dd>\n");
        }
        html.raw("</dl>\n");
        html
    }
}
