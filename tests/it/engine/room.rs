//! Making room in a chat that is too long for its model.

use switchboard::agent::Clock;
use switchboard::protocol::{
    BackendCommand, BackendEvent, ChatId, Covers, ErrorKind, MakeRoom, Message, MessageId, ModelId,
    ModelInfo, Part, QueryId, RegenerateRequest, RunStatus, StopMode, UsageRange,
};

use super::{folder, half};
use crate::support::{
    Desk, Script, Server, Signal, Told, delta, failure, finish, model, sse, usage,
};

const WINDOW: u64 = 280;

fn with_window(name: &str, window: u64) -> ModelInfo {
    ModelInfo { context: Some(window), ..ModelInfo::unknown(model(name)) }
}

/// Three turns of a hundred tokens each; what was said in them is known by `(one)` to `(three)`.
async fn long_chat(desk: &mut Desk, server: &Server) -> ChatId {
    let chat = Desk::new_chat();
    for name in ["(one)", "(two)", "(three)"] {
        server.push(Script::answer(&format!("answer {name} {}", "word ".repeat(45))));
        let text = format!("question {name} {}", "word ".repeat(45));
        let run = desk.send(chat, &text, model("alpha")).await;
        desk.finish(run).await;
    }
    chat
}

/// A question for which the chat is too long. Gives its id.
async fn too_long(desk: &mut Desk, server: &Server, chat: ChatId, text: &str) -> MessageId {
    let error = failure("context_length_exceeded", "This model's maximum context length is 400");
    server.push(Script::json(400, &error));
    let run = desk.send(chat, text, model("alpha")).await;
    assert_eq!(desk.finish(run).await.status, RunStatus::Failed);
    let path = desk.messages(chat).await;
    let error = path.last().unwrap().answer.as_ref().unwrap().error.clone().unwrap();
    assert_eq!(error.kind, ErrorKind::ContextTooLong);
    path[path.len() - 2].id
}

async fn open(folder: &std::path::Path, server: &Server) -> (Desk, ChatId, MessageId) {
    let models = vec![with_window("alpha", WINDOW), with_window("small", 400)];
    Desk::know(folder, server, models).await;
    let mut desk = Desk::open(folder, server);
    let chat = long_chat(&mut desk, server).await;
    let question = too_long(&mut desk, server, chat, "question (four)").await;
    (desk, chat, question)
}

fn room(chat: ChatId, question: MessageId, how: MakeRoom) -> RegenerateRequest {
    RegenerateRequest { make_room: Some(how), ..Desk::again(chat, question, "alpha") }
}

async fn make_room(desk: &mut Desk, request: RegenerateRequest) -> Told {
    let run = request.run;
    desk.ask(BackendCommand::Regenerate(Box::new(request))).await;
    desk.finish(run).await
}

fn sent(server: &Server) -> String {
    server.posts().last().unwrap().json()["messages"].to_string()
}

fn covers(message: &Message) -> Option<(&str, &Covers)> {
    message.parts.iter().find_map(|part| match part {
        Part::Notice { code, covers: Some(covers), .. } => Some((code.as_str(), covers)),
        _ => None,
    })
}

async fn set_covered(desk: &mut Desk, chat: ChatId, message: MessageId, covered: bool) -> Message {
    let query = QueryId(u64::from(covered) + 20);
    desk.ask(BackendCommand::SetCovered { query, chat, message, covered, limit: 100 }).await;
    let page = desk
        .until(|event| match event {
            BackendEvent::Messages { query: answered, page, .. } if answered == query => Some(page),
            _ => None,
        })
        .await;
    page.messages.into_iter().find(|known| known.id == message).unwrap()
}

/// Tokens by model, as the usage page lists them.
async fn spent_by(desk: &Desk) -> Vec<(ModelId, Option<u64>)> {
    let report = desk.store.usage(UsageRange::All, (Clock::system().now)()).await.unwrap();
    report.models.into_iter().map(|(model, sum)| (model, sum.usage.total_tokens())).collect()
}

