//! Thousands of schedules of a bad network, with scaled time: the desktop as it is, with its link
//! and its store, against a model of a gateway. Whatever a seed does to the connection, every event
//! counts once and in its order, and the text in the end is the gateway's.

mod gateway;

use std::time::Instant;

use switchboard::net::link::Pace;
use switchboard::protocol::{
    AnswerStatus, BackendCommand, BackendEvent, ChatId, Message, ModelId, RunEvent, RunId,
    SendRequest, Seq, StreamEvent,
};
use tokio::task::JoinSet;

use self::gateway::{Faults, Gateway};
use crate::support::Desk;

/// Desks at once, and what each goes through.
const DESKS: u64 = 4;
const SCHEDULES: u64 = 500;

/// A hundredth of the usual waits.
fn pace() -> Pace {
    Pace {
        heartbeat_ms: 60,
        connect_ms: 2_000,
        welcome_ms: 2_000,
        backoff_base_ms: 2,
        backoff_cap_ms: 20,
        sockets_again_ms: 200,
        ..Pace::default()
    }
}

/// A run as the window was told of it.
struct Told {
    run: RunId,
    answer: Message,
    last: Option<Seq>,
    is_over: bool,
}

impl Told {
    /// Takes an event of it; each must be the next.
    fn take(&mut self, event: &RunEvent) {
        assert!(event.run == self.run && !self.is_over);
        if let Some(last) = self.last {
            assert_eq!(event.seq, last.next(), "an event counts once and in its order");
        }
        self.last = Some(event.seq);
        self.is_over = matches!(event.event, StreamEvent::Done { .. });
        self.answer.apply(&event.event, event.at);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_the_network_does_each_event_counts_once_and_in_order() {
    let began = Instant::now();
    let mut desks = JoinSet::new();
    for seed in 1..=DESKS {
        desks.spawn(live(seed));
    }
    let mut faults = Faults::default();
    while let Some(desk) = desks.join_next().await {
        faults.add(&desk.unwrap());
    }
    println!("{} schedules in {:?}: {faults:?}", DESKS * SCHEDULES, began.elapsed());
    assert!(faults.least() as u64 > SCHEDULES / 25, "hardly seen: {faults:?}");
}

/// One desk, schedule after schedule.
async fn live(seed: u64) -> Faults {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::start(seed).await;
    let open = || Desk::linked_at(folder.path(), vec![gateway.config()], pace());
    let mut desk = open();
    for number in 0..SCHEDULES {
        let chat = Desk::new_chat();
        let text = format!("{seed}/{number}");
        let model = ModelId::new("far", "model");
        let request =
            SendRequest { server: Some("home".into()), ..Desk::request(chat, &text, model) };
        let message = request.message;
        desk.ask(BackendCommand::Send(Box::new(request))).await;
        if number % 20 == 7 {
            // The app is closed in the middle, and opened again.
            gateway.half_told(message).await;
            desk.close().await;
            desk = open();
        }
        let told = follow(&mut desk, chat).await;
        let stored = desk.messages(chat).await;
        let [question, answer] = stored.as_slice() else { panic!("{text}: {stored:?}") };
        let (id, whole) = gateway.answer(message);
        assert_eq!((question.id, question.text()), (message, text.clone()));
        assert_eq!((answer.id, answer.text()), (id, whole.text()), "{text}");
        assert_eq!(answer.parts.len(), whole.parts.len(), "{text}: {:?}", answer.parts);
        assert_eq!(answer.answer.as_ref().unwrap().status, AnswerStatus::Complete);
        if let Some(told) = told {
            assert_eq!(told.answer.text(), whole.text(), "{text}: as the window shows it");
        }
        assert_eq!(desk.store.queue_list(chat).await.unwrap(), [], "{text}");
        assert_eq!(gateway.runs_of(message), 1, "{text}");
    }
    desk.close().await;
    gateway.faults()
}

/// Waits for the whole answer, and gives what the window was told of it; it may all have come at
/// once, with a page.
async fn follow(desk: &mut Desk, chat: ChatId) -> Option<Told> {
    let mut told: Option<Told> = None;
    while !is_whole(desk, chat).await || told.as_ref().is_some_and(|told| !told.is_over) {
        match desk.next().await {
            BackendEvent::RunStarted { run, answer, .. } if answer.chat == chat => {
                assert!(told.is_none(), "a run begins once");
                told = Some(Told { run, answer: *answer, last: None, is_over: false });
            }
            BackendEvent::Run(event) if event.chat == chat => {
                let told = told.as_mut().expect("a run begins before its events");
                told.take(&event);
            }
            _ => {}
        }
    }
    told
}

/// Whether the answer is stored to its end, and nothing waits.
async fn is_whole(desk: &Desk, chat: ChatId) -> bool {
    // The chat is made with its first message.
    let Ok(page) = desk.store.page(chat, None, 10).await else { return false };
    let last = page.messages.last().and_then(|last| last.answer.as_ref());
    last.is_some_and(|answer| answer.status == AnswerStatus::Complete)
        && desk.store.queue_list(chat).await.unwrap().is_empty()
}
