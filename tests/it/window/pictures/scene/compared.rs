//! Answers side by side, and chats that are too long.

use switchboard::protocol::{
    Answer, AnswerStatus, ContextUse, Covers, ErrorInfo, ErrorKind, ModelId, NotificationLevel,
    Part, Timestamp, Usage,
};
use switchboard::store::StoreHandle;

use super::{CHAT, MINUTE, Thread, haiku, sonnet, text};
use crate::support::STILL;

const ANSWERS: [&str; 3] = [
    "Use **full jitter**: sleep a random time between zero and the capped exponential. It spreads \
     returning clients best and is one line of code.",
    "**Decorrelated jitter** grows from the last sleep instead of the attempt count. It recovers a \
     little sooner after short outages.",
    "Any jitter will do.",
];

/// The first answer is kept. The third is of a model that answers in every scene.
pub(super) async fn three(store: &StoreHandle) {
    let mut thread = Thread::begin(STILL);
    let question = thread.ask("Which jitter would you pick, and why?", STILL);
    let terra = ModelId::new("openrouter", "GPT-6.1 Terra");
    let qwen = ModelId::new("ollama", "qwen3:8b");
    let took = [(2_100, 188, Some(0.003)), (1_400, 131, Some(0.0004)), (900, 12, None)];
    let models = [sonnet(), terra, qwen].into_iter().zip(ANSWERS).zip(took);
    let mut kept = None;
    for (column, ((model, words), (duration, tokens, cost))) in (0_u8..).zip(models) {
        thread.leaf = Some(question);
        let answer = thread.answer(model, STILL, vec![text(words)]);
        answer.column = Some(column);
        answer.duration_ms = Some(duration);
        answer.usage = Usage {
            prompt_tokens: Some(90_000),
            completion_tokens: Some(tokens),
            cost_usd: cost,
            ..Usage::default()
        };
        answer.context = used(90_000);
        kept = kept.or(thread.leaf);
    }
    let chat = thread.store(store, CHAT).await;
    store.keep_answer(chat, kept.unwrap()).await.unwrap();
    store.set_chat_model(chat, Some(sonnet())).await.unwrap();
}

/// The last question did not fit.
pub(super) async fn too_long(store: &StoreHandle) {
    let mut thread = long_thread();
    let failed = thread.answer(haiku(), STILL, Vec::new());
    failed.status = AnswerStatus::Failed;
    let words = "prompt is too long: 1004812 tokens > 1000000 maximum";
    let error = ErrorInfo::new(ErrorKind::ContextTooLong, words);
    failed.error = Some(ErrorInfo { status: Some(400), ..error });
    finish(thread, store).await;
}

/// The start was summarised, so that it fits.
pub(super) async fn summarised(store: &StoreHandle) {
    let mut thread = long_thread();
    let through = thread.messages[1].id;
    let summary = "They settled on exponential back-off with **full jitter** and a cap of 30 s.";
    let notice = Part::Notice {
        level: NotificationLevel::Info,
        code: "start_summarised".to_owned(),
        message: "The first 2 messages were summarised by Claude Haiku 5.5".to_owned(),
        covers: Some(Covers { through, summary: Some(summary.to_owned()), undone: false }),
    };
    let fallback = Part::Notice {
        level: NotificationLevel::Info,
        code: "model_fallback".to_owned(),
        message: format!("{} answered instead of {}: overloaded", haiku(), sonnet()),
        covers: None,
    };
    let words = "Yes. Count a link as good only after it has stayed up for 30 s.";
    let answer: &mut Answer = thread.answer(haiku(), STILL, vec![fallback, notice, text(words)]);
    answer.context = used(310_000);
    finish(thread, store).await;
}

fn long_thread() -> Thread {
    let before = Timestamp(STILL.0 - MINUTE);
    let mut thread = Thread::begin(before);
    thread.ask("How should a desktop client back off when its WebSocket drops?", before);
    let words = "Double the delay after each failure, cap it, and add **full jitter**.";
    thread.answer(haiku(), before, vec![text(words)]).context = used(970_000);
    thread.ask("Should a short link reset the delay?", STILL);
    thread
}

async fn finish(thread: Thread, store: &StoreHandle) {
    let chat = thread.store(store, CHAT).await;
    store.set_chat_model(chat, Some(haiku())).await.unwrap();
}

fn used(used: u64) -> Option<ContextUse> {
    Some(ContextUse { used, limit: Some(1_000_000), estimated: false })
}
