use std::fs;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::time::Duration;

use tempfile::tempdir;

use super::*;

fn size(path: impl AsRef<Path>, limit: u64) -> Layout {
    Layout::new(path.as_ref(), Some(Rotate::Size(limit)))
}

/// The contents of a layout's files in order, decompressed.
fn contents(layout: &Layout) -> Vec<String> {
    let parts = if layout.rotate.is_some() { layout.parts().unwrap() } else { vec![0] };
    let contents = |part| {
        let mut text = String::new();
        let file = File::open(layout.part_path(part)).unwrap();
        layout.coding.reader(file).unwrap().read_to_string(&mut text).unwrap();
        text
    };
    parts.into_iter().map(contents).collect()
}

/// Takes all that is named like a part for one.
fn open_last(layout: Layout) -> io::Result<Option<Appender>> {
    let parts = if layout.rotate.is_some() { layout.parts()? } else { vec![0] };
    Appender::open_last(layout, &parts)
}

fn kind<T>(result: io::Result<T>) -> ErrorKind {
    result.err().expect("an error").kind()
}

#[test]
fn the_number_of_a_part_comes_before_the_extension() {
    for (path, third) in [
        ("out.ndjson.gz", "out.000003.ndjson.gz"),
        ("a.b/out.ndjson", "a.b/out.000003.ndjson"),
        ("out", "out.000003"),
        ("out.gz", "out.000003.gz"),
        ("my.list.ndjson.ZST", "my.list.000003.ndjson.ZST"),
        (".hidden", ".hidden.000003"),
    ] {
        let layout = Layout::new(path, None);
        assert_eq!(layout.part_path(3), Path::new(third));
        assert_eq!(layout.part_path(0), Path::new(path));
        for part in [1, 3, 999_999, 1_000_000, u32::MAX] {
            assert_eq!(layout.part_of(&layout.part_path(part)), Some(part));
        }
        assert_eq!(layout.part_of(Path::new(path)), None);
    }
}

#[test]
fn other_names_are_not_parts() {
    let layout = Layout::new("d/out.ndjson", None);
    for name in
        ["out.1.ndjson", "out.000000.ndjson", "out.+00001.ndjson", "out.0000001.ndjson", "out.000001.json", "out"]
    {
        assert_eq!(layout.part_of(&Path::new("d").join(name)), None, "{name}");
    }
    assert_eq!(layout.part_of(Path::new("out.000001.ndjson")), None, "another directory's");
}

#[test]
fn each_block_is_compressed_alone_and_moves_the_position() {
    for name in ["out.ndjson", "out.ndjson.gz", "out.ndjson.zst"] {
        let dir = tempdir().unwrap();
        let layout = Layout::new(dir.path().join(name), None);
        let mut out = Appender::create(layout.clone()).unwrap();
        let mut behind = Vec::new();
        for block in ["one\ntwo\n", "three\n"] {
            out.write_all(block.as_bytes()).unwrap();
            out.flush().unwrap();
            behind.push(out.position().length as usize);
        }
        let file = fs::read(&layout.path).unwrap();
        assert_eq!((behind[1], out.position().part), (file.len(), 0));
        let mut second = Vec::new();
        layout.coding.reader(io::Cursor::new(file[behind[0]..].to_vec())).unwrap().read_to_end(&mut second).unwrap();
        assert_eq!(second, b"three\n");
        assert_eq!(contents(&layout), ["one\ntwo\nthree\n"]);
    }
}

#[test]
fn a_compressed_file_without_blocks_is_valid() {
    for name in ["out.gz", "out.zst"] {
        let dir = tempdir().unwrap();
        let layout = Layout::new(dir.path().join(name), None);
        Appender::create(layout.clone()).unwrap().flush().unwrap();
        assert_ne!(fs::metadata(&layout.path).unwrap().len(), 0);
        assert_eq!(contents(&layout), [""]);
    }
}

#[test]
fn a_full_part_is_followed_by_the_next() {
    let dir = tempdir().unwrap();
    let layout = size(dir.path().join("out.ndjson"), 6);
    let mut out = Appender::create(layout.clone()).unwrap();
    for block in ["aaaa\n", "bbbb\n", "cccccc\n", "d\n"] {
        out.write_all(block.as_bytes()).unwrap();
    }
    assert_eq!(contents(&layout), ["aaaa\nbbbb\n", "cccccc\n", "d\n"]);
    assert_eq!(out.position(), Position { part: 3, length: 2 });
    assert!(!layout.path.exists());
}

#[test]
fn an_old_part_is_followed_by_the_next_unless_empty() {
    let dir = tempdir().unwrap();
    let layout = Layout::new(dir.path().join("out"), Some(Rotate::Age(Duration::ZERO)));
    let mut out = Appender::create(layout.clone()).unwrap();
    assert!(!out.is_due());
    for block in ["a\n", "b\n"] {
        out.write_all(block.as_bytes()).unwrap();
        assert!(out.is_due());
    }
    assert_eq!(contents(&layout), ["a\n", "b\n"]);
    let patient = Layout { rotate: Some(Rotate::Age(Duration::from_secs(3600))), ..layout };
    assert!(!Appender { layout: patient, ..out }.is_due());
}

#[test]
fn an_existing_file_is_kept_unless_overwritten() {
    let dir = tempdir().unwrap();
    let layout = Layout::new(dir.path().join("out.ndjson"), None);
    for name in ["out.ndjson", "out.000001.ndjson", "out.20261124.ndjson"] {
        fs::write(dir.path().join(name), "earlier\n").unwrap();
    }
    assert_eq!(kind(Appender::create(layout.clone())), ErrorKind::AlreadyExists);
    assert_eq!(contents(&layout), ["earlier\n"]);
    Appender::overwrite(layout.clone()).unwrap().write_all(b"new\n").unwrap();
    assert_eq!(contents(&layout), ["new\n"]);
    for name in ["out.000001.ndjson", "out.20261124.ndjson"] {
        assert_eq!(fs::read_to_string(dir.path().join(name)).unwrap(), "earlier\n", "{name}");
    }
}

