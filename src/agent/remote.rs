//! Chats that live on remote servers: the links, what is sent, what comes.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::actor::Shared;
use crate::protocol::BackendCommand;

/// Works until the dispatcher is gone.
pub(super) async fn work(_shared: Arc<Shared>, mut commands: mpsc::Receiver<BackendCommand>) {
    while commands.recv().await.is_some() {}
}
