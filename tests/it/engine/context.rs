//! How full the model's context is.

use serde_json::json;
use switchboard::protocol::{
    BackendCommand, ChatId, ContextUse, ModelInfo, Part, RunStatus, SendRequest, StopMode,
    StreamEvent,
};

use super::{folder, half};
use crate::support::{Desk, Script, Server, Signal, Told, delta, finish, model, now, sse, usage};

fn with_limit(name: &str, limit: u64) -> ModelInfo {
    ModelInfo { context: Some(limit), ..ModelInfo::unknown(model(name)) }
}

/// An answer that tells these counts.
fn counted(prompt: u64, completion: u64) -> Script {
    Script::events(&[delta("Counted."), finish("stop"), usage(prompt, completion)])
}

/// An answer without counts.
fn uncounted(text: &str) -> Script {
    Script::stream().bytes(sse(&[delta(text), finish("stop")]))
}

fn notices(told: &Told) -> usize {
    let is_notice = |event: &StreamEvent| matches!(event, StreamEvent::Notification { code, .. } if code == "context_high");
    told.events.iter().filter(|event| is_notice(&event.event)).count()
}

async fn ask(desk: &mut Desk, chat: ChatId, text: &str) -> Told {
    let run = desk.send(chat, text, model("alpha")).await;
    desk.finish(run).await
}

async fn last_context(desk: &Desk, chat: ChatId) -> ContextUse {
    desk.messages(chat).await.pop().unwrap().answer.unwrap().context.unwrap()
}

#[tokio::test]
async fn the_providers_count_is_told_and_kept() {
    let (folder, server) = (folder(), Server::start());
    Desk::know(folder.path(), &server, vec![with_limit("alpha", 1_000)]).await;
    server.push(counted(120, 30));
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    ask(&mut desk, chat, "Hi").await;
    let expected = ContextUse { used: 150, limit: Some(1_000), estimated: false };
    assert_eq!(last_context(&desk, chat).await, expected);
}

#[tokio::test]
async fn without_a_count_only_what_is_new_is_estimated() {
    let (folder, server) = (folder(), Server::start());
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    server.push(uncounted("one two three four"));
    ask(&mut desk, chat, "five words are in this").await;
    let first = last_context(&desk, chat).await;
    assert!(first.estimated && first.limit.is_none());
    assert!((10..30).contains(&first.used), "{first:?}");
    // A count of the provider is what the next estimate goes on from.
    server.push(counted(5_000, 100));
    ask(&mut desk, chat, "next").await;
    server.push(uncounted(&"word ".repeat(50)));
    ask(&mut desk, chat, &"word ".repeat(100)).await;
    let third = last_context(&desk, chat).await;
    assert!(third.estimated && (5_250..5_280).contains(&third.used), "{third:?}");
}

#[tokio::test]
async fn a_stopped_answer_has_its_estimate() {
    let (folder, server) = (folder(), Server::start());
    server.push(half("Half a sen", &Signal::new()).hang());
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let run = desk.send(chat, "Hi", model("alpha")).await;
    desk.until_text(run, "Half").await;
    desk.ask(BackendCommand::Stop { chat, mode: StopMode::Now }).await;
    assert_eq!(desk.finish(run).await.status, RunStatus::Stopped);
    assert!(last_context(&desk, chat).await.estimated);
}

#[tokio::test]
async fn what_a_stopped_answer_wrote_is_counted_and_priced() {
    let (folder, server) = (folder(), Server::start());
    let priced =
        ModelInfo { price_in: Some(1.0), price_out: Some(10.0), ..with_limit("alpha", 1_000) };
    Desk::know(folder.path(), &server, vec![priced]).await;
    server.push(half(&"word ".repeat(100), &Signal::new()).hang());
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let run = desk.send(chat, "Hi", model("alpha")).await;
    desk.until_text(run, "word").await;
    desk.ask(BackendCommand::Stop { chat, mode: StopMode::Now }).await;
    assert_eq!(desk.finish(run).await.status, RunStatus::Stopped);
    let kept = desk.messages(chat).await;
    let usage = kept[1].answer.as_ref().unwrap().usage;
    assert!(usage.completion_tokens.is_some_and(|tokens| (90..130).contains(&tokens)), "{usage:?}");
    assert!(usage.cost_usd.is_some_and(|usd| usd > 0.0009), "{usage:?}");
    let spent = desk.store.spent(now()).await.unwrap();
    assert!(spent.day_usd > 0.0009, "the budget knows of it");
}

#[tokio::test]
async fn a_model_that_takes_no_images_says_that_it_did_not_see_them() {
    let (folder, server) = (folder(), Server::start());
    let mut blind = with_limit("alpha", 1_000);
    blind.abilities.vision = Some(false);
    Desk::know(folder.path(), &server, vec![blind]).await;
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let image = Part::Image { url: "data:image/png;base64,AAAA".to_owned(), alt: String::new() };
    for (attachments, expected) in [(vec![image], true), (Vec::new(), false)] {
        let request = Desk::request(chat, "What is it?", model("alpha"));
        let run = request.run;
        let request = SendRequest { attachments, ..request };
        desk.ask(BackendCommand::Send(Box::new(request))).await;
        desk.finish(run).await;
        let kept = desk.messages(chat).await;
        let told = kept
            .last()
            .unwrap()
            .parts
            .iter()
            .any(|part| matches!(part, Part::Notice { code, .. } if code == "images_unseen"));
        assert_eq!(told, expected);
    }
}

#[tokio::test]
async fn a_nearly_full_context_is_told_once_per_crossing() {
    let (folder, server) = (folder(), Server::start());
    let models = vec![with_limit("alpha", 1_000)];
    Desk::know(folder.path(), &server, models).await;
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let table = [(790, 0), (799, 1), (900, 0), (100, 0), (850, 1), (800, 0)];
    for (prompt, expected) in table {
        server.push(counted(prompt, 1));
        let told = ask(&mut desk, chat, "Hi").await;
        assert_eq!(notices(&told), expected, "after {prompt} tokens");
    }
    let kept = desk.messages(chat).await;
    assert!(kept[3].text() == "Counted.", "the notice is no text of the answer");
}

#[tokio::test]
async fn absurd_counts_of_a_server_do_no_harm() {
    let (folder, server) = (folder(), Server::start());
    Desk::know(folder.path(), &server, vec![with_limit("alpha", 1_000)]).await;
    let most = json!({"prompt_tokens": u64::MAX, "completion_tokens": u64::MAX});
    let counts = json!({"choices": [], "usage": most});
    server.push(Script::events(&[delta("Counted."), finish("stop"), counts]));
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let told = ask(&mut desk, chat, "Hi").await;
    assert_eq!((told.status, told.text().as_str()), (RunStatus::Complete, "Counted."));
    assert_eq!(last_context(&desk, chat).await.used, i64::MAX.unsigned_abs());
    let told = ask(&mut desk, chat, "Again").await;
    assert_eq!(told.status, RunStatus::Complete);
}
