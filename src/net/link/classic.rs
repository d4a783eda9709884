//! Commands as servers know them that speak only `type` and `payload`.

use serde_json::{Map, Value, json};

use crate::protocol::{ClientCommand, CommandFrame};

/// A command for a plain server; none where it knows no such thing.
pub(super) fn encode(frame: &CommandFrame) -> Option<String> {
    match &frame.command {
        ClientCommand::Chat(chat) => {
            let mut payload = Map::new();
            let mut put = |name: &str, value: Option<Value>| {
                if let Some(value) = value {
                    payload.insert(name.to_owned(), value);
                }
            };
            put("message", Some(chat.message.clone().into()));
            put("systemPrompt", chat.system_prompt.clone().map(Value::from));
            put("botId", chat.bot_id.as_ref().map(|bot| bot.as_str().into()));
            put("chatId", chat.chat_id.map(|id| id.to_string().into()));
            put("model", chat.model.clone().map(Value::from));
            put("models", chat.model.as_ref().map(|model| json!({ "default": model })));
            put("replyToId", chat.reply_to_id.flatten().map(|id| id.to_string().into()));
            Some(json!({ "type": "chat", "payload": payload }).to_string())
        }
        ClientCommand::Cancel { .. } | ClientCommand::Approval(_) => {
            serde_json::to_string(frame).ok()
        }
        ClientCommand::Hello(_)
        | ClientCommand::Subscribe { .. }
        | ClientCommand::Unsubscribe { .. }
        | ClientCommand::ListModels {}
        | ClientCommand::ListBots {}
        | ClientCommand::ListChats { .. }
        | ClientCommand::LoadMessages { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{BotId, ChatCommand, ChatId, MessageId, StopMode};

    #[test]
    fn a_chat_has_the_classic_payload_and_lists_are_not_asked_for() {
        let id = uuid::Uuid::from_u128(7);
        let chat = ChatCommand {
            message: "hi".to_owned(),
            client_message_id: Some(MessageId(id)),
            chat_id: Some(ChatId(id)),
            bot_id: Some(BotId("aria".to_owned())),
            variables: std::collections::BTreeMap::new(),
            model: Some("a/b".to_owned()),
            system_prompt: Some("be kind".to_owned()),
            reply_to_id: Some(Some(MessageId(id))),
            attachments: Vec::new(),
        };
        let frame = |command| CommandFrame { id: Some("1".to_owned()), command };
        let text = encode(&frame(ClientCommand::Chat(Box::new(chat.clone())))).unwrap();
        let expected = json!({"type": "chat", "payload": {
            "message": "hi", "systemPrompt": "be kind", "botId": "aria", "chatId": id.to_string(),
            "model": "a/b", "models": {"default": "a/b"}, "replyToId": id.to_string(),
        }});
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
        let first = ChatCommand { reply_to_id: Some(None), ..chat };
        let text = encode(&frame(ClientCommand::Chat(Box::new(first)))).unwrap();
        assert!(!text.contains("replyToId"), "{text}");
        let cancel =
            ClientCommand::Cancel { run_id: None, chat_id: None, mode: StopMode::Graceful };
        assert!(encode(&frame(cancel)).unwrap().contains("cancel"));
        assert_eq!(encode(&frame(ClientCommand::ListBots {})), None);
    }
}
