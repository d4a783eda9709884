//! How runs begin: the question and its answers are stored, then each model is asked.

use std::sync::Arc;

use super::actor::{Agent, Shared};
use super::cast::{Speaker, Terms};
use super::fallback::Chain;
use super::group::Running;
use super::resume::Resuming;
use super::run::{Limits, Run};
use super::sink::Sink;
use super::stop::RunControl;
use super::tally::Tally;
use crate::protocol::{
    Answer, BackendEvent, BotId, ChatId, ChatOptions, MakeRoom, Message, MessageId, ModelId, Part,
    Place, RegenerateRequest, ResumePoint, Role, RunId, SendRequest, Seq, Timestamp, Usage,
};
use crate::store::{BeginRun, Question, Resumable, StoreError};

/// Runs to begin, whatever led to them.
pub(super) struct Start {
    question: Question,
    /// What a chat that this makes is given.
    chat_model: Option<ModelId>,
    chat_options: ChatOptions,
    first: Asked,
    /// Who answers for members of a room that have no model of their own.
    base: ModelId,
    /// Whether the model of a member comes before the one that is asked.
    by_member: bool,
    /// Who shall speak, where that is said.
    bot: Option<BotId>,
    /// Who speaks.
    pub(super) speaker: Option<Speaker>,
    /// Models that are asked at the same time.
    also: Vec<Asked>,
    options: ChatOptions,
    created: Timestamp,
    continues: bool,
    /// Whether and how room is made first.
    room: Option<MakeRoom>,
    over_budget: bool,
    /// Where the provider's stream goes on, and the last event before that.
    left_at: Option<(Seq, ResumePoint)>,
}

/// What is asked of one model.
struct Asked {
    model: ModelId,
    one_off: bool,
    run: RunId,
    answer: MessageId,
    column: Option<u8>,
}

impl Start {
    /// A new question below `parent`.
    pub(super) fn send(request: SendRequest, parent: Option<MessageId>) -> Self {
        // What the text speaks of stands before it.
        let mut parts = request.attachments;
        if parts.is_empty() || !request.text.trim().is_empty() {
            parts.push(Part::Text { text: request.text });
        }
        let question = Message {
            parent,
            ..Message::new(request.message, request.chat, Role::User, request.created, parts)
        };
        let others = (1_u8..).zip(request.also).map(|(column, other)| Asked {
            model: other.model,
            one_off: true,
            run: other.run,
            answer: other.answer,
            column: Some(column),
        });
        let also: Vec<Asked> = others.collect();
        Self {
            base: request.model.clone(),
            by_member: !request.one_off,
            bot: None,
            speaker: None,
            question: Question::New(Box::new(question)),
            chat_model: Some(request.chat_model),
            chat_options: request.chat_options,
            first: Asked {
                model: request.model,
                one_off: request.one_off,
                run: request.run,
                answer: request.answer,
                column: if also.is_empty() { None } else { Some(0) },
            },
            also,
            options: request.options,
            created: request.created,
            continues: false,
            room: None,
            over_budget: false,
            left_at: None,
        }
    }

    /// Another answer to a question.
    pub(super) fn regenerate(request: RegenerateRequest) -> Self {
        Self {
            base: if request.one_off { request.model.clone() } else { request.chat_model },
            by_member: false,
            bot: request.bot,
            speaker: None,
            question: Question::Existing(request.question),
            chat_model: None,
            chat_options: ChatOptions::default(),
            first: Asked {
                model: request.model,
                one_off: request.one_off,
                run: request.run,
                answer: request.answer,
                column: request.column,
            },
            also: Vec::new(),
            options: request.options,
            created: request.created,
            continues: request.continues.is_some(),
            room: request.make_room,
            over_budget: request.over_budget,
            left_at: None,
        }
    }

    /// An answer that was left open.
    pub(super) fn left(from: &Resumable) -> Option<Self> {
        let answer = from.answer.answer.as_ref()?;
        let params = answer.params.clone();
        Some(Self {
            base: answer.model.clone(),
            by_member: false,
            bot: from.answer.bot.clone(),
            speaker: None,
            question: Question::Existing(from.question.id),
            chat_model: None,
            chat_options: ChatOptions::default(),
            first: Asked {
                model: answer.model.clone(),
                one_off: answer.one_off,
                run: from.run,
                answer: from.answer.id,
                column: answer.column,
            },
            also: Vec::new(),
            options: ChatOptions { params, ..from.chat.options.clone() },
            created: from.answer.created,
            continues: false,
            room: None,
            // It was paid for when it was asked.
            over_budget: true,
            left_at: Some((from.seq, from.point.clone())),
        })
    }

    /// The next answer of a round in a room, below the one before.
    pub(super) fn next(
        terms: Terms,
        bot: BotId,
        answer: MessageId,
        (run, next): (RunId, MessageId),
        created: Timestamp,
    ) -> Self {
        let Terms { base, one_off, options } = terms;
        Self {
            by_member: !one_off,
            bot: Some(bot),
            speaker: None,
            question: Question::Existing(answer),
            chat_model: None,
            chat_options: ChatOptions::default(),
            first: Asked { model: base.clone(), one_off, run, answer: next, column: None },
            base,
            also: Vec::new(),
            options,
            created,
            continues: false,
            room: None,
            over_budget: false,
            left_at: None,
        }
    }

