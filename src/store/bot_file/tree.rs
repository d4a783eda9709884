//! YAML as a tree in which every value knows its place.
//!
//! Anchors, aliases and tags are refused: a bot needs none, and ten lines of them can stand for
//! more text than there is memory.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_saphyr::granit_parser::{Event, Options, Parser, ScalarStyle, ScanError, Span};

use super::fault::{Fault, Path, Place, Result};
use super::scalar::{self, Plain};

/// Nothing that belongs to a bot is nested deeper.
const DEEPEST: usize = 48;
/// More values than any bot has.
const MOST_VALUES: usize = 50_000;

/// That something is nested too deeply, where no field of it can be named.
pub(super) fn too_deep() -> String {
    format!("this is nested deeper than {DEEPEST} levels; nothing of a bot is")
}

/// A value and where it begins.
#[derive(Clone, Debug)]
pub(super) struct Node<'a> {
    pub(super) place: Place,
    pub(super) value: Value<'a>,
}

#[derive(Clone, Debug)]
pub(super) enum Value<'a> {
    /// A scalar without quotes: text, a number, true, null.
    Plain(Cow<'a, str>),
    /// A scalar in quotes, or a block of lines.
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    Map(Vec<(Key<'a>, Node<'a>)>),
}

/// The name of a field and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Key<'a> {
    pub(super) place: Place,
    pub(super) name: Cow<'a, str>,
}

impl<'a> Node<'a> {
    /// Whether nothing stands here.
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.value, Value::Plain(text) if scalar::plain(text) == Plain::Null)
    }

    /// The field of a map.
    pub(super) fn get(&self, name: &str) -> Option<&Node<'a>> {
        let Value::Map(fields) = &self.value else { return None };
        fields.iter().find(|(key, _)| key.name == name).map(|(_, node)| node)
    }

    /// Where the value at the end of a path stands, or the nearest above it that is there.
    pub(super) fn place_of(&self, path: &str) -> Place {
        let mut node = self;
        for step in path.split(['.', '[', ']']).filter(|step| !step.is_empty()) {
            let next = match (&node.value, step.parse::<usize>()) {
                (Value::List(items), Ok(index)) => items.get(index),
                (_, _) => node.get(step),
            };
            let Some(next) = next else { break };
            node = next;
        }
        node.place
    }
}

/// All documents of a text. One without any value in it counts as none.
pub(super) fn documents(text: &str) -> Result<Vec<Node<'_>>> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    let mut reader = Reader { events: Parser::new_from_str_with_options(text, options), values: 0 };
    let mut documents = Vec::new();
    while let Some((event, span)) = reader.next()? {
        // The parser may learn to tell of more; whatever is no value is passed over here.
        if !matches!(event, Event::DocumentStart(..)) {
            refuse_marks(&event, begins(span), &Path::Root(""))?;
            continue;
        }
        let Some((event, span)) = reader.next()? else { break };
        let node = reader.node(event, span, &Path::Root(""), 0)?;
        if !node.is_null() {
            documents.push(node);
        }
    }
    Ok(documents)
}

struct Reader<'a, I: Iterator<Item = std::result::Result<(Event<'a>, Span), ScanError>>> {
    events: I,
    values: usize,
}

impl<'a, I: Iterator<Item = std::result::Result<(Event<'a>, Span), ScanError>>> Reader<'a, I> {
    fn next(&mut self) -> Result<Option<(Event<'a>, Span)>> {
        self.events.next().transpose().map_err(|error| {
            let marker = error.marker();
            let info = error.info().to_string();
            let message = if info.starts_with("recursion limit") {
                too_deep()
            } else {
                format!("this is not YAML: {info}")
            };
            Fault::new(message).at(Place::after(marker.line().saturating_sub(1), marker.col()))
        })
    }

    fn must(&mut self, place: Place) -> Result<(Event<'a>, Span)> {
        self.next()?.ok_or_else(|| Fault::new("this is not YAML: it ends too early").at(place))
    }

    fn node(
        &mut self,
        event: Event<'a>,
        span: Span,
        path: &Path<'_>,
        depth: usize,
    ) -> Result<Node<'a>> {
        let place = begins(span);
        self.values += 1;
        if depth > DEEPEST {
            let message = format!("is nested deeper than {DEEPEST} levels");
            return Err(Fault::new(message).locate(place, path));
        }
        if self.values > MOST_VALUES {
            let message = format!("holds more than {MOST_VALUES} values");
            return Err(Fault::new(message).at(place));
        }
        refuse_marks(&event, place, path)?;
        let value = if matches!(event, Event::SequenceStart(..)) {
            self.list(place, path, depth)?
        } else if matches!(event, Event::MappingStart(..)) {
            self.map(place, path, depth)?
        } else if let Event::Scalar(text, style, ..) = event {
            if style == ScalarStyle::Plain { Value::Plain(text) } else { Value::Text(text) }
        } else {
            return Err(Fault::new("this is not YAML: a value is missing").locate(place, path));
        };
        // A block map begins at its first key, wherever the parser thinks that it does.
        let place = match &value {
            Value::Map(fields) => fields.first().map_or(place, |(key, _)| key.place),
            Value::Plain(_) | Value::Text(_) | Value::List(_) => place,
        };
        Ok(Node { place, value })
    }

    fn list(&mut self, place: Place, path: &Path<'_>, depth: usize) -> Result<Value<'a>> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.must(place)?;
            if matches!(event, Event::SequenceEnd) {
                return Ok(Value::List(items));
            }
            let path = Path::Item(path, items.len());
            items.push(self.node(event, span, &path, depth + 1)?);
        }
    }

    fn map(&mut self, place: Place, path: &Path<'_>, depth: usize) -> Result<Value<'a>> {
        let mut fields: Vec<(Key<'a>, Node<'a>)> = Vec::new();
        let mut seen: HashMap<Cow<'a, str>, u32> = HashMap::new();
        loop {
            let (event, span) = self.must(place)?;
            if matches!(event, Event::MappingEnd) {
                return Ok(Value::Map(fields));
            }
            let place = begins(span);
            refuse_marks(&event, place, path)?;
            let Event::Scalar(name, ..) = event else {
                return Err(Fault::new("the name of a field must be a word").locate(place, path));
            };
            let at = Path::Field(path, &name);
            if let Some(line) = seen.insert(name.clone(), place.line) {
                let message = format!("stands there twice; the first is in line {line}");
                return Err(Fault::new(message).locate(place, &at));
            }
            let (event, span) = self.must(place)?;
            let node = self.node(event, span, &at, depth + 1)?;
            fields.push((Key { place, name }, node));
        }
    }
}

