//! Why a command ended early, and whose fault it was. Prints nothing itself.

use crate::report::folder::FolderError;
use crate::spec::Problems;
use std::error::Error;
use std::io;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub enum Failure {
    /// The scenario is refused.
    Problems(Problems),
    /// An argument is refused: what is wrong, and what would be right.
    Input {
        /// What is wrong.
        message: String,
        /// What would be right; may be empty.
        remedy: String,
    },
    /// The system refused: what we were doing, and its reasons.
    System {
        /// For example `cannot write out/gang.toml`.
        doing: String,
        /// What it said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// Whoever read our output stopped reading: no fault at all.
    ReaderGone,
    /// Several refused arguments, in the order in which they were found.
    Several(Vec<Failure>),
    /// All has been said; the command found bad input.
    Told,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Exit code 0.
    Done,
    /// Exit code 1.
    OurFault,
    /// Exit code 2.
    BadInput,
}

impl Failure {
    /// A refused argument.
    pub fn input(message: impl Into<String>, remedy: impl Into<String>) -> Failure {
        Failure::Input { message: message.into(), remedy: remedy.into() }
    }

    /// A refusal of the system while `doing` something.
    pub fn system(doing: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Failure {
        Failure::System { doing: doing.into(), source: source.into() }
    }

    /// Whose fault it was.
    pub fn outcome(&self) -> Outcome {
        match self {
            Failure::Problems(_) | Failure::Input { .. } | Failure::Several(_) | Failure::Told => Outcome::BadInput,
            Failure::System { .. } => Outcome::OurFault,
            Failure::ReaderGone => Outcome::Done,
        }
    }

    /// What to tell the user; empty when there is nothing to say.
    pub fn message(&self, colour: bool) -> String {
        match self {
            Failure::Problems(problems) => problems.render(colour),
            Failure::Input { message, remedy } if remedy.is_empty() => format!("error: {message}\n"),
            Failure::Input { message, remedy } => format!("error: {message}\n  = help: {remedy}\n"),
            Failure::System { doing, source } => {
                let mut out = format!("error: {doing}\n");
                let mut cause: Option<&(dyn Error + 'static)> = Some(source.as_ref());
                while let Some(error) = cause {
                    out += &format!("  because {error}\n");
                    cause = error.source();
                }
                out
            }
            Failure::Several(list) => {
                let all: String = list.iter().map(|failure| failure.message(colour)).collect();
                let arguments = list.iter().filter(|failure| matches!(failure, Failure::Input { .. })).count();
                // Problems of a file have told their own number.
                format!("{all}{arguments} argument{} refused\n", if arguments == 1 { "" } else { "s" })
            }
            Failure::ReaderGone | Failure::Told => String::new(),
        }
    }
}

/// What is refused of arguments, all of it.
#[derive(Debug, Default)]
pub struct Refusals(Vec<Failure>);

impl Refusals {
    /// One more refused argument.
    pub fn input(&mut self, message: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(Failure::input(message, remedy));
    }

    /// What was found, or None and one more refusal.
    pub fn take<T>(&mut self, found: Result<T, Failure>) -> Option<T> {
        found.map_err(|failure| self.0.push(failure)).ok()
    }

    /// Nothing, or all of them; what the system or a reader did goes before what the user wrote.
    pub fn end(mut self) -> Result<(), Failure> {
        if let Some(at) = self.0.iter().position(|failure| failure.outcome() != Outcome::BadInput) {
            return Err(self.0.swap_remove(at));
        }
        match self.0.len() {
            0 => Ok(()),
            1 => Err(self.0.remove(0)),
            _ => Err(Failure::Several(self.0)),
        }
    }
}

/// Output that could not be written.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::ReaderGone,
            _ => Failure::system("cannot write to the standard output", error),
        }
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Failure {
        Failure::Problems(problems)
    }
}

/// A place that is not ours to write to is the user's to change; the rest is the system's.
impl From<FolderError> for Failure {
    fn from(error: FolderError) -> Failure {
        match error {
            FolderError::NotOurs { .. }
            | FolderError::NotAFolder { .. }
            | FolderError::NoName { .. }
            | FolderError::BadName { .. } => Failure::input(error.to_string(), ""),
            FolderError::Io { doing: "create", ref source, .. } if is_the_users(source.kind()) => {
                Failure::input(format!("{error}: {source}"), "name another place with `-o`")
            }
            FolderError::Io { .. } => Failure::system("cannot write the output folder", error),
        }
    }
}

/// A place that cannot be written, rather than a disk that fails.
fn is_the_users(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::*;
    matches!(kind, PermissionDenied | ReadOnlyFilesystem | NotADirectory | NotFound | AlreadyExists | InvalidInput)
        || kind == InvalidFilename
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_pipe_is_nobodys_fault() {
        let gone = Failure::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!((gone.outcome(), gone.message(false)), (Outcome::Done, String::new()));
    }

    /// None, one as it is, two together; a fault of ours is told alone.
    #[test]
    fn refusals_are_told_at_once() {
        assert!(Refusals::default().end().is_ok());
        let mut refusals = Refusals::default();
        assert_eq!(refusals.take(Ok(3)), Some(3));
        refusals.input("no chip", "name one");
        assert_eq!(refusals.take::<()>(Err(Failure::input("no model", ""))), None);
        let told = refusals.end().unwrap_err();
        assert_eq!(told.outcome(), Outcome::BadInput);
        assert_eq!(told.message(false), "error: no chip\n  = help: name one\nerror: no model\n2 arguments refused\n");
        let mut refusals = Refusals::default();
        refusals.input("no chip", "name one");
        assert_eq!(refusals.take::<()>(Err(Failure::system("cannot read", "the disk"))), None);
        assert_eq!(refusals.end().unwrap_err().outcome(), Outcome::OurFault);
    }

    #[test]
    fn the_systems_refusal_names_every_cause() {
        let inner = FolderError::Io {
            doing: "create",
            path: "out".into(),
            source: io::Error::from(io::ErrorKind::StorageFull),
        };
        let failure = Failure::from(inner);
        assert_eq!(failure.outcome(), Outcome::OurFault);
        let text = failure.message(false);
        assert!(text.contains("because cannot create out") && text.lines().count() == 3, "{text}");
    }
}
