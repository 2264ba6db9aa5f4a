//! The screen: a moment of a run in, a frame out.

use std::time::Duration;

use haul::guard::text::grouped;
use haul::model::MissedBy;
use haul::report::text::{Vocabulary, bounds, bytes, rate};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::heat::Heat;
use super::look::Look;
use super::moment::{Moment, Pace};
use super::rows::{errors, folded, header, joined, latency, log, row, statuses, table};
use super::sections::{Section, beside, share_out};
use crate::cli::progress::{Now, ProbeProgress, SearchNow};
use crate::cli::vocabulary::Options;

/// From how many columns on, errors and groups are side by side.
const WIDE: usize = 140;

/// The fewest lines for latencies over time.
const LEAST_HEAT: usize = 7;

/// How many lines of the log are shown.
pub(super) const LOG_LINES: usize = 4;

/// Over how long the rate of answers of a probe is measured.
const SPAN: Duration = Duration::from_secs(1);

// What is dropped first on a small screen: the last of these.
const HEADER: u8 = 0;
const RATE: u8 = 1;
const LATENCY: u8 = 2;
const KEYS: u8 = 3;
const SAID: u8 = 4;
const COUNTS: u8 = 5;
const STATUSES: u8 = 6;
const DOUBT: u8 = 7;
const HEAT: u8 = 8;
const ERRORS: u8 = 9;
const NAMES: u8 = 10;

/// What is shown.
pub(super) enum View {
    /// A list that is fetched.
    List,
    /// A probe.
    Probe(Box<ProbeProgress>),
}

/// The parts of the screen, in order: those above the latencies over time, and those below.
struct Parts {
    above: Vec<Section>,
    below: Vec<Section>,
}

impl View {
    /// Draws all there is room for.
    pub(super) fn draw(&mut self, frame: &mut Frame<'_>, moment: &Moment<'_>, look: Look) {
        let area = frame.area();
        let columns = usize::from(area.width);
        let Parts { above, below } = match self {
            View::List => list(moment, look, columns),
            View::Probe(progress) => probe(moment, progress, look, columns),
        };
        let heat = Heat::new(&moment.snapshot.lately.seconds, moment.elapsed.as_secs(), area.width);
        let wanted = |section: &Section| (section.least, section.lines.len(), section.rank);
        let mut all: Vec<_> = above.iter().map(wanted).collect();
        all.push((LEAST_HEAT, heat.height().max(LEAST_HEAT), HEAT));
        all.extend(below.iter().map(wanted));
        let given = share_out(&all, HEAT, area.height.into());
        let top = draw_lines(frame, area, above.into_iter().zip(&given));
        let count = below.len();
        let strip = Rect { height: heat.used(given[given.len() - count - 1]) as u16, ..top };
        heat.draw(strip, frame.buffer_mut(), look);
        let rest = Rect { y: strip.bottom(), height: top.height - strip.height, ..top };
        draw_lines(frame, rest, below.into_iter().zip(&given[given.len() - count..]));
        look.adapt(frame.buffer_mut());
    }
}

/// Draws so many lines of each section from the top of `area`. Returns what is left of it.
fn draw_lines<'a>(frame: &mut Frame<'_>, mut area: Rect, sections: impl Iterator<Item = (Section, &'a usize)>) -> Rect {
    for line in sections.flat_map(|(section, lines)| section.lines.into_iter().take(*lines)) {
        frame.render_widget(line, Rect { height: 1, ..area });
        area = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    }
    area
}

