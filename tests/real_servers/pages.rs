//! The page of a report in a browser.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::haul::haul;

/// What a script leaves in the page if one of [`HOSTILE`] runs.
const OWNED: &str = "data-owned";

/// Texts that run a script where they are taken for markup.
const HOSTILE: [&str; 5] = [
    "</title></script><script>document.documentElement.dataset.owned=1</script>",
    "<svg onload=document.documentElement.dataset.owned=1>",
    "\"><img src=x onerror=document.documentElement.dataset.owned=1>",
    "' onmouseover='x' autofocus onfocus=document.documentElement.dataset.owned=1 x='",
    "\u{202e}--><style onload=document.documentElement.dataset.owned=1></style>\u{0}",
];

/// Phone, small window, large window.
const SIZES: [(u32, u32); 3] = [(390, 844), (800, 600), (1280, 900)];

/// Pages, and a browser for them.
struct Pages(TempDir);

impl Pages {
    fn new() -> Self {
        Pages(TempDir::new().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The page on such records, in a file called `name`.
    fn report(&self, name: &str, records: &[Value]) -> String {
        self.report_of(name, records, &[])
    }

    /// The page on a search for the highest rate.
    fn search(&self, find: &Value) -> String {
        fs::write(self.path("run.json"), run_file(find).to_string()).unwrap();
        self.report_of("out.ndjson", &[record(0, "a", 9.0)], &["--run", "run.json"])
    }

    fn report_of(&self, name: &str, records: &[Value], options: &[&str]) -> String {
        let lines: Vec<String> = records.iter().map(Value::to_string).collect();
        fs::write(self.path(name), lines.join("\n")).unwrap();
        let mut command = haul(["report", "--strict", "--html", "-"]).into_command(None);
        let output = command.args(options).arg(name).current_dir(self.0.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What chromium prints when it is asked for `what` of a page.
    fn open(&self, page: &str, (width, height): (u32, u32), what: &str) -> String {
        fs::write(self.path("page.html"), page).unwrap();
        let output = Command::new("chromium")
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"])
            .args(["--virtual-time-budget=1000", what])
            .arg(format!("--user-data-dir={}", self.path("profile").display()))
            .arg(format!("--window-size={width},{height}"))
            .arg(format!("file://{}", self.path("page.html").display()))
            .output()
            .expect("chromium");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The page as it is after its scripts have run.
    fn dom(&self, page: &str) -> String {
        self.open(page, SIZES[2], "--dump-dom")
    }

    /// What `script` returns after the page's own script has run. The page's policy would not let it run.
    ///
    /// The page is in a frame of that size, since windows of chromium are not as narrow as a phone.
    fn seen(&self, page: &str, (width, height): (u32, u32), script: &str) -> Value {
        let script =
            format!("<script>parent.postMessage(escape(JSON.stringify((() => {{{script}}})())), '*')</script></body>");
        fs::write(self.path("framed.html"), without_policy(page).replace("</body>", &script)).unwrap();
        let frame = format!(
            "<body><script>onmessage = (event) => document.body.dataset.seen = event.data</script>
            <iframe src=framed.html width={width} height={height} style='border: 0'></iframe></body>"
        );
        let dom = self.open(&frame, SIZES[2], "--dump-dom");
        let seen = dom.split_once("data-seen=\"").expect("the script has run").1.split_once('"').unwrap().0;
        serde_json::from_str(&percent_encoding::percent_decode_str(seen).decode_utf8().unwrap()).unwrap()
    }
}

fn without_policy(page: &str) -> String {
    let (before, rest) = page.split_once("<meta http-equiv=\"Content-Security-Policy\"").unwrap();
    format!("{before}{}", rest.split_once(">\n").unwrap().1)
}

/// The record of a request of `group` that took so many milliseconds.
fn record(seq: usize, group: &str, total_ms: f64) -> Value {
    json!({
        "seq": seq, "method": "GET", "url": "http://a.example/", "ok": true, "status_code": 200, "error": null,
        "started_at": format!("2027-01-15T08:00:{:02}.000Z", seq % 60), "group": group, "attempts": 1,
        "timings_ms": {"queue": 0.0, "dns": null, "connect": null, "wait": total_ms, "receive": 0.0, "total": total_ms},
    })
}

fn hostile_record(seq: usize, text: &str) -> Value {
    json!({
        "seq": seq, "method": "GET", "url": format!("http://a.example/{text}"), "ok": false, "status_code": null,
        "error": {"kind": "protocol", "message": text, "phase": "receive"},
        "started_at": "2027-01-15T08:00:00.000Z", "group": text, "attempts": 1,
    })
}

/// What a probe writes beside its records, of a search.
fn run_file(find: &Value) -> Value {
    let none = json!({"in_flight": 0, "memory": 0, "output": 0, "host_limit": 0, "late": 0});
    let load = json!({
        "model": "constant", "runs": 1, "cores": 1, "asked": 1, "started": 1, "missed": none, "cancelled": 0,
        "peak_in_flight": 1, "cpu": null, "cpu_us": 0, "waits": {"output": 0, "memory": 0}, "output_wait_us": 0,
        "memory_wait_us": 0, "find": find, "due": [], "active": [], "lag": {"spread": null, "counts": []}, "series": {"width_s": 1, "seconds": []},
    });
    json!({
        "format": "haul-run", "schema": 1, "version": "0", "started_at": "2027-01-15T08:00:00Z", "wall_us": 9,
        "interrupted": false, "load": load,
    })
}

/// A search with a step for each rate. `text` is in all that may hold any.
fn search(rates: &[f64], text: &str) -> Value {
    let outcomes = ["held", "failed", "inconclusive", "in_doubt"];
    let steps = rates.iter().zip(outcomes.iter().cycle()).map(|(rate, outcome)| {
        json!({
            "rate": rate, "outcome": outcome, "why": text, "at_s": 600.0 - rate, "seconds": 6.0, "requests": 100,
            "failed": 0, "answer_rate": rate, "p50_ms": 10.0, "p99_ms": rate,
        })
    });
    json!({
        "thresholds": ["p99>100ms", text], "lowest": 1.0, "highest": 400.0, "resolution": 0.05, "step_s": 6.0,
        "end": "found", "held": 100.0, "failed": 104.0, "unsent": null, "steps": steps.collect::<Vec<_>>(),
    })
}

pub(crate) fn run_no_script_of_their_records() {
    let pages = Pages::new();
    for text in HOSTILE {
        let page = pages.report("<svg onload=document.documentElement.dataset.owned=1>", &[hostile_record(0, text)]);
        for page in [&page, &without_policy(&page)] {
            let dom = pages.dom(page);
            assert!(!dom.contains(OWNED), "{dom}");
            assert!(dom.contains("<button type=\"button\">Host</button>"), "its own script runs: {dom}");
        }
        // Were text taken for markup after all, the policy would still keep it from running.
        let injected = page.replace("<h1>", &format!("<h1>{text}"));
        assert!(!pages.dom(&injected).contains(OWNED), "{text}");
        let dom = pages.dom(&without_policy(&pages.search(&search(&[50.0], text))));
        assert!(!dom.contains(OWNED) && dom.contains("Held 100/s, failed 104/s."), "{dom}");
    }
    let dom = pages.dom("<html></script><svg onload=document.documentElement.dataset.owned=1></html>");
    assert!(dom.contains(OWNED), "a script would have left its mark");
}

pub(crate) fn sort_their_tables() {
    let pages = Pages::new();
    let groups = [("b", 30.0), ("b", 1.0), ("b", 1.0), ("a", 2_000.0), ("a", 1.0), ("c", 900.0)];
    let records: Vec<_> = groups.iter().enumerate().map(|(seq, (group, ms))| record(seq, group, *ms)).collect();
    let page = pages.report("out.ndjson", &records);
    let script = "
        const table = document.querySelector('[aria-label=Groups] table');
        const order = () => [...table.tBodies[0].rows].map((row) => row.cells[0].textContent).join('');
        const sorted = () => [...table.tHead.rows[0].cells].map((head) => head.getAttribute('aria-sort')).join('');
        const seen = [order() + sorted()];
        for (const column of [8, 8, 0, 0, 1]) {
            table.tHead.rows[0].cells[column].querySelector('button').click();
            seen.push(order() + ' ' + sorted());
        }
        return seen;";
    let seen = pages.seen(&page, SIZES[2], script);
    let expected = ["bac", "acb descending", "bca ascending", "abc ascending", "cba descending", "bac descending"];
    assert_eq!(seen, json!(expected));
}

pub(crate) fn compare_two_runs_on_every_screen() {
    let pages = Pages::new();
    let records = |more_ms: f64| (0..600).map(move |seq| record(seq, "a", 20.0 + (seq % 7) as f64 + more_ms));
    pages.report("before.ndjson", &records(0.0).collect::<Vec<_>>());
    pages.report("after.ndjson", &records(9.0).collect::<Vec<_>>());
    let mut command = haul(["report", "--html", "-", "--compare", "before.ndjson", "after.ndjson"]).into_command(None);
    let output = command.current_dir(pages.0.path()).output().unwrap();
    let page = String::from_utf8(output.stdout).unwrap();
    let script = "
        const table = document.querySelector('[aria-label=Figures] table');
        const mean = [...table.tBodies[0].rows].find((row) => row.cells[0].textContent === 'mean');
        const isShown = (column) => mean.cells[column].getBoundingClientRect().width > 0;
        table.tHead.rows[0].cells[3].querySelector('button').click();
        const first = table.tBodies[0].rows[0].cells[3].textContent.slice(0, 4);
        const right = mean.cells[5].getBoundingClientRect().right;
        return [isShown(3), first, mean.cells[5].textContent, right <= innerWidth];";
    for size in SIZES {
        let seen = pages.seen(&page, size, script);
        assert_eq!(seen, json!([size.0 > 640, "+9.0", "higher", true]), "{size:?}");
    }
}

pub(crate) fn show_a_search() {
    let pages = Pages::new();
    let page = pages.search(&search(&[100.0, 200.0, 50.0, 104.0, 97.0], &"why ".repeat(50)));
    let script = "
        const table = document.querySelector('[aria-label=\"Steps of the search\"] table');
        const order = () => [...table.tBodies[0].rows].map((row) => parseFloat(row.cells[0].textContent)).join(' ');
        const seen = [order()];
        for (const column of [0, 7, 2]) {
            table.tHead.rows[0].cells[column].querySelector('button').click();
            seen.push(order());
        }
        return seen;";
    let sorted = ["100 200 50 104 97", "200 104 100 97 50", "50 97 100 104 200", "200 97 100 104 50"];
    assert_eq!(pages.seen(&page, SIZES[2], script), json!(sorted));
    for (width, height) in SIZES {
        // Each mark has a colour of its own in the legend, and the same one on the chart.
        let script = "
            const colors = new Set([...document.querySelectorAll('.wide .legend i')].map((mark) => getComputedStyle(mark).backgroundColor));
            const { left, right } = document.querySelector('.wide svg').getBoundingClientRect();
            const cut = [...document.querySelectorAll('.wide svg text')].filter((text) => {
                const box = text.getBoundingClientRect();
                return box.left < left || box.right > right;
            });
            return [colors.size, cut.length, document.documentElement.scrollWidth];";
        assert_eq!(pages.seen(&page, (width, height), script), json!([8, 0, width]));
    }
}

pub(crate) fn fit_every_screen() {
    let pages = Pages::new();
    let mut records: Vec<_> = (0..50).map(|seq| record(seq, &"long ".repeat(seq), seq as f64)).collect();
    records.extend((50..55).map(|seq| hostile_record(seq, &"x".repeat(500))));
    let page = pages.report("out.ndjson", &records);
    for size in SIZES {
        let script =
            "const { scrollWidth, clientWidth } = document.documentElement; return [clientWidth, scrollWidth];";
        assert_eq!(pages.seen(&page, size, script), json!([size.0, size.0]), "the page is as wide as its window");
        let picture = pages.path("picture.png");
        pages.open(&page, size, &format!("--screenshot={}", picture.display()));
        assert_eq!(dimensions(&picture), size);
        assert!(fs::metadata(&picture).unwrap().len() > 20_000, "something is drawn at {size:?}");
    }
}

/// Those of a PNG.
fn dimensions(picture: &Path) -> (u32, u32) {
    let bytes = fs::read(picture).unwrap();
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}
