//! Names as numbers, in order of first appearance.

use std::collections::BTreeMap;

/// The names met so far.
#[derive(Clone, Default, Debug)]
pub(super) struct Names {
    numbers: BTreeMap<Box<[u8]>, u16>,
    names: Vec<String>,
    /// The last answer: rows of one name come together.
    last: Option<(Box<[u8]>, u16)>,
}

impl Names {
    /// The number of a name; None when it is new and there are too many already.
    #[inline]
    pub fn number(&mut self, name: &[u8]) -> Option<u16> {
        match &self.last {
            Some((last, number)) if **last == *name => Some(*number),
            _ => self.look_up(name),
        }
    }

    /// Whether the name was met.
    #[inline]
    pub fn knows(&self, name: &[u8]) -> bool {
        self.last.as_ref().is_some_and(|(last, _)| **last == *name) || self.numbers.contains_key(name)
    }

    fn look_up(&mut self, name: &[u8]) -> Option<u16> {
        let number = match self.numbers.get(name) {
            Some(number) => *number,
            None => {
                let number = u16::try_from(self.names.len()).ok()?;
                self.numbers.insert(name.into(), number);
                self.names.push(String::from_utf8_lossy(name).into_owned());
                number
            }
        };
        match &mut self.last {
            Some((last, known)) if last.len() == name.len() => {
                last.copy_from_slice(name);
                *known = number;
            }
            last => *last = Some((name.into(), number)),
        }
        Some(number)
    }

    /// Every name, by number.
    pub fn into_names(self) -> Vec<String> {
        self.names
    }
}
