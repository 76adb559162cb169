//! Did-you-mean. Knows words, not meanings.

/// The candidate nearest to `word`, when one is near enough to be a slip.
pub(super) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > 200 {
        return None;
    }
    let limit = (word.chars().count() / 3).clamp(1, 4);
    let score = |candidate: &str| strsim::osa_distance(word, candidate);
    let best = candidates.into_iter().filter(|c| c.len() <= 200).map(|c| (score(c), c)).min();
    best.filter(|(distance, c)| *distance <= limit && *distance < c.chars().count()).map(|(_, candidate)| candidate)
}

/// "did you mean `x`?", or else what there is: "known are a, b, c".
pub(crate) fn remedy<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>, what: &str) -> String {
    let all: Vec<&str> = candidates.into_iter().collect();
    if let Some(near) = nearest(word, all.iter().copied()) {
        return format!("did you mean `{near}`?");
    }
    if all.is_empty() {
        return format!("no {what} is declared");
    }
    let more = if all.len() > 20 { ", ..." } else { "" };
    let shown: Vec<&str> = all.into_iter().take(20).collect();
    format!("known: {}{more}", shown.join(", "))
}
