//! Who speaks in a room, as the command line follows it.

use std::sync::Arc;

use crate::protocol::{BotId, Cast, CastRoom, Message, NextSpeaker, Round, RunStatus, SendRequest};

/// A round in a room; of any other chat it says nothing.
#[derive(Debug, Default)]
pub(super) struct Speakers {
    cast: Option<Arc<Cast>>,
    round: Round,
    /// Who speaks now, and what was said so far.
    now: Option<(BotId, String)>,
    /// The round goes on, and the next run has not begun.
    waits: bool,
    stopped: bool,
}

impl Speakers {
    pub(super) fn new(cast: Option<Arc<Cast>>, request: &SendRequest) -> Self {
        let round = Round { question: request.text.clone(), answers: Vec::new() };
        Self { cast, round, ..Self::default() }
    }

    fn room(&self) -> Option<&CastRoom> {
        self.cast.as_ref()?.room.as_ref()
    }

    /// The user stops: nobody speaks after the present answer.
    pub(super) fn stop(&mut self) {
        self.stopped = true;
    }

    /// Whether the next one has the word and has not begun yet.
    pub(super) fn waits(&self) -> bool {
        self.waits
    }

    /// An answer begins. Gives the name of who speaks, in a room.
    pub(super) fn begins(&mut self, answer: &Message) -> Option<String> {
        self.room()?;
        let bot = answer.bot.clone()?;
        let name = self.cast.as_ref()?.name_of(&bot).to_owned();
        self.now = Some((bot, String::new()));
        self.waits = false;
        Some(name)
    }

    /// A piece of the present answer.
    pub(super) fn says(&mut self, content: &str) {
        if let Some((_, text)) = &mut self.now {
            text.push_str(content);
        }
    }

    /// The present answer has ended. Whether another one follows by itself.
    pub(super) fn go_on(&mut self, status: RunStatus) -> bool {
        let Some(answer) = self.now.take() else { return false };
        if status != RunStatus::Complete || self.stopped {
            return false;
        }
        self.round.answers.push(answer);
        let next = self.room().map(|room| room.next_speaker(&self.round));
        self.waits = matches!(next, Some(NextSpeaker::Speaks(_)));
        self.waits
    }
}
