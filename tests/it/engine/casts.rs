//! Chats with bots and rooms: what the servers are asked, and who speaks when.

use switchboard::protocol::{
    AnswerStatus, BackendCommand, BackendEvent, Bot, BotEntry, BotId, BotOrigin, ChatId, IdSource,
    ModelId, Part, ProviderConfig, ProviderKind, RegenerateRequest, Role, Room, RoomMember, RunId,
    RunStatus, Seed, SpeakingOrder, StartChat, StopMode, StreamEvent,
};
use switchboard::state::opening::{self, Values};
use switchboard::state::{AppState, HandleContext, Settings};

use super::{folder, half};
use crate::support::{
    Desk, Request, Script, Server, Signal, Told, anthropic, failure, model, responses, sse,
};

fn bot(instructions: &str) -> Bot {
    Bot {
        instructions: instructions.to_owned(),
        seeds: vec![Seed {
            role: Role::Assistant,
            content: "What shall I review?".to_owned(),
            member: None,
        }],
        ..Bot::blank("reviewer".into(), "Code Reviewer")
    }
}

fn member(id: &str, name: &str) -> RoomMember {
    RoomMember {
        id: id.into(),
        name: name.to_owned(),
        icon: Default::default(),
        color: Default::default(),
        instructions: format!("You argue as {name}"),
        model: Default::default(),
        parameters: Default::default(),
    }
}

fn room(order: SpeakingOrder, leader: Option<&str>, most_answers: u32) -> Bot {
    Bot {
        instructions: "Keep it short".to_owned(),
        room: Some(Room {
            order,
            leader: leader.map(BotId::from),
            rounds: 1,
            most_answers,
            members: vec![member("ada", "Ada"), member("bo", "Bo"), member("chair", "Chair")],
        }),
        ..Bot::blank("debate".into(), "Debate")
    }
}

/// A chat with a bot, as the window begins it.
fn start(bot: Bot) -> StartChat {
    let state = AppState::new(Settings::default(), &[], "/data".into());
    let context = HandleContext { now: crate::support::now(), ids: IdSource };
    let entry = BotEntry::new(bot, BotOrigin::Own);
    opening::start_chat(&entry, &Values::new(), &state, context)
}

async fn begin(desk: &mut Desk, bot: Bot) -> ChatId {
    let start = start(bot);
    let chat = start.chat;
    desk.ask(BackendCommand::StartChat(Box::new(start))).await;
    chat
}

/// The end of the next run, with who spoke in it.
async fn next_answer(desk: &mut Desk) -> (Option<String>, RunStatus, RunId) {
    let (run, bot) = desk
        .until(|event| match event {
            BackendEvent::RunStarted { run, answer, .. } => Some((run, answer.bot)),
            _ => None,
        })
        .await;
    let Told { status, .. } = desk.finish(run).await;
    (bot.map(|bot| bot.0), status, run)
}

/// Plays a round; says who spoke.
async fn play(
    desk: &mut Desk,
    server: &Server,
    chat: ChatId,
    text: &str,
    says: &[&str],
) -> Vec<String> {
    for said in says {
        server.push(Script::answer(said));
    }
    desk.send(chat, text, model("alpha")).await;
    let mut spoke = Vec::new();
    for _ in says {
        let (bot, status, _) = next_answer(desk).await;
        assert_eq!(status, RunStatus::Complete);
        spoke.push(bot.unwrap());
    }
    at_rest(desk, chat).await;
    spoke
}

/// The chat takes a command only when nothing runs: it is answered, and nothing was begun before.
async fn at_rest(desk: &mut Desk, chat: ChatId) {
    let query = switchboard::protocol::QueryId(77);
    let path = desk.messages(chat).await;
    let message = path.last().unwrap().id;
    desk.ask(BackendCommand::KeepAnswer { query, chat, message, limit: 10 }).await;
    let begun = desk
        .until(|event| match event {
            BackendEvent::RunStarted { .. } => Some(true),
            BackendEvent::Messages { query: answered, .. } if answered == query => Some(false),
            _ => None,
        })
        .await;
    assert!(!begun, "somebody speaks although the round is over");
}

