//! What a frame costs.

use std::time::Duration;

use egui::{Event, pos2};
use switchboard::protocol::*;
use switchboard::state::{self, HandleContext, LiveRun};

use crate::world::{NOW, Window, add_chat, answer, chat_id, scroll, state_with};
use crate::{ms, percentile, ratio, report};

pub(crate) fn run() {
    history();
    streaming();
    idle();
}

/// Frames while the reader scrolls, median.
fn scrolling(count: usize) -> Duration {
    let state = state_with(count);
    let mut window = Window::new();
    window.frame(&state, vec![Event::PointerMoved(pos2(760.0, 400.0))]);
    for _ in 0..60 {
        window.frame(&state, vec![scroll(300.0)]);
    }
    let mut samples: Vec<Duration> = (0..400)
        .map(|number| {
            let up = if number % 40 < 20 { 120.0 } else { -120.0 };
            window.frame(&state, vec![scroll(up)]).0
        })
        .collect();
    percentile(&mut samples, 0.5)
}

fn history() {
    let short = scrolling(100);
    let long = scrolling(100_000);
    let measured = format!("{:.2} ×", ratio(long, short));
    let what = format!(
        "frame with 100,000 messages ({}) against 100 ({}), scrolling, median",
        ms(long),
        ms(short)
    );
    report(&what, &measured, "≤ 1.2 ×");
}

struct Stream {
    chat: ChatId,
    run: RunId,
    answer: MessageId,
    seq: u64,
    offset: u64,
}

/// Four chats of 10,000 messages, each with 200 tokens/s, at 60 frames/s; one is on screen.
fn streaming() {
    let mut state = state_with(10_000);
    let mut streams: Vec<Stream> = (0..4)
        .map(|number| {
            let chat = chat_id(number);
            if number > 0 {
                add_chat(&mut state, chat, 10_000);
            }
            begin(&mut state, chat)
        })
        .collect();
    let mut window = Window::new();
    let mut frames = Vec::new();
    let mut keys = Vec::new();
    let mut late = 0;
    for frame in 0..1_800_u32 {
        for stream in &mut streams {
            let tokens = if frame % 3 == 0 { 4 } else { 3 };
            for _ in 0..tokens {
                push(&mut state, stream);
            }
        }
        let typed = (frame % 30 == 0).then(|| Event::Text("x".to_owned()));
        let key = typed.is_some();
        let before = state.draft().text.len();
        let (time, _, commands) = window.frame(&state, typed.into_iter().collect());
        for command in commands {
            state::handle(&mut state, command, HandleContext { now: NOW, ids: IdSource });
        }
        // The text field has drawn the letter in the frame in which its change was told.
        if key && frame > 0 {
            keys.push(time);
            late += usize::from(state.draft().text.len() == before);
        }
        frames.push(time);
    }
    let budget = "≤ 8 ms";
    report(
        "p99 frame while 4 chats of 10,000 messages stream 200 tokens/s each, CPU",
        &ms(percentile(&mut frames, 0.99)),
        budget,
    );
    report("   the same, median", &ms(percentile(&mut frames, 0.5)), "");
    report(
        &format!("keys not drawn in the frame they came in, of {} while streaming", keys.len()),
        &late.to_string(),
        "0",
    );
    report("   p95 CPU of these frames", &ms(percentile(&mut keys, 0.95)), "");
}

fn begin(state: &mut state::AppState, chat: ChatId) -> Stream {
    let (run, id) = (IdSource.run(NOW), IdSource.message(NOW));
    let conversation = state.conversations.get_mut(&chat).unwrap();
    let parent = conversation.messages.back().map(|message| message.id);
    conversation.messages.push_back(Message {
        parent,
        answer: Some(answer(run, AnswerStatus::Open)),
        ..Message::new(id, chat, Role::Assistant, NOW, Vec::new())
    });
    conversation.run = Some(LiveRun {
        id: run,
        answer: id,
        state: AgentState::Streaming,
        since: NOW,
        retry: None,
        retries: 0,
        stop: None,
        last_seq: Seq(0),
    });
    state.running.insert(chat);
    Stream { chat, run, answer: id, seq: 0, offset: 0 }
}

fn push(state: &mut state::AppState, stream: &mut Stream) {
    stream.seq += 1;
    let token = match stream.seq % 60 {
        0 => "\n\n",
        30 => "**bold** ",
        _ => "token ",
    };
    let event = StreamEvent::Message {
        role: Role::Assistant,
        content: token.to_owned(),
        message_id: stream.answer,
        offset: stream.offset,
    };
    stream.offset += token.len() as u64;
    let event = RunEvent {
        resume: None,
        chat: stream.chat,
        run: stream.run,
        seq: Seq(stream.seq),
        at: NOW,
        event,
    };
    state::apply(state, BackendEvent::Run(event), NOW);
}

/// Frames that the window asks for by itself in 60 s, after it has settled.
fn idle() {
    let state = state_with(10_000);
    let mut window = Window::new();
    for _ in 0..20 {
        window.frame(&state, Vec::new());
        window.skip(Duration::from_millis(100));
    }
    let (mut frames, mut clock) = (0, Duration::ZERO);
    let mut delay = window.frame(&state, Vec::new()).1;
    while frames < 10_000 {
        clock = clock.saturating_add(delay.max(Duration::from_millis(16)));
        if clock > Duration::from_secs(60) {
            break;
        }
        frames += 1;
        window.skip(delay);
        delay = window.frame(&state, Vec::new()).1;
    }
    report("frames painted in 60 idle seconds", &frames.to_string(), "0");
}
