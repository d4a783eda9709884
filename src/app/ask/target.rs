//! Where a message of the command line goes, and how it is answered.

use crate::agent::Clock;
use crate::app::config::Loaded;
use crate::app::failure::Failure;
use crate::app::providers::Desk;
use crate::protocol::{
    ChatId, ChatOptions, ChatSummary, IdSource, ModelId, ModelInfo, Params, Place, SendRequest,
};
use crate::state::effective_options;
use crate::store::{Paths, StoreHandle};

/// What was asked for on the command line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) chat: Option<&'a str>,
    pub(super) model: Option<&'a str>,
}

/// The message with its chat, its model and its parameters.
pub(super) async fn request(
    paths: &Paths,
    store: &StoreHandle,
    loaded: &Loaded,
    asked: Asked<'_>,
    text: String,
) -> Result<SendRequest, Failure> {
    let desk = Desk::new(paths, loaded.clone());
    let settings = &desk.settings;
    let chat = match asked.chat {
        Some(id) => Some(find_chat(store, id).await?),
        None => None,
    };
    let usual = chat.as_ref().and_then(|chat| chat.model.clone());
    let usual = usual.or_else(|| settings.default_model.clone());
    let usual = usual.unwrap_or_else(|| ModelId::new("guide", "guide"));
    let model = match asked.model {
        Some(model) => parse_model(model)?,
        None => usual.clone(),
    };
    desk.refuse_left_out(model.provider.as_str())?;
    let (ids, now) = (IdSource, (Clock::system().now)());
    // A new chat's model is the one it begins with; in an old one a different model is one-off.
    let chat_model = if chat.is_some() { usual } else { model.clone() };
    let info = known(&desk, store, &model).await;
    let own = chat.as_ref().map_or_else(ChatOptions::default, |chat| chat.options.clone());
    let takes = std::iter::once((info.takes, info.output));
    Ok(SendRequest {
        chat: chat.map_or_else(|| ids.chat(now), |chat| chat.id),
        message: ids.message(now),
        place: Place::AtLeaf,
        text,
        one_off: model != chat_model,
        model,
        chat_model,
        attachments: Vec::new(),
        options: effective_options(settings, &own, &Params::default(), takes),
        // The settings hold for all chats; a new one has none of its own.
        chat_options: ChatOptions::default(),
        also: Vec::new(),
        run: ids.run(now),
        answer: ids.message(now),
        created: now,
    })
}

fn parse_model(text: &str) -> Result<ModelId, Failure> {
    text.parse().map_err(|error| Failure::usage(error, "List the models with `switchboard models`"))
}

async fn find_chat(store: &StoreHandle, id: &str) -> Result<ChatSummary, Failure> {
    let hint = "List the chats with `switchboard chats list`";
    let chat: ChatId =
        id.parse().map_err(|_bad| Failure::usage(format!("{id:?} is not a chat id"), hint))?;
    match store.chat(chat).await {
        Ok(Some(summary)) => Ok(summary),
        Ok(None) => Err(Failure::usage(format!("there is no chat {id}"), hint)),
        Err(error) => Err(Failure::work(error, "See `switchboard doctor`")),
    }
}

/// What is known of a model without asking its provider.
async fn known(desk: &Desk, store: &StoreHandle, model: &ModelId) -> ModelInfo {
    let kept = store.load_models().await.unwrap_or_default();
    let config = desk.all().into_iter().find(|config| config.id == model.provider);
    let shown = config.map(|config| {
        let kept = kept.iter().find(|kept| kept.provider == config.id);
        desk.shown(&config, kept.map(|kept| kept.models.as_slice()))
    });
    let found = shown.into_iter().flatten().find(|info| info.id == *model);
    found.unwrap_or_else(|| ModelInfo::unknown(model.clone()))
}
