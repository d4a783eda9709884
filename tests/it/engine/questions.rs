//! Questions of the window that cannot be answered.

use switchboard::protocol::{
    BackendCommand, BackendEvent, IdSource, MessagePage, NoticeCode, QueryId, Timestamp, UsageRange,
};

use super::folder;
use crate::support::{Desk, Server, model};

/// What the answer to a question is, and that a notice came before it.
async fn answer(desk: &mut Desk, asked: QueryId) -> Option<MessagePage> {
    let notice = |event| match event {
        BackendEvent::Notice(notice) => (notice.code == NoticeCode::ChatMissing).then_some(()),
        _ => None,
    };
    desk.until(notice).await;
    desk.until(|event| match event {
        BackendEvent::Messages { query, page, .. } if query == asked => Some(Some(page)),
        BackendEvent::QueryFailed(query) if query == asked => Some(None),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn a_question_about_a_chat_that_is_gone_does_not_wait_for_ever() {
    let (folder, server) = (folder(), Server::start());
    let mut desk = Desk::open(folder.path(), &server);
    let (query, chat) = (QueryId(7), Desk::new_chat());
    desk.ask(BackendCommand::LoadMessages { query, chat, before: None, limit: 9 }).await;
    assert_eq!(answer(&mut desk, query).await, None);
}

#[tokio::test]
async fn a_choice_that_could_not_be_kept_is_answered_with_the_path_as_it_is() {
    let (folder, server) = (folder(), Server::start());
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let run = desk.send(chat, "Hi", model("alpha")).await;
    desk.finish(run).await;
    let (query, message) = (QueryId(7), IdSource.message(Timestamp(1_795_220_000_000)));
    desk.ask(BackendCommand::KeepAnswer { query, chat, message, limit: 9 }).await;
    let page = answer(&mut desk, query).await.expect("a page");
    assert_eq!(page.messages, desk.messages(chat).await);
}

#[tokio::test]
async fn figures_of_usage_come_with_what_was_spent_today() {
    let (folder, server) = (folder(), Server::start());
    let mut desk = Desk::open(folder.path(), &server);
    let spent = |event| match event {
        BackendEvent::Spent(spent) => Some(spent),
        _ => None,
    };
    let at_start = desk.until(spent).await;
    assert!(at_start.until.is_some());
    desk.ask(BackendCommand::LoadUsage { query: QueryId(1), range: UsageRange::Today }).await;
    assert_eq!(desk.until(spent).await.until, at_start.until);
}
