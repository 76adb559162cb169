//! Broken scenario files: each is refused with its position and its cure. `UPDATE_EXPECT=1` rewrites what is expected.

use hedgerow::spec;
use hedgerow::study::{self, Options, with_the_worlds};
use hedgerow::world::catalog::Catalog;
use std::path::{Path, PathBuf};

/// What is said of a file: by reading and by the world of what can be read, or, where all can be, by the world.
fn refusal(path: &Path) -> String {
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let file = |name: &str| std::fs::read_to_string(folder.join(name)).map_err(|_| "there is no such file".to_owned());
    match spec::read(path, &[]) {
        Ok(read) => match study::plan(&read, Catalog::embedded(), &Options::default(), &file) {
            Ok(_) => "nothing is wrong with it\n".into(),
            Err(problems) => problems.render(false),
        },
        Err(problems) => with_the_worlds(problems, Catalog::embedded(), &file).render(false),
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

/// Three faults that reading finds and four of the world, in one go, and nothing that follows from them: the pool's number that is
/// mistyped could be any, the lab whose contract names a stranger may have a price.
#[test]
fn faults_of_both_phases_are_told_together() {
    let path = Path::new("tests/broken/both_phases.toml");
    let read = spec::read(path, &[]).expect_err("it is broken");
    assert_eq!(read.len(), 3, "{read}");
    let missing = |name: &str| Err(format!("{name} is not there"));
    let all = with_the_worlds(read, Catalog::embedded(), &missing);
    let said = all.render(false);
    for words in [
        "there is no lab or cloud `acne`",
        "`per_day` must be a number",
        "`failures_per_chip_hour` is out of range",
        "MW at the meter",
        "are guaranteed or reserved",
        "takes 4096 chips",
        "cannot read `jobs.csv`",
    ] {
        assert!(said.contains(words), "no `{words}` in\n{said}");
    }
    assert_eq!(all.len(), 7, "{said}");
}

/// What the world says of a file depends on no number that could not be read: the same file with the number at its place has the same
/// faults, or more; and without other faults it has none.
#[test]
fn a_lost_number_has_no_consequences() {
    let text = std::fs::read_to_string("scenarios/dual-bet.toml").unwrap();
    let quickstart = std::fs::read_to_string("scenarios/quickstart.toml").unwrap();
    let missing = |_: &str| Ok("submit_s,chips,duration_s\n0,1,60\n".to_owned());
    for text in [text, quickstart] {
        let digits =
            |line: &str| line.contains('=') && line.bytes().any(|b| b.is_ascii_digit()) && !line.starts_with('#');
        for (n, line) in text.lines().enumerate().filter(|(_, line)| digits(line)) {
            // The first number of the line becomes a text.
            let at = line.find('=').unwrap()
                + 1
                + line[line.find('=').unwrap() + 1..].find(|c: char| c.is_ascii_digit()).unwrap_or(0);
            let end = at
                + line[at..].find(|c: char| !(c.is_ascii_digit() || c == '_' || c == '.')).unwrap_or(line.len() - at);
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            lines[n] = format!("{}\"many\"{}", &line[..at], &line[end..]);
            let Err(found) = spec::read_text("lost.toml", &lines.join("\n"), &[]) else { continue };
            let (before, all) = (found.len(), with_the_worlds(found, Catalog::embedded(), &missing));
            assert_eq!(before, all.len(), "line {}: {}\n{all}", n + 1, lines[n]);
        }
    }
}

/// The same through the command: exit 2, the same words on standard error, nothing on standard output, no folder left.
#[test]
fn every_broken_file_is_refused_by_the_command() {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir("tests/broken").unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "toml"));
    files.sort();
    let mut cases: Vec<(PathBuf, PathBuf)> =
        files.into_iter().map(|path| (path.clone(), path.with_extension("stderr"))).collect();
    // A file that is not there, and a folder.
    let folder = Path::new("tests/broken");
    cases.push((folder.join("no_such_file.tolm"), folder.join("missing.stderr")));
    cases.push((folder.join(""), folder.join("folder.stderr")));
    let home = tempfile::tempdir().unwrap();
    for (path, expected) in cases {
        let wanted = std::fs::read_to_string(expected).unwrap();
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
