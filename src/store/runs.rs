//! How a run begins and ends.

use jiff::tz::TimeZone;
use rusqlite::{Connection, OptionalExtension, params};

use super::branch;
use super::chats::{self, ChatChange, Touch};
use super::columns::{integer, status_name};
use super::error::{Result, StoreError};
use super::journal::{self, Folded};
use super::message_rows;
use super::open::Journals;
use super::search;
use super::usage;
use crate::protocol::{
    Answer, AnswerStatus, ChatId, ChatOptions, ChatSummary, Message, MessageId, ModelId, RunId,
    Timestamp,
};

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Question {
    /// A new message of the user; its parent must be in the same chat.
    New(Box<Message>),
    /// A message that is there already: its answer is made again.
    Existing(MessageId),
}

impl Question {
    fn id(&self) -> MessageId {
        match self {
            Self::New(message) => message.id,
            Self::Existing(id) => *id,
        }
    }
}

/// A run to begin.
#[derive(Clone, Debug, PartialEq)]
pub struct BeginRun {
    /// The chat; made where it does not exist.
    pub chat: ChatId,
    /// Title of a new chat; without one, the first line of the question.
    pub title_if_new: Option<String>,
    /// The model of a new chat.
    pub chat_model_if_new: Option<ModelId>,
    /// How the messages of a new chat are answered.
    pub chat_options_if_new: ChatOptions,
    /// What is asked.
    pub question: Question,
    /// The answer, open and empty. Its parent is set to the question; its `answer` names the run.
    /// It becomes the end of the visible path, unless it is a new answer in a column that is not
    /// the visible one.
    pub answer: Message,
    /// Answers of other models to the same question, likewise, each with a run of its own.
    pub also: Vec<Message>,
}

/// A run that has begun.
#[derive(Clone, Debug, PartialEq)]
pub struct Began {
    /// What is answered, as stored.
    pub question: Message,
    /// The answer, as stored.
    pub answer: Message,
    /// The answers of the other models, as stored, in the order of asking.
    pub also: Vec<Message>,
    /// The chat.
    pub chat: ChatSummary,
    /// It had begun before: nothing was changed, and no request should be made.
    pub already: bool,
}

/// Whether the user saw an answer end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadState {
    /// The chat is in view: its mark is left as it is.
    Seen,
    /// The chat gets the unread mark.
    Unread,
}

/// Stores the question and its answers and opens the journals of their runs.
pub(super) fn begin(db: &Connection, owner: &str, request: &BeginRun) -> Result<Began> {
    if let Some(began) = begun_before(db, request)? {
        return Ok(began);
    }
    let chat = chat_for(db, request)?;
    let question = request.question.id();
    let question_is_new = message_rows::place(db, question)?.is_none();
    if question_is_new {
        insert_question(db, chat, &request.question)?;
        if let Question::New(question) = &request.question {
            chats::name_by(db, chat, question)?;
        }
    }
    let column = request.answer.answer.as_ref().and_then(|answer| answer.column);
    let moves = question_is_new || branch::is_visible_column(db, chat, question, column)?;
    let answer = insert_answer(db, chat, owner, question, &request.answer)?;
    let mut also = Vec::with_capacity(request.also.len());
    for other in &request.also {
        also.push(insert_answer(db, chat, owner, question, other)?);
    }
    let added = 1 + also.len() as u64 + u64::from(question_is_new);
    let touch = Touch {
        leaf: moves.then_some(answer),
        added,
        // A column that is not shown says nothing of who answers the chat.
        last_model: request.answer.answer.as_ref().map(|answer| &answer.model).filter(|_| moves),
        unread: None,
        at: request.answer.created,
    };
    chats::touch(db, chat, &touch)?;
    began(db, question, (answer, &also), false)
}