    /// Decides by who speaks: its model, its parameters. In a room one model answers at a time.
    fn spoken_by(&mut self, speaker: Option<Speaker>) {
        if let Some(own) = speaker.as_ref().and_then(|speaker| speaker.tune(&mut self.options))
            && self.by_member
        {
            self.first.model = own;
        }
        if speaker.as_ref().is_some_and(Speaker::is_in_room) {
            self.also.clear();
            self.first.column = None;
        }
        self.speaker = speaker;
    }

    fn terms(&self) -> Terms {
        let (base, one_off) = (self.base.clone(), self.first.one_off);
        Terms { base, one_off, options: self.options.clone() }
    }

    /// Who answers when the model cannot. Nobody does in the place of a model that is compared.
    fn chain(&self, shared: &Shared, answer: &Answer) -> Chain {
        if answer.column.is_some() {
            return Chain::default();
        }
        match &self.options.fallback {
            Some(fallback) => Chain::new(fallback, &answer.model),
            None => Chain::new(&shared.settings.read().fallback, &answer.model),
        }
    }

    fn open_answer(&self, chat: ChatId, asked: &Asked) -> Message {
        let answer = Answer {
            one_off: asked.one_off,
            params: self.options.params.clone(),
            column: asked.column,
            ..Answer::open(asked.model.clone(), asked.run)
        };
        Message {
            answer: Some(answer),
            bot: self.speaker.as_ref().map(|speaker| speaker.id.clone()),
            ..Message::new(asked.answer, chat, Role::Assistant, self.created, Vec::new())
        }
    }
}

impl Agent {
    /// Sends a message, at the end of the visible path or where it says.
    pub(super) async fn try_send(&mut self, request: SendRequest) -> Result<(), StoreError> {
        let parent = match request.place {
            Place::AtLeaf => self.leaf().await?,
            Place::Under(parent) => parent,
        };
        self.begin(Start::send(request, parent)).await
    }

    /// Stores question and answers, tells that the runs began, and starts them.
    pub(super) async fn begin(&mut self, mut start: Start) -> Result<(), StoreError> {
        self.terms = Some(start.terms());
        let question = match &start.question {
            Question::New(question) => Some(question.as_ref()),
            Question::Existing(_) => None,
        };
        let speaker = self.speaker(start.bot.as_ref(), question).await?;
        start.spoken_by(speaker);
        let answer = start.open_answer(self.chat, &start.first);
        let also = start.also.iter().map(|asked| start.open_answer(self.chat, asked)).collect();
        let began = self
            .shared
            .store
            .begin_run(BeginRun {
                chat: self.chat,
                title_if_new: None,
                chat_model_if_new: start.chat_model.clone(),
                chat_options_if_new: start.chat_options.clone(),
                question: start.question.clone(),
                answer,
                also,
            })
            .await?;
        if began.already {
            return Ok(());
        }
        self.shared.tell(BackendEvent::ChatChanged(began.chat)).await;
        // All before the first: a stop reaches those too that are still to be started.
        let answers = std::iter::once(began.answer).chain(began.also);
        let reached: Vec<_> = answers.map(|answer| (answer, self.control.add())).collect();
        for (answer, control) in reached {
            self.start_run(&start, &began.question, answer, control).await;
        }
        Ok(())
    }

    /// Tells that a run began, and starts it.
    pub(super) async fn start_run(
        &mut self,
        start: &Start,
        question: &Message,
        answer: Message,
        control: Arc<RunControl>,
    ) {
        let Some(details) = answer.answer.clone() else { return };
        let (run, column) = (details.run, details.column);
        let shared = self.shared.clone();
        let told = BackendEvent::RunStarted {
            run,
            question: Box::new(question.clone()),
            answer: Box::new(answer.clone()),
        };
        shared.tell(told).await;
        let running = Running {
            run,
            question: question.id,
            answer: answer.id,
            column,
            control: control.clone(),
            next: None,
        };
        let (seq, resuming) = Resuming::new(start.left_at.clone());
        let tally = Tally::of(&details, seq > Seq::default());
        let sink =
            Sink::new(answer, run, shared.clock, shared.store.clone(), shared.events.clone());
        let work = Run {
            sink: sink.after(seq),
            resuming,
            machine: self.group.machine(column),
            control,
            clock: shared.clock,
            providers: shared.providers.clone(),
            store: shared.store.clone(),
            limits: Limits::from(&*shared.settings.read()),
            question: question.id,
            continues: start.continues,
            room: start.room.clone(),
            chain: start.chain(&shared, &details),
            asked: details.model.clone(),
            aside: None,
            model: details.model,
            read: shared.read,
            params: details.params,
            speaker: start.speaker.clone(),
            round: Vec::new(),
            over_budget: start.over_budget,
            usage: details.usage,
            tally,
            turn_usage: Usage::default(),
            turn_has_content: false,
        };
        self.group.start(running, work.execute());
    }
}
