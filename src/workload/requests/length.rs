//! How long prompts and answers are: laws of chance, or pairs as they were seen.

use crate::stats::draw::Sequence;
use crate::stats::law::Law;

/// Most tokens of a prompt or an answer.
pub const MOST_TOKENS: u32 = 1_000_000_000;

/// One length, in tokens.
#[derive(Clone, Debug, PartialEq)]
pub enum Length {
    /// Always so many, 1 or more.
    Constant(u32),
    /// A law, rounded to whole tokens, at least 1 and at most `most`.
    Law {
        /// In tokens.
        law: Law,
        /// Where it is cut: a context's length.
        most: u32,
    },
}

impl Length {
    fn draw(&self, chance: &mut Sequence) -> u32 {
        match self {
            Length::Constant(tokens) => *tokens,
            Length::Law { law, most } => {
                let value = if law.needs_branch() {
                    let branch = chance.unit();
                    law.quantile2(branch, chance.unit())
                } else {
                    law.quantile(chance.unit())
                };
                value.round().clamp(1.0, f64::from((*most).clamp(1, MOST_TOKENS))) as u32
            }
        }
    }
}

/// Both lengths of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Lengths {
    /// Prompt and answer apart from each other.
    Apart {
        /// Of the prompt.
        input: Length,
        /// Of the answer.
        output: Length,
    },
    /// Pairs (prompt, answer) as they were seen, each as likely; what is between them is kept. Not empty.
    Seen(Vec<(u32, u32)>),
}

impl Lengths {
    /// The next pair.
    pub fn draw(&self, chance: &mut Sequence) -> (u32, u32) {
        match self {
            Lengths::Apart { input, output } => {
                let input = input.draw(chance);
                (input, output.draw(chance))
            }
            Lengths::Seen(pairs) => pairs[chance.index(pairs.len())],
        }
    }
}