/// Stores an open answer and its run.
pub(super) fn insert_answer(
    db: &Connection,
    chat: i64,
    owner: &str,
    question: MessageId,
    answer: &Message,
) -> Result<i64> {
    let Some(run) = answer.answer.as_ref().map(|answer| answer.run) else {
        return Err(StoreError::Other("an answer must name its run".to_owned()));
    };
    let answer = Message { parent: Some(question), ..answer.clone() };
    let n = message_rows::insert(db, chat, &answer)?;
    db.prepare_cached(
        "INSERT INTO run (id, chat, question, answer, owner, started)
         VALUES (?1, ?2, (SELECT parent FROM message WHERE n = ?3), ?3, ?4, ?5)",
    )?
    .execute(params![run.0.as_bytes(), chat, n, owner, answer.created.0])?;
    Ok(n)
}

fn insert_question(db: &Connection, chat: i64, question: &Question) -> Result<()> {
    let Question::New(message) = question else { return Err(StoreError::NotFound) };
    let n = message_rows::insert(db, chat, message)?;
    search::add(db, n)?;
    // It may have waited in the queue: it leaves there in the same moment.
    db.prepare_cached("DELETE FROM queued_message WHERE id = ?1")?
        .execute([message.id.0.as_bytes()])?;
    Ok(())
}

fn chat_for(db: &Connection, request: &BeginRun) -> Result<i64> {
    match (chats::row(db, request.chat)?, &request.question) {
        (Some(chat), _) if chat.deleted => Err(StoreError::NotFound),
        (Some(chat), _) => Ok(chat.n),
        (None, Question::Existing(_)) => Err(StoreError::NotFound),
        (None, Question::New(question)) => {
            let title = match &request.title_if_new {
                Some(title) => title.clone(),
                None => chats::title_of(question),
            };
            let model = request.chat_model_if_new.as_ref();
            let n = chats::create(db, request.chat, &title, model, question.created)?;
            if request.chat_options_if_new != ChatOptions::default() {
                let options = ChatChange::Options(request.chat_options_if_new.clone());
                chats::change(db, request.chat, &options)?;
            }
            Ok(n)
        }
    }
}

/// The same request came before: its answer is there, or its question has one.
fn begun_before(db: &Connection, request: &BeginRun) -> Result<Option<Began>> {
    if let Some(at) = message_rows::place(db, request.answer.id)? {
        return began(db, request.question.id(), (at.n, &[]), true).map(Some);
    }
    let Question::New(message) = &request.question else { return Ok(None) };
    let answer: Option<i64> = db
        .prepare_cached(
            "SELECT a.n FROM message q CROSS JOIN message a ON a.chat = q.chat AND a.parent = q.n
             WHERE q.id = ?1 ORDER BY a.created, a.n LIMIT 1",
        )?
        .query_row([message.id.0.as_bytes()], |row| row.get(0))
        .optional()?;
    answer.map(|n| began(db, message.id, (n, &[]), true)).transpose()
}

fn began(
    db: &Connection,
    question: MessageId,
    (answer, also): (i64, &[i64]),
    already: bool,
) -> Result<Began> {
    let question = message_rows::message(db, &[], question)?.ok_or(StoreError::NotFound)?;
    let answer = message_rows::by_key(db, &[], answer)?;
    let also = also.iter().map(|n| message_rows::by_key(db, &[], *n)).collect::<Result<_>>()?;
    let chat = chats::row(db, answer.chat)?.ok_or(StoreError::NotFound)?;
    Ok(Began { question, answer, also, chat: chats::summary_by_key(db, chat.n)?, already })
}

/// Where a run stands.
#[derive(Clone, Copy, Debug)]
struct RunRow {
    n: i64,
    chat: i64,
    answer: i64,
    ended: bool,
}

fn run_row(db: &Connection, run: RunId) -> Result<RunRow> {
    let row = db
        .prepare_cached("SELECT n, chat, answer, ended IS NOT NULL FROM run WHERE id = ?1")?
        .query_row([run.0.as_bytes()], |row| {
            Ok(RunRow {
                n: row.get(0)?,
                chat: row.get(1)?,
                answer: row.get(2)?,
                ended: row.get(3)?,
            })
        })?;
    Ok(row)
}

