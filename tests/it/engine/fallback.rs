//! Another model answers when the chosen one cannot.

use switchboard::protocol::{
    BackendCommand, ChatId, ChatOptions, EngineSettings, ErrorKind, Fallback, ModelId, ModelInfo,
    Part, RunId, RunStatus, SendRequest, StreamEvent,
};

use super::folder;
use crate::support::{
    Desk, Script, Server, Told, delta, failure, model, provider, sse_without_done,
};

/// `name` fails like this, everyone else answers with its name.
fn failing(server: &Server, name: &'static str, status: u16) {
    server.set_default(move |request| {
        if request.model() == name {
            Script::json(status, &failure("failed", "cannot now"))
        } else {
            Script::answer(&format!("I am {}.", request.model()))
        }
    });
}

fn chain(models: &[&str]) -> Fallback {
    Fallback { models: models.iter().map(|name| model(name)).collect(), allow_dearer: false }
}

fn with_chain(chat: ChatId, name: &str, fallback: Fallback) -> SendRequest {
    let options = ChatOptions { fallback: Some(fallback), ..ChatOptions::default() };
    SendRequest { options, ..Desk::request(chat, "Hi", model(name)) }
}

async fn send(desk: &mut Desk, request: SendRequest) -> Told {
    let run: RunId = request.run;
    desk.ask(BackendCommand::Send(Box::new(request))).await;
    desk.finish(run).await
}

fn handed_over(told: &Told) -> Vec<(ModelId, ModelId, String)> {
    let events = told.events.iter().filter_map(|event| match &event.event {
        StreamEvent::ModelFallback { old_model, new_model, reason } => {
            Some((old_model.clone(), new_model.clone(), reason.clone()))
        }
        _ => None,
    });
    events.collect()
}

/// Keeps the prices of models, as an earlier session left them.
async fn prices(folder: &std::path::Path, server: &Server, prices: &[(&str, f64)]) {
    let models = prices.iter().map(|(name, price)| ModelInfo {
        price_in: Some(*price),
        price_out: Some(*price),
        ..ModelInfo::unknown(model(name))
    });
    Desk::know(folder, server, models.collect()).await;
}

#[tokio::test]
async fn the_next_model_answers_visibly_when_the_chosen_one_is_overloaded() {
    for (status, word) in [(503, "overloaded"), (429, "no more requests"), (404, "not there")] {
        let (folder, server) = (folder(), Server::start());
        failing(&server, "alpha", status);
        let mut desk = Desk::open(folder.path(), &server);
        let chat = Desk::new_chat();
        let told = send(&mut desk, with_chain(chat, "alpha", chain(&["beta", "gamma"]))).await;
        assert_eq!((told.status, told.text().as_str()), (RunStatus::Complete, "I am beta."));
        let events = handed_over(&told);
        assert_eq!((&events[0].0, &events[0].1), (&model("alpha"), &model("beta")));
        assert!(events[0].2.contains(word), "{}", events[0].2);
        let answer = desk.messages(chat).await.remove(1);
        assert_eq!(answer.answer.as_ref().unwrap().model, model("beta"));
        assert!(matches!(&answer.parts[0],
            Part::Notice { code, message, .. } if code == "model_fallback" && message.contains("alpha")));
        assert_eq!(answer.text(), "I am beta.");
        let asked: Vec<_> = server.posts().iter().map(|post| post.model()).collect();
        let retried = if status == 404 { 1 } else { 2 };
        assert_eq!(asked.iter().filter(|name| *name == "alpha").count(), retried, "{asked:?}");
    }
}

#[tokio::test]
async fn a_long_wait_is_not_waited_where_another_model_can_answer() {
    let (folder, server) = (folder(), Server::start());
    server.push(Script::json(429, &failure("rate_limit", "wait")).header("retry-after", "200"));
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let told = send(&mut desk, with_chain(chat, "alpha", chain(&["beta"]))).await;
    assert_eq!(told.status, RunStatus::Complete);
    assert_eq!(server.posts().len(), 2);
}

#[tokio::test]
async fn the_apps_own_chain_counts_where_the_chat_names_none() {
    let (folder, server) = (folder(), Server::start());
    failing(&server, "alpha", 404);
    let settings = EngineSettings { fallback: chain(&["beta"]), ..EngineSettings::default() };
    let mut desk = Desk::with(folder.path(), provider(&server), settings);
    let chat = Desk::new_chat();
    let run = desk.send(chat, "Hi", model("alpha")).await;
    assert_eq!(desk.finish(run).await.text(), "I am beta.");
    // A chat that wants no chain has none.
    let told = send(&mut desk, with_chain(chat, "alpha", Fallback::default())).await;
    assert_eq!(told.status, RunStatus::Failed);
}

