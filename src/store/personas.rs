//! `personas.yaml`: a list of bots.

use crate::protocol::{Bot, BotId, BotProblem};

/// An entry of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonaRead {
    /// The line that it begins with.
    pub line: u32,
    /// Its id, where it can be told.
    pub id: Option<BotId>,
    /// The bot, or what is wrong.
    pub bot: Result<Bot, Vec<BotProblem>>,
}

/// The entries of the file; what is wrong with all of it where there is no telling entries.
pub fn read(text: &str, source: &str) -> Result<Vec<PersonaRead>, BotProblem> {
    let all: Vec<Bot> = serde_saphyr::from_str(text).map_err(|error| BotProblem {
        source: source.to_owned(),
        line: None,
        column: None,
        field: None,
        message: error.to_string(),
    })?;
    Ok(all
        .into_iter()
        .map(|bot| PersonaRead { line: 1, id: Some(bot.id.clone()), bot: Ok(bot) })
        .collect())
}