/// Makes the journal of a run into parts of its answer. Its last event must be in the journal;
/// without one the answer was interrupted. A run that has ended stays as it is.
pub(super) fn finish(
    db: &Connection,
    run: RunId,
    read: ReadState,
    journals: Journals,
) -> Result<(Message, ChatSummary)> {
    let row = run_row(db, run)?;
    if !row.ended {
        fold_into_parts(db, run, &row, (read, journals))?;
    }
    Ok((message_rows::by_key(db, &[], row.answer)?, chats::summary_by_key(db, row.chat)?))
}

fn fold_into_parts(
    db: &Connection,
    run: RunId,
    row: &RunRow,
    keeps: (ReadState, Journals),
) -> Result<()> {
    let (message, folded) = folded_answer(db, run, row.answer)?;
    write_end(db, row, &message, &folded, keeps)
}

/// Ends a run of a server with what the server says of its answer, where that holds no less than
/// what arrived here; else with what arrived, as interrupted.
pub(super) fn settle(
    db: &Connection,
    run: RunId,
    theirs: Option<&Message>,
    read: ReadState,
) -> Result<(Message, ChatSummary)> {
    let row = run_row(db, run)?;
    if !row.ended {
        let (ours, folded) = folded_answer(db, run, row.answer)?;
        let kept = match theirs.filter(|theirs| theirs.text().len() >= ours.text().len()) {
            Some(theirs) => {
                Message { parts: theirs.parts.clone(), answer: theirs.answer.clone(), ..ours }
            }
            None => ours,
        };
        // Nobody follows here what a server answers.
        write_end(db, &row, &kept, &folded, (read, Journals::Cleared))?;
    }
    Ok((message_rows::by_key(db, &[], row.answer)?, chats::summary_by_key(db, row.chat)?))
}

fn write_end(
    db: &Connection,
    row: &RunRow,
    message: &Message,
    folded: &Folded,
    (read, journals): (ReadState, Journals),
) -> Result<()> {
    let ended = folded.at.unwrap_or(message.created);
    let Some(mut answer) = message.answer.clone() else { return Err(StoreError::NotFound) };
    let is_cut_off = answer.status == AnswerStatus::Open;
    if is_cut_off {
        interrupt(&mut answer, message.created, ended);
    }
    message_rows::remove_parts(db, row.answer)?;
    message_rows::insert_parts(db, row.answer, &message.parts)?;
    message_rows::update_answer(db, row.answer, &answer)?;
    search::add(db, row.answer)?;
    // Here and nowhere else: a run comes by once, in the transaction that ends it.
    usage::add_answer(db, message, &answer, ended, &TimeZone::system())?;
    let mut last = folded.last;
    match journals {
        Journals::Cleared => journal::clear(db, row.n)?,
        // Who follows the run must see it end.
        Journals::Kept if is_cut_off => {
            last = last.next();
            journal::end(db, row.n, (last, ended), message)?;
        }
        Journals::Kept => {}
    }
    db.prepare_cached(
        "UPDATE run SET ended = ?2, status = ?3, last_seq = ?4, kept = ?5 WHERE n = ?1",
    )?
    .execute(params![
        row.n,
        ended.0,
        status_name(answer.status),
        integer(last.0),
        journals == Journals::Kept,
    ])?;
    let unread = match read {
        ReadState::Seen => None,
        ReadState::Unread => Some(true),
    };
    // Of several answers to one question the visible one counts, whichever ends last.
    let is_beside = answer.column.is_some() && branch::leaf(db, row.chat)? != Some(row.answer);
    let last_model = if is_beside { None } else { Some(&answer.model) };
    chats::touch(db, row.chat, &Touch { leaf: None, added: 0, last_model, unread, at: ended })
}

fn interrupt(answer: &mut Answer, started: Timestamp, ended: Timestamp) {
    answer.status = AnswerStatus::Interrupted;
    answer.duration_ms = Some(ended.ms_since(started));
}

/// The answer with all that its journal holds.
fn folded_answer(db: &Connection, run: RunId, answer: i64) -> Result<(Message, Folded)> {
    let mut message = message_rows::stored(db, answer)?;
    let folded = journal::fold(db, &[], run, &mut message)?;
    Ok((message, folded))
}
