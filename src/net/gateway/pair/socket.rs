//! A socket of a pair.

use std::sync::{Arc, OnceLock};

use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::{Arrival, Confirmed, Said, Side};
use crate::net::gateway::close::Close;
use crate::net::gateway::door::{self, Pass};
use crate::net::gateway::front::Front;
use crate::net::gateway::line::{Heard, Line, Ws};
use crate::net::gateway::outbox::outbox;
use crate::protocol::{BadFrame, ClientCommand, CommandFrame, Hello};

struct Joined {
    pair: mpsc::Sender<Said>,
    ticket: u64,
    verdict: Arc<OnceLock<Close>>,
}

/// Serves one socket of a pair.
pub(in crate::net::gateway) async fn serve(
    front: Arc<Front>,
    (ws, side): (Ws, Side),
    pass: Arc<Pass>,
    permit: OwnedSemaphorePermit,
) {
    let mut line = Line::new(ws, front.clone(), pass.clone());
    let mut joined: Option<Joined> = None;
    let close = loop {
        let done = match line.next().await {
            Heard::Command(frame) => {
                if let ClientCommand::Hello(hello) = &frame.command {
                    leave(joined.take(), side).await;
                    let hello = hello.clone();
                    joined = Some(join(&front, &pass, &mut line, (side, hello)).await);
                    Ok(())
                } else {
                    command(&mut line, joined.as_ref(), side, *frame).await
                }
            }
            Heard::Room => Ok(()),
            Heard::LetGo => Err(why(&front, &pass, joined.as_ref()).await),
            Heard::Over(close) => Err(close),
        };
        if let Err(close) = done {
            break close;
        }
    };
    leave(joined, side).await;
    line.close(close).await;
    drop(permit);
}

async fn join(
    front: &Arc<Front>,
    pass: &Arc<Pass>,
    line: &mut Line,
    (side, hello): (Side, Hello),
) -> Joined {
    let (near, far) = outbox();
    let (confirmed, verdict) = (Arc::new(Confirmed::default()), Arc::default());
    line.follow(far);
    line.confirm(Arc::clone(&confirmed));
    let ticket = front.new_session().0;
    let arrival =
        Arrival { side, ticket, hello, outbox: near, confirmed, verdict: Arc::clone(&verdict) };
    let pair = front.pairs.join(front, pass, arrival).await;
    Joined { pair, ticket, verdict }
}

async fn command(
    line: &mut Line,
    joined: Option<&Joined>,
    side: Side,
    frame: CommandFrame,
) -> Result<(), Close> {
    let bad = |text: &str| BadFrame(text.to_owned());
    match (side, joined) {
        (Side::Events, _) => line.refuse(frame.id, &bad("commands belong to /ws/backend-api")),
        (Side::Commands, None) => line.refuse(frame.id, &bad("a pair begins with hello")),
        (Side::Commands, Some(joined)) => {
            let said = Said::Command { ticket: joined.ticket, frame: Box::new(frame) };
            // A pair that has ended has let this socket go, which is heard next.
            if joined.pair.send(said).await.is_err() {
                tracing::debug!("a command came after the end of its pair");
            }
            Ok(())
        }
    }
}

async fn leave(joined: Option<Joined>, side: Side) {
    if let Some(Joined { pair, ticket, .. }) = joined
        && pair.send(Said::Left { side, ticket }).await.is_err()
    {
        tracing::debug!("a pair ended before its socket");
    }
}

async fn why(front: &Front, pass: &Pass, joined: Option<&Joined>) -> Close {
    match joined.and_then(|joined| joined.verdict.get()) {
        Some(close) => *close,
        None => door::why_let_go(front, pass).await,
    }
}
