//! Messages that wait until the answers of their chat have ended.

use switchboard::protocol::{
    BackendCommand, BackendEvent, ChatOptions, Params, Part, RunStatus, SendRequest,
};

use super::{folder, half, half_answered};
use crate::support::{Desk, Server, Signal, finish, model, sse};

#[tokio::test]
async fn messages_sent_meanwhile_wait_and_go_out_in_order() {
    let (folder, server, go) = (folder(), Server::start(), Signal::new());
    let answer = half("one", &go).bytes(sse(&[finish("stop")]));
    let (mut desk, chat, _first) = half_answered(folder.path(), &server, answer).await;
    let mut waiting = Vec::new();
    for text in ["second", "third", "never"] {
        let request = Desk::request(chat, text, model("beta"));
        waiting.push(request.message);
        desk.ask(BackendCommand::Send(Box::new(request))).await;
    }
    let edit =
        BackendCommand::EditQueued { chat, message: waiting[1], text: "third, edited".to_owned() };
    desk.ask(edit).await;
    desk.ask(BackendCommand::RemoveQueued { chat, message: waiting[2] }).await;
    let wanted = ["second", "third, edited"];
    desk.until_queue(|items| items.iter().map(|item| item.text.as_str()).eq(wanted)).await;
    go.fire();
    desk.until_ended(3).await;
    let texts: Vec<_> = desk.messages(chat).await.iter().map(|message| message.text()).collect();
    let expected =
        ["first", "one", "second", "beta: second", "third, edited", "beta: third, edited"];
    assert_eq!(texts, expected);
}

#[tokio::test]
async fn a_waiting_message_can_be_sent_now_and_survives_a_restart() {
    let (folder, server) = (folder(), Server::start());
    let answer = half("one", &Signal::new()).hang();
    let (mut desk, chat, first) = half_answered(folder.path(), &server, answer).await;
    let (now, later) =
        (Desk::request(chat, "now", model("beta")), Desk::request(chat, "later", model("beta")));
    let urgent = now.message;
    desk.ask(BackendCommand::Send(Box::new(later))).await;
    desk.ask(BackendCommand::Send(Box::new(now))).await;
    server.push(half("two", &Signal::new()).hang());
    desk.ask(BackendCommand::SendQueuedNow { chat, message: urgent }).await;
    assert_eq!(desk.finish(first).await.status, RunStatus::Stopped);
    desk.until(|event| match event {
        BackendEvent::RunStarted { question, .. } => Some(question.text()),
        _ => None,
    })
    .await;
    desk.close().await;
    let desk = Desk::open(folder.path(), &server);
    let left: Vec<_> =
        desk.store.queue_list(chat).await.unwrap().into_iter().map(|item| item.text).collect();
    assert_eq!(left, ["later"]);
}

#[tokio::test]
async fn attachments_and_options_go_with_the_message_through_the_queue_too() {
    let (folder, server, go) = (folder(), Server::start(), Signal::new());
    server.push(half("one", &go).bytes(sse(&[finish("stop")])));
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let attached = |text: &str| {
        let file = Part::File { name: "notes.txt".to_owned(), text: format!("{text} notes") };
        let params = Params { temperature: Some(0.5), ..Params::default() };
        let options = ChatOptions { params, ..ChatOptions::default() };
        SendRequest {
            attachments: vec![file],
            options: options.clone(),
            chat_options: options,
            ..Desk::request(chat, text, model("alpha"))
        }
    };
    let first = attached("first");
    let run = first.run;
    desk.ask(BackendCommand::Send(Box::new(first))).await;
    desk.until_text(run, "one").await;
    desk.ask(BackendCommand::Send(Box::new(attached("second")))).await;
    desk.until_queue(|items| !items.is_empty()).await;
    go.fire();
    desk.until_ended(2).await;
    let kept = desk.messages(chat).await;
    for (at, text) in [(0, "first"), (2, "second")] {
        let expected = [
            Part::File { name: "notes.txt".to_owned(), text: format!("{text} notes") },
            Part::Text { text: text.to_owned() },
        ];
        assert_eq!(kept[at].parts, expected);
        assert_eq!(kept[at + 1].answer.as_ref().unwrap().params.temperature, Some(0.5));
    }
    let sent = server.posts()[1].json();
    assert_eq!(sent["temperature"], 0.5);
    assert!(sent["messages"].to_string().contains("second notes"), "{sent}");
    let options = desk.store.chat(chat).await.unwrap().unwrap().options;
    assert_eq!(options.params.temperature, Some(0.5), "the new chat keeps its options");
}
