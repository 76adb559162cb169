//! An output folder that is either wholly there or not: written beside its place, renamed when complete. What others have put there stays.
//! It does not know what the files mean: by `manifest.json` it knows a folder of ours, by their names the files of ours.
use super::columns::{FILES, REPLAY_FILES};
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// The file that marks a folder as ours.
pub const MANIFEST: &str = "manifest.json";

/// Why a folder could not be written: the path, what happened, and the cure.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The place is taken by something that is not an output of ours.
    #[error("{path} is not empty and has no {MANIFEST}, so it may not be ours to replace; choose another output folder or empty it", path = .path.display())]
    NotOurs {
        /// The place.
        path: PathBuf,
    },
    /// The place is a file, or a link.
    #[error("{path} is not a folder; choose another output folder or move that file away", path = .path.display())]
    NotAFolder {
        /// The place.
        path: PathBuf,
    },
    /// The place has no name of its own, like `.` or `/`.
    #[error("{path} cannot be replaced as a whole; name a folder of its own, such as output/study", path = .path.display())]
    NoName {
        /// The place.
        path: PathBuf,
    },
    /// A file's name leads out of the folder, or nowhere.
    #[error("the file name {name:?} leads out of {path}; use a plain relative name such as charts/use.svg", path = .path.display())]
    BadName {
        /// The folder.
        path: PathBuf,
        /// The offending name.
        name: String,
    },
    /// The operating system refused.
    #[error("cannot {doing} {path}; check that the disk has room and the folder may be written", path = .path.display())]
    Io {
        /// "create", "write", ...
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// A folder in the making. Dropped before [`Folder::finish`], it leaves nothing behind and the old one untouched.
#[derive(Debug)]
pub struct Folder {
    place: PathBuf,
    draft: PathBuf,
    finished: bool,
}

impl Folder {
    /// Begin a folder that will stand at `place`, whose parents are made. Fails at once if `place` is not ours to replace.
    /// One writer a place at a time: the draft of a killed run is cleared away.
    pub fn begin(place: &Path) -> Result<Self, FolderError> {
        let Some(name) = place.file_name() else { return Err(FolderError::NoName { path: place.into() }) };
        check_ours(place)?;
        let beside = |suffix: &str| {
            let mut full = std::ffi::OsString::from(".");
            full.push(name);
            full.push(suffix);
            place.with_file_name(full)
        };
        let draft = beside(".partial");
        restore(place, &beside(".old"))?;
        if draft.exists() {
            fs::remove_dir_all(&draft).map_err(io_at("remove", &draft))?;
        }
        fs::create_dir_all(&draft).map_err(io_at("create", &draft))?;
        Ok(Self { place: place.into(), draft, finished: false })
    }

    /// Write one file; `name` may hold folders ("charts/use.svg") but may not lead out.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> Result<(), FolderError> {
        let relative = Path::new(name);
        let plain = relative.components().all(|c| matches!(c, Component::Normal(_)));
        if name.is_empty() || !plain {
            return Err(FolderError::BadName { path: self.place.clone(), name: name.into() });
        }
        let file = self.draft.join(relative);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent).map_err(io_at("create", parent))?;
        }
        fs::write(&file, bytes).map_err(io_at("write", &file))
    }

    /// Begin one file, to be written bit by bit.
    pub fn create(&self, name: &str) -> Result<io::BufWriter<fs::File>, FolderError> {
        self.write(name, "")?;
        let file = self.draft.join(name);
        fs::File::create(&file).map(io::BufWriter::new).map_err(io_at("create", &file))
    }

    /// Name in this folder of the file that `path` would be, if it would stand there.
    pub fn name_within(&self, path: &Path) -> Option<String> {
        let within = plain(path)?.strip_prefix(plain(&self.place)?).ok()?.to_owned();
        let parts: Option<Vec<&str>> = within.components().map(|part| part.as_os_str().to_str()).collect();
        parts.map(|parts| parts.join("/")).filter(|name| !name.is_empty())
    }

    /// Put the folder in its place, replacing an older one of ours, which comes back if that fails. Files there that we never write come along.
    pub fn finish(mut self) -> Result<(), FolderError> {
        check_ours(&self.place)?;
        let old = free_name(&self.draft.with_extension("old"));
        if self.place.exists() {
            fs::rename(&self.place, &old).map_err(io_at("move away", &self.place))?;
        }
        if let Err(error) = fs::rename(&self.draft, &self.place) {
            restore(&self.place, &old)?;
            return Err(io_at("move into place", &self.place)(error));
        }
        self.finished = true;
        keep_foreign(&old, &self.place)?;
        // The new folder stands; an old one that may not be removed stays aside and is in nobody's way.
        let _ = fs::remove_dir_all(&old);
        Ok(())
    }
}

