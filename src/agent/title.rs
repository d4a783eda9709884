//! Titles of chats, made by a model of the user's choice after the first complete answer.
//!
//! It is nothing that anybody waits for: when it fails, the first words stay the title.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tokio_util::task::AbortOnDropHandle;

use super::actor::Shared;
use super::budget;
use crate::net::{ChatRequest, Chunk, Provider};
use crate::protocol::{
    BackendEvent, ChatId, Effort, Message, ModelId, ModelInfo, Params, Part, ProviderKind, Role,
    StreamEvent, Takes, Usage,
};
use crate::store::{ReadState, StoreError};

/// How long it may take, from the request to the last word.
const DEADLINE: Duration = Duration::from_secs(20);
/// Room for six words.
const TOKENS: u32 = 30;
/// Room for six words of a model that cannot be kept from thinking first.
const TOKENS_WITH_THOUGHT: u32 = 1_000;
/// So much of the question and of the answer is shown to the model, in characters.
const EXCERPT: usize = 1_500;
/// A model that says more than this does not write a title, in bytes.
const MOST_SAID: usize = 4_000;
/// Length of a title, in characters.
const LENGTH: usize = 60;
/// The end of the path holds the first question and its answer: so far there is no other.
const LOOKED_AT: usize = 8;

const ASKED: &str = "Write a title for the conversation below: at most six words, in the language \
                     of the conversation, without quotation marks and without a full stop. Reply \
                     with the title alone.";

/// Makes a title for a chat whose first answer has just come, where the user wants that. The
/// command line ends with its answer and makes none.
pub(super) fn begin(shared: &Arc<Shared>, chat: ChatId) -> Option<AbortOnDropHandle<()>> {
    if shared.read == ReadState::Seen {
        return None;
    }
    let model = shared.settings.read().title_model.clone()?;
    let shared = shared.clone();
    Some(AbortOnDropHandle::new(tokio::spawn(async move {
        if let Err(reason) = make(&shared, chat, &model).await {
            tracing::info!(%chat, %model, %reason, "no title was made");
        }
    })))
}

