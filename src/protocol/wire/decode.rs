//! Reading frames. Nothing that a peer sends can do more than be refused.

use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::fields;
use super::{BadFrame, CommandFrame, FRAME_LIMIT, FromClient, FromServer, PlainEvent};
use crate::protocol::{ChatId, Frame, MessageId, StreamEvent};

const COMMANDS: [&str; 11] = [
    "hello",
    "chat",
    "cancel",
    "stop",
    "approval",
    "subscribe",
    "unsubscribe",
    "list_models",
    "list_bots",
    "list_chats",
    "load_messages",
];

const EVENTS: [&str; 13] = [
    "state",
    "thinking",
    "message",
    "token",
    "tool_start",
    "tool_end",
    "approval_needed",
    "usage",
    "context",
    "notification",
    "model_fallback",
    "error",
    "done",
];

const SAID: [&str; 10] = [
    "welcome",
    "ack",
    "agent_ready",
    "models",
    "bots",
    "chats",
    "messages",
    "platform_message",
    "run_started",
    "error",
];

/// Reads a frame of a desktop.
///
/// # Errors
///
/// Where it is too long, no JSON, has no `type`, or its payload is not what its type wants.
pub fn read_from_client(text: &str) -> Result<FromClient, BadFrame> {
    let (kind, mut frame) = envelope(text)?;
    if !COMMANDS.contains(&kind.as_str()) {
        let id = frame.get("id").and_then(Value::as_str).map(str::to_owned);
        return Ok(FromClient::Unknown { kind, id });
    }
    frame.entry("payload").or_insert_with(|| Value::Object(Map::new()));
    fields::forget_empty(&mut frame);
    let frame = Value::Object(frame);
    match CommandFrame::deserialize(&frame) {
        Ok(command) => Ok(FromClient::Command(Box::new(command))),
        Err(_of_types) => Err(BadFrame(fields::problem(&kind, &frame))),
    }
}

/// Reads a frame of a gateway or of a plain server.
///
/// # Errors
///
/// Where it is too long, no JSON, has no `type`, or its payload is not what its type wants.
pub fn read_from_server(text: &str) -> Result<FromServer, BadFrame> {
    let (kind, mut frame) = envelope(text)?;
    let is_event = EVENTS.contains(&kind.as_str());
    if is_event && frame.contains_key("seq") && frame.contains_key("runId") {
        let event: Frame = read(&kind, frame)?;
        return Ok(FromServer::Event(Box::new(event)));
    }
    // A gateway's error about a command has a code that is always there; a plain one need not.
    if SAID.contains(&kind.as_str()) && (kind != "error" || frame.contains_key("v")) {
        return Ok(FromServer::Said(Box::new(read(&kind, frame)?)));
    }
    if is_event {
        let chat = frame.get("chatId").or_else(|| frame.get("payload")?.get("chatId"));
        let chat = chat.and_then(Value::as_str).and_then(|id| id.parse::<ChatId>().ok());
        complete(&kind, &mut frame);
        let event: StreamEvent = read(&kind, frame)?;
        return Ok(FromServer::Plain(Box::new(PlainEvent { chat, event })));
    }
    Ok(FromServer::Unknown(kind))
}

fn envelope(text: &str) -> Result<(String, Map<String, Value>), BadFrame> {
    if text.len() > FRAME_LIMIT {
        return Err(BadFrame(format!("a frame of {} bytes is too long", text.len())));
    }
    let value: Value =
        serde_json::from_str(text).map_err(|error| BadFrame(format!("no JSON: {error}")))?;
    let Value::Object(frame) = value else {
        return Err(BadFrame("a frame is a JSON object".to_owned()));
    };
    match frame.get("type") {
        Some(Value::String(kind)) => Ok((kind.clone(), frame)),
        Some(_) => Err(BadFrame("the field type is no text".to_owned())),
        None => Err(BadFrame("the field type is missing".to_owned())),
    }
}

fn read<T: for<'de> Deserialize<'de>>(
    kind: &str,
    frame: Map<String, Value>,
) -> Result<T, BadFrame> {
    T::deserialize(Value::Object(frame)).map_err(|error| BadFrame(format!("{kind}: {error}")))
}