/// Whether a study, a replay or a size writes a file of that name, of this run or of another.
pub fn is_ours(name: &str) -> bool {
    let chart = name.strip_prefix("charts/").and_then(|name| name.rsplit_once('.'));
    let known = FILES.iter().map(|doc| doc.name).chain(REPLAY_FILES.iter().map(|doc| doc.name));
    let mut known = known.map(|known| match known.split_once('/') {
        Some(("replay" | "requests" | "size", name)) => name,
        _ => known,
    });
    name == MANIFEST
        || name == "report.html"
        || chart.is_some_and(|(name, kind)| !name.contains('/') && ["svg", "png"].contains(&kind))
        || known.any(|known| known == name)
}

/// Files of the old folder that are not ours move to the new one, unless it has one of that name.
fn keep_foreign(old: &Path, new: &Path) -> Result<(), FolderError> {
    if !old.is_dir() {
        return Ok(());
    }
    for name in names_under(old).map_err(|(path, error)| io_at("read", &path)(error))? {
        let (from, to) = (old.join(&name), new.join(&name));
        if is_ours(&name) || to.symlink_metadata().is_ok() {
            continue;
        }
        let parent = to.parent().expect("it stands in the folder");
        fs::create_dir_all(parent).map_err(io_at("create", parent))?;
        fs::rename(&from, &to).map_err(io_at("move back", &from))?;
    }
    Ok(())
}

/// The absolute path without `.` and `..`; None where it cannot be told.
fn plain(path: &Path) -> Option<PathBuf> {
    let mut out = PathBuf::new();
    for part in std::path::absolute(path).ok()?.components() {
        match part {
            Component::ParentDir => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    Some(out)
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.finished {
            // A draft that cannot be removed is harmless: the next `begin` clears it.
            let _ = fs::remove_dir_all(&self.draft);
        }
    }
}

/// Write `files` (name, bytes) as the folder at `place`, all or nothing.
pub fn write_all<'a>(place: &Path, files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<(), FolderError> {
    let folder = Folder::begin(place)?;
    for (name, bytes) in files {
        folder.write(name, bytes)?;
    }
    folder.finish()
}

/// Names and bytes.
pub type Files = Vec<(String, Vec<u8>)>;

/// Every file of ours in a folder as (relative name with `/`, bytes), sorted, but for those whose first part is in `without`.
/// The error names what could not be read.
pub fn read(place: &Path, without: &[&str]) -> Result<Files, (PathBuf, io::Error)> {
    let mut files = Vec::new();
    for name in names_under(place)? {
        let first = name.split('/').next().unwrap_or_default();
        if !without.contains(&first) && is_ours(&name) {
            let path = place.join(&name);
            files.push((name, fs::read(&path).map_err(|e| (path, e))?));
        }
    }
    Ok(files)
}

/// Names of the files of a folder, relative with `/`, sorted.
fn names_under(place: &Path) -> Result<Vec<String>, (PathBuf, io::Error)> {
    let mut names = Vec::new();
    let mut waiting = vec![String::new()];
    while let Some(under) = waiting.pop() {
        let folder = place.join(&under);
        for entry in fs::read_dir(&folder).map_err(|e| (folder.clone(), e))? {
            let entry = entry.map_err(|e| (folder.clone(), e))?;
            let part = entry.file_name().to_string_lossy().into_owned();
            let name = if under.is_empty() { part } else { format!("{under}/{part}") };
            let kind = entry.file_type().map_err(|e| (entry.path(), e))?;
            if kind.is_dir() { waiting.push(name) } else { names.push(name) }
        }
    }
    names.sort();
    Ok(names)
}

/// Absent, empty, or an output of ours.
fn check_ours(place: &Path) -> Result<(), FolderError> {
    let Ok(there) = fs::symlink_metadata(place) else { return Ok(()) };
    if !there.is_dir() {
        return Err(FolderError::NotAFolder { path: place.into() });
    }
    let empty = fs::read_dir(place).map_err(io_at("read", place))?.next().is_none();
    if empty || place.join(MANIFEST).is_file() { Ok(()) } else { Err(FolderError::NotOurs { path: place.into() }) }
}

/// The first of `old`, `old.1`, `old.2` ... that is not there.
fn free_name(old: &Path) -> PathBuf {
    let numbered = |n: u32| if n == 0 { old.to_path_buf() } else { PathBuf::from(format!("{}.{n}", old.display())) };
    (0..).map(numbered).find(|path| !path.exists()).expect("names do not end")
}

/// A run killed between the two renames of `finish` left the old folder aside: bring it back, or drop it if superseded; one that
/// cannot be dropped stays. What others had put there comes along.
fn restore(place: &Path, old: &Path) -> Result<(), FolderError> {
    match (old.is_dir(), place.exists()) {
        (true, false) => fs::rename(old, place).map_err(io_at("bring back", place)),
        (true, true) => {
            keep_foreign(old, place)?;
            let _ = fs::remove_dir_all(old);
            Ok(())
        }
        (false, _) => Ok(()),
    }
}

