//! The bots of this app: those that ship with it, the user's own, those of `personas.yaml`.

use std::sync::Arc;

use super::actor::Shared;
use crate::protocol::{BackendCommand, BackendEvent, Library};
use crate::store::StoreError;

/// All bots.
#[derive(Debug, Default)]
pub(super) struct Bots {}

impl Bots {
    /// Carries out a command about bots.
    pub(super) async fn serve(
        &self,
        shared: &Shared,
        command: BackendCommand,
    ) -> Result<(), StoreError> {
        drop(command);
        shared.tell(BackendEvent::Bots(Arc::new(Library::default()))).await;
        Ok(())
    }
}