fn probe(moment: &Moment<'_>, progress: &mut ProbeProgress, look: Look, columns: usize) -> Parts {
    let &Moment { elapsed, snapshot, facts, in_flight, .. } = moment;
    let pace = facts.load.as_ref();
    let missed = pace.map_or(0, |pace| pace.missed.total());
    let search = pace.and_then(|pace| pace.find.as_ref()).map(|find| SearchNow::of(find, moment.is_draining));
    let step = search
        .as_ref()
        .map(|search| row(look, "search", joined(look, [search.step(), search.bracket()].map(Span::raw))));
    let now = Now { snapshot, elapsed, in_flight, missed, until: &[], search, stopping: facts.is_stopping };
    let (asked, rate_now) = progress.rates(&now, SPAN);
    let share = progress.share(snapshot, elapsed);
    let in_flight =
        format!("{} in flight, at most {}", grouped(in_flight), grouped(facts.peak_in_flight.max(in_flight)));
    let rates = [
        Span::raw(asked.map_or_else(String::new, |asked| format!("asked {}", rate(asked)))),
        Span::styled(format!("answered {}", rate(rate_now)), look.bold()),
        Span::raw(in_flight),
    ];
    let doubts = doubts(look, pace);
    let until = pace.filter(|pace| !pace.until.is_empty());
    let until = until.map(|pace| row(look, "until", joined(look, pace.until.iter().cloned().map(Span::raw))));
    let above = vec![
        Section::new(HEADER, 1, title(moment, look, ("haul probe", &progress.place(&now)), share, columns)),
        Section::new(RATE, 1, vec![row(look, "rate", joined(look, rates))]),
        Section::new(COUNTS, 1, step.into_iter().chain(pace.map(|pace| starts(look, pace))).chain(until).collect()),
        Section::new(LATENCY, 2, latency(look, snapshot, elapsed, missed > 0)),
    ];
    let groups = |columns| table(look, "groups", &snapshot.groups, snapshot.more_groups, columns);
    Parts { above, below: below(moment, look, columns, groups, doubts) }
}

fn list(moment: &Moment<'_>, look: Look, columns: usize) -> Parts {
    let &Moment { elapsed, snapshot, facts, in_flight, waiting, .. } = moment;
    let progress = facts.progress.as_ref();
    let place = progress.map_or_else(String::new, |progress| {
        let about = if progress.total_is_estimate { "~" } else { "" };
        let of = progress.total.map_or_else(String::new, |total| format!(" of {about}{}", grouped(total)));
        let left = progress.eta_s.map(|left| format!(", {} left", whole(Duration::from_secs_f64(left.max(0.0)))));
        format!("{}{of} done in {}{}", grouped(progress.done), whole(elapsed), left.unwrap_or_default())
    });
    let share = progress.and_then(|progress| Some(progress.done as f64 / progress.total?.max(1) as f64));
    let rates = [
        Span::styled(rate(progress.map_or(0.0, |progress| progress.rate)), look.bold()),
        Span::raw(format!(
            "{} in flight, at most {}",
            grouped(in_flight),
            grouped(facts.peak_in_flight.max(in_flight))
        )),
        Span::raw(format!("{} waiting", grouped(waiting))),
    ];
    let totals = &snapshot.totals;
    let failed = if totals.failed > 0 { look.bad() } else { look.dim() };
    let counts = [
        Span::styled(format!("{} ok", grouped(totals.ok)), look.good()),
        Span::styled(format!("{} failed", grouped(totals.failed)), failed),
        Span::raw(some(totals.duplicates, "duplicates")),
        Span::raw(some(totals.retries, "retries")),
        Span::raw(format!("{} received", bytes(totals.encoded_bytes))),
    ];
    let bound = progress.map_or_else(String::new, |progress| bounds(&progress.bounded_by, &Options));
    let bound = folded(look, "bound by", &bound, columns);
    let above = vec![
        Section::new(HEADER, 1, title(moment, look, ("haul", &place), share, columns)),
        Section::new(RATE, 1, vec![row(look, "rate", joined(look, rates))]),
        Section::new(COUNTS, 1, vec![row(look, "records", joined(look, counts))]),
        Section::new(LATENCY, 2, latency(look, snapshot, elapsed, false)),
    ];
    let hosts = |columns| table(look, "hosts", &snapshot.hosts, snapshot.more_hosts, columns);
    Parts { above, below: below(moment, look, columns, hosts, bound) }
}

