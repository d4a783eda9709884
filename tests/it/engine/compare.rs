//! One message to several models at once.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use switchboard::protocol::{
    AgentState, AnswerStatus, BackendCommand, BackendEvent, ChatId, MessageId, MessagePage,
    NoticeCode, QueryId, RegenerateRequest, RunStatus, SendRequest, StopMode, StreamEvent,
};

use super::{folder, half, half_answered};
use crate::support::{
    Desk, Script, Server, Signal, completion, delta, failure, finish, model, sse,
};

/// Each model says its name, waits, and says one more word.
fn patient(server: &Server) -> Signal {
    let go = Signal::new();
    let release = go.clone();
    server.set_default(move |request| {
        let text = format!("{} ", request.model());
        half(&text, &release).bytes(sse(&[delta("done."), finish("stop")]))
    });
    go
}

async fn page(desk: &Desk, chat: ChatId) -> MessagePage {
    desk.store.page(chat, None, 100).await.unwrap()
}

fn columns(page: &MessagePage) -> Vec<(u8, String)> {
    let shown = page.messages.last().into_iter().chain(&page.compared);
    shown
        .map(|message| (message.answer.as_ref().unwrap().column.unwrap(), message.text()))
        .collect()
}

/// Sends a comparison and waits until each model has said its name.
async fn begin(desk: &mut Desk, chat: ChatId, models: &[&str]) -> SendRequest {
    let request = Desk::comparison(chat, "who?", models);
    desk.ask(BackendCommand::Send(Box::new(request.clone()))).await;
    until_all_say(desk, &request, models).await;
    request
}

async fn until_all_say(desk: &mut Desk, request: &SendRequest, models: &[&str]) {
    let mut open: Vec<_> = Desk::runs(request).into_iter().zip(models).collect();
    desk.until(|event| {
        if let BackendEvent::Run(event) = event
            && let StreamEvent::Message { content, .. } = &event.event
        {
            open.retain(|(run, name)| *run != event.run || !content.contains(**name));
        }
        open.is_empty().then_some(())
    })
    .await;
}

