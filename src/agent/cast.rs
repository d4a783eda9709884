//! Who takes part in a chat, in its runs: whose turn it is, what a speaker is told, what it sees
//! of the others.

mod seen;

use std::sync::Arc;

use super::actor::Agent;
use super::begin::Start;
use super::run::{End, Run};
use super::stop::RunControl;
use crate::protocol::{
    AnswerStatus, BotId, Cast, ChatOptions, Message, MessageId, ModelId, NextSpeaker, NoticeCode,
    Role, Round,
};
use crate::store::{Resumable, StoreError};

/// What an agent knows of the cast of its chat. Most chats have none, and are not asked twice.
#[derive(Debug, Default)]
pub(super) enum Known {
    /// Nobody has looked yet.
    #[default]
    Unknown,
    /// As the store has it.
    Told(Option<Arc<Cast>>),
}

/// Who gives an answer, and what it is told.
#[derive(Clone, Debug)]
pub(super) struct Speaker {
    cast: Arc<Cast>,
    /// The bot; in a room, the member.
    pub(super) id: BotId,
    instructions: Arc<str>,
}

impl Speaker {
    /// The bot of a chat, or a member of its room.
    pub(super) fn new(cast: Arc<Cast>, id: BotId) -> Self {
        let instructions = cast.told(&id).into();
        Self { cast, id, instructions }
    }

    /// Whether others speak in the chat, too.
    pub(super) fn is_in_room(&self) -> bool {
        self.cast.room.is_some()
    }

    /// The member's own model and parameters over what the chat leaves open.
    pub(super) fn tune(&self, options: &mut ChatOptions) -> Option<ModelId> {
        let member = self.cast.member(&self.id)?;
        options.params = member.params.with(&options.params);
        member.model.clone()
    }
}

/// What holds for all answers to a message of the user in a room.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    /// Who answers for members that have no model of their own; for all where it is one-off.
    pub(super) base: ModelId,
    pub(super) one_off: bool,
    pub(super) options: ChatOptions,
}

impl Agent {
    /// Who takes part in the chat.
    async fn cast(&mut self) -> Result<Option<Arc<Cast>>, StoreError> {
        if let Known::Told(cast) = &self.cast {
            return Ok(cast.clone());
        }
        let cast = self.shared.store.cast(self.chat).await?;
        self.cast = Known::Told(cast.clone());
        Ok(cast)
    }

    /// Decides who gives the answer: who is asked for, else who is first to speak.
    pub(super) async fn speaker(
        &mut self,
        asked: Option<&BotId>,
        question: Option<&Message>,
    ) -> Result<Option<Speaker>, StoreError> {
        let Some(cast) = self.cast().await? else { return Ok(None) };
        let Some(room) = &cast.room else {
            let id = cast.bot.clone();
            return Ok(Some(Speaker::new(cast, id)));
        };
        let known = asked.filter(|id| cast.member(id).is_some()).cloned();
        let first = || {
            let question = question.map(Message::text).unwrap_or_default();
            match room.next_speaker(&Round { question, answers: Vec::new() }) {
                NextSpeaker::Speaks(id) => Some(id),
                NextSpeaker::Over | NextSpeaker::TooMany => None,
            }
        };
        let id = known.or_else(first);
        Ok(id.map(|id| Speaker::new(cast.clone(), id)))
    }

    /// Decides who goes on with an answer that was left open.
    pub(super) async fn spoken_as_before(
        &mut self,
        start: &mut Start,
        left: &Resumable,
    ) -> Result<(), StoreError> {
        start.speaker = match &left.answer.bot {
            Some(bot) => self.speaker(Some(bot), None).await?,
            None => None,
        };
        Ok(())
    }

    /// Lets the next member of a room speak below an answer. False where the round ends here. A
    /// stop that came meanwhile reaches the run that has begun.
    pub(super) async fn next_speaks(
        &mut self,
        next: Option<BotId>,
        answer: MessageId,
        ended: &RunControl,
    ) -> bool {
        let (Some(next), Some(terms)) = (next, self.terms.clone()) else { return false };
        if ended.wish().is_some() {
            return false;
        }
        let (ids, now) = (self.shared.ids, (self.shared.clock.now)());
        let start = Start::next(terms, next, answer, (ids.run(now), ids.message(now)), now);
        if let Err(error) = self.begin(start).await {
            self.shared.notice(NoticeCode::WriteFailed, error).await;
            return false;
        }
        if let Some(wish) = ended.wish() {
            self.control.stop(wish);
        }
        true
    }
}

impl Run {
    /// What the speaker sees of the chat.
    pub(super) fn as_seen(&mut self, path: Vec<Message>) -> Vec<Message> {
        let Some(speaker) = self.speaker.as_ref() else { return path };
        let Some(room) = &speaker.cast.room else { return path };
        let of_round = path.iter().rposition(|message| message.role == Role::User);
        self.round = path.get(of_round.unwrap_or(0)..).unwrap_or_default().to_vec();
        seen::seen(&speaker.cast, room, &speaker.id, path)
    }

    /// What stands before all messages: what the speaker is told, then what the user set.
    pub(super) fn system(&self) -> Option<String> {
        let told = self.speaker.as_ref().map(|speaker| speaker.instructions.as_ref());
        let texts = [told, self.params.system.as_deref()].into_iter().flatten();
        let texts: Vec<&str> = texts.filter(|text| !text.trim().is_empty()).collect();
        (!texts.is_empty()).then(|| texts.join("\n\n"))
    }

    /// Who speaks after this answer, in a room. Says so where the room has had its most answers.
    pub(super) async fn next_speaker(&mut self, end: &End) -> Option<BotId> {
        let End::Complete(_) = end else { return None };
        let room = self.speaker.as_ref()?.cast.room.as_ref()?;
        let mut answer = self.sink.answer().clone();
        answer.answer.as_mut()?.status = AnswerStatus::Complete;
        let round = Round::of(self.round.iter().chain(std::iter::once(&answer)))?;
        match room.next_speaker(&round) {
            NextSpeaker::Speaks(next) => Some(next),
            NextSpeaker::Over => None,
            NextSpeaker::TooMany => {
                let most = room.most_answers;
                let words = format!(
                    "The round ends here: {most} answers to one message are the most in this room"
                );
                self.notify("most_answers", words).await;
                None
            }
        }
    }
}