fn messages(request: &Request) -> Vec<(String, String)> {
    let body = request.json();
    let text = |message: &serde_json::Value| {
        (
            message["role"].as_str().unwrap().to_owned(),
            message["content"].as_str().unwrap_or_default().to_owned(),
        )
    };
    body["messages"].as_array().unwrap().iter().map(text).collect()
}

#[tokio::test]
async fn instructions_and_seeds_reach_the_servers_of_all_apis() {
    for kind in [ProviderKind::Openai, ProviderKind::Anthropic, ProviderKind::Responses] {
        let (folder, server) = (folder(), Server::start());
        let id = match kind {
            ProviderKind::Anthropic => "claude-sonnet-5-5",
            ProviderKind::Openai | ProviderKind::Responses | ProviderKind::Guide => "gpt-6",
        };
        server.push(match kind {
            ProviderKind::Anthropic => anthropic::Reply::of(id).text("fine").script(),
            ProviderKind::Responses => Script::stream().bytes(sse(&responses::events(
                "resp_1",
                false,
                &[responses::message("fine")],
            ))),
            ProviderKind::Openai | ProviderKind::Guide => Script::answer("fine"),
        });
        let config = ProviderConfig::new("mock", "Mock", kind, server.url());
        let mut desk = Desk::with(folder.path(), config, Default::default());
        let chat = begin(&mut desk, bot("Review with care")).await;
        let mut request = Desk::request(chat, "This", model(id));
        request.options.params.system = Some("Answer in German".to_owned());
        desk.ask(BackendCommand::Send(Box::new(request))).await;
        let (spoke, status, _) = next_answer(&mut desk).await;
        assert_eq!((spoke.as_deref(), status), (Some("reviewer"), RunStatus::Complete), "{kind:?}");
        let body = server.posts().last().unwrap().json();
        let system = match kind {
            ProviderKind::Anthropic => body["system"].to_string(),
            ProviderKind::Responses => body["instructions"].to_string(),
            ProviderKind::Openai | ProviderKind::Guide => {
                body["messages"][0]["content"].to_string()
            }
        };
        assert!(system.contains(r"Review with care\n\nAnswer in German"), "{kind:?}: {system}");
        assert!(body.to_string().contains("What shall I review?"), "{kind:?}: {body}");
        let path = desk.messages(chat).await;
        let speakers: Vec<_> =
            path.iter().map(|message| message.bot.as_ref().map(BotId::as_str)).collect();
        assert_eq!(speakers, [Some("reviewer"), None, Some("reviewer")]);
        let kept = path[2].answer.as_ref().unwrap().params.system.clone();
        assert_eq!(
            kept.as_deref(),
            Some("Answer in German"),
            "the answer keeps what was set for it"
        );
        desk.close().await;
    }
}

#[tokio::test]
async fn a_chat_keeps_the_version_it_began_with_until_it_is_given_another() {
    let (folder, server) = (folder(), Server::start());
    let mut desk = Desk::open(folder.path(), &server);
    let chat = begin(&mut desk, bot("The first version")).await;
    server.push(Script::answer("one"));
    desk.send(chat, "Hi", model("alpha")).await;
    next_answer(&mut desk).await;
    desk.close().await;

    let mut desk = Desk::open(folder.path(), &server);
    server.push(Script::answer("two"));
    desk.send(chat, "And now", model("alpha")).await;
    next_answer(&mut desk).await;
    let told = |server: &Server| messages(server.posts().last().unwrap())[0].1.clone();
    assert!(told(&server).contains("The first version"));
    let StartChat { bot: kept, cast, .. } = start(bot("The second version"));
    desk.ask(BackendCommand::SetCast { chat, bot: kept, cast: Box::new(cast) }).await;
    server.push(Script::answer("three"));
    desk.send(chat, "Once more", model("alpha")).await;
    next_answer(&mut desk).await;
    assert!(told(&server).contains("The second version"));
    desk.close().await;
}

