//! Telling what was missed: in order, as room permits, until there is nothing between it and what
//! happens now.

use super::Hub;
use super::live::frame_of;
use super::session::Room;
use crate::net::gateway::host::SessionKey;
use crate::protocol::{ChatId, RunId, Seq, StreamEvent};

/// So many events are read at once.
const READ: usize = 256;

impl Hub {
    /// Tells a session what it missed, while there is room in its outbox.
    pub(super) async fn pump(&mut self, key: SessionKey) {
        loop {
            let Some(session) = self.sessions.get_mut(&key) else { return };
            match session.push_backlog() {
                Room::Free => {}
                Room::Full => return,
                Room::Over => {
                    self.let_go(key);
                    return;
                }
            }
            let Some(run) = session.replays.front().copied() else { return };
            let Some(position) = session.runs.get_mut(&run) else {
                session.replays.pop_front();
                continue;
            };
            let live = self.runs.get(&run);
            if let Some(live) = live {
                if position.sent >= live.last {
                    position.is_live = true;
                    session.replays.pop_front();
                    continue;
                }
                if let Some(frames) = live.after(position.sent) {
                    session.backlog.extend(frames.cloned());
                    position.sent = live.last;
                    continue;
                }
            }
            let sent = position.sent;
            self.read_on(key, (run, sent)).await;
        }
    }

    /// Reads on in the journal of a run.
    async fn read_on(&mut self, key: SessionKey, (run, sent): (RunId, Seq)) {
        let events = match self.store.events_after(run, sent, READ).await {
            Ok(events) => events,
            Err(error) => {
                tracing::warn!(%run, %error, "a run cannot be told again");
                Vec::new()
            }
        };
        let is_open = events.is_empty() && self.is_open(run).await;
        let Some(session) = self.sessions.get_mut(&key) else { return };
        let Some(last) = events.last() else {
            // An open run goes on from here; one that has ended was told.
            session.replays.retain(|other| *other != run);
            match session.runs.get_mut(&run) {
                Some(position) if is_open => position.is_live = true,
                Some(_) | None => session.forget_run(run),
            }
            return;
        };
        let is_done = matches!(last.event, StreamEvent::Done { .. });
        if let Some(position) = session.runs.get_mut(&run) {
            position.sent = last.seq;
        }
        session.backlog.extend(events.into_iter().map(frame_of));
        if is_done {
            session.forget_run(run);
        }
    }

    /// Whether more may come of a run: it runs, or is about to be taken up.
    async fn is_open(&self, run: RunId) -> bool {
        if self.runs.contains_key(&run) {
            return true;
        }
        let place = self.store.run_place(run).await.ok().flatten();
        place.is_some_and(|place| !place.ended)
    }

    /// Lets a session follow a chat. Of its open runs it is told what follows `after`, or all.
    pub(super) fn follow(&mut self, key: SessionKey, chat: ChatId, after: Option<Seq>) {
        let Some(session) = self.sessions.get_mut(&key) else { return };
        session.follows.insert(chat);
        self.followers.entry(chat).or_default().insert(key);
        let mut started = Vec::new();
        for (run, live) in self.runs.iter_mut().filter(|(_, live)| live.chat == chat) {
            // Who names a place asks again, because it sees a gap.
            let is_known = session.runs.contains_key(run);
            if is_known && after.is_none() {
                continue;
            }
            let after = after.filter(|after| live.goes_on_after(*after, session.client.as_ref()));
            live.told.extend(session.client.clone());
            if !is_known {
                started.push(live.started.clone());
            }
            let after = after.unwrap_or_default();
            session.replay(*run, chat, after);
            session.backlog.extend(live.questions_until(after).cloned());
        }
        for frame in started {
            self.push(key, &frame);
        }
    }

    /// No longer tells a session of a chat.
    pub(super) fn unfollow(&mut self, key: SessionKey, chat: ChatId) {
        let Some(session) = self.sessions.get_mut(&key) else { return };
        session.follows.remove(&chat);
        let Some(followers) = self.followers.get_mut(&chat) else { return };
        followers.remove(&key);
        if followers.is_empty() {
            self.followers.remove(&chat);
        }
        let of_chat = session.runs.iter().filter(|(_, position)| position.chat == chat);
        let runs: Vec<RunId> = of_chat.map(|(run, _)| *run).collect();
        for run in runs {
            session.forget_run(run);
        }
    }
}