#[test]
fn parts_leave_out_numbers_that_are_taken() {
    let dir = tempdir().unwrap();
    let layout = size(dir.path().join("out"), 1);
    for part in [2, 3, 5] {
        fs::write(layout.part_path(part), "another's\n").unwrap();
    }
    let mut out = Appender::create(layout.clone()).unwrap();
    for block in ["a\n", "b\n", "c\n"] {
        out.write_all(block.as_bytes()).unwrap();
    }
    assert_eq!(out.position().part, 6);
    assert_eq!(contents(&layout), ["a\n", "another's\n", "another's\n", "b\n", "another's\n", "c\n"]);
    out.go_back(Position { part: 1, length: 0 }).unwrap();
    assert_eq!(contents(&layout), ["", "another's\n", "another's\n", "another's\n"]);
}

#[test]
fn one_run_writes_at_a_time() {
    let dir = tempdir().unwrap();
    for rotate in [None, Some(Rotate::Size(1))] {
        let layout = Layout::new(dir.path().join("out.ndjson"), rotate);
        let mut first = Appender::create(layout.clone()).unwrap();
        for _ in 0..4 {
            first.write_all(b"line\n").unwrap();
            for create in [Appender::create, Appender::overwrite] {
                let error = create(layout.clone()).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::ResourceBusy);
                assert!(error.to_string().ends_with("out.ndjson"), "{error}");
            }
            assert_eq!(kind(open_last(layout.clone())), ErrorKind::ResourceBusy);
        }
        assert_eq!(contents(&layout).concat(), "line\n".repeat(4));
        drop(first);
        open_last(layout).unwrap().unwrap();
    }
}

#[test]
fn a_file_that_was_removed_before_it_was_locked_is_refused() {
    let dir = tempdir().unwrap();
    let layout = Layout::new(dir.path().join("out"), None);
    let file = File::create(&layout.path).unwrap();
    fs::remove_file(&layout.path).unwrap();
    assert_eq!(kind(layout.lock(file)), ErrorKind::ResourceBusy);
}

#[test]
fn an_output_is_continued_at_its_end() {
    for name in ["out.ndjson", "out.ndjson.gz", "out.ndjson.zst"] {
        let dir = tempdir().unwrap();
        let layout = size(dir.path().join(name), 60);
        assert!(open_last(layout.clone()).unwrap().is_none());
        Appender::create(layout.clone()).unwrap();
        let mut lines = String::new();
        for n in 0..20 {
            let mut out = open_last(layout.clone()).unwrap().unwrap();
            assert_eq!(out.position().part, *layout.parts().unwrap().last().unwrap());
            out.write_all(format!("{n}\n").as_bytes()).unwrap();
            lines += &format!("{n}\n");
            assert_eq!(contents(&layout).concat(), lines);
        }
        assert_eq!(layout.parts().unwrap().len() > 1, name != "out.ndjson");
    }
}

#[test]
fn an_output_of_another_layout_is_not_continued() {
    let dir = tempdir().unwrap();
    let (plain, parts) = (Layout::new(dir.path().join("out"), None), size(dir.path().join("out"), 9));
    fs::write(&plain.path, "12345").unwrap();
    assert!(open_last(parts.clone()).unwrap().is_none());
    fs::remove_file(&plain.path).unwrap();
    fs::write(parts.part_path(2), "12345").unwrap();
    assert!(open_last(plain).unwrap().is_none());
    assert_eq!(open_last(parts).unwrap().unwrap().position(), Position { part: 2, length: 5 });
}

#[test]
fn an_output_is_cut_to_a_length() {
    let dir = tempdir().unwrap();
    let layout = Layout::new(dir.path().join("out"), None);
    fs::write(&layout.path, "whole\nto").unwrap();
    let mut out = open_last(layout.clone()).unwrap().unwrap();
    out.cut(6).unwrap();
    out.write_all(b"new\n").unwrap();
    assert_eq!(contents(&layout), ["whole\nnew\n"]);
}

#[test]
fn a_partial_block_is_removed() {
    let dir = tempdir().unwrap();
    let layout = Layout::new(dir.path().join("out"), None);
    let mut out = Appender::create(layout.clone()).unwrap();
    out.write_all(b"one\n").unwrap();
    (&out.file).write_all(b"tw").unwrap();
    out.has_partial_block = true;
    out.write_all(b"two\n").unwrap();
    assert_eq!((contents(&layout), out.position().length), (vec!["one\ntwo\n".to_owned()], 8));
}

#[cfg(target_os = "linux")]
#[test]
fn a_device_is_written_without_a_lock_or_parts() {
    let null = Layout::new("/dev/null", None);
    let _first = Appender::create(null.clone()).unwrap();
    let mut second = Appender::create(null.clone()).unwrap();
    second.write_all(b"line\n").unwrap();
    assert_eq!(second.position(), Position { part: 0, length: 5 });
    assert_eq!(kind(Appender::create(size("/dev/null", 1))), ErrorKind::InvalidInput);

    let mut full = Appender::create(Layout::new("/dev/full", None)).unwrap();
    for _ in 0..2 {
        assert_eq!(kind(full.write_all(b"line\n")), ErrorKind::StorageFull);
        assert_eq!(full.position(), Position::default());
    }
}
