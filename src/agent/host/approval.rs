//! Stops, and consent to tool calls.

use super::Hub;
use super::refusal::Refusal;
use crate::net::gateway::host::SessionKey;
use crate::protocol::{ApprovalAnswer, BackendCommand, ChatId, RemoteCommand, RunId, StopMode};

impl Hub {
    /// Stops a run, or the run of a chat. One that has ended is stopped already.
    pub(super) async fn cancel(
        &mut self,
        (key, id): (SessionKey, Option<String>),
        run: Option<RunId>,
        chat: Option<ChatId>,
        mode: StopMode,
    ) -> Result<(), Refusal> {
        let chat = match (run, chat) {
            (Some(run), _) => match self.runs.get(&run) {
                Some(live) => live.chat,
                None => {
                    let place = self.store.run_place(run).await?;
                    let missing = || Refusal::not_found("There is no such run");
                    let chat = place.ok_or_else(missing)?.chat;
                    self.seen(key, chat).await?;
                    self.ack(key, id, Some(chat));
                    return Ok(());
                }
            },
            (None, Some(chat)) => chat,
            (None, None) => return Err(Refusal::bad_request("Say which run or which chat")),
        };
        self.seen(key, chat).await?;
        self.ask(BackendCommand::Stop { chat, mode }).await;
        self.ack(key, id, Some(chat));
        Ok(())
    }

    /// Passes an answer on to the call that waits for it.
    pub(super) async fn approval(
        &mut self,
        key: SessionKey,
        id: Option<String>,
        answer: ApprovalAnswer,
    ) -> Result<(), Refusal> {
        let waiting = self.runs.values().filter(|live| live.waits_for(&answer.id));
        // What was asked with other arguments comes last: whoever runs the call refuses it.
        let mut chats: Vec<(bool, ChatId)> = waiting
            .map(|live| (!live.asked_about(&answer.id, &answer.args_hash), live.chat))
            .collect();
        chats.sort_unstable();
        let mut own = None;
        for (_, chat) in chats {
            if self.seen(key, chat).await.is_ok() {
                own = Some(chat);
                break;
            }
        }
        let missing = || Refusal::not_found("No tool call of this id waits for consent");
        let chat = own.ok_or_else(missing)?;
        self.ask(BackendCommand::Remote(RemoteCommand::Approve { chat, answer })).await;
        self.ack(key, id, Some(chat));
        Ok(())
    }
}
