//! What a misspelt word was meant to be.

pub use crate::protocol::check::nearest;
pub(super) use crate::protocol::check::suggestion;
