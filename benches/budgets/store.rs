//! What the database costs.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use switchboard::protocol::*;
use switchboard::store::{self, BeginRun, Question, StoreHandle};

use crate::world::{NOW, answer, chat_id, messages};
use crate::{ms, percentile, ratio, report};

pub(crate) fn run(full: bool) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        acknowledged().await;
        bytes_per_delta().await;
        search(if full { 1_000_000 } else { 100_000 }).await;
    });
}

pub(crate) fn open(path: &Path) -> StoreHandle {
    store::open(path, Arc::new(|| NOW)).handle
}

/// A small write until it is acknowledged, against the same by bare rusqlite.
async fn acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("ours.db"));
    let mut ours = Vec::new();
    for number in 0..1_000 {
        let clock = Instant::now();
        store.set_value("key", Some(number.to_string())).await.unwrap();
        ours.push(clock.elapsed());
    }
    let bare = rusqlite::Connection::open(folder.path().join("bare.db")).unwrap();
    bare.execute_batch(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE kv (k TEXT PRIMARY KEY, v TEXT) STRICT;",
    )
    .unwrap();
    let mut theirs = Vec::new();
    for number in 0..1_000 {
        let clock = Instant::now();
        bare.prepare_cached("INSERT OR REPLACE INTO kv VALUES ('key', ?1)")
            .unwrap()
            .execute([number.to_string()])
            .unwrap();
        theirs.push(clock.elapsed());
    }
    let (ours, theirs) = (percentile(&mut ours, 0.5), percentile(&mut theirs, 0.5));
    report(
        &format!("acknowledged write ({}) against bare rusqlite ({}), p50", ms(ours), ms(theirs)),
        &format!("{:.2} ×", ratio(ours, theirs)),
        "≤ 1.5 ×",
    );
}

/// Bytes that reach the log for deltas of an answer, in a chat of 36 MB against an empty one.
async fn bytes_per_delta() {
    let empty = written(0).await;
    let large = written(36).await;
    report(
        &format!("bytes per delta in a chat of 36 MB ({large}) against an empty one ({empty})"),
        &format!("{:.2} ×", large as f64 / empty as f64),
        "≤ 1.1 ×",
    );
}

async fn written(megabytes: usize) -> u64 {
    const DELTAS: u64 = 500;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("switchboard.db");
    let store = open(&path);
    let chat = chat_id(1);
    let history = messages(chat, 2 + megabytes * 1024);
    let padded: Vec<Message> = history
        .into_iter()
        .map(|mut message| {
            message.parts = vec![Part::Text { text: "history ".repeat(128) }];
            message
        })
        .collect();
    let last = padded.last().unwrap().id;
    store.insert_messages(padded).await.unwrap();
    let mut open_answer = messages(chat, 2).remove(1);
    let run = IdSource.run(NOW);
    open_answer.answer = Some(answer(run, AnswerStatus::Open));
    open_answer.parts.clear();
    let id = open_answer.id;
    let begin = BeginRun {
        chat,
        title_if_new: None,
        chat_model_if_new: None,
        chat_options_if_new: ChatOptions::default(),
        also: Vec::new(),
        question: Question::Existing(last),
        answer: open_answer,
    };
    store.begin_run(begin).await.unwrap();
    store.flush().await.unwrap();
    let before = wal_writes(&path);
    for number in 0..DELTAS {
        let event = StreamEvent::Message {
            role: Role::Assistant,
            content: "token ".to_owned(),
            message_id: id,
            offset: number * 6,
        };
        let seq = Seq(number + 1);
        store.append(RunEvent { resume: None, chat, run, seq, at: NOW, event }).unwrap();
        store.flush().await.unwrap();
    }
    let bytes = (wal_writes(&path) - before) / DELTAS;
    store.close().await.unwrap();
    bytes
}

/// Bytes this process has handed to the disk so far. Linux only.
fn wal_writes(_path: &Path) -> u64 {
    let io = std::fs::read_to_string("/proc/self/io").unwrap_or_default();
    let written = io.lines().find_map(|line| line.strip_prefix("wchar: "));
    written.and_then(|text| text.parse().ok()).unwrap_or(1)
}

async fn search(count: usize) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("switchboard.db"));
    for batch in 0..count / 10_000 {
        let chat = chat_id(batch as u64);
        store.insert_messages(messages(chat, 10_000)).await.unwrap();
    }
    let queries =
        ["jitter", "back off", "answer 73", "clie", "question 9999", "zebra", "the delay after"];
    let mut samples: Vec<Duration> = Vec::new();
    for round in 0..40 {
        let query = queries[round % queries.len()];
        let clock = Instant::now();
        store.search(query, 50).await.unwrap();
        samples.push(clock.elapsed());
    }
    report(
        &format!("search over {count} messages, p99"),
        &ms(percentile(&mut samples, 0.99)),
        "≤ 50 ms",
    );
}
