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

/// The same through the command: exit 2, the same words on standard error, nothing on standard output, no folder left.
#[test]
fn every_broken_file_is_refused_by_the_command() {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir("tests/broken").unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "toml"));
    files.sort();
    let home = tempfile::tempdir().unwrap();
    for path in files {
        let wanted = std::fs::read_to_string(path.with_extension("stderr")).unwrap();
        for command in ["check", "run"] {
            let place = home.path().join("out");
            let mut run = assert_cmd::Command::cargo_bin("hedgerow").unwrap();
            run.arg(command).arg(&path);
            if command == "run" {
                run.arg("-o").arg(&place);
            }
            let output = run.output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(
                (output.status.code(), said.as_ref()),
                (Some(2), wanted.as_str()),
                "{command} {}",
                path.display()
            );
            assert!(output.stdout.is_empty(), "{command} {} prints", path.display());
            assert!(!place.exists(), "{command} {} leaves a folder", path.display());
        }
    }
}
