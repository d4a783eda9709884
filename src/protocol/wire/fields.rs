//! What commands hold, in the words of the wire: for whoever wrote a frame that cannot be read.

use serde_json::{Map, Value};
use uuid::Uuid;

/// What a field may be.
#[derive(Clone, Copy)]
enum Want {
    Text,
    Id,
    Number,
    Flag,
    /// A list of such things.
    List(&'static str),
    OneOf(&'static [&'static str]),
}

struct Field {
    name: &'static str,
    want: Want,
    is_needed: bool,
}

const fn needed(name: &'static str, want: Want) -> Field {
    Field { name, want, is_needed: true }
}

const fn optional(name: &'static str, want: Want) -> Field {
    Field { name, want, is_needed: false }
}

const HELLO: &[Field] = &[
    needed("protocol", Want::Number),
    needed("client", Want::Text),
    needed("clientId", Want::Text),
    optional("resume", Want::List("{runId, afterSeq}")),
];

const CHAT: &[Field] = &[
    needed("message", Want::Text),
    optional("clientMessageId", Want::Id),
    optional("chatId", Want::Id),
    optional("botId", Want::Text),
    optional("model", Want::Text),
    optional("systemPrompt", Want::Text),
    optional("replyToId", Want::Id),
    optional("attachments", Want::List("images and files")),
];

const CANCEL: &[Field] = &[
    optional("runId", Want::Id),
    optional("chatId", Want::Id),
    optional("mode", Want::OneOf(&["graceful", "now"])),
];

const APPROVAL: &[Field] = &[
    needed("id", Want::Text),
    needed("approved", Want::Flag),
    needed("argsHash", Want::Text),
    optional("scope", Want::OneOf(&["once", "chat"])),
];

const SUBSCRIBE: &[Field] = &[
    needed("chatId", Want::Id),
    optional("afterSeq", Want::Number),
    optional("botId", Want::Text),
];

const UNSUBSCRIBE: &[Field] = &[needed("chatId", Want::Id)];

const LIST_CHATS: &[Field] = &[optional("before", Want::Number), optional("limit", Want::Number)];

const LOAD_MESSAGES: &[Field] =
    &[needed("chatId", Want::Id), optional("before", Want::Id), optional("limit", Want::Number)];

/// Fields that plain clients send empty where they have none.
const OFTEN_EMPTY: [&str; 7] =
    ["chatId", "botId", "model", "systemPrompt", "clientMessageId", "replyToId", "runId"];

fn fields_of(kind: &str) -> &'static [Field] {
    match kind {
        "hello" => HELLO,
        "chat" => CHAT,
        "cancel" | "stop" => CANCEL,
        "approval" => APPROVAL,
        "subscribe" => SUBSCRIBE,
        "unsubscribe" => UNSUBSCRIBE,
        "list_chats" => LIST_CHATS,
        "load_messages" => LOAD_MESSAGES,
        _ => &[],
    }
}

/// What is empty counts as absent.
pub(super) fn forget_empty(frame: &mut Map<String, Value>) {
    let Some(Value::Object(payload)) = frame.get_mut("payload") else { return };
    payload
        .retain(|name, value| value.as_str() != Some("") || !OFTEN_EMPTY.contains(&name.as_str()));
}

/// What is wrong with a command of this kind that cannot be read.
pub(super) fn problem(kind: &str, frame: &Value) -> String {
    if !matches!(frame.get("id"), None | Some(Value::Null | Value::String(_))) {
        return format!("{kind}: id must be text");
    }
    let Some(Value::Object(payload)) = frame.get("payload") else {
        return format!("{kind}: payload must be an object");
    };
    let wrong = fields_of(kind).iter().find_map(|field| field.problem(payload.get(field.name)));
    match wrong {
        Some(wrong) => format!("{kind}: {wrong}"),
        None => format!("{kind}: payload is not what it must be"),
    }
}

