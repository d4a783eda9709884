//! Messages wait while there is no link, and are sent once.

use switchboard::protocol::{
    BackendCommand, BackendEvent, LinkState, NoticeCode, RemoteCommand, RunStatus,
};

use super::wire::Gateway;
use super::{keep_token, linked, send, until_link, until_ready};
use crate::support::Desk;

#[tokio::test]
async fn messages_wait_in_order_without_a_link_and_are_sent_once() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::start().await;
    let (address, config) = (gateway.address, gateway.config());
    drop(gateway);
    let mut desk = Desk::linked(folder.path(), vec![config.clone()]);
    let chat = Desk::new_chat();
    let first = send(&mut desk, chat, "first").await;
    let second = send(&mut desk, chat, "second").await;
    let third = send(&mut desk, chat, "third").await;
    desk.until_queue(|items| items.len() == 3).await;
    let text = "second, mended".to_owned();
    let message = second.message;
    desk.ask(BackendCommand::EditQueued { chat, message, text }).await;
    desk.ask(BackendCommand::RemoveQueued { chat, message: third.message }).await;
    let left = desk.until_queue(|items| items.len() == 2).await;
    assert_eq!([left[0].text.as_str(), left[1].text.as_str()], ["first", "second, mended"]);
    desk.close().await;

    // They outlive the app, and the server comes back.
    let gateway = Gateway::at(address).await;
    let mut desk = Desk::linked(folder.path(), vec![config]);
    desk.until_queue(|items| items.len() == 2).await;
    let mut peer = gateway.welcome("e").await;
    let (_, sent) = peer.chat().await;
    assert_eq!((sent.message.as_str(), sent.client_message_id), ("first", Some(first.message)));
    assert_eq!((sent.chat_id, sent.model.as_deref()), (Some(chat), Some("far/model")));
    // It is not acknowledged: nobody knows whether it arrived.
    peer.cut();
    let mut peer = gateway.welcome("e").await;
    let (id, again) = peer.chat().await;
    assert_eq!(again.client_message_id, Some(first.message));
    let run = super::wire::Run::of(&again, None);
    peer.ack(&id, &run).await;
    peer.say(run.started()).await;
    peer.say(run.word(1)).await;
    peer.say(run.done(2)).await;
    let told = desk.finish(run.run).await;
    assert_eq!((told.text().as_str(), told.status), ("one ", RunStatus::Complete));
    let (id, next) = peer.chat().await;
    assert_eq!(next.message, "second, mended");
    let run = super::wire::Run::of(&next, Some(run.answer.id));
    peer.ack(&id, &run).await;
    peer.say(run.started()).await;
    peer.say(run.done(1)).await;
    desk.finish(run.run).await;
    assert_eq!(desk.store.queue_list(chat).await.unwrap(), vec![]);
    let texts: Vec<String> = desk.messages(chat).await.iter().map(|one| one.text()).collect();
    assert_eq!(texts, ["first", "one ", "second, mended", ""]);
    desk.close().await;
}

#[tokio::test]
async fn what_a_server_does_not_take_goes_back_to_the_composer() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::start().await;
    let mut desk = linked(folder.path(), &gateway);
    let mut peer = gateway.welcome("e").await;
    let chat = Desk::new_chat();
    let request = send(&mut desk, chat, "hello").await;
    let (id, _) = peer.chat().await;
    peer.refuse(&id, "forbidden").await;
    let draft = desk
        .until(|event| match event {
            BackendEvent::NotSent { message, draft, .. } if message == request.message => {
                Some(draft)
            }
            _ => None,
        })
        .await;
    assert_eq!(draft.text, "hello");
    let said = desk
        .until(|event| match event {
            BackendEvent::Notice(notice) => Some(notice),
            _ => None,
        })
        .await;
    assert_eq!(said.code, NoticeCode::ServerRefused);
    assert!(said.detail.contains("forbidden"), "{said:?}");
    assert_eq!(desk.store.queue_list(chat).await.unwrap(), vec![]);
    desk.close().await;
}

#[tokio::test]
async fn a_wrong_token_is_not_tried_again_until_it_is_another() {
    let folder = tempfile::tempdir().unwrap();
    keep_token(folder.path(), "wrong-token");
    let gateway = Gateway::start().await;
    let mut desk = linked(folder.path(), &gateway);
    let chat = Desk::new_chat();
    send(&mut desk, chat, "hello").await;
    let peer = gateway.accept().await;
    let (link, ()) = tokio::join!(
        until_link(&mut desk, |link| matches!(link, LinkState::Denied { .. })),
        peer.close(4001)
    );
    assert!(matches!(link, LinkState::Denied { .. }));
    assert_eq!(desk.store.queue_list(chat).await.unwrap().len(), 1, "the message waits");
    let (config, token) = (gateway.config(), "a-better-token".to_owned().into());
    let token = switchboard::protocol::KeyChange::Set(token);
    desk.ask(BackendCommand::Remote(RemoteCommand::Save { config, token })).await;
    let mut peer = gateway.welcome("e").await;
    until_ready(&mut desk).await;
    let run = peer.begin().await;
    assert_eq!(run.question.text(), "hello");
    desk.close().await;
}

/// What was promised to go when the server is back goes, also below an answer that was cut.
#[tokio::test]
async fn what_waits_goes_out_after_a_cut_answer_and_on_a_word_after_a_stopped_one() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::start().await;
    let mut desk = linked(folder.path(), &gateway);
    let mut peer = gateway.welcome("e").await;
    let chat = Desk::new_chat();
    send(&mut desk, chat, "first").await;
    let run = peer.begin().await;
    peer.say(run.word(1)).await;
    desk.until_text(run.run, "one ").await;
    peer.cut();
    until_link(&mut desk, |link| !matches!(link, LinkState::Ready { .. })).await;
    send(&mut desk, chat, "second").await;
    desk.until_queue(|items| items.len() == 1).await;

    // The server was killed in the middle, and says so when it is back.
    let mut peer = gateway.accept().await;
    peer.hello().await;
    peer.welcome("e", &[run.run], &[]).await;
    peer.say(run.done_as(2, "interrupted")).await;
    assert_eq!(desk.finish(run.run).await.status, RunStatus::Interrupted);
    let run = peer.begin().await;
    assert_eq!(run.question.text(), "second");

    peer.say(run.word(1)).await;
    desk.until_text(run.run, "one ").await;
    let third = send(&mut desk, chat, "third").await;
    peer.say(run.done_as(2, "stopped")).await;
    desk.finish(run.run).await;
    desk.close().await;
    peer.cut();

    // It stands still also when the app was closed and opened again.
    let mut desk = linked(folder.path(), &gateway);
    let mut peer = gateway.welcome("e").await;
    until_ready(&mut desk).await;
    send(&mut desk, Desk::new_chat(), "elsewhere").await;
    assert_eq!(peer.begin().await.question.text(), "elsewhere");
    let message = third.message;
    desk.ask(BackendCommand::SendQueuedNow { chat, message }).await;
    let run = peer.begin().await;
    assert_eq!(run.question.text(), "third");
    desk.close().await;
}
