//! A client comes, or comes back.

use super::Hub;
use super::access::holder;
use super::session::Session;
use crate::net::gateway::host::{SessionKey, Visitor};
use crate::net::gateway::outbox::Outbox;
use crate::net::gateway::spell;
use crate::protocol::{
    Access, ChatId, Hello, PROTOCOL_VERSION, ResumeFrom, ResumedFrom, RunId, Seq, ServerMessage,
    SessionId, Welcome,
};

/// So many runs are resumed at once: nobody follows more answers that stream.
const MOST_RESUMED: usize = 256;

/// A run that a client goes on with.
struct Resumed {
    run: RunId,
    chat: ChatId,
    after: Seq,
}

impl Hub {
    pub(super) async fn hello(
        &mut self,
        key: SessionKey,
        (visitor, outbox): (Visitor, Outbox),
        hello: Hello,
    ) {
        if self.stop.is_cancelled() {
            // It came in before the door was shut, and is let go without a welcome.
            self.let_go(key);
            return;
        }
        let client = (visitor.token.clone(), hello.client_id.clone());
        let access = visitor.access;
        // The same client has one session: an older one ends.
        if let Some(older) = self.clients.get(&client).copied().filter(|older| *older != key) {
            self.let_go(older);
        }
        let before = self.let_go(key);
        let holder = holder(&visitor, &hello.client_id);
        let session =
            Session { client: Some(client.clone()), ..Session::new(visitor, holder, outbox) };
        self.sessions.insert(key, session);
        self.clients.insert(client.clone(), key);
        let (mut resumed, mut gone) = (Vec::new(), Vec::new());
        for (count, from) in hello.resume.into_iter().enumerate() {
            let run = match count {
                0..MOST_RESUMED => self.resumed(key, &client, from).await,
                _ => None,
            };
            match run {
                Some(run) => resumed.push(run),
                None => gone.push(from.run_id),
            }
        }
        self.welcome(key, access, (&resumed, gone));
        for Resumed { run, chat, after } in resumed {
            if let Some(live) = self.runs.get_mut(&run) {
                live.told.insert(client.clone());
            }
            if let Some(session) = self.sessions.get_mut(&key) {
                session.replay(run, chat, after);
                let live = self.runs.get(&run);
                let questions = live.into_iter().flat_map(|live| live.questions_until(after));
                session.backlog.extend(questions.cloned());
            }
            self.follow(key, chat, None);
        }
        // One of its sockets came back: what it followed, it follows.
        for chat in before.into_iter().flat_map(|before| before.follows) {
            self.follow(key, chat, None);
        }
        self.pump(key).await;
    }

    fn welcome(
        &mut self,
        key: SessionKey,
        access: Access,
        (resumed, gone): (&[Resumed], Vec<RunId>),
    ) {
        let from =
            |resumed: &Resumed| ResumedFrom { run_id: resumed.run, from_seq: resumed.after.next() };
        let welcome = Welcome {
            protocol: PROTOCOL_VERSION,
            server_id: self.identity.server_id.clone(),
            epoch: self.identity.epoch.clone(),
            session_id: self.number("chat"),
            heartbeat_ms: self.rules.heartbeat_ms,
            resumed: resumed.iter().map(from).collect(),
            gone,
            access,
        };
        let frame = spell(&ServerMessage::Welcome(welcome));
        self.push(key, &frame);
    }

    /// The next session of a bot.
    pub(super) fn number(&mut self, bot: &str) -> SessionId {
        let number = self.numbers.entry(bot.to_owned()).or_default();
        *number += 1;
        SessionId(format!("{bot}_{number}"))
    }

    /// A run that the client may go on with from where it is. None where it is no longer here,
    /// where the client has more of it than there is, or other pieces of it, or where the chat is
    /// not its own: then it loads the chat instead.
    async fn resumed(
        &self,
        key: SessionKey,
        client: &(String, String),
        from: ResumeFrom,
    ) -> Option<Resumed> {
        let (run, after) = (from.run_id, from.after_seq);
        let place = self.store.run_place(run).await.ok().flatten()?;
        self.seen(key, place.chat).await.ok()?;
        let resumed = Resumed { run, chat: place.chat, after };
        if let Some(live) = self.runs.get(&run) {
            return live.goes_on_after(after, Some(client)).then_some(resumed);
        }
        let is_here = place.told && place.cut.is_none_or(|cut| after <= cut);
        // Of an ended run something must be missing: what it has was not the end.
        let is_before = if place.ended { after < place.last } else { after <= place.last };
        (is_here && is_before).then_some(resumed)
    }
}