impl Field {
    fn problem(&self, value: Option<&Value>) -> Option<String> {
        let Self { name, want, is_needed } = self;
        let Some(value) = value.filter(|value| *is_needed || !value.is_null()) else {
            return is_needed.then(|| format!("{name} is missing"));
        };
        let (is_fine, wanted) = match want {
            Want::Text => (value.is_string(), "text".to_owned()),
            Want::Id => {
                let id = value.as_str().map(Uuid::try_parse);
                (id.is_some_and(|id| id.is_ok()), "a UUID".to_owned())
            }
            Want::Number => (value.is_u64(), "a whole number".to_owned()),
            Want::Flag => (value.is_boolean(), "true or false".to_owned()),
            Want::List(of) => (false, format!("a list of {of}")),
            Want::OneOf(words) => {
                let word = value.as_str();
                (word.is_some_and(|word| words.contains(&word)), words.join(" or "))
            }
        };
        (!is_fine).then(|| format!("{name} must be {wanted}"))
    }
}

#[cfg(test)]
mod tests {
    use crate::protocol::{BadFrame, ClientCommand, FromClient, read_from_client};

    const ID: &str = "0190a000-0000-7000-8000-000000000001";

    #[test]
    fn the_field_that_is_wrong_is_named_in_the_words_of_the_wire() {
        for (kind, payload, wanted) in [
            ("chat", "{}", "chat: message is missing"),
            ("chat", r#"{"message":1}"#, "chat: message must be text"),
            ("chat", r#"{"message":null}"#, "chat: message must be text"),
            ("chat", r#"{"message":"x","chatId":"y"}"#, "chat: chatId must be a UUID"),
            ("chat", r#"{"message":"x","model":[]}"#, "chat: model must be text"),
            (
                "chat",
                r#"{"message":"x","attachments":[1]}"#,
                "chat: attachments must be a list of images and files",
            ),
            ("chat", "[]", "chat: payload must be an object"),
            ("hello", r#"{"protocol":1,"client":"x"}"#, "hello: clientId is missing"),
            ("hello", r#"{"protocol":-1}"#, "hello: protocol must be a whole number"),
            (
                "hello",
                r#"{"protocol":1,"client":"x","clientId":"y","resume":[7]}"#,
                "hello: resume must be a list of {runId, afterSeq}",
            ),
            ("stop", r#"{"mode":"soon"}"#, "stop: mode must be graceful or now"),
            ("approval", r#"{"id":"a","approved":1}"#, "approval: approved must be true or false"),
            ("subscribe", "{}", "subscribe: chatId is missing"),
            ("subscribe", r#"{"chatId":""}"#, "subscribe: chatId is missing"),
            ("unsubscribe", "{}", "unsubscribe: chatId is missing"),
            ("list_chats", r#"{"limit":"all"}"#, "list_chats: limit must be a whole number"),
            ("load_messages", "{}", "load_messages: chatId is missing"),
        ] {
            let text = format!(r#"{{"type":"{kind}","payload":{payload}}}"#);
            let BadFrame(said) = read_from_client(&text).unwrap_err();
            assert_eq!(said, wanted, "{text}");
        }
        let BadFrame(said) = read_from_client(r#"{"type":"list_bots","id":7}"#).unwrap_err();
        assert_eq!(said, "list_bots: id must be text");
    }

    #[test]
    fn what_plain_clients_send_empty_is_absent() {
        let text = format!(
            r#"{{"type":"chat","payload":{{"message":"","botId":"","chatId":"","model":"",
                "replyToId":"","clientMessageId":"{ID}"}}}}"#
        );
        let Ok(FromClient::Command(frame)) = read_from_client(&text) else { panic!() };
        let ClientCommand::Chat(chat) = frame.command else { panic!() };
        assert_eq!((chat.bot_id, chat.chat_id, chat.model), (None, None, None));
        assert_eq!((chat.reply_to_id, chat.message.as_str()), (None, ""));
        assert_eq!(chat.client_message_id.unwrap().to_string(), ID);
    }
}
