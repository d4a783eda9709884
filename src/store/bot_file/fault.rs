//! What is wrong with a bot's file, and where in it.

use std::fmt;

use crate::protocol::BotProblem;

/// A place in a text, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: u32,
    pub(super) column: u32,
}

impl Place {
    /// From counts that begin at 0.
    pub(super) fn after(lines: usize, columns: usize) -> Self {
        let from_1 = |count: usize| u32::try_from(count.saturating_add(1)).unwrap_or(u32::MAX);
        Self { line: from_1(lines), column: from_1(columns) }
    }
}

/// A [`BotProblem`] that does not know its source yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    place: Option<Place>,
    field: Option<String>,
    /// A field below the one that reports: known before the path to it is.
    tail: Option<String>,
    message: String,
}

pub(super) type Result<T> = std::result::Result<T, Fault>;

impl Fault {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { place: None, field: None, tail: None, message: message.into() }
    }

    /// A field is wrong; what is wrong follows it.
    pub(super) fn of(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..Self::new(message) }
    }

    /// The place is this one, where none is known.
    pub(super) fn at(mut self, place: Place) -> Self {
        self.place = self.place.or(Some(place));
        self
    }

    /// A field below the one that this will be said of.
    pub(super) fn below(mut self, field: &str) -> Self {
        self.tail = Some(field.to_owned());
        self
    }

    /// Place and path are these, where none is known.
    pub(super) fn locate(mut self, place: Place, path: &Path<'_>) -> Self {
        if self.field.is_none() {
            let mut field = path.to_string();
            if let Some(tail) = self.tail.take() {
                if !field.is_empty() {
                    field.push('.');
                }
                field.push_str(&tail);
            }
            self.field = Some(field).filter(|field| !field.is_empty());
        }
        self.at(place)
    }

    /// The path begins with this.
    pub(super) fn under(mut self, prefix: &str) -> Self {
        if !prefix.is_empty() {
            let path = self.field.take();
            self.field =
                Some(path.map_or_else(|| prefix.to_owned(), |path| format!("{prefix}.{path}")));
        }
        self
    }

    /// Without its place: what stands inside something else has none that anybody could look up.
    pub(super) fn placeless(self) -> Self {
        Self { place: None, ..self }
    }

    /// The path to the field.
    pub(super) fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// As others see it.
    pub(super) fn problem(self, source: &str) -> BotProblem {
        BotProblem {
            source: source.to_owned(),
            line: self.place.map(|place| place.line),
            column: self.place.map(|place| place.column),
            field: self.field,
            message: self.message,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

/// The way to a value: `variables[0].name`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Path<'a> {
    Root(&'a str),
    Field(&'a Path<'a>, &'a str),
    Item(&'a Path<'a>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root(prefix) => f.write_str(prefix),
            Self::Field(Path::Root(""), name) => f.write_str(name),
            Self::Field(parent, name) => write!(f, "{parent}.{name}"),
            Self::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}
