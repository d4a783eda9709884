//! Collecting turns so that the two sides alternate.

use super::{Block, Call, GO_AHEAD, Outcome, Piece, Rules, STOPPED_AFTER_TOOLS, Turn};

/// The turns so far, and the open ends of the last.
#[derive(Debug)]
pub(super) struct Turns<'a> {
    turns: Vec<Turn<'a>>,
    /// The results of the calls that the last turn holds: they open the user's next turn.
    results: Vec<Outcome<'a>>,
    /// Thinking that has led to nothing yet.
    thinking: Vec<Piece<'a>>,
    rules: Rules,
}

impl<'a> Turns<'a> {
    pub(super) fn new(rules: Rules) -> Self {
        Self { turns: Vec::new(), results: Vec::new(), thinking: Vec::new(), rules }
    }

    /// The user says something.
    pub(super) fn say(&mut self, block: Block<'a>) {
        if matches!(&block, Block::Text(text) if text.trim().is_empty()) {
            return;
        }
        self.end_of_calls();
        let after_results = matches!(
            self.turns.last(),
            Some(Turn::User { results, blocks }) if !results.is_empty() && blocks.is_empty()
        );
        if after_results && self.rules.answer_after_results {
            self.answer(Piece::Text(STOPPED_AFTER_TOOLS.into()));
        }
        match self.turns.last_mut() {
            Some(Turn::User { blocks, .. }) => blocks.push(block),
            Some(Turn::Assistant { .. }) | None => {
                self.turns.push(Turn::User { results: Vec::new(), blocks: vec![block] });
            }
        }
    }

    /// The user says something before all else.
    pub(super) fn say_first(&mut self, block: Block<'a>) {
        match self.turns.first_mut() {
            Some(Turn::User { blocks, .. }) => blocks.insert(0, block),
            Some(Turn::Assistant { .. }) | None => {
                self.turns.insert(0, Turn::User { results: Vec::new(), blocks: vec![block] });
            }
        }
    }

    /// The model says something.
    pub(super) fn answer(&mut self, piece: Piece<'a>) {
        if matches!(&piece, Piece::Text(text) if text.trim().is_empty()) {
            return;
        }
        if matches!(piece, Piece::Thinking { .. }) {
            self.thinking.push(piece);
            return;
        }
        let mut new: Vec<Piece<'a>> = std::mem::take(&mut self.thinking);
        new.push(piece);
        match self.turns.last_mut() {
            Some(Turn::Assistant { pieces }) => pieces.append(&mut new),
            Some(Turn::User { .. }) => self.turns.push(Turn::Assistant { pieces: new }),
            // A chat that begins with an answer: its start was left out.
            None => {
                let blocks = vec![Block::Text(GO_AHEAD.into())];
                self.turns.push(Turn::User { results: Vec::new(), blocks });
                self.turns.push(Turn::Assistant { pieces: new });
            }
        }
    }

    /// The model calls a tool, which will say this.
    pub(super) fn call(&mut self, call: Call<'a>, outcome: Outcome<'a>) {
        self.answer(Piece::Call(call));
        self.results.push(outcome);
    }

    /// A model call of an answer is over: the tools that it called have spoken. Thinking that led
    /// to nothing, as in an answer that was stopped, is dropped: APIs refuse it.
    pub(super) fn end_of_calls(&mut self) {
        let mut thinking = std::mem::take(&mut self.thinking);
        if self.rules.thinking_last
            && let Some(Turn::Assistant { pieces }) = self.turns.last_mut()
        {
            pieces.append(&mut thinking);
        }
        if !self.results.is_empty() {
            let results = std::mem::take(&mut self.results);
            self.turns.push(Turn::User { results, blocks: Vec::new() });
        }
    }

    /// The turns. Whoever is asked has the last word of the user before them.
    pub(super) fn close(mut self, go_on: &'static str) -> Vec<Turn<'a>> {
        self.end_of_calls();
        match self.turns.last() {
            Some(Turn::User { .. }) => {}
            Some(Turn::Assistant { .. }) | None => self.say(Block::Text(go_on.into())),
        }
        self.turns
    }
}
