//! Whether the tables of a folder are those that its run wrote: every file there, its lines, header and bytes as `manifest.json` says.
//! It reads no number.
use super::data::DataError;
use super::manifest::Manifest;
use super::tier_check;
use crate::report::columns::FILES;
use crate::report::digest::sha256;

/// Every file that is missing or changed, in one error.
pub fn check(manifest: &Manifest, files: &[(String, Vec<u8>)]) -> Result<(), DataError> {
    let table = match manifest.kind.as_str() {
        "" => "summary.csv",
        tier_check::KIND => tier_check::TABLE,
        other => return Err(DataError::NotAStudy { kind: other.to_owned() }),
    };
    if manifest.name.is_empty() || manifest.version.is_empty() || !manifest.rows.contains_key(table) {
        let message = "it names neither a study nor its tables".to_string();
        return Err(DataError::Manifest { message });
    }
    let bytes = |name: &str| files.iter().find(|f| f.0 == name).map(|f| f.1.as_slice());
    let fault = |name: &str, rows: u64| match bytes(name) {
        None => Some(format!("{name} is missing")),
        Some(bytes) => changed(name, bytes, rows, manifest.hashes.get(name)),
    };
    let faults: Vec<String> = manifest.rows.iter().filter_map(|(name, rows)| fault(name, *rows)).collect();
    if faults.is_empty() { Ok(()) } else { Err(DataError::Damaged { faults }) }
}

/// What is wrong with a table that is there; lines are told first, for they say where to look.
fn changed(name: &str, bytes: &[u8], rows: u64, hash: Option<&String>) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let found = text.lines().count().saturating_sub(1) as u64;
    if found != rows {
        return Some(format!("{name} has {found} lines under its header where the run wrote {rows}"));
    }
    match hash {
        Some(hash) => {
            (sha256(bytes) != *hash).then(|| format!("{name} is not what the run wrote: its SHA-256 differs"))
        }
        // A folder of an older version carries no hashes.
        None => header(name, &text),
    }
}

fn header(name: &str, text: &str) -> Option<String> {
    let there: Vec<&str> = text.lines().next().unwrap_or_default().split(',').collect();
    let columns = FILES.iter().find(|doc| doc.name == name)?.columns;
    // METRIC and YEAR stand for as many columns as there are.
    let fixed = columns.iter().map(|c| c.name).filter(|c| !c.starts_with("METRIC") && *c != "YEAR");
    let absent: Vec<&str> = fixed.filter(|c| !there.contains(c)).collect();
    (!absent.is_empty()).then(|| format!("{name} has no column {}", absent.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::folder::MANIFEST;
    use crate::report::page::sample;

    type Files = Vec<(String, Vec<u8>)>;

    fn said(change: impl Fn(&mut Files)) -> String {
        let mut files: Files = sample::files().into_iter().map(|(n, t)| (n, t.into_bytes())).collect();
        change(&mut files);
        let manifest = files.iter().find(|f| f.0 == MANIFEST).unwrap();
        let manifest = Manifest::parse(std::str::from_utf8(&manifest.1).unwrap()).unwrap();
        check(&manifest, &files).map_or_else(|e| e.to_string(), |()| "intact".to_string())
    }

    fn at<'a>(files: &'a mut Files, name: &str) -> &'a mut Vec<u8> {
        &mut files.iter_mut().find(|f| f.0 == name).unwrap().1
    }

    /// Deleted, cut off by its last line, one digit changed, a manifest of nothing: each is told by name, two at once as two.
    #[test]
    fn a_changed_file_is_told_by_name() {
        assert_eq!(said(|_| ()), "intact");
        assert!(said(|f| f.retain(|f| f.0 != "summary.csv")).contains("summary.csv is missing"));
        let cut = said(|f| {
            let text = at(f, "risk.csv");
            text.pop();
            text.truncate(text.iter().rposition(|b| *b == b'\n').unwrap() + 1);
        });
        assert!(cut.contains("risk.csv has 27 lines under its header where the run wrote 28"), "{cut}");
        let two = said(|f| {
            *at(f, "cashflow.csv").last_mut().unwrap() = b' ';
            *at(f, "pools.csv") = b"garbage".to_vec();
        });
        assert!(
            two.contains("cashflow.csv is not what the run wrote") && two.contains("pools.csv has 0 lines"),
            "{two}"
        );
        assert!(said(|f| *at(f, MANIFEST) = b"{}".to_vec()).contains("names neither a study nor its tables"));
    }

    /// Without hashes the header still tells.
    #[test]
    fn an_older_folder_is_known_by_its_headers() {
        let text = String::from_utf8(sample::files().remove(5).1.into_bytes()).unwrap();
        assert_eq!(header("concentration.csv", &text), None);
        let said = header("concentration.csv", &text.replacen("ci_low,", "low,", 1)).unwrap();
        assert_eq!(said, "concentration.csv has no column ci_low");
    }
}
