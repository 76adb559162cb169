//! Broken scenario files: each is refused with its position and its cure. `UPDATE_EXPECT=1` rewrites what is expected.

use hedgerow::spec;
use std::path::{Path, PathBuf};

/// What reading a file says, with the folder of the repository taken out.
fn refusal(path: &Path) -> String {
    match spec::read(path, &[]) {
        Ok(_) => "read without a problem\n".into(),
        Err(problems) => problems.render(false),
    }
}

fn check(path: &Path, expected: &Path) -> Option<String> {
    let found = refusal(path);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(expected, &found).expect("the expected file is writable");
    }
    let wanted = std::fs::read_to_string(expected).unwrap_or_default();
    (wanted != found).then(|| format!("--- {} wanted\n{wanted}--- found\n{found}", path.display()))
}

#[test]
fn every_broken_file_is_refused_with_its_cure() {
    let folder = Path::new("tests/broken");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut wrong: Vec<String> = Vec::new();
    let mut count = 0;
    for path in files.iter().filter(|path| path.extension().is_some_and(|e| e == "toml")) {
        count += 1;
        wrong.extend(check(path, &path.with_extension("stderr")));
    }
    for (path, expected) in [("no_such_file.tolm", "missing.stderr"), ("", "folder.stderr")] {
        count += 1;
        wrong.extend(check(&folder.join(path), &folder.join(expected)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 25, "only {count} broken files");
}

/// Twelve faults of twelve kinds in one file, two of them syntax: none hides another.
#[test]
fn twelve_faults_are_twelve_problems() {
    let problems = spec::read(Path::new("tests/broken/twelve.toml"), &[]).expect_err("it is broken");
    assert_eq!(problems.len(), 12, "{problems}");
}