/// Fills in what a plain server leaves out.
fn complete(kind: &str, frame: &mut Map<String, Value>) {
    let payload = frame.entry("payload").or_insert_with(|| Value::Object(Map::new()));
    let Value::Object(payload) = payload else { return };
    let mut add = |name: &str, value: Value| {
        payload.entry(name).or_insert(value);
    };
    let nobody = || Value::String(MessageId(Uuid::nil()).to_string());
    match kind {
        "message" | "token" => {
            add("role", "assistant".into());
            add("offset", 0.into());
            add("messageId", nobody());
        }
        "thinking" => add("offset", 0.into()),
        "tool_start" => add("args", Value::Object(Map::new())),
        "tool_end" => {
            add("success", true.into());
            add("elapsedMs", 0.into());
        }
        "error" => {
            add("kind", "protocol".into());
            add("code", Value::Null);
            add("retryable", false.into());
        }
        "done" => {
            add("status", "complete".into());
            add("messageId", nobody());
            add("replyToId", Value::Null);
        }
        "notification" => {
            add("level", "info".into());
            add("code", "notice".into());
        }
        "approval_needed" => {
            add("action", "".into());
            add("args", Value::Object(Map::new()));
            add("argsHash", "".into());
            add("riskLevel", "high".into());
            add("reason", "".into());
            add("expiresAt", i64::MAX.into());
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ClientCommand, ServerMessage};
    use super::*;
    use crate::protocol::Seq;

    #[test]
    fn commands_are_read_with_and_without_a_payload() {
        let read = |text: &str| read_from_client(text).unwrap();
        let FromClient::Command(frame) = read(r#"{"type":"list_bots","id":"7"}"#) else { panic!() };
        assert_eq!(frame.id.as_deref(), Some("7"));
        assert_eq!(frame.command, ClientCommand::ListBots {});
        let text = r#"{"type":"stop","payload":{"mode":"now","more":1},"v":1}"#;
        assert!(matches!(read(text), FromClient::Command(_)));
        let FromClient::Unknown { kind, id } = read(r#"{"type":"dance","id":"x"}"#) else {
            panic!()
        };
        assert_eq!((kind.as_str(), id.as_deref()), ("dance", Some("x")));
    }

    #[test]
    fn a_message_follows_the_end_another_one_or_nothing() {
        let id = "0190a000-0000-7000-8000-000000000001";
        for (place, expected) in [
            (String::new(), None),
            (",\"replyToId\":null".to_owned(), Some(None)),
            (format!(",\"replyToId\":\"{id}\""), Some(Some(id.parse().unwrap()))),
        ] {
            let text = format!(r#"{{"type":"chat","payload":{{"message":"x"{place}}}}}"#);
            let FromClient::Command(frame) = read_from_client(&text).unwrap() else { panic!() };
            let again = serde_json::to_string(&frame).unwrap();
            let ClientCommand::Chat(chat) = frame.command else { panic!() };
            assert_eq!(chat.reply_to_id, expected);
            assert_eq!(again.contains("replyToId"), expected.is_some(), "{again}");
        }
    }

    #[test]
    fn what_a_newer_peer_spells_in_another_way_is_left_out() {
        let text = r#"{"type":"bots","v":1,"payload":{"bots":[{"id":"b","name":"B","variables":[
            {"name":"year","label":"Which?"},{"name":"mood","label":"How?","kind":"colour"}]}]}}"#;
        let FromServer::Said(said) = read_from_server(text).unwrap() else { panic!() };
        let ServerMessage::Bots { bots, .. } = *said else { panic!() };
        let names: Vec<&str> = bots[0].variables.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["year"]);
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let deep =
            format!(r#"{{"type":"chat","payload":{}1{}}}"#, "[".repeat(500), "]".repeat(500));
        for (text, about) in [
            ("", "no JSON"),
            ("[1]", "a JSON object"),
            ("{}", "type is missing"),
            (r#"{"type":1}"#, "no text"),
            (r#"{"type":"chat","payload":{"message":1}}"#, "chat: "),
            (deep.as_str(), "no JSON: recursion"),
        ] {
            let BadFrame(said) = read_from_client(text).unwrap_err();
            assert!(said.contains(about), "{said}");
        }
        let long = format!(r#"{{"type":"{}"}}"#, "x".repeat(FRAME_LIMIT));
        assert!(read_from_client(&long).is_err());
        assert!(read_from_server(&long).is_err());
    }

    #[test]
    fn events_of_a_gateway_have_a_place_and_those_of_a_plain_server_none() {
        let id = "0190a000-0000-7000-8000-000000000001";
        let text = format!(
            r#"{{"type":"token","payload":{{"role":"assistant","content":"hi","messageId":"{id}","offset":3}},"v":1,"chatId":"{id}","runId":"{id}","seq":17,"ts":5}}"#
        );
        let FromServer::Event(frame) = read_from_server(&text).unwrap() else { panic!() };
        assert_eq!(frame.seq, Seq(17));
        let text = r#"{"type":"message","payload":{"role":"assistant","content":"hi"}}"#;
        let FromServer::Plain(plain) = read_from_server(text).unwrap() else { panic!() };
        assert!(matches!(plain.event, StreamEvent::Message { content, .. } if content == "hi"));
        let text = r#"{"type":"error","payload":{"message":"no"}}"#;
        assert!(matches!(read_from_server(text), Ok(FromServer::Plain(_))));
        let text = r#"{"type":"error","v":1,"payload":{"message":"no","code":"busy","kind":"overloaded"}}"#;
        let Ok(FromServer::Said(said)) = read_from_server(text) else { panic!() };
        assert!(matches!(*said, ServerMessage::Error { code, .. } if code == "busy"));
        assert_eq!(read_from_server(r#"{"type":"news"}"#), Ok(FromServer::Unknown("news".into())));
    }

    #[test]
    fn usage_of_old_journals_and_of_other_servers_is_read() {
        let usage = |payload: &str| {
            let text = format!(r#"{{"type":"usage","payload":{payload}}}"#);
            let Ok(FromServer::Plain(plain)) = read_from_server(&text) else { panic!("{text}") };
            let StreamEvent::Usage { prompt_tokens, totals, .. } = plain.event else { panic!() };
            (prompt_tokens, *totals)
        };
        let old = r#"{"promptTokens":1,"completionTokens":2,"totalCost":null}"#;
        assert_eq!(usage(old), (Some(1), crate::protocol::RunTotals::default()));
        let (prompt, totals) = usage(
            r#"{"promptTokens":1,"completionTokens":2,"totalCost":null,"totalTokens":3,
                "iterations":2.5,"elapsedMs":7,"tokensPerSecond":1.5,
                "perModel":{"a/b":{"promptTokens":1,"totalCost":0.5,"calls":9}}}"#,
        );
        assert_eq!((prompt, totals.total_tokens, totals.iterations), (Some(1), Some(3), None));
        assert_eq!((totals.elapsed_ms, totals.tokens_per_second), (Some(7), Some(1.5)));
        assert_eq!(totals.per_model["a/b"].total_cost, Some(0.5));
        assert_eq!(
            usage(r#"{"promptTokens":1,"completionTokens":2,"totalCost":null,"perModel":[]}"#).0,
            Some(1)
        );
    }
}
