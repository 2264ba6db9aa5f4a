//! Refuses to write files that the same command uses otherwise.

use std::fs::{File, Metadata};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use haul::durable;
use haul::source::Input;
use haul::storage::{Layout, Rotate, folder};

use super::args::{Common, OutputFiles};
use super::exit::CliError;
use super::report_file::is_stdout;

/// A regular file, whatever path leads to it.
#[derive(Debug, PartialEq, Eq)]
struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    fn of(path: &Path) -> Option<Self> {
        path.metadata().ok().as_ref().and_then(FileId::of_regular)
    }

    fn of_open(file: impl AsFd) -> Option<Self> {
        let file = File::from(file.as_fd().try_clone_to_owned().ok()?);
        file.metadata().ok().as_ref().and_then(FileId::of_regular)
    }

    fn of_regular(found: &Metadata) -> Option<Self> {
        found.is_file().then(|| FileId { device: found.dev(), inode: found.ino() })
    }
}

/// Refuses to write a file that is also read or written elsewhere. Every part of a rotated output counts. `others` are the
/// files that further options write.
pub(crate) fn check(
    inputs: &[Input],
    common: &Common,
    files: &OutputFiles,
    rotate: Option<Rotate>,
    others: &[(&'static str, PathBuf)],
) -> Result<(), CliError> {
    let lists = inputs.iter().filter_map(|input| if let Input::File(path) = input { Some(path.clone()) } else { None });
    let read: Vec<PathBuf> = lists.chain(named(common)).map(|path| identity(&path)).collect();
    let ids: Vec<FileId> =
        read.iter().filter_map(|path| FileId::of(path)).chain(FileId::of_open(io::stdin())).collect();
    let named = |path: &&Path| !is_stdout(path);
    let output = files.output.as_deref().filter(named);
    let output = output.map(|path| Layout::new(identity(path), rotate));
    let is_read = |path: &Path| FileId::of(path).is_some_and(|file| ids.contains(&file));
    let is_output = |path: &PathBuf| output.as_ref().is_some_and(|to| is_of_output(path, to));
    // Records that were appended to their own list would be read as further lines, without end.
    let stdout = [&files.output, &files.report].into_iter().any(|path| path.as_deref().is_some_and(is_stdout));
    if (stdout || files.output.is_none()) && FileId::of_open(io::stdout()).is_some_and(|file| ids.contains(&file)) {
        return Err(CliError::usage("standard output is a file that this command also reads"));
    }
    if let Some(path) = &files.output
        && (read.iter().any(is_output) || is_read(path))
    {
        return Err(clash("--output", path));
    }
    let report = files.report.as_deref().filter(named).map(|path| ("--report", path));
    let others = others.iter().map(|(option, path)| (*option, path.as_path()));
    let session = common.session.session.as_deref().map(|path| ("--session", path));
    let mut written: Vec<PathBuf> = Vec::new();
    for (option, path) in report.into_iter().chain(others).chain(session) {
        let own = identity(path);
        if read.contains(&own) || written.contains(&own) || is_output(&own) || is_read(&own) {
            return Err(clash(option, path));
        }
        written.push(own);
    }
    Ok(())
}

fn clash(option: &str, path: &Path) -> CliError {
    CliError::usage(format!("{option} {} would overwrite a file that this command also uses", path.display()))
}

/// Whether a path is that of an output, or of a file that a run has beside it.
fn is_of_output(path: &Path, output: &Layout) -> bool {
    let beside = |suffix: &str| path.as_os_str().as_encoded_bytes().strip_suffix(suffix.as_bytes());
    let is_beside =
        durable::SUFFIXES.iter().any(|suffix| beside(suffix) == Some(output.path.as_os_str().as_encoded_bytes()));
    output.path == path || is_beside || output.rotate.is_some() && output.part_of(path).is_some()
}

/// The files that options read.
fn named(options: &Common) -> impl Iterator<Item = PathBuf> {
    let (body, who, connection) = (&options.body_sent, &options.credentials, &options.connection);
    let texts = options.headers.iter().chain(&body.json).chain(&body.data).chain(&body.data_binary);
    let texts = texts.chain(&body.data_template).chain(&who.bearer).map(String::as_str);
    let fields = body.multipart.iter().filter_map(|field| field.split_once('=')).map(|(_, value)| value);
    let fields = fields.map(|value| value.split(';').next().unwrap_or(value));
    let by_at = texts.chain(fields).filter_map(|text| text.strip_prefix('@')).map(PathBuf::from);
    let pems = [&connection.cacert, &connection.cert, &connection.key];
    let paths = pems.into_iter().chain([&options.config, &who.netrc_file]).flatten().cloned();
    by_at.chain(paths).chain(options.session.read())
}

/// The canonical path of a file, which need not exist.
fn identity(path: &Path) -> PathBuf {
    let whole = path.canonicalize();
    whole.unwrap_or_else(|_| match (folder(path).canonicalize(), path.file_name()) {
        (Ok(parent), Some(name)) => parent.join(name),
        _ => path.to_owned(),
    })
}