fn begins(span: Span) -> Place {
    Place::after(span.start.line().saturating_sub(1), span.start.col())
}

/// Anchors, aliases and tags.
fn refuse_marks(event: &Event<'_>, place: Place, path: &Path<'_>) -> Result<()> {
    let is_alias = matches!(event, Event::Alias(_) | Event::UnresolvedAlias(_) | Event::Anchor(..));
    let (anchor, tag) = if let Event::Scalar(_, _, anchor, tag)
    | Event::SequenceStart(_, anchor, tag)
    | Event::MappingStart(_, anchor, tag) = event
    {
        (*anchor, tag.is_some())
    } else {
        (usize::from(is_alias), false)
    };
    let message = match (anchor, tag) {
        (0, false) => return Ok(()),
        (0, true) => "YAML tags (!name) are not read here; leave it out",
        (_, _) => "YAML anchors and aliases (&name, *name) are not read here; write the text out",
    };
    Err(Fault::new(message).locate(place, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        documents(text).unwrap_err().problem("f.yaml").to_string()
    }

    #[test]
    fn values_know_their_place() {
        let text = "a: 1\nlist:\n  - name: x\n    text: |\n      lines\n  - name: \"y\"\n";
        let documents = documents(text).unwrap();
        let place = |path: &str| {
            let place = documents[0].place_of(path);
            (place.line, place.column)
        };
        assert_eq!(place(""), (1, 1));
        assert_eq!(place("a"), (1, 4));
        assert_eq!(place("list[0]"), (3, 5));
        assert_eq!(place("list[0].name"), (3, 11));
        assert_eq!(place("list[1].name"), (6, 11));
        // What is missing is looked for where it would stand.
        assert_eq!(place("list[1].label"), (6, 5));
        assert_eq!(place("list[7].label"), (3, 3));
    }

    #[test]
    fn what_no_bot_needs_is_refused_with_its_place() {
        let deep = format!("a: {}{}", "[".repeat(60), "]".repeat(60));
        let table = [
            ("a: &x [1]\nb: *x\n", "f.yaml:1:7: a: YAML anchors"),
            ("a: *x\n", "f.yaml:1:4: this is not YAML"),
            ("a: !!str x\n", "a: YAML tags"),
            ("a: 1\nb: 2\na: 3\n", "f.yaml:3:1: a: stands there twice; the first is in line 1"),
            ("l:\n  - {x: 1, x: 2}\n", "f.yaml:2:12: l[0].x: stands there twice"),
            ("[a]: 1\n", "f.yaml:1:1: the name of a field must be a word"),
            ("a: [1, 2\n", "f.yaml:1:4: this is not YAML: unclosed bracket"),
            ("a: 1\n\tb: 2\n", "found a tab"),
            (&deep, "is nested deeper than 48 levels"),
        ];
        for (text, expected) in table {
            let fault = fault(text);
            assert!(fault.contains(expected), "{text:?}: {fault}");
        }
    }

    #[test]
    fn ten_lines_of_anchors_never_become_a_billion_words() {
        let mut text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
        for level in 1..10 {
            let alias = format!("*a{}", level - 1);
            let all = [alias.as_str(); 9].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{all}]\n"));
        }
        assert!(fault(&text).starts_with("f.yaml:1:"), "{}", fault(&text));
    }

    #[test]
    fn empty_documents_are_none() {
        for text in ["", "\n\n", "# only a remark\n", "---\n...\n", "---\n---\n"] {
            assert_eq!(documents(text).unwrap().len(), 0, "{text:?}");
        }
        assert_eq!(documents("---\na: 1\n---\nb: 2\n").unwrap().len(), 2);
    }
}
