//! A session of one request: whatever becomes of the request, the host hears of its end.

use std::sync::Arc;

use super::front::Front;
use super::host::SessionKey;
use super::socket;

/// Tells the host of the end of a session when it is dropped.
pub(super) struct Guard {
    front: Arc<Front>,
    session: SessionKey,
}

impl Guard {
    /// A new session.
    pub(super) fn new(front: &Arc<Front>) -> Self {
        Self { front: front.clone(), session: front.new_session() }
    }

    pub(super) fn session(&self) -> SessionKey {
        self.session
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let (front, session) = (self.front.clone(), self.session);
        self.front.spawn(async move { socket::leave(&front, session).await });
    }
}
