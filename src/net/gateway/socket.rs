//! `/ws`: one socket for both directions.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;

use super::close::Close;
use super::door::{self, Pass};
use super::front::Front;
use super::host::{HostInput, SessionKey};
use super::line::{Heard, Line, Ws};
use super::outbox::outbox;
use crate::protocol::{ClientCommand, CommandFrame, Hello};

/// Serves a client until it or the gateway has had enough.
pub(super) async fn serve(
    front: Arc<Front>,
    ws: Ws,
    pass: Arc<Pass>,
    permit: OwnedSemaphorePermit,
) {
    let mut line = Line::new(ws, front.clone(), pass.clone());
    let mut session = None;
    let close = loop {
        let told = match line.next().await {
            Heard::Command(frame) => command(&front, &pass, &mut line, &mut session, *frame).await,
            Heard::Room => room(&front, session).await,
            Heard::LetGo => Err(door::why_let_go(&front, &pass).await),
            Heard::Over(close) => Err(close),
        };
        if let Err(close) = told {
            break close;
        }
    };
    if let Some(session) = session {
        leave(&front, session).await;
    }
    line.close(close).await;
    drop(permit);
}

/// Tells the host that a client is gone.
pub(super) async fn leave(front: &Front, session: SessionKey) {
    if front.tell(HostInput::Closed(session)).await.is_err() {
        tracing::debug!("the host ended before its clients");
    }
}

async fn room(front: &Front, session: Option<SessionKey>) -> Result<(), Close> {
    match session {
        Some(session) => tell(front, HostInput::Drained(session)).await,
        None => Ok(()),
    }
}

async fn command(
    front: &Front,
    pass: &Pass,
    line: &mut Line,
    session: &mut Option<SessionKey>,
    frame: CommandFrame,
) -> Result<(), Close> {
    if let ClientCommand::Hello(hello) = frame.command {
        // Said again, it is a new session: the host tells it what is missing.
        if let Some(before) = session.take() {
            tell(front, HostInput::Closed(before)).await?;
        }
        *session = Some(open(front, pass, line, hello).await?);
        return Ok(());
    }
    let session = match *session {
        Some(session) => session,
        // A client that knows only type and payload never says hello.
        None => *session.insert(open(front, pass, line, plain(front)).await?),
    };
    tell(front, HostInput::Command { session, frame }).await
}

async fn open(
    front: &Front,
    pass: &Pass,
    line: &mut Line,
    hello: Hello,
) -> Result<SessionKey, Close> {
    let session = front.new_session();
    let (near, far) = outbox();
    line.follow(far);
    let visitor = pass.visitor.clone();
    tell(front, HostInput::Opened { session, visitor, hello, outbox: near }).await?;
    Ok(session)
}

/// What a client without a hello would have said. It speaks no version of the wire.
fn plain(front: &Front) -> Hello {
    let client_id = door::nameless(front, "plain");
    Hello { protocol: 0, client: "plain".to_owned(), client_id, resume: Vec::new() }
}

async fn tell(front: &Front, input: HostInput) -> Result<(), Close> {
    front.tell(input).await.map_err(|_gone| Close::Stopping)
}
