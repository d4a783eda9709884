//! Neutral messages to the turns of a request, valid for any model.
//!
//! A chat holds what many models said. What is asked of one of them is made here, once for all
//! APIs: roles alternate, every tool call has its result, what only one model understands goes
//! back to that model alone, images go only to models that see. The providers' writers put the
//! outcome into their own words and decide nothing.

mod names;
mod turns;

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::Value;

use super::{ChatRequest, ToolSpec};
use crate::protocol::{Covers, Message, ModelId, Part, Role};
use names::Names;
use turns::Turns;

const NOT_RUN: &str = "This tool call was not run.";
const GO_ON: &str = "Your answer was cut off. Go on exactly where it stopped: do not repeat \
                     anything and do not add an introduction.";
const GO_AHEAD: &str = "Go on.";
const STOPPED_AFTER_TOOLS: &str = "(The answer was stopped here.)";
const UNSEEN_IMAGE: &str = "(An image was attached here, which you cannot see.)";

/// What a provider's API wants otherwise than most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// Which images may be sent to a model that takes images.
    pub(crate) images: fn(&str) -> bool,
    /// The results of tools must be followed by an answer, not by the user (Mistral).
    pub(crate) answer_after_results: bool,
    /// Thinking may stand behind what it led to.
    pub(crate) thinking_last: bool,
}

/// What is asked, turn by turn.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Projection<'a> {
    /// Instructions before all turns.
    pub(crate) system: Option<Cow<'a, str>>,
    /// Strictly alternating; begins and ends with the user. Never empty.
    pub(crate) turns: Vec<Turn<'a>>,
    /// The tools that are offered, and bare ones for those that only the history calls: some
    /// APIs refuse calls of tools that the request does not name.
    pub(crate) tools: Vec<ToolSpec>,
    /// False where the tools stand there for the history alone.
    pub(crate) may_call: bool,
}

/// One side's say.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Turn<'a> {
    /// The results of all calls of the turn before, then what the user says. One of the two may
    /// be empty.
    User { results: Vec<Outcome<'a>>, blocks: Vec<Block<'a>> },
    /// What the model said. Never empty.
    Assistant { pieces: Vec<Piece<'a>> },
}

/// A piece of what the user says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Block<'a> {
    /// Never blank.
    Text(Cow<'a, str>),
    /// Passed by [`Rules::images`].
    Image { url: &'a str },
}

/// A piece of what a model said.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Piece<'a> {
    /// Of the very model that is asked, with its own opaque data.
    Thinking { text: &'a str, opaque: &'a Value },
    /// Never blank.
    Text(Cow<'a, str>),
    /// Answered by the next turn.
    Call(Call<'a>),
}

/// A tool call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call<'a> {
    /// Letters, digits, `_` and `-`; unique in the request.
    pub(crate) id: Cow<'a, str>,
    /// Letters, digits, `_` and `-`, at most 64.
    pub(crate) name: Cow<'a, str>,
    /// Always an object.
    pub(crate) arguments: Cow<'a, Value>,
}

/// What a tool said.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome<'a> {
    /// The call's.
    pub(crate) id: Cow<'a, str>,
    /// For the model.
    pub(crate) content: &'a str,
    /// False when the tool failed or was not run.
    pub(crate) success: bool,
}

/// Makes the turns of a request.
pub(crate) fn project<'a>(request: &'a ChatRequest, rules: Rules) -> Projection<'a> {
    let sees = request.model.abilities.vision != Some(false);
    let mut projector = Projector {
        model: &request.model.id,
        images: if sees { rules.images } else { |_url| false },
        names: Names::default(),
        turns: Turns::new(rules),
    };
    let (covers, messages) = uncovered(&request.messages);
    if let Some(summary) = covers.and_then(|covers| covers.summary.as_deref()) {
        projector.turns.say(Block::Text(summary_text(summary).into()));
    }
    let mut instructions: Vec<&str> = request.params.system.as_deref().into_iter().collect();
    for message in messages {
        match message.role {
            Role::System => instructions.extend(text_parts(message)),
            Role::User => projector.user(message),
            Role::Assistant => projector.assistant(message),
        }
    }
    let mut system = joined(instructions.into_iter().map(Cow::from));
    if !request.model.takes.system
        && let Some(instructions) = system.take()
    {
        projector.turns.say_first(Block::Text(instructions));
    }
    let go_on = if request.continues { GO_ON } else { GO_AHEAD };
    let turns = projector.turns.close(go_on);
    let (tools, may_call) = tools(request, &turns);
    Projection { system, turns, tools, may_call }
}

/// The newest notice that keeps the start of the chat from the model, and what comes after it.
/// A notice whose last message is not on this path keeps nothing.
pub(crate) fn uncovered(messages: &[Message]) -> (Option<&Covers>, &[Message]) {
    let parts = messages.iter().rev().flat_map(|message| message.parts.iter().rev());
    let notices = parts.filter_map(|part| match part {
        Part::Notice { covers: Some(covers), .. } if !covers.undone => Some(covers),
        Part::Notice { .. }
        | Part::Text { .. }
        | Part::Thinking { .. }
        | Part::ToolCall { .. }
        | Part::ToolResult { .. }
        | Part::Image { .. }
        | Part::File { .. } => None,
    });
    for covers in notices {
        let through = messages.iter().position(|message| message.id == covers.through);
        if let Some(rest) = through.and_then(|at| messages.get(at + 1..)) {
            return (Some(covers), rest);
        }
    }
    (None, messages)
}