#[tokio::test]
async fn the_oldest_turns_are_left_out_visibly_until_that_is_taken_back() {
    let (folder, server) = (folder(), Server::start());
    let (mut desk, chat, question) = open(folder.path(), &server).await;
    let before = desk.messages(chat).await;
    let told = make_room(&mut desk, room(chat, question, MakeRoom::LeaveOut)).await;
    assert_eq!(told.status, RunStatus::Complete);
    let request = sent(&server);
    assert!(!request.contains("(one)") && !request.contains("(two)"), "{request}");
    assert!(request.contains("(three)") && request.contains("(four)"), "{request}");
    let answer = desk.messages(chat).await.pop().unwrap();
    let (code, covered) = covers(&answer).unwrap();
    let expected = Covers { through: before[3].id, summary: None, undone: false };
    assert_eq!((code, covered), ("oldest_left_out", &expected));
    assert!(told.text().contains("(four)"));
    assert!(
        matches!(&answer.parts[0], Part::Notice { message, .. } if message.contains("4 oldest")),
        "{:?}",
        answer.parts
    );

    // It holds for the messages to come, and can be taken back and made to count again.
    for (covered, has_all) in [(None, false), (Some(false), true), (Some(true), false)] {
        if let Some(covered) = covered {
            let changed = set_covered(&mut desk, chat, answer.id, covered).await;
            assert_eq!(covers(&changed).unwrap().1.undone, !covered);
        }
        let run = desk.send(chat, "and then", model("alpha")).await;
        desk.finish(run).await;
        assert_eq!(sent(&server).contains("question (one)"), has_all, "covered: {covered:?}");
    }
}

#[tokio::test]
async fn a_question_that_is_too_long_by_itself_fails_and_asks_nobody() {
    let (folder, server) = (folder(), Server::start());
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let question = too_long(&mut desk, &server, chat, "alone").await;
    let asked = server.posts().len();
    let told = make_room(&mut desk, room(chat, question, MakeRoom::LeaveOut)).await;
    assert_eq!((told.status, server.posts().len()), (RunStatus::Failed, asked));
    let error = desk.messages(chat).await.pop().unwrap().answer.unwrap().error.unwrap();
    assert_eq!(error.kind, ErrorKind::ContextTooLong);
}

#[tokio::test]
async fn the_start_is_summarised_by_the_model_of_choice() {
    let (folder, server) = (folder(), Server::start());
    let (mut desk, chat, question) = open(folder.path(), &server).await;
    let summary = [delta("They counted"), delta(" to two."), finish("stop"), usage(300, 20)];
    server.push(Script::events(&summary));
    server.push(Script::events(&[delta("Four."), finish("stop"), usage(150, 10)]));
    let how = MakeRoom::Summarise(model("beta"));
    let told = make_room(&mut desk, room(chat, question, how)).await;
    assert_eq!((told.status, told.text().as_str()), (RunStatus::Complete, "Four."));
    let posts = server.posts();
    let [.., asked_for_summary, asked] = posts.as_slice() else { panic!("two requests") };
    assert_eq!((asked_for_summary.model().as_str(), asked.model().as_str()), ("beta", "alpha"));
    let text = asked_for_summary.last_text();
    assert!(text.contains("(one)") && text.contains("(two)") && !text.contains("(four)"), "{text}");
    let request = sent(&server);
    assert!(request.contains("They counted to two."), "{request}");
    assert!(!request.contains("(one)") && request.contains("(four)"), "{request}");
    let answer = desk.messages(chat).await.pop().unwrap();
    let (code, covered) = covers(&answer).unwrap();
    assert_eq!(code, "start_summarised");
    assert_eq!(covered.summary.as_deref(), Some("They counted to two."));
    let used = answer.answer.unwrap();
    assert_eq!(used.usage.prompt_tokens, Some(150), "the summary is no part of the answer");
    let report = spent_by(&desk).await;
    assert!(report.contains(&(model("beta"), Some(320))), "{report:?}");
    assert_eq!(used.context.unwrap().used, 160, "and no part of the context");

    // A chat that grows too long again: the next summary builds on this one.
    let long = format!("question (five) {}", "word ".repeat(200));
    let run = desk.send(chat, &long, model("alpha")).await;
    desk.finish(run).await;
    let question = too_long(&mut desk, &server, chat, "question (six)").await;
    server.push(Script::answer("They went on to four."));
    let how = MakeRoom::Summarise(model("beta"));
    make_room(&mut desk, room(chat, question, how)).await;
    let posts = server.posts();
    let text = posts[posts.len() - 2].last_text();
    assert!(text.contains("They counted to two.") && !text.contains("(one)"), "{text}");
    let request = sent(&server);
    assert!(request.contains("They went on to four.") && !request.contains("counted"), "{request}");
}

