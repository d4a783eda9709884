//! What is spent, what may be, and titles: the engine against a real server and a real database.

use std::path::Path;

use serde_json::{Value, json};
use switchboard::protocol::{
    BackendCommand, BackendEvent, Budget, ChatId, EngineSettings, ErrorKind, NoticeCode,
    ProviderConfig, ProviderStatus, RunStatus, Spent, StreamEvent, UsageRange,
};

use crate::support::{
    Desk, Request, Script, Server, Signal, Told, delta, failure, finish, model, provider, sse,
};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// What the server says an answer has cost.
fn cost(dollars: f64) -> Value {
    json!({"choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 5, "cost": dollars}})
}

fn answer(text: &str, dollars: f64) -> Script {
    Script::stream().bytes(sse(&[delta(text), finish("stop"), cost(dollars)]))
}

fn day(dollars: f64) -> EngineSettings {
    let budget = Budget { day_usd: Some(dollars), month_usd: None };
    EngineSettings { budget, ..EngineSettings::default() }
}

/// A desk where `alpha` has a price and `beta` has none, on a server of this machine.
async fn desk(folder: &Path, server: &Server, settings: EngineSettings) -> Desk {
    let price = json!({"prompt": "0.000001", "completion": "0.000002"});
    let models = json!({"object": "list", "data": [
        {"id": "alpha", "object": "model", "pricing": price}, {"id": "beta", "object": "model"},
    ]});
    server.push_get(Script::json(200, &models));
    let mut desk = Desk::with(folder, provider(server), settings);
    desk.ask(BackendCommand::RefreshModels { provider: Some("mock".into()) }).await;
    desk.until_provider(|state| {
        let is_priced = state.models.iter().any(|model| model.price_out.is_some());
        is_priced && state.status == ProviderStatus::Ready
    })
    .await;
    desk
}

async fn say(desk: &mut Desk, chat: ChatId, name: &str) -> Told {
    let run = desk.send(chat, "Hi", model(name)).await;
    desk.finish(run).await
}

fn error(told: &Told) -> Option<(ErrorKind, &str)> {
    told.events.iter().find_map(|event| match &event.event {
        StreamEvent::Error { kind, message, .. } => Some((*kind, message.as_str())),
        _ => None,
    })
}

const USED_UP: Option<(ErrorKind, &str)> =
    Some((ErrorKind::OverBudget, "$0.02 of $0.01 for today are spent"));

#[tokio::test]
async fn a_budget_that_is_used_up_stops_what_costs_and_nothing_else() {
    let (folder, server) = (folder(), Server::start());
    let mut desk = desk(folder.path(), &server, day(0.01)).await;
    let chat = Desk::new_chat();
    server.push(answer("Dear.", 0.02));
    assert_eq!(say(&mut desk, chat, "alpha").await.status, RunStatus::Complete);
    let refused = say(&mut desk, chat, "alpha").await;
    assert_eq!((refused.status, error(&refused)), (RunStatus::Failed, USED_UP));
    assert_eq!(server.posts().len(), 1, "nothing was sent");
    let free = say(&mut desk, chat, "beta").await;
    assert_eq!((free.status, error(&free)), (RunStatus::Complete, None));

    let messages = desk.messages(chat).await;
    let question = messages.iter().rfind(|message| message.answer.is_none()).unwrap().id;
    let mut again = Desk::again(chat, question, "alpha");
    again.over_budget = true;
    let run = again.run;
    server.push(answer("Anyway.", 0.5));
    desk.ask(BackendCommand::Regenerate(Box::new(again))).await;
    assert_eq!(desk.finish(run).await.text(), "Anyway.");
    let next = say(&mut desk, chat, "alpha").await;
    let words = "$0.52 of $0.01 for today are spent";
    assert_eq!(error(&next), Some((ErrorKind::OverBudget, words)), "for that answer only");
    assert_eq!(server.posts().len(), 3);
    let report = desk.store.usage(UsageRange::All, next.events[0].at).await.unwrap();
    assert_eq!((report.total.answers, report.total.usage.cost_usd), (3, Some(0.52)));
}

#[tokio::test]
async fn a_month_has_a_budget_of_its_own_and_a_changed_one_counts_at_once() {
    let (folder, server) = (folder(), Server::start());
    let budget = Budget { day_usd: Some(5.0), month_usd: Some(0.01) };
    let settings = EngineSettings { budget, ..EngineSettings::default() };
    let mut desk = desk(folder.path(), &server, settings).await;
    let chat = Desk::new_chat();
    server.push(answer("Dear.", 0.02));
    say(&mut desk, chat, "alpha").await;
    let refused = say(&mut desk, chat, "alpha").await;
    let words = "$0.02 of $0.01 for this month are spent";
    assert_eq!(error(&refused), Some((ErrorKind::OverBudget, words)));
    desk.ask(BackendCommand::Configure(Box::new(day(5.0)))).await;
    assert_eq!(say(&mut desk, chat, "alpha").await.status, RunStatus::Complete);
}

#[tokio::test]
async fn models_side_by_side_are_checked_one_by_one() {
    let (folder, server) = (folder(), Server::start());
    let mut desk = desk(folder.path(), &server, day(0.01)).await;
    server.push(answer("Dear.", 0.02));
    say(&mut desk, Desk::new_chat(), "alpha").await;
    let request = Desk::comparison(Desk::new_chat(), "Who?", &["alpha", "beta"]);
    let runs = Desk::runs(&request);
    desk.ask(BackendCommand::Send(Box::new(request))).await;
    let told = desk.finish_all(&runs).await;
    assert_eq!((error(&told[0]), told[1].status), (USED_UP, RunStatus::Complete));
    assert_eq!(server.posts().len(), 2);
}

#[tokio::test]
async fn what_another_process_spends_counts() {
    let (folder, server) = (folder(), Server::start());
    let mut one = desk(folder.path(), &server, day(0.01)).await;
    let mut other = desk(folder.path(), &server, day(0.01)).await;
    server.push(answer("Dear.", 0.02));
    say(&mut one, Desk::new_chat(), "alpha").await;
    assert_eq!(error(&say(&mut other, Desk::new_chat(), "alpha").await), USED_UP);
}

/// The warnings among what is told until a run has ended. They come before its end.
async fn warnings(desk: &mut Desk, dollars: f64, server: &Server) -> Vec<String> {
    server.push(answer("Dear.", dollars));
    let run = desk.send(Desk::new_chat(), "Hi", model("alpha")).await;
    let mut warnings = Vec::new();
    desk.until(|event| match event {
        BackendEvent::Notice(notice) if notice.code == NoticeCode::BudgetNear => {
            warnings.push(notice.detail);
            None
        }
        BackendEvent::Run(event) if event.run == run => {
            matches!(event.event, StreamEvent::Done { .. }).then_some(())
        }
        _ => None,
    })
    .await;
    warnings
}

#[tokio::test]
async fn four_fifths_are_told_once_and_again_for_another_budget() {
    let (folder, server) = (folder(), Server::start());
    let mut first = desk(folder.path(), &server, day(1.0)).await;
    assert_eq!(warnings(&mut first, 0.7, &server).await, [""; 0]);
    let words = "$0.82 of $1.00 for today are spent";
    assert_eq!(warnings(&mut first, 0.12, &server).await, [words]);
    assert_eq!(warnings(&mut first, 0.01, &server).await, [""; 0]);
    first.close().await;
    let mut second = desk(folder.path(), &server, day(1.0)).await;
    assert_eq!(warnings(&mut second, 0.01, &server).await, [""; 0], "nor after a restart");
    second.ask(BackendCommand::Configure(Box::new(day(1.05)))).await;
    let words = "$0.85 of $1.05 for today are spent";
    assert_eq!(warnings(&mut second, 0.01, &server).await, [words]);
}

#[tokio::test]
async fn a_budget_that_is_over_is_told_as_used_up() {
    let (folder, server) = (folder(), Server::start());
    let mut desk = desk(folder.path(), &server, day(0.01)).await;
    server.push(answer("Dear.", 0.02));
    desk.send(Desk::new_chat(), "Hi", model("alpha")).await;
    let notice = desk.until(|event| match event {
        BackendEvent::Notice(notice) => Some(notice),
        _ => None,
    });
    let notice = notice.await;
    assert_eq!(notice.code, NoticeCode::BudgetUsedUp);
    assert_eq!(notice.detail, "$0.02 of $0.01 for today are spent");
}

/// The notices in what was told of a run.
fn notices(told: &Told) -> Vec<(&str, &str)> {
    told.events
        .iter()
        .filter_map(|event| match &event.event {
            StreamEvent::Notification { code, message, .. } => {
                Some((code.as_str(), message.as_str()))
            }
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn a_price_that_nobody_knows_is_told_once_where_a_budget_is_set() {
    let (folder, server) = (folder(), Server::start());
    // An address that leads here, but is none of this machine's own.
    let far =
        ProviderConfig { url: server.url().replace("127.0.0.1", "0.0.0.0"), ..provider(&server) };
    let words = "The price of mock/beta is not known, so it does not count to your budget";
    let mut desk = Desk::with(folder.path(), far, day(1.0));
    let chat = Desk::new_chat();
    let first = say(&mut desk, chat, "beta").await;
    assert_eq!(notices(&first), [("price_unknown", words)]);
    assert_eq!(notices(&say(&mut desk, chat, "beta").await), []);
    server.push(answer("Dear.", 0.02));
    assert_eq!(notices(&say(&mut desk, chat, "alpha").await), [], "the server tells the cost");
}

#[tokio::test]
async fn what_was_spent_and_used_is_told_at_the_start_and_after_each_run() {
    let (folder, server) = (folder(), Server::start());
    let mut first = Desk::open(folder.path(), &server);
    server.push(answer("Dear.", 0.5));
    let run = first.send(Desk::new_chat(), "Hi", model("alpha")).await;
    let spent = |event| match event {
        BackendEvent::Spent(Spent { day_usd, month_usd, .. }) => {
            ((day_usd, month_usd) == (0.5, 0.5)).then_some(())
        }
        _ => None,
    };
    first.until(spent).await;
    first.finish(run).await;
    let run = first.send(Desk::new_chat(), "Hi", model("beta")).await;
    first.finish(run).await;
    first.close().await;
    let mut second = Desk::open(folder.path(), &server);
    second.until(spent).await;
    let recents = BackendEvent::Recents(vec![model("beta"), model("alpha")]);
    second.until(|event| (event == recents).then_some(())).await;
}

fn asks_for_title(request: &Request) -> bool {
    request.last_text().starts_with("Write a title")
}

fn titled(name: &str) -> EngineSettings {
    EngineSettings { title_model: Some(model(name)), ..EngineSettings::default() }
}

/// Waits until a chat is told with another title than its first words.
async fn named(desk: &mut Desk, chat: ChatId) -> String {
    desk.until(|event| match event {
        BackendEvent::ChatChanged(summary) if summary.id == chat => {
            Some(summary.title).filter(|title| title != "Hi")
        }
        _ => None,
    })
    .await
}

#[tokio::test]
async fn a_chat_is_named_by_the_model_for_titles_after_its_first_answer() {
    let (folder, server) = (folder(), Server::start());
    server.set_default(|request| {
        if asks_for_title(request) {
            answer("\"Greeting a friend.\"\n", 0.25)
        } else {
            answer("Hello you.", 0.5)
        }
    });
    let mut desk = desk(folder.path(), &server, titled("beta")).await;
    let chat = Desk::new_chat();
    let run = desk.send(chat, "Hi", model("alpha")).await;
    assert_eq!(named(&mut desk, chat).await, "Greeting a friend");
    let posts = server.posts();
    assert_eq!(posts.len(), 2);
    assert_eq!(posts[1].model(), "beta");
    let asked = posts[1].last_text();
    assert!(asked.contains("Hi") && asked.contains("Hello you."), "{asked}");
    let told = desk.messages(chat).await;
    assert_eq!(told[1].answer.as_ref().unwrap().run, run);
    let report = desk.store.usage(UsageRange::All, told[1].created).await.unwrap();
    assert_eq!((report.total.answers, report.total.usage.cost_usd), (1, Some(0.75)));
    assert_eq!(report.chats[0].0, Some(chat));

    say(&mut desk, chat, "alpha").await;
    desk.close().await;
    assert_eq!(server.posts().len(), 3, "asked once");
}

#[tokio::test]
async fn a_title_of_ones_own_stays_and_one_that_fails_leaves_the_first_words() {
    let (folder, server) = (folder(), Server::start());
    let renamed = Desk::new_chat();
    let go = Signal::new();
    let goes = go.clone();
    server.set_default(move |request| {
        if asks_for_title(request) {
            answer("Made", 0.0).head_after(&goes)
        } else {
            Script::answer("Hello you.")
        }
    });
    let mut desk = desk(folder.path(), &server, titled("beta")).await;
    say(&mut desk, renamed, "alpha").await;
    server.wait_for_posts(2).await;
    let title = "My own".to_owned();
    desk.ask(BackendCommand::RenameChat { chat: renamed, title }).await;
    // Commands of this kind are carried out in order: the answer to this one comes after it.
    let query = switchboard::protocol::QueryId(7);
    desk.ask(BackendCommand::ListChats { query }).await;
    desk.until(|event| matches!(event, BackendEvent::Chats { .. }).then_some(())).await;
    go.fire();
    assert_eq!(named(&mut desk, renamed).await, "My own");

    server.set_default(|request| {
        if asks_for_title(request) {
            Script::json(500, &failure("oops", "broken"))
        } else {
            Script::answer("Hello you.")
        }
    });
    let kept = Desk::new_chat();
    let told = say(&mut desk, kept, "alpha").await;
    assert_eq!(error(&told), None);
    server.wait_for_posts(4).await;
    desk.ask(BackendCommand::ListChats { query }).await;
    let titles = desk
        .until(|event| match event {
            BackendEvent::Notice(notice) => panic!("told: {notice:?}"),
            BackendEvent::Chats { chats, .. } => Some(chats),
            _ => None,
        })
        .await;
    let titles: Vec<_> = titles.iter().map(|chat| chat.title.as_str()).collect();
    assert_eq!(titles, ["Hi", "My own"]);
}

#[tokio::test]
async fn a_title_that_takes_long_delays_nothing() {
    let (folder, server) = (folder(), Server::start());
    server.set_default(|request| {
        if asks_for_title(request) { Script::stream().hang() } else { Script::answer("Hello.") }
    });
    let mut desk = desk(folder.path(), &server, titled("beta")).await;
    let chat = Desk::new_chat();
    say(&mut desk, chat, "alpha").await;
    server.wait_for_posts(2).await;
    assert_eq!(say(&mut desk, chat, "alpha").await.text(), "Hello.");
    desk.close().await;
    server.wait_for_disconnects(1).await;
}

#[tokio::test]
async fn no_title_is_bought_beyond_the_budget() {
    let (folder, server) = (folder(), Server::start());
    let settings = EngineSettings { title_model: Some(model("alpha")), ..day(0.01) };
    let mut desk = desk(folder.path(), &server, settings).await;
    let chat = Desk::new_chat();
    server.push(answer("Dear.", 0.02));
    say(&mut desk, chat, "beta").await;
    // The title would come before this answer: its task was begun before.
    say(&mut desk, chat, "beta").await;
    desk.close().await;
    assert!(!server.posts().iter().any(asks_for_title));
}
