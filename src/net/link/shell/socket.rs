//! A connection that is a WebSocket.

use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_util::sync::CancellationToken;

use super::dial::{Socket, denied, dial};
use super::lane::{Ends, FromLane, ToLane, Voice};

/// How long a goodbye may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// Makes the connection, and carries frames until either side ends it.
pub(super) async fn run(ends: Ends) {
    let voice = ends.voice();
    let address = match &ends.common.address {
        Ok(address) => address.clone(),
        Err(problem) => return voice.tell(FromLane::Failed(denied(problem.clone()))).await,
    };
    let dialing = Box::pin(dial(&address, ends.kind, &ends.common.trust));
    let Some(opened) = ends.leave.run_until_cancelled(dialing).await else { return };
    let (socket, gateway) = match opened {
        Ok(opened) => opened,
        Err(failure) => return voice.tell(FromLane::Failed(failure)).await,
    };
    voice.tell(FromLane::Opened { gateway }).await;
    let (sink, stream) = socket.split();
    // Each goes on while the other waits: a server that does not read is still heard.
    let closed = tokio::select! {
        closed = read(stream, &voice) => Some(closed),
        closed = write(sink, ends.told) => closed,
        () = too_long(&ends.leave) => None,
    };
    if let Some((code, cause)) = closed {
        voice.tell(FromLane::Closed { code, cause: address.scrub(&cause) }).await;
    }
}

/// The connection is to end, and does not.
async fn too_long(leave: &CancellationToken) {
    leave.cancelled().await;
    tokio::time::sleep(FAREWELL * 2).await;
}

type Closed = (Option<u16>, String);

async fn read(mut stream: SplitStream<Socket>, voice: &Voice) -> Closed {
    let mut close: Option<CloseFrame> = None;
    loop {
        match stream.next().await {
            Some(Ok(Message::Text(text))) => voice.read(&text).await,
            Some(Ok(Message::Binary(_))) => voice.unreadable("a binary frame").await,
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {
                voice.tell(FromLane::Alive).await;
            }
            // It is answered with the next read, which then finds the end.
            Some(Ok(Message::Close(frame))) => close = frame,
            Some(Err(error)) => return said(close, Some(&error)),
            None => return said(close, None),
        }
    }
}

fn said(close: Option<CloseFrame>, error: Option<&Error>) -> Closed {
    match (close, error) {
        (Some(frame), _) => {
            let code = u16::from(frame.code);
            let reason = frame.reason.as_str();
            let cause = if reason.is_empty() {
                format!("The server closed the connection ({code})")
            } else {
                format!("The server closed the connection: {reason} ({code})")
            };
            (Some(code), cause)
        }
        (None, Some(error)) => (None, format!("The connection broke: {error}")),
        (None, None) => (None, "The server closed the connection".to_owned()),
    }
}

/// Writes what it is told. When nobody tells any more, it says goodbye.
async fn write(
    mut sink: SplitSink<Socket, Message>,
    mut told: mpsc::Receiver<ToLane>,
) -> Option<Closed> {
    while let Some(what) = told.recv().await {
        let message = match what {
            ToLane::Frame(text, _) => Message::text(text),
            ToLane::Ping => Message::Ping(Vec::new().into()),
        };
        if let Err(error) = sink.send(message).await {
            // The reader knows better why, unless it has nothing to read.
            if timeout(FAREWELL, std::future::pending::<()>()).await.is_err() {
                return Some((None, format!("The connection broke: {error}")));
            }
        }
    }
    let goodbye = timeout(FAREWELL, sink.send(Message::Close(None)));
    if !matches!(goodbye.await, Ok(Ok(()))) {
        tracing::debug!("a server did not take the goodbye");
    }
    None
}