#[tokio::test]
async fn a_start_that_does_not_fit_is_summarised_piece_by_piece() {
    let (folder, server) = (folder(), Server::start());
    let (mut desk, chat, question) = open(folder.path(), &server).await;
    // A window of 400 tokens takes pieces of a thousand bytes or less.
    let asked = server.posts().len();
    let long = format!("question (five) {}", "word ".repeat(400));
    let run = desk.send(chat, &long, model("beta")).await;
    desk.finish(run).await;
    let _earlier = question;
    let question = too_long(&mut desk, &server, chat, "question (six)").await;
    server.set_default(|request| {
        let said = if request.model() == "small" { "(so far)" } else { "Six." };
        Script::answer(said)
    });
    let how = MakeRoom::Summarise(model("small"));
    let told = make_room(&mut desk, room(chat, question, how)).await;
    assert_eq!(told.text(), "Six.");
    let posts = server.posts();
    let pieces: Vec<_> = posts[asked..].iter().filter(|post| post.model() == "small").collect();
    assert!(pieces.len() > 1, "{} pieces", pieces.len());
    assert!(pieces[1..].iter().all(|post| post.last_text().contains("(so far)")));
    assert!(sent(&server).contains("(so far)"));
}

#[tokio::test]
async fn a_summary_that_fails_ends_the_run_and_leaves_no_notice() {
    let (folder, server) = (folder(), Server::start());
    let (mut desk, chat, question) = open(folder.path(), &server).await;
    let asked = server.posts().len();
    for script in [
        Script::json(404, &failure("model_not_found", "no such model")),
        Script::events(&[finish("stop")]),
    ] {
        server.push(script);
        let how = MakeRoom::Summarise(model("beta"));
        let told = make_room(&mut desk, room(chat, question, how)).await;
        assert_eq!(told.status, RunStatus::Failed);
        let answer = desk.messages(chat).await.pop().unwrap();
        assert_eq!(answer.parts, []);
        let error = answer.answer.unwrap().error.unwrap();
        assert!(error.message.contains("mock/beta"), "{}", error.message);
    }
    assert!(server.posts()[asked..].iter().all(|post| post.model() == "beta"));
}

#[tokio::test]
async fn a_stopped_summary_leaves_no_notice() {
    let (folder, server) = (folder(), Server::start());
    let (mut desk, chat, question) = open(folder.path(), &server).await;
    server.push(half("They cou", &Signal::new()).hang());
    let asked = server.posts().len();
    let request = room(chat, question, MakeRoom::Summarise(model("beta")));
    let run = request.run;
    desk.ask(BackendCommand::Regenerate(Box::new(request))).await;
    server.wait_for_posts(asked + 1).await;
    desk.ask(BackendCommand::Stop { chat, mode: StopMode::Graceful }).await;
    assert_eq!(desk.finish(run).await.status, RunStatus::Stopped);
    assert_eq!(desk.messages(chat).await.pop().unwrap().parts, []);
    server.push(Script::stream().bytes(sse(&[delta("All."), finish("stop")])));
    let run = desk.send(chat, "go on", model("alpha")).await;
    desk.finish(run).await;
    assert!(sent(&server).contains("(one)"), "nothing is kept from the model");
}