#[tokio::test]
async fn members_speak_in_turn_and_see_the_others_by_name() {
    let (folder, server) = (folder(), Server::start());
    let mut desk = Desk::open(folder.path(), &server);
    let chat = begin(&mut desk, room(SpeakingOrder::InTurn, None, 12)).await;
    let spoke = play(&mut desk, &server, chat, "Tea or coffee?", &["Tea", "Coffee", "Both"]).await;
    assert_eq!(spoke, ["ada", "bo", "chair"]);
    let posts = server.posts();
    let last = messages(&posts[2]);
    assert!(last[0].1.contains("Keep it short\n\nYou argue as Chair"), "{last:?}");
    assert!(last[0].1.contains("You are Chair. The others are: Ada, Bo."), "{last:?}");
    let said = "Tea or coffee?\n\nAda: Tea\n\nBo: Coffee";
    assert!(last[1..].iter().all(|(role, _)| role == "user"), "{last:?}");
    assert_eq!(
        last[1..].iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("\n\n"),
        said
    );
    let path = desk.messages(chat).await;
    let parents: Vec<_> = path.iter().map(|message| message.parent).collect();
    let above: Vec<_> = std::iter::once(None).chain(path.iter().map(|m| Some(m.id))).collect();
    assert_eq!(parents, above[..4], "each answer stands below the one before");

    // In the next round a member's own answer is its own turn.
    let spoke = play(&mut desk, &server, chat, "And @bo?", &["Still coffee"]).await;
    assert_eq!(spoke, ["bo"], "who is named answers alone");
    let last = messages(server.posts().last().unwrap());
    assert_eq!(last[2], ("assistant".to_owned(), "Coffee".to_owned()));
    let spoke = play(&mut desk, &server, chat, "@Chair, then @ada", &["Yes", "No"]).await;
    assert_eq!(spoke, ["chair", "ada"]);
    desk.close().await;
}

#[tokio::test]
async fn whoever_is_mentioned_speaks_next_until_nobody_is() {
    let (folder, server) = (folder(), Server::start());
    let mut desk = Desk::open(folder.path(), &server);
    let chat = begin(&mut desk, room(SpeakingOrder::ByMention, None, 12)).await;
    let says = ["I ask @Chair", "What says @Bo?", "Nothing"];
    assert_eq!(play(&mut desk, &server, chat, "Go", &says).await, ["ada", "chair", "bo"]);
    desk.close().await;
}

#[tokio::test]
async fn a_moderator_gives_the_word_and_ends_the_round() {
    let (folder, server) = (folder(), Server::start());
    let mut desk = Desk::open(folder.path(), &server);
    let chat = begin(&mut desk, room(SpeakingOrder::Moderated, Some("chair"), 12)).await;
    let says = ["First @Bo", "Bo's view", "Now @Ada", "Ada's view", "Thank you all"];
    let spoke = play(&mut desk, &server, chat, "Go", &says).await;
    assert_eq!(spoke, ["chair", "bo", "chair", "ada", "chair"]);
    desk.close().await;
}

#[tokio::test]
async fn all_answer_unseen_and_one_concludes() {
    let (folder, server) = (folder(), Server::start());
    let mut desk = Desk::open(folder.path(), &server);
    let chat = begin(&mut desk, room(SpeakingOrder::Concluded, Some("ada"), 12)).await;
    let says = ["Bo's secret", "Chair's secret", "In short"];
    assert_eq!(play(&mut desk, &server, chat, "Go", &says).await, ["bo", "chair", "ada"]);
    let posts = server.posts();
    let asked: Vec<String> = posts.iter().map(|post| post.json()["messages"].to_string()).collect();
    assert!(!asked[1].contains("Bo's secret"), "{}", asked[1]);
    assert!(asked[2].contains("Bo: Bo's secret") && asked[2].contains("Chair: Chair's secret"));
    desk.close().await;
}

