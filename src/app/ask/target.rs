//! Where a message of the command line goes, and how it is answered.

use std::sync::Arc;

use super::opening;
use crate::agent::Clock;
use crate::app::config::Loaded;
use crate::app::failure::Failure;
use crate::app::providers::Desk;
use crate::protocol::{
    Cast, ChatId, ChatOptions, ChatSummary, IdSource, ModelId, ModelInfo, Params, Place,
    ProviderConfig, SendRequest, StartChat,
};
use crate::state::{effective_options, nearest};
use crate::store::{Paths, StoreHandle};

/// How many models are named where one was not found.
const NEAREST: usize = 3;

/// What was asked for on the command line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) chat: Option<&'a str>,
    pub(super) model: Option<&'a str>,
    /// The bot that a new chat begins with.
    pub(super) bot: Option<&'a str>,
    /// Answers to its questions, `name=value`.
    pub(super) values: &'a [String],
}

/// A message with where it goes.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) request: SendRequest,
    /// Where the model is not listed, those with the nearest names.
    pub(super) nearest: Vec<ModelId>,
    /// The chat, where it is to be made with a bot first.
    pub(super) start: Option<StartChat>,
    /// Who takes part, where the chat has a bot.
    pub(super) cast: Option<Arc<Cast>>,
}

/// The model of chats that name none.
pub(super) fn usual_model(desk: &Desk) -> ModelId {
    let default = desk.settings.default_model.clone();
    default.unwrap_or_else(|| ModelId::new("guide", "guide"))
}

/// The message with its chat, its model and its parameters.
pub(super) async fn request(
    paths: &Paths,
    store: &StoreHandle,
    loaded: &Loaded,
    asked: Asked<'_>,
    text: String,
) -> Result<Target, Failure> {
    let desk = Desk::new(paths, loaded.clone());
    let settings = &desk.settings;
    let chat = match asked.chat {
        Some(id) => Some(find_chat(store, id).await?),
        None => None,
    };
    let start = match asked.bot {
        Some(bot) => Some(opening::start(paths, store, &desk, (bot, &asked)).await?),
        None => None,
    };
    let cast = match (&start, &chat) {
        (Some(start), _) => Some(Arc::new(start.cast.clone())),
        (None, Some(chat)) if chat.bot.is_some() => store.cast(chat.id).await.unwrap_or_default(),
        (None, Some(_) | None) => None,
    };
    let of_bot = start.as_ref().map(|start| &start.bot);
    let of_bot = of_bot.or_else(|| chat.as_ref()?.bot.as_ref());
    let of_bot = of_bot.and_then(|bot| bot.model.clone());
    let usual = chat.as_ref().and_then(|chat| chat.model.clone());
    let usual = usual.or(of_bot).unwrap_or_else(|| usual_model(&desk));
    let model = match asked.model {
        Some(model) => parse_model(&desk, model)?,
        None => usual.clone(),
    };
    desk.refuse_left_out(model.provider.as_str())?;
    let (ids, now) = (IdSource, (Clock::system().now)());
    // A new chat's model is the one it begins with; in an old one a different model is one-off.
    let is_new = chat.is_none() && start.is_none();
    let chat_model = if is_new { model.clone() } else { usual };
    let (info, nearest) = known(&desk, store, &model).await;
    let own = start.as_ref().map(|start| &start.options);
    let own = own.or_else(|| chat.as_ref().map(|chat| &chat.options)).cloned().unwrap_or_default();
    let begun = start.as_ref().map(|start| start.chat);
    let takes = std::iter::once((info.takes, info.output));
    let request = SendRequest {
        chat: begun.or_else(|| chat.map(|chat| chat.id)).unwrap_or_else(|| ids.chat(now)),
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
        server: None,
    };
    Ok(Target { request, nearest, start, cast })
}

/// A model's id, or the alias of a single model.
fn parse_model(desk: &Desk, text: &str) -> Result<ModelId, Failure> {
    let parsed = text.parse::<ModelId>();
    let is_provider = |id: &ModelId| desk.all().iter().any(|config| config.id == id.provider);
    if let Ok(id) = &parsed
        && is_provider(id)
    {
        return Ok(id.clone());
    }
    let wanted = text.trim().to_lowercase();
    let is_named = |alias: &String| alias.trim().to_lowercase() == wanted;
    let edits = desk.settings.models.iter();
    let named: Vec<&ModelId> = edits
        .filter(|(_, edit)| edit.alias.as_ref().is_some_and(is_named))
        .map(|(id, _)| id)
        .collect();
    match named.as_slice() {
        [] => parsed
            .map_err(|error| Failure::usage(error, "List the models with `switchboard models`")),
        [one] => Ok((*one).clone()),
        several => {
            let ids: Vec<String> = several.iter().map(ToString::to_string).collect();
            let hint = format!("Say which one: {}", ids.join(", "));
            Err(Failure::usage(format!("several models are called {text:?}"), &hint))
        }
    }
}

pub(super) async fn find_chat(store: &StoreHandle, id: &str) -> Result<ChatSummary, Failure> {
    let hint = "List the chats with `switchboard chats list`";
    let chat: ChatId =
        id.parse().map_err(|_bad| Failure::usage(format!("{id:?} is not a chat id"), hint))?;
    match store.chat(chat).await {
        Ok(Some(summary)) => Ok(summary),
        Ok(None) => Err(Failure::usage(format!("there is no chat {id}"), hint)),
        Err(error) => Err(Failure::work(error, "See `switchboard doctor`")),
    }
}

/// What is known of a model without asking its provider, and the nearest ones where it is not
/// listed.
async fn known(desk: &Desk, store: &StoreHandle, model: &ModelId) -> (ModelInfo, Vec<ModelId>) {
    let kept = store.load_models().await.unwrap_or_default();
    let shown = |config: &ProviderConfig| {
        let kept = kept.iter().find(|kept| kept.provider == config.id);
        desk.shown(config, kept.map(|kept| kept.models.as_slice()))
    };
    let all = desk.all();
    let own = all.iter().find(|config| config.id == model.provider).map(shown);
    let own = own.unwrap_or_default();
    if let Some(info) = own.iter().find(|info| info.id == *model) {
        return (info.clone(), Vec::new());
    }
    let others = all.iter().filter(|config| config.id != model.provider).flat_map(shown);
    let listed: Vec<ModelInfo> = own.into_iter().chain(others).collect();
    let near = nearest(listed.iter(), model, NEAREST);
    let near = near.into_iter().map(|info| info.id.clone()).collect();
    (ModelInfo::unknown(model.clone()), near)
}
