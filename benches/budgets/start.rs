//! From nothing to the first frame that shows a chat, and what it takes in memory.

use std::time::{Duration, Instant};

use switchboard::protocol::*;
use switchboard::state::{self, AppState, Effect, HandleContext, Settings, UiCommand};

use crate::world::{NOW, Window, chat_id, messages};
use crate::{ms, ratio, report, store};

pub(crate) fn run() {
    let empty = start(0);
    let large = start(100_000);
    report(
        &format!(
            "start to first frame with 100,000 messages ({}) against an empty store ({})",
            ms(large),
            ms(empty)
        ),
        &format!("{:.2} ×", ratio(large, empty)),
        "≤ 1.2 ×",
    );
    memory();
}

/// Opens store and window, and draws until the list of chats is there. Best of five.
fn start(count: usize) -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("switchboard.db");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = store::open(&path);
        for batch in 0..count / 1_000 {
            store.insert_messages(messages(chat_id(batch as u64), 1_000)).await.unwrap();
        }
        store.close().await.unwrap();
    });
    let once = || {
        let clock = Instant::now();
        let mut window = Window::new();
        let mut state = AppState::new(Settings::default(), &[], folder.path().to_owned());
        window.frame(&state, Vec::new());
        let store = store::open(&path);
        state.chats = Some(runtime.block_on(store.list_chats()).unwrap());
        window.frame(&state, Vec::new());
        let elapsed = clock.elapsed();
        runtime.block_on(store.close()).unwrap();
        elapsed
    };
    (0..5).map(|_| once()).min().unwrap()
}

/// Memory of this process with a chat of 10,000 messages read to its beginning.
fn memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("switchboard.db");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let store = store::open(&path);
    let chat = chat_id(7);
    runtime.block_on(store.insert_messages(messages(chat, 10_000))).unwrap();
    let mut state = AppState::new(Settings::default(), &[], folder.path().to_owned());
    state.chats = Some(runtime.block_on(store.list_chats()).unwrap());
    let mut window = Window::new();
    let context = HandleContext { now: NOW, ids: IdSource };
    let mut effects = state::handle(&mut state, UiCommand::OpenChat(chat), context);
    while let Some(effect) = effects.pop() {
        if let Effect::Backend(BackendCommand::LoadMessages { query, chat, before, limit }) = effect
        {
            let page = runtime.block_on(store.page(chat, before, limit)).unwrap();
            let event = BackendEvent::Messages {
                query,
                chat,
                page,
                draft: Draft::default(),
                queue: Vec::new(),
            };
            state::apply(&mut state, event, NOW);
            window.frame(&state, Vec::new());
            effects.extend(state::handle(&mut state, UiCommand::LoadOlder, context));
        }
    }
    let loaded = state.conversation().unwrap().messages.len();
    report(
        &format!("memory of this process with a chat of {loaded} messages open, no screen"),
        &format!("{} MB", resident_mb()),
        "≤ 150 MB",
    );
    runtime.block_on(store.close()).unwrap();
}

/// Resident memory of this process. Linux only; elsewhere 0.
fn resident_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes: u64 = line
        .and_then(|text| text.split_whitespace().next())
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    kilobytes / 1024
}