fn io_at(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FolderError {
    let path = path.to_path_buf();
    move |source| FolderError::Io { doing, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(path: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(path).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Nothing stands at the place until `finish`; then only the new files do, and nothing beside them.
    #[test]
    fn a_folder_appears_whole_and_replaces_ours() {
        let home = tempfile::tempdir().unwrap();
        let place = home.path().join("deep/study");
        write_all(&place, [(MANIFEST, b"{}".as_slice()), ("summary.csv", b"1")]).unwrap();
        let folder = Folder::begin(&place).unwrap();
        folder.write("charts/use.svg", "<svg/>").unwrap();
        folder.write(MANIFEST, "{}").unwrap();
        assert_eq!(names(&place), [MANIFEST, "summary.csv"]);
        folder.finish().unwrap();
        assert_eq!(names(&place), ["charts", MANIFEST]);
        assert_eq!(names(&home.path().join("deep")), ["study"]);
    }

    /// A note beside the tables and another in a folder of its own stay; tables and charts of the run before do not. Killed before they came along,
    /// they come with the next.
    #[test]
    fn what_others_put_there_stays() {
        let home = tempfile::tempdir().unwrap();
        let place = home.path().join("study");
        let files = [(MANIFEST, b"{}".as_slice()), ("summary.csv", b"1"), ("charts/use.svg", b"2"), ("jobs.csv", b"3")];
        write_all(&place, files).unwrap();
        fs::create_dir(place.join("mine")).unwrap();
        for name in ["notes.txt", "mine/b.csv", "charts/mine.xcf"] {
            fs::write(place.join(name), name).unwrap();
        }
        write_all(&place, [(MANIFEST, b"{}".as_slice()), ("pools.csv", b"1")]).unwrap();
        let wanted = ["charts/mine.xcf", MANIFEST, "mine/b.csv", "notes.txt", "pools.csv"];
        assert_eq!(names_under(&place).unwrap(), wanted);
        assert_eq!(fs::read_to_string(place.join("notes.txt")).unwrap(), "notes.txt");
        assert_eq!(read(&place, &[]).unwrap().len(), 2, "what is not ours is not read");
        fs::rename(&place, home.path().join(".study.old")).unwrap();
        fs::create_dir(&place).unwrap();
        fs::write(place.join(MANIFEST), "{}").unwrap();
        drop(Folder::begin(&place).unwrap());
        assert_eq!(names_under(&place).unwrap(), ["charts/mine.xcf", MANIFEST, "mine/b.csv", "notes.txt"]);
    }

    #[test]
    fn a_path_is_known_to_lead_into_the_folder() {
        let home = tempfile::tempdir().unwrap();
        let place = home.path().join("study");
        let folder = Folder::begin(&place).unwrap();
        let name = |path: &str| folder.name_within(&home.path().join(path));
        assert_eq!(name("study/t.json").as_deref(), Some("t.json"));
        assert_eq!(name("other/../study/./a/t.json").as_deref(), Some("a/t.json"));
        assert_eq!((name("study"), name("t.json"), name("studying/t.json")), (None, None, None));
    }

    #[test]
    fn an_abandoned_folder_leaves_no_trace() {
        let home = tempfile::tempdir().unwrap();
        let place = home.path().join("study");
        let folder = Folder::begin(&place).unwrap();
        folder.write("a.csv", "1").unwrap();
        let error = folder.write("../a.csv", "1").unwrap_err().to_string();
        assert!(error.contains("leads out of") && error.contains("charts/use.svg"), "{error}");
        drop(folder);
        assert_eq!(names(home.path()), [""; 0]);
    }

    #[test]
    fn a_strangers_folder_is_refused_and_untouched() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("thesis.tex"), "years").unwrap();
        let error = write_all(home.path(), [("a.csv", b"1".as_slice())]).unwrap_err();
        assert!(matches!(error, FolderError::NotOurs { .. }), "{error}");
        assert_eq!(names(home.path()), ["thesis.tex"]);
        assert!(matches!(Folder::begin(Path::new(".")).unwrap_err(), FolderError::NoName { .. }));
        let file = home.path().join("thesis.tex");
        assert!(matches!(Folder::begin(&file).unwrap_err(), FolderError::NotAFolder { .. }));
    }

    /// What cannot be removed stays aside: here the old name is taken by a file.
    #[test]
    fn an_old_folder_in_the_way_stops_nobody() {
        let home = tempfile::tempdir().unwrap();
        let place = home.path().join("study");
        fs::write(home.path().join(".study.old"), "taken").unwrap();
        for round in ["1", "2"] {
            write_all(&place, [(MANIFEST, round.as_bytes())]).unwrap();
            assert_eq!(fs::read_to_string(place.join(MANIFEST)).unwrap(), round);
        }
        assert_eq!(names(home.path()), [".study.old", "study"]);
    }

    /// Killed between the renames: the old folder waits aside and is brought back.
    #[test]
    fn a_killed_replacement_is_healed() {
        let home = tempfile::tempdir().unwrap();
        let place = home.path().join("v1.2");
        write_all(&home.path().join(".v1.2.old"), [(MANIFEST, b"{}".as_slice())]).unwrap();
        drop(Folder::begin(&place).unwrap());
        assert_eq!(names(home.path()), ["v1.2"]);
    }
}