#[tokio::test]
async fn a_room_ends_visibly_where_it_has_had_its_most_answers() {
    let (folder, server) = (folder(), Server::start());
    let mut desk = Desk::open(folder.path(), &server);
    let chat = begin(&mut desk, room(SpeakingOrder::InTurn, None, 2)).await;
    assert_eq!(play(&mut desk, &server, chat, "Go", &["One", "Two"]).await, ["ada", "bo"]);
    let path = desk.messages(chat).await;
    let is_told = |parts: &[Part]| {
        parts.iter().any(|part| matches!(part, Part::Notice { code, .. } if code == "most_answers"))
    };
    assert!(is_told(&path[2].parts) && !is_told(&path[1].parts), "{path:?}");
    desk.close().await;
}

#[tokio::test]
async fn a_stop_ends_the_round_and_going_on_goes_on_with_it() {
    let (folder, server) = (folder(), Server::start());
    let mut desk = Desk::open(folder.path(), &server);
    let chat = begin(&mut desk, room(SpeakingOrder::InTurn, None, 12)).await;
    let go = Signal::new();
    server.push(half("Tea is ", &go));
    let run = desk.send(chat, "Go", model("alpha")).await;
    desk.until_text(run, "Tea").await;
    desk.ask(BackendCommand::Stop { chat, mode: StopMode::Now }).await;
    assert_eq!(desk.finish(run).await.status, RunStatus::Stopped);
    at_rest(&mut desk, chat).await;

    for said in ["good", "Coffee", "Both"] {
        server.push(Script::answer(said));
    }
    let broken = desk.messages(chat).await.last().unwrap().clone();
    assert_eq!(broken.bot, Some("ada".into()));
    let again = RegenerateRequest {
        continues: Some(broken.id),
        bot: broken.bot.clone(),
        ..Desk::again(chat, broken.id, "alpha")
    };
    desk.ask(BackendCommand::Regenerate(Box::new(again))).await;
    let mut spoke = Vec::new();
    for _ in 0..3 {
        spoke.push(next_answer(&mut desk).await.0.unwrap());
    }
    assert_eq!(spoke, ["ada", "bo", "chair"]);
    at_rest(&mut desk, chat).await;
    let last = messages(server.posts().last().unwrap());
    assert!(last.iter().any(|(_, text)| text.contains("Ada: Tea is")), "{last:?}");
    desk.close().await;
}

#[tokio::test]
async fn a_failure_ends_the_round_and_answering_again_keeps_the_speaker() {
    let (folder, server) = (folder(), Server::start());
    let mut desk = Desk::open(folder.path(), &server);
    let chat = begin(&mut desk, room(SpeakingOrder::InTurn, None, 12)).await;
    server.push(Script::answer("Tea"));
    server.push(Script::json(400, &failure("bad", "No")));
    desk.send(chat, "Go", model("alpha")).await;
    assert_eq!(next_answer(&mut desk).await.0.as_deref(), Some("ada"));
    let (bot, status, _) = next_answer(&mut desk).await;
    assert_eq!((bot.as_deref(), status), (Some("bo"), RunStatus::Failed));
    at_rest(&mut desk, chat).await;

    server.push(Script::answer("Coffee"));
    server.push(Script::answer("Both"));
    let failed = desk.messages(chat).await.last().unwrap().clone();
    let again = RegenerateRequest {
        bot: failed.bot.clone(),
        ..Desk::again(chat, failed.parent.unwrap(), "alpha")
    };
    desk.ask(BackendCommand::Regenerate(Box::new(again))).await;
    assert_eq!(next_answer(&mut desk).await.0.as_deref(), Some("bo"));
    assert_eq!(next_answer(&mut desk).await.0.as_deref(), Some("chair"));
    at_rest(&mut desk, chat).await;
    desk.close().await;
}

