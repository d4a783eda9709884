//! How full the model's context is: told after each model call, by the provider's count, else by
//! an estimate that is marked as one.

use super::run::Run;
use super::tokens;
use crate::net::uncovered;
use crate::protocol::{ContextUse, Message, NEARLY_ALL, Part, StreamEvent, Usage};

impl Run {
    /// Tells how full the context is after a model call. Where it became nearly full with this
    /// call, a notice says so, once.
    pub(super) async fn tell_context(&mut self, path: &[Message]) {
        let counted = self.turn_usage.prompt_tokens.filter(|tokens| *tokens > 0);
        if counted.is_none() && !self.turn_has_content {
            return;
        }
        if let Err(wish) = self.settled_or_stopped().await {
            // What is known by now has to do.
            tracing::debug!(?wish, "the context is told without waiting");
        }
        let model = self.providers.model(&self.model);
        let used = match counted {
            Some(prompt) => prompt.saturating_add(self.turn_usage.completion_tokens.unwrap_or(0)),
            None => estimate(path, self.sink.answer(), self.system().as_deref()),
        };
        let now = ContextUse { used, limit: model.context, estimated: counted.is_none() };
        let before = context_of(self.sink.answer()).or_else(|| last_known(path));
        self.sink
            .emit(StreamEvent::Context {
                used_tokens: now.used,
                limit_tokens: now.limit,
                estimated: now.estimated,
            })
            .await;
        if is_high(Some(now)) && !is_high(before) {
            let percent = now.used.saturating_mul(100) / now.limit.unwrap_or(now.used).max(1);
            let name = model.name;
            let message = format!(
                "{percent} % of what {name} can take in is used. Before it is full, go on in a \
                 new chat, or choose a model with more room"
            );
            self.notify("context_high", message).await;
        }
    }
}

impl Run {
    /// A call that was cut off is billed for what it wrote, and the provider did not come to tell
    /// how much that is: it is counted here.
    pub(super) async fn estimate_usage(&mut self, path: &[Message]) {
        if !self.turn_has_content {
            return;
        }
        let answer = self.sink.answer();
        let own = tokens::of_message(answer);
        let all = estimate(path, answer, self.system().as_deref());
        let before = self.usage.completion_tokens.unwrap_or(0);
        let told = self.turn_usage;
        let written = own.saturating_sub(before).max(told.completion_tokens.unwrap_or(0));
        let prompt = told.prompt_tokens.unwrap_or_else(|| all.saturating_sub(own));
        self.usage_of_turn(Usage {
            prompt_tokens: Some(prompt),
            completion_tokens: Some(written),
            cost_usd: None,
            ..told
        })
        .await;
    }

    /// Says so where the message holds pictures that the model does not get to see.
    pub(super) async fn tell_unseen_images(&mut self, path: &[Message]) {
        let model = self.providers.model(&self.model);
        let parts = path.last().map(|question| question.parts.as_slice()).unwrap_or_default();
        let has_image = parts.iter().any(|part| matches!(part, Part::Image { .. }));
        if has_image && model.abilities.vision == Some(false) {
            let message = format!("{} takes no images: it answers without seeing them", model.name);
            self.notify("images_unseen", message).await;
        }
    }
}

fn is_high(context: Option<ContextUse>) -> bool {
    context.and_then(|context| context.share()).is_some_and(|share| share >= NEARLY_ALL)
}

fn context_of(message: &Message) -> Option<ContextUse> {
    message.answer.as_ref()?.context
}

fn last_known(path: &[Message]) -> Option<ContextUse> {
    path.iter().rev().find_map(context_of)
}

/// Tokens of a path with the answer below it. Counting begins where the last count ended, so that
/// its cost is that of what is new; only where notices changed what the model sees it begins anew.
fn estimate(path: &[Message], answer: &Message, system: Option<&str>) -> u64 {
    let own = tokens::of_message(answer);
    let changed = covers(answer).any(|_| true) || path.iter().any(was_taken_back);
    if !changed {
        let mut new = 0;
        for message in path.iter().rev() {
            if let Some(known) = context_of(message) {
                return known.used.saturating_add(new + own);
            }
            new += tokens::of_message(message);
        }
    }
    let mut all = path.to_vec();
    all.push(answer.clone());
    whole(&all, system)
}

/// Tokens of all that the model sees of these messages.
pub(super) fn whole(messages: &[Message], system: Option<&str>) -> u64 {
    let (covers, seen) = uncovered(messages);
    let summary = covers.and_then(|covers| covers.summary.as_deref());
    let instructions = [system, summary].into_iter().flatten().map(tokens::of_text);
    instructions.sum::<u64>() + seen.iter().map(tokens::of_message).sum::<u64>()
}

/// Whether each notice that keeps something from the model counts.
fn covers(message: &Message) -> impl Iterator<Item = bool> {
    message.parts.iter().filter_map(|part| match part {
        Part::Notice { covers, .. } => covers.as_ref().map(|covers| !covers.undone),
        Part::Text { .. }
        | Part::Thinking { .. }
        | Part::ToolCall { .. }
        | Part::ToolResult { .. }
        | Part::Image { .. }
        | Part::File { .. } => None,
    })
}

fn was_taken_back(message: &Message) -> bool {
    covers(message).any(|counts| !counts)
}
