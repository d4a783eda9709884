//! Remote servers: their settings, a chat on one that is away, and what it asks.

use egui::Key;
use serde_json::json;
use switchboard::protocol::{
    BackendEvent, BotId, Carrier, ChatId, ChatOptions, IdSource, LinkState, ModelId, ModelInfo,
    QueuedMessage, RemoteBot, RemoteEvent, RiskLevel, RunEvent, Seq, ServerConfig, ServerState,
    StreamEvent, ToolCallId,
};

use super::scene::Scene;
use super::{open_chat, picture};
use crate::support::{STILL, Script, Signal, Window, delta, sse_without_done};

/// What the server tells its owner of a bot.
const GARDENER: &str = "id: gardener\nversion: \"1.3\"\nname: Gardener\ncategory: support\n\
                        tags: [plants, watering, seasons]\nicon: clock\ncolor: green\n";

/// A server with bots and models, whose link stands so.
fn server(id: &str, name: &str, link: LinkState) -> ServerState {
    let bot = |id: &str, name: &str, description: &str| RemoteBot {
        id: BotId::from(id),
        name: name.to_owned(),
        description: description.to_owned(),
        template: None,
        variables: Vec::new(),
    };
    let model = |id: &str, name: &str| ModelInfo {
        name: name.to_owned(),
        context: Some(128_000),
        price_in: Some(0.0),
        price_out: Some(0.0),
        ..ModelInfo::unknown(id.parse::<ModelId>().unwrap())
    };
    ServerState {
        config: ServerConfig {
            id: id.into(),
            name: name.to_owned(),
            url: format!("wss://{id}.example:8899"),
            token_query: false,
            dual: false,
            ca_file: None,
        },
        has_token: true,
        link,
        models: vec![model("local/llama", "Llama 4 Home"), model("local/qwen", "Qwen 3 Coder")],
        bots: vec![
            RemoteBot {
                template: Some(GARDENER.to_owned()),
                ..bot(
                    "gardener",
                    "Gardener",
                    "Looks after the plants at home and knows when they were watered.",
                )
            },
            bot("backup", "Backup Watch", "Tells what was saved last night, and what was not."),
        ],
        has_older: false,
    }
}

fn ready() -> LinkState {
    LinkState::Ready { since: STILL, plain: false, carrier: Carrier::Socket }
}

fn waiting() -> LinkState {
    let cause = "connection refused".to_owned();
    LinkState::Waiting { until: STILL.plus_ms(3_600), attempt: 3, cause, blocked: false }
}

fn tell(window: &mut Window, server: ServerState) {
    window.tell(BackendEvent::Remote(RemoteEvent::Changed(Box::new(server))));
}

/// Makes the chat in front one of the server `home`.
fn move_to_home(window: &mut Window) -> ChatId {
    let chat = window.conversation().chat;
    let known = window.state().chats.as_ref().unwrap().iter().find(|known| known.id == chat);
    let mut summary = known.unwrap().clone();
    summary.server = Some("home".into());
    window.tell(BackendEvent::ChatChanged(summary));
    chat
}

#[test]
fn settings() {
    picture("servers", Scene::providers, |window, _| {
        tell(window, server("home", "Home", ready()));
        tell(window, server("workshop", "Workshop", waiting()));
        let message = "the token was taken back".to_owned();
        tell(window, server("studio", "Studio", LinkState::Denied { message }));
        window.ctrl(Key::Comma);
        window.click("Servers");
        window.click("More for Studio");
        window.click("Edit…");
    });
}

/// Messages wait for a server that is away.
#[test]
fn trouble() {
    picture("trouble", Scene::providers, |window, scene| {
        tell(window, server("home", "Home", waiting()));
        open_chat(window, scene);
        let chat = move_to_home(window);
        let texts = ["And what if the clock jumps?", "Then write a test for it."];
        let items = texts.map(|text| QueuedMessage {
            id: IdSource.message(STILL),
            chat,
            text: text.to_owned(),
            model: "local/llama".parse().unwrap(),
            one_off: false,
            created: STILL,
            also: Vec::new(),
            attachments: Vec::new(),
            options: ChatOptions::default(),
        });
        window.tell(BackendEvent::Queue { chat, items: items.into() });
    });
}

/// An agent on a server wants to run a command.
#[test]
fn approval() {
    picture("approval", Scene::chats, |window, scene| {
        let words = "The cap is applied to every attempt. `cargo fix` can drop what is not used";
        let script = Script::stream().bytes(sse_without_done(&[delta(words)]));
        scene.place.server.push(script.wait(&Signal::new()));
        tell(window, server("home", "Home", ready()));
        open_chat(window, scene);
        window.send("Is the cap applied to every attempt?");
        window.until_sees("can drop what is not used");
        let chat = move_to_home(window);
        let run = window.conversation().run.as_ref().unwrap().id;
        let event = StreamEvent::ApprovalNeeded {
            id: ToolCallId::from("call-2"),
            tool: "shell".to_owned(),
            action: "Run a shell command".to_owned(),
            args: json!({"command": "cargo fix --allow-dirty"}),
            args_hash: "4f".to_owned(),
            risk_level: RiskLevel::High,
            reason: "writes files".to_owned(),
            expires_at: STILL.plus_ms(292_000),
        };
        let event = RunEvent { chat, run, seq: Seq(1_000), at: STILL, event, resume: None };
        window.tell(BackendEvent::Run(event));
    });
}

/// The bots of a server stand on a shelf of its own.
#[test]
fn gallery() {
    picture("gallery-server", Scene::providers, |window, _| {
        window.until("the library", |window| window.state().bots.is_loaded());
        tell(window, server("home", "Home", ready()));
        window.ctrl(Key::G);
        window.click("Home 2");
        window.click("Gardener");
    });
}

/// Its models are a group of the picker.
#[test]
fn picker() {
    picture("picker-server", Scene::providers, |window, _| {
        window.until("the library", |window| window.state().bots.is_loaded());
        tell(window, server("home", "Home", ready()));
        window.ctrl(Key::M);
        window.type_text("home");
    });
}
