//! Inputs of several pages.

use std::fs;

use super::*;

/// A record of a page, which is the last or has one after it.
fn page(seq: u64, number: u64, is_last: bool) -> Record {
    let Record::Settled { mut job, mut attempt } = record(seq) else { unreachable!() };
    job.pages.insert(Box::new(Pages::first(&job.url, &job.request))).number = number;
    if !is_last {
        let url = Url::parse(&format!("http://a.example/{seq}?token=abc&page={}", number + 1)).unwrap();
        job.turned(&mut attempt, Turn { url, request: Arc::clone(&job.request), stray: false });
    }
    Record::Settled { job, attempt }
}

#[test]
fn pages_are_gone_on_with_from_the_checkpoint() {
    for rotate in [None, Some(Rotate::Size(1 << 30))] {
        let dir = Dir::new();
        let setup = || {
            let layout = Layout::new(dir.path("out.ndjson"), rotate);
            Setup { layout, by_pages: true, ..dir.setup("out.ndjson") }
        };
        let lines = || -> usize {
            let parts = setup().layout.parts().unwrap();
            let files = if rotate.is_none() {
                vec![dir.path("out.ndjson")]
            } else {
                parts.iter().map(|&part| setup().layout.part_path(part)).collect()
            };
            files.iter().map(|file| seqs(file).len()).sum()
        };
        let mut run = Run::new(open(setup()).unwrap().journal);
        run.put_all((1..=5).map(|number| page(0, number, false)).chain([page(1, 1, true), page(2, 1, false)]));
        let durable = run.finish();
        let mut run = Run::new(open(setup()).unwrap().journal);
        run.put_all((6..=9).map(|number| page(0, number, number == 9)).chain([page(2, 2, true)]));
        drop(run.journal);
        assert_eq!(lines(), 12);

        let opened = open(setup()).unwrap();
        assert_eq!(lines(), 7, "what no checkpoint has is cut off");
        assert!(opened.notes[0].contains("their pages are fetched again"), "{:?}", opened.notes);
        assert!((0..3).map(|seq| opened.done.contains(seq)).eq([false, true, false]));
        let chains = opened.journal.chains();
        let url = "http://a.example/0?token=abc&page=6";
        let chain = Chain { page: 6, url: url.into(), method: "GET".into(), stray: false };
        assert_eq!((chains.len(), &chains[&0], chains[&2].page), (2, &chain, 2));
        let mut run = Run::new(opened.journal);
        assert_eq!(run.report, durable);
        run.put_all([page(0, 6, true), page(2, 2, true)]);
        assert_eq!(run.finish().totals().pages, 9);
        assert_eq!(lines(), 9);

        fs::remove_file(dir.path("out.ndjson.haul")).unwrap();
        assert!(refusal(setup()).contains("only it knows which pages"));
        assert_eq!(lines(), 9);
        let opened = open(Setup { anyway: true, ..setup() }).unwrap();
        assert_eq!((lines(), opened.done.len(), opened.journal.chains().len()), (0, 0, 0));
    }
}
