//! The source of the crate as tokens and paths, without comments, texts and tests. Judges nothing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A source file without its tests.
pub struct Source {
    /// Path below `src`, such as `stats/math.rs`.
    pub name: String,
    /// Layer it belongs to; empty for `lib.rs` and `main.rs`.
    pub layer: String,
    /// The text as written.
    pub text: String,
    /// Words and signs in order.
    pub tokens: Vec<String>,
    /// Every `a::b::c`, groups of `use` taken apart, `crate`, `self` and `super` resolved to `crate::...`.
    pub paths: BTreeSet<Vec<String>>,
}

impl Source {
    /// Whether a path begins with these segments.
    pub fn uses(&self, prefix: &[&str]) -> bool {
        self.paths.iter().any(|path| path.len() >= prefix.len() && path.iter().zip(prefix).all(|(a, b)| a == b))
    }
    /// Whether these tokens stand in a row.
    pub fn says(&self, row: &[&str]) -> bool {
        self.tokens.windows(row.len()).any(|window| window.iter().zip(row).all(|(a, b)| a == b))
    }
}

/// Every file of `src` but those that are tests.
pub fn sources() -> Vec<Source> {
    let mut names = Vec::new();
    walk(Path::new("src"), &mut names);
    names.sort();
    let all: Vec<(PathBuf, Vec<String>, Vec<String>)> = names
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a source file is text");
            let (tokens, tests) = without_tests(tokens(&text));
            (path, tokens, tests)
        })
        .collect();
    let tests: BTreeSet<PathBuf> =
        all.iter().flat_map(|(path, _, tests)| tests.iter().map(|name| folder_of(path).join(name))).collect();
    let is_test = |path: &Path| tests.iter().any(|test| path.starts_with(test) || path.with_extension("") == *test);
    let read = |path: &Path| std::fs::read_to_string(path).expect("a source file is text");
    all.into_iter().filter(|(path, ..)| !is_test(path)).map(|(path, ..)| source(&path, read(&path))).collect()
}

/// Layers in the order of `lib.rs`.
pub fn layers() -> Vec<String> {
    let text = std::fs::read_to_string("src/lib.rs").expect("lib.rs is there");
    let tokens = tokens(&text);
    tokens.windows(2).filter(|pair| pair[0] == "mod").map(|pair| pair[1].clone()).collect()
}