#[tokio::test]
async fn a_waiting_message_goes_out_when_the_round_ends() {
    let (folder, server) = (folder(), Server::start());
    let mut desk = Desk::open(folder.path(), &server);
    let chat = begin(&mut desk, room(SpeakingOrder::InTurn, None, 12)).await;
    let go = Signal::new();
    server.push(half("Tea", &go).bytes(sse(&[crate::support::finish("stop")])));
    for said in ["Coffee", "Both", "Again tea"] {
        server.push(Script::answer(said));
    }
    let run = desk.send(chat, "Go", model("alpha")).await;
    desk.until_text(run, "Tea").await;
    desk.send(chat, "@ada again", model("alpha")).await;
    desk.until_queue(|items| items.len() == 1).await;
    go.fire();
    desk.finish(run).await;
    let mut spoke = Vec::new();
    for _ in 0..3 {
        spoke.push(next_answer(&mut desk).await.0.unwrap());
    }
    assert_eq!(spoke, ["bo", "chair", "ada"]);
    let roles: Vec<Role> = desk.messages(chat).await.iter().map(|message| message.role).collect();
    assert_eq!(roles[3..], [Role::Assistant, Role::User, Role::Assistant]);
    desk.close().await;
}

#[tokio::test]
async fn a_members_own_model_answers_unless_one_was_chosen_for_the_message() {
    let (folder, server) = (folder(), Server::start());
    let mut desk = Desk::open(folder.path(), &server);
    let mut start = start(room(SpeakingOrder::InTurn, None, 12));
    let chat = start.chat;
    start.cast.room.as_mut().unwrap().members[1].model = Some(model("beta"));
    desk.ask(BackendCommand::StartChat(Box::new(start))).await;
    play(&mut desk, &server, chat, "Go", &["1", "2", "3"]).await;
    let asked = |server: &Server| server.posts().iter().map(Request::model).collect::<Vec<_>>();
    assert_eq!(asked(&server), ["alpha", "beta", "alpha"]);
    for said in ["4", "5", "6"] {
        server.push(Script::answer(said));
    }
    let chosen = Desk::request(chat, "Again", model("gamma"));
    let chosen =
        switchboard::protocol::SendRequest { one_off: true, chat_model: model("alpha"), ..chosen };
    desk.ask(BackendCommand::Send(Box::new(chosen))).await;
    for _ in 0..3 {
        next_answer(&mut desk).await;
    }
    assert_eq!(asked(&server)[3..], ["gamma", "gamma", "gamma"]);
    desk.close().await;
}

/// Whoever spoke before, a request is one that strict servers take.
#[tokio::test]
async fn rounds_with_members_of_all_apis_are_valid_for_each() {
    let folder = folder();
    let servers: Vec<(ProviderKind, Server)> =
        [ProviderKind::Openai, ProviderKind::Anthropic, ProviderKind::Responses]
            .map(|kind| (kind, Server::start()))
            .into();
    let mut configs = Vec::new();
    for (kind, server) in &servers {
        let kind = *kind;
        server.set_default(move |request| match check(kind, request) {
            Ok(()) => good(kind, &request.model()),
            Err(reason) => Script::json(400, &failure("bad", &reason)),
        });
        let id = format!("my-{}", kind.as_str());
        configs.push(ProviderConfig::new(id.as_str(), id.as_str(), kind, server.url()));
    }
    let mut desk = Desk::asking(folder.path(), configs);
    let mut start = start(room(SpeakingOrder::InTurn, None, 12));
    let chat = start.chat;
    let models = [
        ModelId::new("my-openai", "alpha"),
        ModelId::new("my-anthropic", "claude-opus-4-6"),
        ModelId::new("my-responses", "gpt-6.1-sol"),
    ];
    for (member, model) in start.cast.room.as_mut().unwrap().members.iter_mut().zip(&models) {
        member.model = Some(model.clone());
    }
    desk.ask(BackendCommand::StartChat(Box::new(start))).await;
    for text in ["One", "@bo", "@chair @ada", "Four"] {
        desk.send(chat, text, models[0].clone()).await;
        let answers = match text {
            "@bo" => 1,
            "@chair @ada" => 2,
            _ => 3,
        };
        for _ in 0..answers {
            let (bot, status, _) = next_answer(&mut desk).await;
            let path = desk.messages(chat).await;
            let error = path.last().and_then(|last| last.answer.clone()?.error);
            assert_eq!(status, RunStatus::Complete, "{bot:?}: {error:?}");
        }
    }
    let path = desk.messages(chat).await;
    let is_whole = |status| status == AnswerStatus::Complete;
    assert!(path.iter().filter_map(|m| m.answer.as_ref()).all(|a| is_whole(a.status)));
    desk.close().await;
}

