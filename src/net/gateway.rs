//! The gateway's side of the wire: sockets, streams and HTTP, in front of a [`host`].

pub mod host;
pub mod outbox;
