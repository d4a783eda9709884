//! The rules that a bot keeps, as faults of its file. They stand in [`crate::protocol::check`],
//! which the editor uses, too.

use super::fault::Fault;
use crate::protocol::{Bot, check};

pub(super) use crate::protocol::check::{
    LONGEST_DESCRIPTION, LONGEST_ID, LONGEST_NAME, MOST_STOPS, html_tag, places, scripts, size,
};

/// All that is wrong with a bot.
pub(super) fn faults(bot: &Bot) -> Vec<Fault> {
    check::faults(bot).into_iter().map(|fault| Fault::of(fault.field, fault.message)).collect()
}