fn check(kind: ProviderKind, request: &Request) -> Result<(), String> {
    let body = request.json();
    match kind {
        ProviderKind::Anthropic => {
            anthropic::check(&body, request.header("anthropic-version").unwrap_or_default())
        }
        ProviderKind::Responses => responses::check(&body, true),
        ProviderKind::Openai | ProviderKind::Guide => crate::support::completions::check(
            &body,
            crate::support::completions::Strictness { sees: true, answer_after_results: false },
        ),
    }
}

fn good(kind: ProviderKind, model: &str) -> Script {
    match kind {
        ProviderKind::Anthropic => anthropic::Reply::of(model).text("fine").script(),
        ProviderKind::Responses => {
            let events = responses::events("resp_1", false, &[responses::message("fine")]);
            Script::stream().bytes(sse(&events))
        }
        ProviderKind::Openai | ProviderKind::Guide => Script::answer("fine"),
    }
}

/// Where a test looks at what a run says of itself.
#[tokio::test]
async fn a_plain_chat_has_no_speaker() {
    let (folder, server) = (folder(), Server::start());
    server.push(Script::answer("fine"));
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let run = desk.send(chat, "Hi", model("alpha")).await;
    let told = desk.finish(run).await;
    assert!(told.events.iter().any(|event| matches!(event.event, StreamEvent::Done { .. })));
    assert!(desk.messages(chat).await.iter().all(|message| message.bot.is_none()));
    assert_eq!(messages(&server.posts()[0]), [("user".to_owned(), "Hi".to_owned())]);
    desk.close().await;
}

#[tokio::test]
async fn after_a_restart_a_round_stands_still_and_a_message_begins_the_next() {
    let (folder, server) = (folder(), Server::start());
    let mut desk = Desk::open(folder.path(), &server);
    let chat = begin(&mut desk, room(SpeakingOrder::InTurn, None, 12)).await;
    let go = Signal::new();
    server.push(Script::answer("Tea"));
    server.push(half("Cof", &go));
    desk.send(chat, "Go", model("alpha")).await;
    assert_eq!(next_answer(&mut desk).await.0.as_deref(), Some("ada"));
    let run = desk
        .until(|event| match event {
            BackendEvent::RunStarted { run, .. } => Some(run),
            _ => None,
        })
        .await;
    desk.until_text(run, "Cof").await;
    desk.close().await;

    let mut desk = Desk::open(folder.path(), &server);
    at_rest(&mut desk, chat).await;
    let path = desk.messages(chat).await;
    assert_eq!(path.last().unwrap().text(), "Cof");
    let spoke = play(&mut desk, &server, chat, "Go on", &["Tea", "Coffee", "Both"]).await;
    assert_eq!(spoke, ["ada", "bo", "chair"]);
    desk.close().await;
}