#[derive(Debug, thiserror::Error)]
enum NoTitle {
    #[error("the chat has one of its own")]
    NotWanted,
    #[error("the model cannot be used")]
    Unusable,
    #[error("{0}")]
    OverBudget(String),
    #[error("nothing usable was said")]
    NothingSaid,
    #[error("{0}")]
    Store(#[from] StoreError),
}

async fn make(shared: &Shared, chat: ChatId, model: &ModelId) -> Result<(), NoTitle> {
    let store = &shared.store;
    if !store.wants_title(chat).await? {
        return Err(NoTitle::NotWanted);
    }
    let Some(Ok(provider)) = shared.providers.ready(&model.provider).await else {
        return Err(NoTitle::Unusable);
    };
    if provider.config().kind == ProviderKind::Guide {
        return Err(NoTitle::Unusable);
    }
    let info = shared.providers.model(model);
    let may_spend = shared.settings.read().budget;
    if budget::may_cost(&info, provider.config())
        && let Some(words) = budget::used_up(store, may_spend, (shared.clock.now)()).await
    {
        return Err(NoTitle::OverBudget(words));
    }
    let messages = store.page(chat, None, LOOKED_AT).await?.messages;
    let request = request(shared, chat, &messages, info, provider.as_ref());
    let mut heard = Heard::default();
    if tokio::time::timeout(DEADLINE, listen(provider.as_ref(), request, &mut heard)).await.is_err()
    {
        tracing::info!(%model, "the title took too long");
    }
    heard.count(shared, chat, model).await?;
    let title = clean(&heard.text).ok_or(NoTitle::NothingSaid)?;
    store.set_made_title(chat, &title).await?;
    // A chat that was deleted meanwhile does not come back.
    if let Some(summary) = store.chat(chat).await? {
        shared.tell(BackendEvent::ChatChanged(summary)).await;
    }
    Ok(())
}

fn request(
    shared: &Shared,
    chat: ChatId,
    messages: &[Message],
    model: ModelInfo,
    provider: &dyn Provider,
) -> ChatRequest {
    let now = (shared.clock.now)();
    let said = |role: Role| {
        let text = messages.iter().find(|message| message.role == role).map(Message::text);
        text.unwrap_or_default().chars().take(EXCERPT).collect::<String>()
    };
    let text = format!(
        "{ASKED}\n\n<question>\n{}\n</question>\n\n<answer>\n{}\n</answer>",
        said(Role::User),
        said(Role::Assistant)
    );
    let message =
        Message::new(shared.ids.message(now), chat, Role::User, now, vec![Part::Text { text }]);
    ChatRequest {
        aside: true,
        params: params(&provider.takes(&model), model.abilities.thinking),
        ..ChatRequest::new(model, vec![message], shared.ids.message(now), DEADLINE)
    }
}

/// As little thought as the model takes, and room for it where there has to be some.
fn params(takes: &Takes, thinks: Option<bool>) -> Params {
    let effort = takes.efforts.first().copied();
    let is_silent = match effort {
        Some(effort) => effort == Effort::None,
        None => thinks != Some(true),
    };
    let max_tokens = Some(if is_silent { TOKENS } else { TOKENS_WITH_THOUGHT });
    Params { effort, max_tokens, ..Params::default() }
}

/// What has come so far: it counts even where the rest does not come in time.
#[derive(Debug, Default)]
struct Heard {
    text: String,
    usage: Usage,
}

impl Heard {
    /// What it took is spent, whatever came of it.
    async fn count(&self, shared: &Shared, chat: ChatId, model: &ModelId) -> Result<(), NoTitle> {
        if self.usage == Usage::default() {
            return Ok(());
        }
        let mut usage = self.usage;
        usage.cost_usd = usage.cost_usd.or_else(|| shared.providers.cost(model, &usage));
        let now = (shared.clock.now)();
        shared.store.add_usage(now, model.clone(), chat, usage).await?;
        let spent = shared.store.spent(now).await?;
        shared.tell(BackendEvent::Spent(spent)).await;
        Ok(())
    }
}

async fn listen(provider: &dyn Provider, request: ChatRequest, heard: &mut Heard) {
    let mut chunks = match provider.stream(request).await {
        Ok(chunks) => chunks,
        Err(error) => return tracing::info!(%error, "the model for titles did not answer"),
    };
    while let Some(chunk) = chunks.next().await {
        match chunk {
            Ok(Chunk::Event(StreamEvent::Message { content, .. })) => {
                heard.text.push_str(&content);
                if heard.text.len() > MOST_SAID {
                    return;
                }
            }
            Ok(Chunk::Event(event)) => {
                if let StreamEvent::Usage {
                    prompt_tokens,
                    completion_tokens,
                    cached_tokens,
                    cache_write_tokens,
                    total_cost,
                    totals: _,
                } = event
                {
                    heard.usage = Usage {
                        prompt_tokens,
                        completion_tokens,
                        cached_tokens,
                        cache_write_tokens,
                        cost_usd: total_cost,
                    };
                }
            }
            Ok(Chunk::Mark(_) | Chunk::Finish(_)) => {}
            Err(error) => return tracing::info!(%error, "the title broke off"),
        }
    }
}

/// A title out of what the model said; none where it said nothing of use.
fn clean(said: &str) -> Option<String> {
    let said = without_thought(said);
    let line = said.lines().map(plain).find(|line| !line.is_empty())?;
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(cut(&line))
}

/// Some models think aloud, in tags. What is not closed is thought to the end.
fn without_thought(said: &str) -> String {
    let mut rest = said;
    let mut kept = String::new();
    for (open, close) in [("<think>", "</think>"), ("<thinking>", "</thinking>")] {
        while let Some((before, thought)) = rest.split_once(open) {
            kept.push_str(before);
            rest = thought.split_once(close).map_or("", |(_, after)| after);
        }
    }
    kept.push_str(rest);
    // The template of some servers swallows the tag that opens.
    kept.rsplit_once("</think>").map(|(_, after)| after.to_owned()).unwrap_or(kept)
}

/// A line without Markdown, quotes, a label and the stop at its end.
fn plain(line: &str) -> String {
    let is_mark = |c: char| {
        c.is_whitespace() || matches!(c, '#' | '*' | '_' | '`' | '~' | '>' | '-' | '–' | '—')
    };
    let is_quote = |c: char| "\"'“”„‟‘’‚«»‹›「」『』《》".contains(c);
    let mut text: String = line.chars().filter(|c| !c.is_control() || c.is_whitespace()).collect();
    text.retain(|c| !matches!(c, '*' | '`'));
    let mut text = text.trim_matches(is_mark);
    for label in ["title:", "titel:", "titre:", "título:"] {
        if let Some((head, tail)) = text.split_at_checked(label.len())
            && head.to_lowercase() == label
        {
            text = tail;
        }
    }
    let ends = |c: char| is_mark(c) || is_quote(c) || matches!(c, '.' | '。' | ',' | ':' | ';');
    text.trim_end_matches(ends).trim_start_matches(|c| is_mark(c) || is_quote(c)).to_owned()
}

fn cut(line: &str) -> String {
    if line.chars().count() <= LENGTH {
        return line.to_owned();
    }
    let head: String = line.chars().take(LENGTH - 1).collect();
    let kept = head.rsplit_once(' ').map_or(head.as_str(), |(words, _)| words);
    format!("{}…", kept.trim_end_matches([',', ';', ':', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_cleaned_of_all_that_models_put_around_it() {
        let long = "Why the write-ahead log of a database keeps what was written there";
        for (said, title) in [
            ("Reconnect back-off in tokio", Some("Reconnect back-off in tokio")),
            ("\"Back-off with jitter.\"", Some("Back-off with jitter")),
            ("„Warten mit Zufall“", Some("Warten mit Zufall")),
            ("“Attendre”.", Some("Attendre")),
            ("\n\n# **Title:** Back-off\n\nIt is about waiting.", Some("Back-off")),
            ("<think>They ask\nfor a title.</think>\nBack-off", Some("Back-off")),
            ("Sure, a title</think>Back-off", Some("Back-off")),
            ("<think>never closed", None),
            ("What is a mutex?", Some("What is a mutex?")),
            ("- Wait\tand  see", Some("Wait and see")),
            ("重连的退避。", Some("重连的退避")),
            ("C'est quoi ?", Some("C'est quoi ?")),
            ("snake_case in Rust", Some("snake_case in Rust")),
            (long, Some("Why the write-ahead log of a database keeps what was…")),
            ("", None),
            ("\"\"", None),
            ("...", None),
        ] {
            assert_eq!(clean(said).as_deref(), title, "{said:?}");
        }
        assert_eq!(clean(&"ß".repeat(500)).unwrap().chars().count(), LENGTH);
    }

    #[test]
    fn a_model_thinks_as_little_as_it_can() {
        let takes = |efforts: &[Effort]| Takes { efforts: efforts.to_vec(), ..Takes::default() };
        let table = [
            (takes(&[]), None, None, TOKENS),
            (takes(&[]), Some(true), None, TOKENS_WITH_THOUGHT),
            (takes(&[Effort::None, Effort::High]), Some(true), Some(Effort::None), TOKENS),
            (takes(&[Effort::Low, Effort::High]), None, Some(Effort::Low), TOKENS_WITH_THOUGHT),
        ];
        for (takes, thinks, effort, tokens) in table {
            let params = params(&takes, thinks);
            assert_eq!((params.effort, params.max_tokens), (effort, Some(tokens)), "{takes:?}");
        }
    }
}
