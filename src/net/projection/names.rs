//! Ids of tool calls and names of tools, as every API takes them.

use std::borrow::Cow;
use std::collections::HashSet;

/// The longest id of a call that every API takes.
const ID_LENGTH: usize = 40;
/// The longest name of a tool that every API takes.
const NAME_LENGTH: usize = 64;

/// The ids of a request.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    used: HashSet<Cow<'a, str>>,
    made: usize,
}

impl<'a> Names<'a> {
    /// The id to send for a call. A model gets its own ids back, where they can be sent and are
    /// unique; ids of others mean nothing to it.
    pub(super) fn id(&mut self, id: &'a str, own: bool) -> Cow<'a, str> {
        if own && is_plain(id, ID_LENGTH) && self.used.insert(Cow::Borrowed(id)) {
            return Cow::Borrowed(id);
        }
        loop {
            self.made += 1;
            // Nine letters and digits, which is what every provider takes: Mistral takes
            // nothing else.
            let made: Cow<'a, str> = format!("call{:05}", self.made).into();
            if self.used.insert(made.clone()) {
                return made;
            }
        }
    }
}

/// A tool's name with nothing in it that an API refuses.
pub(super) fn of_tool(name: &str) -> Cow<'_, str> {
    if is_plain(name, NAME_LENGTH) {
        return Cow::Borrowed(name);
    }
    let plain = name.chars().take(NAME_LENGTH).map(|character| match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' => character,
        _ => '_',
    });
    let plain: String = plain.collect();
    if plain.is_empty() { Cow::Borrowed("tool") } else { Cow::Owned(plain) }
}

fn is_plain(text: &str, longest: usize) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    !text.is_empty() && text.len() <= longest && text.bytes().all(plain)
}
