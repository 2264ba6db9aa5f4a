//! Inputs of several pages.

use std::fs;

use super::*;

/// The record of a page, which may be the last.
fn page(seq: u64, number: u64, is_last: bool) -> Record {
    let Record::Settled { mut job, mut attempt } = record(seq) else { unreachable!() };
    job.pages.insert(Box::new(PageState::first(&job.url, &job.request))).number = number;
    if !is_last {
        let url = Url::parse(&format!("http://a.example/{seq}?token=abc&page={}", number + 1)).unwrap();
        job.next_page(&mut attempt, NextRequest { url, request: Arc::clone(&job.request), off_origin: false });
    }
    Record::Settled { job, attempt }
}

#[test]
fn pages_are_resumed_from_the_checkpoint() {
    for rotate in [None, Some(Rotate::Size(1 << 30))] {
        let dir = Dir::new();
        let options = || {
            let layout = Layout::new(dir.path("out.ndjson"), rotate);
            LedgerOptions { layout, checkpoint_only: true, ..dir.options("out.ndjson") }
        };
        let lines = || -> usize {
            let parts = options().layout.parts().unwrap();
            let files = if rotate.is_none() {
                vec![dir.path("out.ndjson")]
            } else {
                parts.iter().map(|&part| options().layout.part_path(part)).collect()
            };
            files.iter().map(|file| seqs(file).len()).sum()
        };
        let mut run = Run::new(open(options()).unwrap().ledger);
        run.put_all((1..=5).map(|number| page(0, number, false)).chain([page(1, 1, true), page(2, 1, false)]));
        let durable = run.finish();
        let mut run = Run::new(open(options()).unwrap().ledger);
        run.put_all((6..=9).map(|number| page(0, number, number == 9)).chain([page(2, 2, true)]));
        drop(run.ledger);
        assert_eq!(lines(), 12);

        let opened = open(options()).unwrap();
        assert_eq!(lines(), 7, "what no checkpoint has is cut off");
        assert!(opened.notes[0].text.contains("to be fetched again"), "{:?}", opened.notes);
        assert!((0..3).map(|seq| opened.completed.contains(seq)).eq([false, true, false]));
        let continuations = opened.ledger.continuations();
        let url = "http://a.example/0?token=abc&page=6";
        let expected = Continuation { page: 6, url: url.into(), method: "GET".into(), off_origin: false };
        assert_eq!((continuations.len(), &continuations[&0], continuations[&2].page), (2, &expected, 2));
        let mut run = Run::new(opened.ledger);
        assert_eq!(run.report, durable);
        run.put_all([page(0, 6, true), page(2, 2, true)]);
        assert_eq!(run.finish().totals().pages, 9);
        assert_eq!(lines(), 9);

        fs::remove_file(dir.path("out.ndjson.haul")).unwrap();
        assert!(refusal(options()).contains("only it knows which inputs"));
        assert_eq!(lines(), 9);
        let opened = open(LedgerOptions { anyway: true, ..options() }).unwrap();
        assert_eq!((lines(), opened.completed.len(), opened.ledger.continuations().len()), (0, 0, 0));
    }
}