/// What is below the latencies over time. `doubt` is the section between the tables and what was said.
fn below(
    moment: &Moment<'_>,
    look: Look,
    columns: usize,
    names: impl Fn(usize) -> Vec<Line<'static>>,
    doubt: Vec<Line<'static>>,
) -> Vec<Section> {
    let is_stopping = moment.facts.is_stopping;
    let keys = if is_stopping { "q or Ctrl-C again: stop at once" } else { "q or Ctrl-C: stop" };
    let keys = vec![Line::from(Span::styled(format!(" {keys}"), look.dim()))];
    let mut sections = vec![Section::new(STATUSES, 1, statuses(look, moment.snapshot))];
    if columns >= WIDE {
        let half = columns / 2;
        let both = beside(errors(look, moment.snapshot, half - 1), names(half), half);
        sections.push(Section::new(ERRORS, 2, both));
    } else {
        sections.push(Section::new(ERRORS, 1, errors(look, moment.snapshot, columns)));
        sections.push(Section::new(NAMES, 2, names(columns)));
    }
    sections.push(Section::new(DOUBT, 1, doubt));
    sections.push(Section::new(SAID, 1, log(look, moment.log, columns)));
    sections.push(Section::new(KEYS, 1, keys));
    sections
}

/// Who runs, and how far it is.
fn title(
    moment: &Moment<'_>,
    look: Look,
    (name, place): (&str, &str),
    share: Option<f64>,
    columns: usize,
) -> Vec<Line<'static>> {
    let stopping = if moment.facts.is_stopping { "stopping " } else { "" };
    let percent = share.map_or_else(String::new, |share| format!("{:.0} %", (share * 100.0).floor()));
    let left = [
        Span::styled(format!(" {name}"), look.bold()),
        Span::raw(format!("  {place}  ")),
        Span::styled(stopping, look.warning()),
    ];
    header(look, left.into_iter().collect(), &percent, share, columns)
}

/// What was due, and what of it was missed and why.
fn starts(look: Look, pace: &Pace) -> Line<'static> {
    let missed = pace.missed.total();
    let causes: Vec<_> = MissedBy::ALL.into_iter().filter(|cause| pace.missed.by(*cause) > 0).collect();
    let name = |cause: &MissedBy| Options.limit(cause.as_str());
    let missed = match causes[..] {
        [] => Span::raw("none missed"),
        [cause] => Span::styled(format!("{} missed because of {}", grouped(missed), name(&cause)), look.bad()),
        _ => {
            let causes = causes.iter().map(|cause| format!("{} {}", name(cause), grouped(pace.missed.by(*cause))));
            let causes = causes.collect::<Vec<_>>().join(", ");
            Span::styled(format!("{} missed: {causes}", grouped(missed)), look.bad())
        }
    };
    let counts = [format!("{} due", grouped(pace.due)), format!("{} started", grouped(pace.started))];
    row(look, "starts", joined(look, counts.map(Span::raw).into_iter().chain([missed])))
}

fn doubts(look: Look, pace: Option<&Pace>) -> Vec<Line<'static>> {
    let Some(pace) = pace else { return Vec::new() };
    if pace.doubts.is_empty() {
        return vec![row(look, "doubt", [Span::raw("none so far")])];
    }
    let label = |place| if place == 0 { "doubt" } else { "" };
    let told = pace.doubts.iter().enumerate();
    told.map(|(place, doubt)| row(look, label(place), [Span::styled(doubt.clone(), look.warning())])).collect()
}

/// A number of things, unless there are none.
fn some(count: u64, things: &str) -> String {
    if count > 0 { format!("{} {things}", grouped(count)) } else { String::new() }
}

/// A time in whole seconds.
fn whole(time: Duration) -> String {
    format!("{:#}", indicatif::HumanDuration(time))
}