fn summary_text(summary: &str) -> String {
    format!("Summary of the conversation up to here:\n\n{summary}")
}

/// What is offered, then what only the history names.
fn tools(request: &ChatRequest, turns: &[Turn<'_>]) -> (Vec<ToolSpec>, bool) {
    let mut tools = request.tools.clone();
    let may_call = !tools.is_empty();
    let pieces = turns.iter().flat_map(|turn| match turn {
        Turn::Assistant { pieces } => pieces.as_slice(),
        Turn::User { .. } => &[],
    });
    for piece in pieces {
        let Piece::Call(call) = piece else { continue };
        if !tools.iter().any(|tool| tool.name == call.name) {
            tools.push(ToolSpec {
                name: call.name.clone().into_owned(),
                description: "No longer there.".to_owned(),
                schema: serde_json::json!({ "type": "object", "properties": {} }),
            });
        }
    }
    (tools, may_call)
}

struct Projector<'a> {
    model: &'a ModelId,
    images: fn(&str) -> bool,
    names: Names<'a>,
    turns: Turns<'a>,
}

impl<'a> Projector<'a> {
    fn user(&mut self, message: &'a Message) {
        for part in &message.parts {
            match part {
                Part::Text { text } => self.turns.say(Block::Text(text.into())),
                Part::File { name, text } => self.turns.say(Block::Text(file(name, text).into())),
                Part::Image { url, .. } if (self.images)(url) => {
                    self.turns.say(Block::Image { url });
                }
                Part::Image { .. } => self.turns.say(Block::Text(UNSEEN_IMAGE.into())),
                Part::Thinking { .. }
                | Part::ToolCall { .. }
                | Part::ToolResult { .. }
                | Part::Notice { .. } => {}
            }
        }
    }

    fn assistant(&mut self, message: &'a Message) {
        let own = message.answer.as_ref().is_some_and(|answer| answer.model == *self.model);
        let results = results(message);
        for part in &message.parts {
            match part {
                Part::Text { text } => self.turns.answer(Piece::Text(text.into())),
                Part::Thinking { text, opaque: Some(opaque), .. } if own => {
                    self.turns.answer(Piece::Thinking { text, opaque });
                }
                Part::ToolCall { id, tool, args } => {
                    let (content, success) =
                        results.get(id.as_str()).copied().unwrap_or((NOT_RUN, false));
                    let id = self.names.id(id.as_str(), own);
                    let call = Call {
                        id: id.clone(),
                        name: names::of_tool(tool),
                        arguments: arguments(args),
                    };
                    self.turns.call(call, Outcome { id, content, success });
                }
                Part::ToolResult { .. } => self.turns.end_of_calls(),
                Part::Thinking { .. }
                | Part::Image { .. }
                | Part::File { .. }
                | Part::Notice { .. } => {}
            }
        }
        self.turns.end_of_calls();
    }
}

fn results(message: &Message) -> HashMap<&str, (&str, bool)> {
    let results = message.parts.iter().filter_map(|part| match part {
        Part::ToolResult { id, result, success, .. } => {
            Some((id.as_str(), (result.as_str(), *success)))
        }
        Part::Text { .. }
        | Part::Thinking { .. }
        | Part::ToolCall { .. }
        | Part::Image { .. }
        | Part::File { .. }
        | Part::Notice { .. } => None,
    });
    results.collect()
}

/// Arguments are always an object: models of other makers refuse the rest.
fn arguments(args: &Value) -> Cow<'_, Value> {
    match args {
        Value::Object(_) => Cow::Borrowed(args),
        Value::Null => Cow::Owned(serde_json::json!({})),
        Value::String(text) => Cow::Owned(serde_json::json!({ "raw": text })),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            Cow::Owned(serde_json::json!({ "value": args }))
        }
    }
}

fn text_parts(message: &Message) -> impl Iterator<Item = &str> {
    message.parts.iter().filter_map(|part| match part {
        Part::Text { text } => Some(text.as_str()),
        Part::Thinking { .. }
        | Part::ToolCall { .. }
        | Part::ToolResult { .. }
        | Part::Image { .. }
        | Part::File { .. }
        | Part::Notice { .. } => None,
    })
}

fn file(name: &str, text: &str) -> String {
    let name = name.replace(['"', '\n'], " ");
    format!("<file name=\"{name}\">\n{text}\n</file>")
}

/// Texts that are not blank, with a blank line between them.
pub(crate) fn joined<'a>(texts: impl Iterator<Item = Cow<'a, str>>) -> Option<Cow<'a, str>> {
    texts.filter(|text| !text.trim().is_empty()).reduce(|all, text| (all + "\n\n") + text)
}

#[cfg(test)]
mod tests;
