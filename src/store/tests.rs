//! Tests against real files. Beside this: helpers to make chats and runs.

mod answers;
mod bots;
mod chat_list;
mod compare;
mod faults;
mod finding;
mod gateway;
mod paging;
mod resuming;
mod usage;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;
use crate::protocol::*;

/// A store in a folder of its own.
struct Fixture {
    dir: tempfile::TempDir,
    store: StoreHandle,
}

fn clock() -> Clock {
    Arc::new(|| Timestamp(1_000_000))
}

fn open_at(path: &Path) -> Opened {
    open(path, clock())
}

impl Fixture {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let opened = open_at(&dir.path().join("switchboard.db"));
        assert_eq!(opened.notices, vec![]);
        Self { store: opened.handle, dir }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("switchboard.db")
    }
}

const START: Timestamp = Timestamp(1_700_000_000_000);

fn text(text: &str) -> Part {
    Part::Text { text: text.to_owned() }
}

fn question(chat: ChatId, parent: Option<MessageId>, said: &str) -> Message {
    Message {
        parent,
        ..Message::new(IdSource.message(START), chat, Role::User, START, vec![text(said)])
    }
}

fn answer_to(question: &Message, model: &str) -> Message {
    Message {
        id: IdSource.message(START),
        role: Role::Assistant,
        parent: Some(question.id),
        parts: vec![],
        answer: Some(Answer {
            params: Params { temperature: Some(0.7), ..Params::default() },
            ..Answer::open(ModelId::new("test", model), IdSource.run(START))
        }),
        ..question.clone()
    }
}

fn begin(question: &Message, answer: &Message) -> BeginRun {
    BeginRun {
        chat: question.chat,
        title_if_new: None,
        chat_model_if_new: None,
        chat_options_if_new: ChatOptions::default(),
        also: Vec::new(),
        question: Question::New(Box::new(question.clone())),
        answer: answer.clone(),
    }
}

fn run_of(answer: &Message) -> RunId {
    answer.answer.as_ref().unwrap().run
}

/// The events of a run of a model that says these words, `Done` at the end.
fn events(answer: &Message, words: &[&str]) -> Vec<RunEvent> {
    let mut said = Vec::new();
    let mut offset = 0;
    for word in words {
        said.push(StreamEvent::Message {
            role: Role::Assistant,
            content: (*word).to_owned(),
            message_id: answer.id,
            offset,
        });
        offset += word.len() as u64;
    }
    said.push(done(answer));
    numbered(answer, said)
}

fn done(answer: &Message) -> StreamEvent {
    StreamEvent::Done {
        status: RunStatus::Complete,
        message_id: answer.id,
        reply_to_id: answer.parent,
    }
}

fn numbered(answer: &Message, events: Vec<StreamEvent>) -> Vec<RunEvent> {
    (1_u64..)
        .zip(events)
        .map(|(seq, event)| RunEvent {
            resume: None,
            chat: answer.chat,
            run: run_of(answer),
            seq: Seq(seq),
            at: START.plus_ms(seq * 10),
            event,
        })
        .collect()
}

/// Runs a question to its end. Gives both as stored.
async fn converse(
    store: &StoreHandle,
    chat: ChatId,
    parent: Option<MessageId>,
    said: &str,
    reply: &str,
) -> (Message, Message) {
    let question = question(chat, parent, said);
    let answer = answer_to(&question, "one");
    store.begin_run(begin(&question, &answer)).await.unwrap();
    let mut all = events(&answer, &[reply]);
    let last = all.pop().unwrap();
    for event in all {
        store.append(event).unwrap();
    }
    let (answer, _) = store.finish_run(last, ReadState::Seen).await.unwrap();
    (question, answer)
}

fn new_chat() -> ChatId {
    IdSource.chat(START)
}