#[tokio::test]
async fn a_provider_that_is_gone_hands_over_and_each_model_is_asked_once() {
    let (folder, server) = (folder(), Server::start());
    server.set_default(|_| Script::json(404, &failure("model_not_found", "no such model")));
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let gone: ModelId = "gone/model".parse().unwrap();
    let mut models = chain(&["alpha", "beta", "alpha"]).models;
    models.insert(1, gone.clone());
    let request = SendRequest {
        model: gone,
        ..with_chain(chat, "alpha", Fallback { models, allow_dearer: false })
    };
    let told = send(&mut desk, request).await;
    assert_eq!(told.status, RunStatus::Failed);
    let asked: Vec<_> = server.posts().iter().map(|post| post.model()).collect();
    assert_eq!(asked, ["alpha", "beta"]);
    assert_eq!(handed_over(&told).len(), 2);
    let answer = desk.messages(chat).await.remove(1).answer.unwrap();
    assert_eq!((answer.model, answer.error.unwrap().kind), (model("beta"), ErrorKind::NotFound));
}

#[tokio::test]
async fn a_dearer_model_is_passed_over_and_named_unless_it_is_allowed() {
    let (folder, server) = (folder(), Server::start());
    failing(&server, "alpha", 404);
    prices(folder.path(), &server, &[("alpha", 1.0), ("dear", 2.0), ("cheap", 0.5)]).await;
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let told = send(&mut desk, with_chain(chat, "alpha", chain(&["dear", "cheap"]))).await;
    assert_eq!(told.text(), "I am cheap.");
    assert!(handed_over(&told)[0].2.contains("mock/dear (may cost more)"));

    let told = send(&mut desk, with_chain(chat, "alpha", chain(&["dear"]))).await;
    assert_eq!(told.status, RunStatus::Failed);
    let notice = told.events.iter().find_map(|event| match &event.event {
        StreamEvent::Notification { code, message, .. } if code == "no_fallback" => Some(message),
        _ => None,
    });
    let notice = notice.expect("it is told that nobody else was asked");
    assert!(notice.contains("mock/dear"), "{notice}");
    // One without a price, on this machine, costs nothing.
    let told = send(&mut desk, with_chain(chat, "alpha", chain(&["unpriced"]))).await;
    assert_eq!(told.text(), "I am unpriced.");

    let allowed = Fallback { allow_dearer: true, ..chain(&["dear"]) };
    let told = send(&mut desk, with_chain(chat, "alpha", allowed)).await;
    assert_eq!(told.text(), "I am dear.");
}

#[tokio::test]
async fn nobody_finishes_another_models_sentence() {
    let (folder, server) = (folder(), Server::start());
    server.push(
        Script::stream().bytes(sse_without_done(&[delta("Half a"), failure(503, "overloaded")])),
    );
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let told = send(&mut desk, with_chain(chat, "alpha", chain(&["beta"]))).await;
    assert_eq!(told.status, RunStatus::Interrupted);
    assert_eq!(server.posts().len(), 1);
    let error = desk.messages(chat).await.remove(1).answer.unwrap().error.unwrap();
    assert_eq!(error.kind, ErrorKind::Overloaded);
}

#[tokio::test]
async fn a_refused_key_is_no_reason_for_another_model() {
    let (folder, server) = (folder(), Server::start());
    failing(&server, "alpha", 401);
    let mut desk = Desk::open(folder.path(), &server);
    let told = send(&mut desk, with_chain(Desk::new_chat(), "alpha", chain(&["beta"]))).await;
    assert_eq!((told.status, server.posts().len()), (RunStatus::Failed, 1));
}

#[tokio::test]
async fn a_compared_model_is_not_replaced_by_another() {
    let (folder, server) = (folder(), Server::start());
    failing(&server, "alpha", 404);
    let mut desk = Desk::open(folder.path(), &server);
    let options = ChatOptions { fallback: Some(chain(&["gamma"])), ..ChatOptions::default() };
    let request =
        SendRequest { options, ..Desk::comparison(Desk::new_chat(), "who?", &["alpha", "beta"]) };
    desk.ask(BackendCommand::Send(Box::new(request.clone()))).await;
    let told = desk.finish_all(&Desk::runs(&request)).await;
    assert_eq!(told[0].status, RunStatus::Failed);
    assert!(server.posts().iter().all(|post| post.model() != "gamma"));
}

#[tokio::test]
async fn a_provider_can_have_its_own_patience() {
    let (folder, server) = (folder(), Server::start());
    server.push(Script::stream().hang());
    let mut config = provider(&server);
    config.options.idle_timeout_s = Some(1);
    let settings = EngineSettings { idle_timeout_s: 600, ..EngineSettings::default() };
    let mut desk = Desk::with(folder.path(), config, settings);
    let chat = Desk::new_chat();
    let run = desk.send(chat, "Hi", model("alpha")).await;
    assert_eq!(desk.finish(run).await.status, RunStatus::Failed);
    let error = desk.messages(chat).await.remove(1).answer.unwrap().error.unwrap();
    assert_eq!(error.kind, ErrorKind::Timeout);
}