async fn keep(desk: &mut Desk, chat: ChatId, message: MessageId) -> MessagePage {
    let query = QueryId(7);
    desk.ask(BackendCommand::KeepAnswer { query, chat, message, limit: 100 }).await;
    desk.until(|event| match event {
        BackendEvent::Messages { query: QueryId(7), page, .. } => Some(page),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn each_model_answers_and_fails_alone() {
    let (folder, server) = (folder(), Server::start());
    server.set_default(|request| match request.model().as_str() {
        "beta" => Script::json(401, &failure("invalid_api_key", "wrong key")),
        name => Script::answer(&format!("I am {name}.")),
    });
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let request = Desk::comparison(chat, "who?", &["alpha", "beta", "gamma"]);
    desk.ask(BackendCommand::Send(Box::new(request.clone()))).await;
    let mut started = Vec::new();
    let told = {
        while started.len() < 3 {
            let event = desk.next().await;
            if let BackendEvent::RunStarted { run, question, answer } = event {
                assert_eq!(question.id, request.message);
                started.push((run, answer.answer.unwrap().column));
            }
        }
        desk.finish_all(&Desk::runs(&request)).await
    };
    let expected: Vec<_> =
        Desk::runs(&request).into_iter().zip([Some(0), Some(1), Some(2)]).collect();
    assert_eq!(started, expected);
    let ends: Vec<_> = told.iter().map(|told| told.status).collect();
    assert_eq!(ends, [RunStatus::Complete, RunStatus::Failed, RunStatus::Complete]);
    assert_eq!(
        told[2].states(),
        [AgentState::Thinking, AgentState::Streaming, AgentState::Idle],
        "the failure of one is no state of another"
    );
    let page = page(&desk, chat).await;
    let expected =
        [(0, "I am alpha.".to_owned()), (1, String::new()), (2, "I am gamma.".to_owned())];
    assert_eq!(columns(&page), expected);
    assert_eq!(page.messages.len(), 2, "one question, one visible answer");
    assert_eq!(page.messages[1].siblings.count, 3);
    assert_eq!(desk.store.chat(chat).await.unwrap().unwrap().messages, 4);
}

#[tokio::test]
async fn a_page_read_meanwhile_shows_every_column_and_how_far_it_is() {
    let (folder, server) = (folder(), Server::start());
    let go = patient(&server);
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let request = begin(&mut desk, chat, &["alpha", "beta", "gamma"]).await;
    let early = page(&desk, chat).await;
    let expected = [(0, "alpha ".to_owned()), (1, "beta ".to_owned()), (2, "gamma ".to_owned())];
    assert_eq!(columns(&early), expected);
    let runs = Desk::runs(&request);
    assert_eq!(early.applied.unwrap().0, runs[0]);
    let others: Vec<_> = early.compared_applied.iter().map(|(run, _)| *run).collect();
    assert_eq!(others, runs[1..]);
    go.fire();
    for told in desk.finish_all(&runs).await {
        let Some((_, seq)) = early
            .applied
            .iter()
            .chain(&early.compared_applied)
            .find(|(run, _)| *run == told.events[0].run)
        else {
            panic!("a run without its place");
        };
        assert!(told.events.iter().any(|event| event.seq == seq.next()), "nothing is missed");
    }
    let late = page(&desk, chat).await;
    assert_eq!((late.applied, late.compared_applied.len()), (None, 0));
    assert_eq!(columns(&late)[2].1, "gamma done.");
}

#[tokio::test]
async fn a_stop_ends_all_columns_and_a_new_message_goes_out() {
    let (folder, server) = (folder(), Server::start());
    let go = patient(&server);
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let request = begin(&mut desk, chat, &["alpha", "beta"]).await;
    desk.ask(BackendCommand::Stop { chat, mode: StopMode::Now }).await;
    let told = desk.finish_all(&Desk::runs(&request)).await;
    assert!(told.iter().all(|told| told.status == RunStatus::Stopped));
    go.fire();
    let run = desk.send(chat, "again", model("alpha")).await;
    assert_eq!(desk.finish(run).await.status, RunStatus::Complete);
}

#[tokio::test]
async fn going_on_now_ends_the_waits_of_all_columns() {
    let (folder, server) = (folder(), Server::start());
    for _ in 0..2 {
        let busy = Script::json(429, &failure("rate_limit", "wait"));
        server.push(busy.header("retry-after", "200"));
    }
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let request = Desk::comparison(chat, "who?", &["alpha", "beta"]);
    desk.ask(BackendCommand::Send(Box::new(request.clone()))).await;
    let mut waiting = 0;
    desk.until(|event| match event {
        BackendEvent::Run(event) => {
            let waits = matches!(event.event, StreamEvent::State { to: AgentState::Retrying, .. });
            waiting += usize::from(waits);
            (waiting == 2).then_some(())
        }
        _ => None,
    })
    .await;
    desk.ask(BackendCommand::RetryNow { chat }).await;
    let told = desk.finish_all(&Desk::runs(&request)).await;
    assert!(told.iter().all(|told| told.status == RunStatus::Complete));
}

#[tokio::test]
async fn the_kept_answer_is_the_one_the_chat_goes_on_from() {
    let (folder, server) = (folder(), Server::start());
    server.set_default(|request| Script::answer(&format!("I am {}.", request.model())));
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let request = Desk::comparison(chat, "who?", &["alpha", "beta", "gamma"]);
    desk.ask(BackendCommand::Send(Box::new(request.clone()))).await;
    desk.finish_all(&Desk::runs(&request)).await;
    let kept = keep(&mut desk, chat, request.also[0].answer).await;
    let order: Vec<u8> = columns(&kept).iter().map(|(column, _)| *column).collect();
    assert_eq!(order, [1, 0, 2]);
    let run = desk.send(chat, "go on", model("alpha")).await;
    desk.finish(run).await;
    let sent = server.posts().last().unwrap().json()["messages"].to_string();
    assert!(sent.contains("I am beta.") && !sent.contains("I am alpha."), "{sent}");
    // Another branch and back: the way that was gone on is found again, not the last column.
    let question = page(&desk, chat).await.messages[0].id;
    let edited = SendRequest {
        place: switchboard::protocol::Place::Under(None),
        ..Desk::request(chat, "edited", model("alpha"))
    };
    let run = edited.run;
    desk.ask(BackendCommand::Send(Box::new(edited))).await;
    desk.finish(run).await;
    let shown = keep(&mut desk, chat, question).await;
    let texts: Vec<_> = shown.messages.iter().map(|message| message.text()).collect();
    assert_eq!(texts, ["who?", "I am beta.", "go on", "I am alpha."]);
    assert_eq!(shown.compared, []);
}

#[tokio::test]
async fn a_message_sent_right_behind_a_choice_goes_where_it_leads() {
    let (folder, server) = (folder(), Server::start());
    server.set_default(|request| Script::answer(&format!("I am {}.", request.model())));
    let mut desk = Desk::open(folder.path(), &server);
    for round in 0..10 {
        let chat = Desk::new_chat();
        let request = Desk::comparison(chat, "who?", &["alpha", "beta"]);
        desk.ask(BackendCommand::Send(Box::new(request.clone()))).await;
        desk.finish_all(&Desk::runs(&request)).await;
        let (query, message) = (QueryId(round), request.also[0].answer);
        desk.ask(BackendCommand::KeepAnswer { query, chat, message, limit: 100 }).await;
        let run = desk.send(chat, "go on", model("alpha")).await;
        desk.finish(run).await;
        assert_eq!(desk.messages(chat).await[1].text(), "I am beta.", "round {round}");
    }
}

#[tokio::test]
async fn more_than_four_models_are_refused_and_the_text_comes_back() {
    let (folder, server) = (folder(), Server::start());
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let request = Desk::comparison(chat, "too many", &["a", "b", "c", "d", "e"]);
    desk.ask(BackendCommand::Send(Box::new(request))).await;
    let text = desk
        .until(|event| match event {
            BackendEvent::NotSent { draft, .. } => Some((draft.text, draft.compare.len())),
            _ => None,
        })
        .await;
    assert_eq!(text, ("too many".to_owned(), 4));
    desk.until(|event| match event {
        BackendEvent::Notice(notice) => (notice.code == NoticeCode::TooManyModels).then_some(()),
        _ => None,
    })
    .await;
    assert_eq!(server.posts().len(), 0);
    assert_eq!(desk.store.chat(chat).await.unwrap(), None);
}

#[tokio::test]
async fn a_comparison_sent_twice_starts_nothing_twice() {
    let (folder, server) = (folder(), Server::start());
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let request = Desk::comparison(chat, "once", &["alpha", "beta"]);
    for _ in 0..2 {
        desk.ask(BackendCommand::Send(Box::new(request.clone()))).await;
        if server.posts().is_empty() {
            desk.finish_all(&Desk::runs(&request)).await;
        }
    }
    let run = desk.send(chat, "next", model("alpha")).await;
    desk.finish(run).await;
    assert_eq!(server.posts().len(), 3);
    assert_eq!(desk.messages(chat).await.len(), 4);
}

#[tokio::test]
async fn a_comparison_waits_in_the_queue_and_goes_out_as_one() {
    let (folder, server, go) = (folder(), Server::start(), Signal::new());
    let answer = half("one", &go).bytes(sse(&[finish("stop")]));
    let (mut desk, chat, _first) = half_answered(folder.path(), &server, answer).await;
    let request = Desk::comparison(chat, "who?", &["alpha", "beta", "gamma"]);
    desk.ask(BackendCommand::Send(Box::new(request))).await;
    let waiting = desk.until_queue(|items| !items.is_empty()).await;
    assert_eq!(waiting[0].also, [model("beta"), model("gamma")]);
    go.fire();
    desk.until_ended(4).await;
    let page = page(&desk, chat).await;
    let expected = [
        (0, "alpha: who?".to_owned()),
        (1, "beta: who?".to_owned()),
        (2, "gamma: who?".to_owned()),
    ];
    assert_eq!(columns(&page), expected);
    assert_eq!(page.messages.len(), 4);
}

/// Compares two models of which one fails, with a message waiting behind them.
async fn with_one_failure(failing: &'static str) -> (Desk, ChatId, Server, tempfile::TempDir) {
    let (folder, server, go) = (folder(), Server::start(), Signal::new());
    let release = go.clone();
    server.set_default(move |request| {
        if request.model() == failing {
            Script::json(401, &failure("invalid_api_key", "wrong key")).head_after(&release)
        } else {
            Script::stream().wait(&release).bytes(sse(&completion("Fine.")))
        }
    });
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let request = Desk::comparison(chat, "who?", &["alpha", "beta"]);
    desk.ask(BackendCommand::Send(Box::new(request.clone()))).await;
    server.wait_for_posts(2).await;
    desk.send(chat, "next", model("gamma")).await;
    desk.until_queue(|items| !items.is_empty()).await;
    go.fire();
    desk.finish_all(&Desk::runs(&request)).await;
    (desk, chat, server, folder)
}

#[tokio::test]
async fn the_queue_goes_on_after_the_kept_column_whatever_became_of_the_others() {
    let (mut desk, chat, _server, _folder) = with_one_failure("beta").await;
    desk.until(|event| match event {
        BackendEvent::RunStarted { question, .. } => (question.text() == "next").then_some(()),
        _ => None,
    })
    .await;
    assert_eq!(desk.store.queue_list(chat).await.unwrap(), []);
}

#[tokio::test]
async fn the_queue_stands_still_when_a_column_was_stopped() {
    let (folder, server, go) = (folder(), Server::start(), Signal::new());
    let end = go.clone();
    server.set_default(move |request| match request.model().as_str() {
        "beta" => half("beta", &Signal::new()).hang(),
        _ => half("alpha", &end).bytes(sse(&[finish("stop")])),
    });
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let request = begin(&mut desk, chat, &["alpha", "beta"]).await;
    go.fire();
    assert_eq!(desk.finish(request.run).await.status, RunStatus::Complete);
    let waiting = Desk::request(chat, "later", model("alpha"));
    desk.ask(BackendCommand::Send(Box::new(waiting))).await;
    desk.until_queue(|items| items.len() == 1).await;
    desk.ask(BackendCommand::Stop { chat, mode: StopMode::Now }).await;
    assert_eq!(desk.finish(request.also[0].run).await.status, RunStatus::Stopped);
    desk.close().await;
    let desk = Desk::open(folder.path(), &server);
    assert_eq!(desk.store.queue_list(chat).await.unwrap().len(), 1, "nothing was sent by a stop");
}

#[tokio::test]
async fn the_queue_stands_still_when_the_kept_column_failed() {
    let (mut desk, chat, server, _folder) = with_one_failure("alpha").await;
    // The agent takes its commands in order: when this one is answered, it had rested.
    desk.ask(BackendCommand::EditQueued {
        chat,
        message: desk.store.queue_list(chat).await.unwrap()[0].id,
        text: "still here".to_owned(),
    })
    .await;
    let items = desk.until_queue(|_items| true).await;
    assert_eq!(items[0].text, "still here");
    assert_eq!(server.posts().len(), 2);
}

#[tokio::test]
async fn a_column_can_be_answered_again_while_the_others_stream() {
    let (folder, server) = (folder(), Server::start());
    let go = patient(&server);
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let models = ["alpha", "beta"];
    server.push(half("alpha ", &go).bytes(sse(&[delta("done."), finish("stop")])));
    server.push(Script::json(401, &failure("invalid_api_key", "wrong key")));
    let request = Desk::comparison(chat, "who?", &models);
    // Which of the two takes which script is not known: the one that fails is asked again.
    desk.ask(BackendCommand::Send(Box::new(request.clone()))).await;
    let failed = desk
        .until(|event| match event {
            BackendEvent::Run(event) => {
                matches!(event.event, StreamEvent::Done { .. }).then_some(event.run)
            }
            _ => None,
        })
        .await;
    let column = if failed == request.run { 0 } else { 1 };
    let again =
        RegenerateRequest { column: Some(column), ..Desk::again(chat, request.message, "gamma") };
    let (run, answer) = (again.run, again.answer);
    desk.ask(BackendCommand::Regenerate(Box::new(again))).await;
    desk.until_text(run, "gamma").await;
    let shown = page(&desk, chat).await;
    let visible = shown.messages.last().unwrap();
    assert_eq!(visible.answer.as_ref().unwrap().column, Some(0), "the kept column stays");
    assert_eq!(visible.id == answer, column == 0);
    assert_eq!(shown.compared.len(), 1, "the newest answer of each column");
    go.fire();
    let rest = if column == 0 { request.also[0].run } else { request.run };
    let told = desk.finish_all(&[rest, run]).await;
    assert!(told.iter().all(|told| told.status == RunStatus::Complete));
    let texts: Vec<_> =
        columns(&page(&desk, chat).await).into_iter().map(|(_, text)| text).collect();
    assert!(texts.contains(&"gamma done.".to_owned()), "{texts:?}");
}

#[tokio::test]
async fn a_column_that_still_streams_is_not_asked_again() {
    let (folder, server) = (folder(), Server::start());
    let go = patient(&server);
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let request = begin(&mut desk, chat, &["alpha", "beta"]).await;
    let again =
        RegenerateRequest { column: Some(1), ..Desk::again(chat, request.message, "gamma") };
    desk.ask(BackendCommand::Regenerate(Box::new(again))).await;
    desk.until(|event| match event {
        BackendEvent::Notice(notice) => (notice.code == NoticeCode::Busy).then_some(()),
        _ => None,
    })
    .await;
    go.fire();
    desk.finish_all(&Desk::runs(&request)).await;
    assert_eq!(server.posts().len(), 2);
}

const CHILD: &str = "SWITCHBOARD_TEST_COMPARE_CHILD";
const THREE: [&str; 3] = ["alpha", "beta", "gamma"];

/// In the process that will be killed: compares, says so, and goes on until it is killed.
async fn compare_until_killed(folder: &std::path::Path, url: &str) {
    let mut desk = Desk::at(folder, url);
    let chat = Desk::new_chat();
    begin(&mut desk, chat, &THREE).await;
    desk.store.flush().await.unwrap();
    println!("\nstreaming {chat}");
    std::io::stdout().flush().unwrap();
    std::future::pending().await
}

#[tokio::test]
async fn a_killed_process_leaves_three_interrupted_answers_with_their_text() {
    if let Ok(work) = std::env::var(CHILD) {
        let (folder, url) = work.split_once('|').unwrap();
        return compare_until_killed(folder.as_ref(), url).await;
    }
    let (folder, server) = (folder(), Server::start());
    let _never = patient(&server);
    let name = "engine::compare::a_killed_process_leaves_three_interrupted_answers_with_their_text";
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(CHILD, format!("{}|{}", folder.path().display(), server.url()))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let chat: ChatId = lines
        .map(Result::unwrap)
        .find_map(|line| line.strip_prefix("streaming ").map(|id| id.parse().unwrap()))
        .expect("the child streams");
    child.kill().unwrap();
    child.wait().unwrap();

    let desk = Desk::open(folder.path(), &server);
    assert_eq!(desk.notices[0].code, NoticeCode::RunsInterrupted { count: 3 });
    let page = page(&desk, chat).await;
    let expected = [(0, "alpha ".to_owned()), (1, "beta ".to_owned()), (2, "gamma ".to_owned())];
    assert_eq!(columns(&page), expected);
    let shown = page.messages.last().into_iter().chain(&page.compared);
    for message in shown {
        assert_eq!(message.answer.as_ref().unwrap().status, AnswerStatus::Interrupted);
    }
    desk.close().await;
}