fn walk(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("src can be listed") {
        let path = entry.expect("src can be listed").path();
        if path.is_dir() {
            walk(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

/// Folder in which the modules that a file declares stand.
fn folder_of(path: &Path) -> PathBuf {
    match path.file_stem().and_then(|stem| stem.to_str()) {
        Some("mod" | "lib" | "main") => path.parent().expect("a file has a folder").to_owned(),
        _ => path.with_extension(""),
    }
}

/// A file of `src` with this text, its tests left out.
pub fn source(path: &Path, text: String) -> Source {
    let (tokens, _) = without_tests(tokens(&text));
    let below = path.strip_prefix("src").expect("it stands in src");
    let mut module: Vec<String> =
        below.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        module.pop();
    }
    Source {
        name: below.to_string_lossy().replace('\\', "/"),
        layer: module.first().cloned().unwrap_or_default(),
        text,
        paths: paths(&tokens, &module),
        tokens,
    }
}

/// Words, `::` and single signs; comments, texts, characters and lifetimes left out.
fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let (mut out, mut i) = (Vec::new(), 0);
    while i < chars.len() {
        match chars[i] {
            '/' if at(i + 1) == '/' => i += chars[i..].iter().take_while(|c| **c != '\n').count(),
            '/' if at(i + 1) == '*' => {
                i += 2;
                while i < chars.len() && !(at(i) == '*' && at(i + 1) == '/') {
                    i += 1;
                }
                i += 2;
            }
            'r' | 'b' if raw_text(&chars, i).is_some() => i = raw_text(&chars, i).expect("just seen"),
            '"' => i = end_of_text(&chars, i),
            '\'' if at(i + 1) == '\\' => i = 1 + i + 3 + chars[i + 3..].iter().take_while(|c| **c != '\'').count(),
            '\'' if at(i + 2) == '\'' => i += 3,
            '\'' => i += 1 + chars[i + 1..].iter().take_while(|c| is_word(**c)).count(),
            ':' if at(i + 1) == ':' => {
                out.push("::".into());
                i += 2;
            }
            c if is_word(c) => {
                let word: String = chars[i..].iter().take_while(|c| is_word(**c)).collect();
                i += word.chars().count();
                out.push(word);
            }
            c => {
                if !c.is_whitespace() {
                    out.push(c.to_string());
                }
                i += 1;
            }
        }
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Behind `r"..."`, `r#"..."#` or `b"..."` that begins here.
fn raw_text(chars: &[char], from: usize) -> Option<usize> {
    if from > 0 && is_word(chars[from - 1]) {
        return None;
    }
    let letters = chars[from..].iter().take_while(|c| matches!(c, 'r' | 'b')).count();
    let hashes = chars[from + letters..].iter().take_while(|c| **c == '#').count();
    let open = from + letters + hashes;
    if letters > 2 || chars.get(open) != Some(&'"') {
        return None;
    }
    if !chars[from..from + letters].contains(&'r') {
        return (hashes == 0).then(|| end_of_text(chars, open));
    }
    let close =
        |i: &usize| chars[*i] == '"' && chars[i + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes;
    Some((open + 1..chars.len()).find(close).map_or(chars.len(), |i| i + 1 + hashes))
}

/// Behind the quote that ends the text opened at `from`.
fn end_of_text(chars: &[char], from: usize) -> usize {
    let mut i = from + 1;
    while i < chars.len() && chars[i] != '"' {
        i += if chars[i] == '\\' { 2 } else { 1 };
    }
    i + 1
}

/// The tokens without `#[cfg(test)]` items, and the names of modules that only tests have.
fn without_tests(tokens: Vec<String>) -> (Vec<String>, Vec<String>) {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let (mut out, mut modules, mut i) = (Vec::new(), Vec::new(), 0);
    while i < tokens.len() {
        if !(tokens.len() - i > MARK.len() && tokens[i..].iter().zip(MARK).all(|(a, b)| a == b)) {
            out.push(tokens[i].clone());
            i += 1;
            continue;
        }
        let end = (i..tokens.len()).find(|at| tokens[*at] == "{" || tokens[*at] == ";").unwrap_or(tokens.len() - 1);
        if tokens[end] == ";" {
            modules.extend(tokens[i..end].windows(2).filter(|pair| pair[0] == "mod").map(|pair| pair[1].clone()));
            i = end + 1;
        } else {
            let mut depth = 0;
            i = end;
            while i < tokens.len() {
                depth += match tokens[i].as_str() {
                    "{" => 1,
                    "}" => -1,
                    _ => 0,
                };
                i += 1;
                if depth == 0 {
                    break;
                }
            }
        }
    }
    (out, modules)
}

/// Every path of a file whose module is `module`.
fn paths(tokens: &[String], module: &[String]) -> BTreeSet<Vec<String>> {
    let mut found = BTreeSet::new();
    let mut i = 0;
    while i < tokens.len() {
        if is_word(tokens[i].chars().next().unwrap_or(' ')) {
            i = path(tokens, i, &[], &mut found);
        } else {
            i += 1;
        }
    }
    found.into_iter().filter(|path: &Vec<String>| path.len() > 1).map(|path| resolved(path, module)).collect()
}

/// Reads a path, and the tree of a `use` below it; returns where it ends.
fn path(tokens: &[String], from: usize, before: &[String], found: &mut BTreeSet<Vec<String>>) -> usize {
    let mut path = before.to_vec();
    let mut i = from;
    while i < tokens.len() && is_word(tokens[i].chars().next().unwrap_or(' ')) {
        path.push(tokens[i].clone());
        i += 1;
        if tokens.get(i).map(String::as_str) != Some("::") {
            break;
        }
        i += 1;
        if tokens.get(i).map(String::as_str) == Some("{") {
            i += 1;
            while i < tokens.len() && tokens[i] != "}" {
                let next = self::path(tokens, i, &path, found);
                i = next.max(i + 1);
            }
            return i + 1;
        }
    }
    if path.len() > before.len() {
        found.insert(path);
    }
    i
}

fn resolved(path: Vec<String>, module: &[String]) -> Vec<String> {
    let supers = path.iter().take_while(|part| *part == "super").count();
    let own = |up: usize, rest: &[String]| {
        let kept = module.len().saturating_sub(up);
        std::iter::once("crate".to_owned()).chain(module[..kept].iter().cloned()).chain(rest.iter().cloned()).collect()
    };
    match path[0].as_str() {
        "super" => own(supers, &path[supers..]),
        "self" => own(path.get(1).map_or(0, |next| usize::from(next == "super")), &path[1..]),
        "hedgerow" => std::iter::once("crate".to_owned()).chain(path[1..].iter().cloned()).collect(),
        _ => path,
    }
}
