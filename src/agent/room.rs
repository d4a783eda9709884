//! Making room in a chat that is too long for its model: the oldest turns are left out, or the
//! start is summarised. Either way a notice in the answer says so and can be taken back.

use super::context;
use super::run::{End, Run};
use super::tokens;
use crate::net::uncovered;
use crate::protocol::{
    Covers, ErrorKind, MakeRoom, Message, NotificationLevel, ProviderError, Role, StreamEvent,
};

/// What a summary may take, unless the model is a small one.
const SUMMARY: u64 = 1_000;

impl Run {
    /// Makes room before the first model call. Nothing of the chat changes: what is kept from the
    /// model stands in a notice.
    pub(super) async fn make_room(&mut self, path: &[Message], how: MakeRoom) -> Result<(), End> {
        self.settled_or_stopped().await.map_err(End::Stopped)?;
        let (before, seen) = uncovered(path);
        let before = before.and_then(|covers| covers.summary.clone());
        let system = self.system();
        let system = system.as_deref();
        let mut target =
            target(self.providers.model(&self.model).context, context::whole(path, system));
        let stays = match &how {
            MakeRoom::LeaveOut => before.as_deref().map_or(0, tokens::of_text),
            MakeRoom::Summarise(_) => SUMMARY.min(target / 8),
        };
        target = target.saturating_sub(stays + system.map_or(0, tokens::of_text));
        let Some(first) = first_kept(seen, target) else {
            let message = "Only the question itself is left, and nothing before it can be left out";
            let error = ProviderError::new(ErrorKind::ContextTooLong, message);
            return Err(End::Failed(error));
        };
        let (gone, _kept) = seen.split_at(first);
        let Some(through) = gone.last().map(|message| message.id) else { return Ok(()) };
        let count = path.len() - seen.len() + first;
        let (code, message, summary) = match how {
            MakeRoom::LeaveOut => {
                let model = &self.model;
                let message =
                    format!("The {count} oldest messages are left out of what {model} sees");
                ("oldest_left_out", message, before)
            }
            MakeRoom::Summarise(by) => {
                let summary = self.summarise(&by, before, gone).await?;
                let message = format!("The first {count} messages are summarised by {by}");
                ("start_summarised", message, Some(summary))
            }
        };
        self.sink
            .emit(StreamEvent::Notification {
                level: NotificationLevel::Info,
                code: code.to_owned(),
                message,
                covers: Some(Covers { through, summary, undone: false }),
            })
            .await;
        Ok(())
    }
}

/// Tokens that the request may have: three quarters of the model's window, so that an answer has
/// room; and always less than now, because the provider may count more than the estimate does.
fn target(window: Option<u64>, now: u64) -> u64 {
    match window {
        Some(window) => (window / 4 * 3).min(now / 4 * 3),
        None => now / 2,
    }
}

/// The first message that stays, so that the rest fits: the begin of a turn, and never later than
/// the question. `None` where no turn stands before it.
fn first_kept(seen: &[Message], target: u64) -> Option<usize> {
    let mut kept = None;
    let mut size = 0;
    for (at, message) in seen.iter().enumerate().skip(1).rev() {
        size += tokens::of_message(message);
        if message.role != Role::User {
            continue;
        }
        // The question stays however long it is.
        if kept.is_some() && size > target {
            break;
        }
        kept = Some(at);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{ChatId, MessageId, Part, Timestamp};

    /// Messages of so many tokens each, the user's and the model's in turn.
    fn chat(sizes: &[usize]) -> Vec<Message> {
        let message = |(at, size): (usize, &usize)| {
            let id = MessageId(uuid::Uuid::from_u128(at as u128));
            let role = if at.is_multiple_of(2) { Role::User } else { Role::Assistant };
            let parts = vec![Part::Text { text: "word ".repeat(size - 4) }];
            Message::new(id, ChatId(uuid::Uuid::nil()), role, Timestamp(0), parts)
        };
        sizes.iter().enumerate().map(message).collect()
    }

    #[test]
    fn the_longest_end_that_fits_is_kept() {
        let table: &[(&[usize], u64, Option<usize>)] = &[
            // sizes, target, first kept
            (&[10, 10, 10, 10, 10], 30, Some(2)),
            (&[10, 10, 10, 10, 10], 29, Some(4)),
            (&[10, 10, 10, 10, 10], 1_000, Some(2)),
            (&[10, 10, 10, 10, 50], 20, Some(4)),
            (&[10, 90, 10, 10, 10, 10, 10], 55, Some(2)),
            // The last answer is gone on with: its question stays.
            (&[10, 10, 10, 90], 20, Some(2)),
            (&[50], 10, None),
            (&[50, 50], 10, None),
            (&[], 10, None),
        ];
        for (sizes, target, expected) in table {
            assert_eq!(first_kept(&chat(sizes), *target), *expected, "{sizes:?} {target}");
        }
    }

    #[test]
    fn the_target_leaves_room_and_is_always_less_than_now() {
        assert_eq!(target(Some(1_000), 1_500), 750);
        assert_eq!(target(Some(1_000), 800), 600);
        assert_eq!(target(None, 800), 400);
    }
}
