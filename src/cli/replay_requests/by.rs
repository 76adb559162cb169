//! `[NAME=]VALUE`: a value for all, or for the model or the class of that name. Knows neither models nor classes.

use crate::cli::failure::Refusals;
use crate::spec::did_you_mean;

/// A value and whose it is.
#[derive(Clone, Debug, PartialEq)]
pub struct By<T> {
    /// Whose; None: of all that have none of their own.
    pub name: Option<String>,
    /// The value.
    pub value: T,
}

/// Reads a value with or without a name before it.
pub fn by<T>(value: fn(&str) -> Result<T, String>) -> impl Fn(&str) -> Result<By<T>, String> + Clone + Send + Sync {
    move |text: &str| match text.split_once('=') {
        Some((name, text)) => Ok(By { name: Some(name.trim().to_owned()), value: value(text)? }),
        None => Ok(By { name: None, value: value(text)? }),
    }
}

/// The value of a name: its own, else that of all.
pub fn of<'l, T>(list: &'l [By<T>], name: &str) -> Option<&'l T> {
    let own = list.iter().find(|it| it.name.as_deref() == Some(name));
    own.or_else(|| list.iter().find(|it| it.name.is_none())).map(|it| &it.value)
}

/// Refuses names that nobody has, and two values of one name. `what` is what the names are of.
pub fn refuse_strangers<T>(wrong: &mut Refusals, flag: &str, list: &[By<T>], known: &[&str], what: &str) {
    for (at, it) in list.iter().enumerate() {
        let named = it.name.as_deref();
        if let Some(name) = named.filter(|name| !known.contains(name)) {
            let near = did_you_mean(name, known.iter().copied(), what);
            let cure = if near.is_empty() { format!("there are: {}", known.join(", ")) } else { near };
            wrong.input(format!("{flag}: there is no {what} `{name}`"), cure);
        }
        if list[..at].iter().any(|before| before.name == it.name) {
            let whose = named.map_or("all".to_owned(), |name| format!("`{name}`"));
            wrong.input(format!("{flag}: two values for {whose}"), format!("one for each {what}"));
        }
    }
}

/// Whether a value for all is nobody's: each of `known` has its own.
pub fn is_shadowed<T>(list: &[By<T>], known: &[&str]) -> bool {
    let own = |name: &&str| list.iter().any(|it| it.name.as_deref() == Some(name));
    list.iter().any(|it| it.name.is_none()) && known.iter().all(own)
}

/// As it was written: a value, or values by name.
pub fn json<T>(list: &[By<T>], value: impl Fn(&T) -> serde_json::Value) -> Option<serde_json::Value> {
    match list {
        [] => None,
        [By { name: None, value: only }] => Some(value(only)),
        list => {
            let one = |it: &By<T>| (it.name.clone().unwrap_or_else(|| "*".into()), value(&it.value));
            Some(serde_json::Value::Object(list.iter().map(one).collect()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::words::duration;
    use super::*;

    #[test]
    fn a_name_has_its_own_value_or_that_of_all() {
        let list: Vec<By<f64>> = ["2s", "chat=500ms"].iter().map(|text| by(duration)(text).unwrap()).collect();
        assert_eq!((of(&list, "chat"), of(&list, "batch")), (Some(&0.5), Some(&2.0)));
        assert_eq!(of(&list[1..], "batch"), None);
        assert!(by(duration)("chat=soon").is_err());
        let refused = |list: &[By<f64>], known: &[&str]| {
            let mut wrong = Refusals::default();
            refuse_strangers(&mut wrong, "--patience", list, known, "class");
            wrong.end().map_err(|told| told.message(false))
        };
        let told = refused(&list, &["chart", "batch"]).unwrap_err();
        assert!(told.contains("no class `chat`"), "{told}");
        assert!(refused(&[list[1].clone(), list[1].clone()], &["chat"]).unwrap_err().contains("two values"));
        assert_eq!(refused(&list, &["chat"]), Ok(()));
        assert!(
            is_shadowed(&list, &["chat"])
                && !is_shadowed(&list, &["chat", "batch"])
                && !is_shadowed(&list[1..], &["chat"])
        );
        assert_eq!(json(&list, |value| (*value).into()).unwrap(), serde_json::json!({ "*": 2.0, "chat": 0.5 }));
    }
}
