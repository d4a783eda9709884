//! The bots of servers as the gallery shows them.

use std::collections::HashMap;
use std::sync::Arc;

use super::Home;
use crate::protocol::{
    Bot, BotColor, BotEntry, BotIcon, BotId, BotOrigin, BotVersion, Category, RemoteBot,
    ServerConfig, ServerId,
};

/// The id of a server's bot among all bots: no id of this computer has a slash.
pub(super) fn id(server: &ServerId, bot: &BotId) -> BotId {
    BotId(format!("{server}/{bot}"))
}

/// A bot with its place. What it is told stands on the server; how it looks is told by its
/// template, or known where a bot of this computer has the same id and name.
pub(super) fn placed(
    (place, server): (usize, &ServerConfig),
    bot: &RemoteBot,
    local: &HashMap<&BotId, &BotEntry>,
) -> (Home, Arc<BotEntry>) {
    let twin = local.get(&bot.id).map(|entry| &entry.bot).filter(|twin| twin.name == bot.name);
    let told = bot.template.as_deref().and_then(Looks::told);
    let is_copy = twin.is_some_and(|twin| is_copy(bot, told.as_ref(), twin));
    let looks = told.or_else(|| twin.map(Looks::of));
    let home = Home {
        place,
        server: server.id.clone(),
        bot: bot.id.clone(),
        is_copy,
        has_looks: looks.is_some(),
    };
    let (description, variables) = (bot.description.clone(), bot.variables.clone());
    let blank =
        Bot { description, variables, ..Bot::blank(id(&server.id, &bot.id), bot.name.clone()) };
    let shown = match looks {
        Some(Looks { version, category, tags, icon, color }) => {
            Bot { version, category, tags, icon, color, ..blank }
        }
        None => blank,
    };
    let mut entry = BotEntry::new(shown, BotOrigin::BuiltIn);
    if !home.has_looks {
        // A category that nobody told is not searched for.
        entry.haystack.tags.clear();
    }
    entry.haystack.server = server.name.to_lowercase();
    (home, Arc::new(entry))
}

/// Whether nothing that the server tells differs from a bot of this computer.
fn is_copy(bot: &RemoteBot, told: Option<&Looks>, twin: &Bot) -> bool {
    let tells_more = match (&bot.template, told) {
        (None, _) => false,
        (Some(template), Some(told)) => *told != Looks::of(twin) || !says(template, twin),
        (Some(_), None) => true,
    };
    bot.description == twin.description && !tells_more
}

/// Whether a template has all that a bot is told. Blanks do not count: they are how a file is laid
/// out. A text that is spelt in another way makes it another bot, which is then shown once too
/// often, never once too little.
fn says(template: &str, bot: &Bot) -> bool {
    let dense = |text: &str| text.split_whitespace().collect::<String>();
    let template = dense(template);
    let members = bot.room.iter().flat_map(|room| &room.members);
    let told = members.map(|member| &member.instructions).chain([&bot.instructions]);
    told.into_iter().all(|told| template.contains(&dense(told)))
}

/// What a bot looks like in the gallery.
#[derive(Clone, Debug, PartialEq)]
struct Looks {
    version: BotVersion,
    category: Category,
    tags: Vec<String>,
    icon: BotIcon,
    color: BotColor,
}

impl Looks {
    fn of(bot: &Bot) -> Self {
        let Bot { version, category, tags, icon, color, .. } = bot;
        let (version, category, icon, color) = (*version, *category, *icon, *color);
        Self { version, category, tags: tags.clone(), icon, color }
    }

    /// The looks out of a template. Only lines without indentation are read, which takes no time in
    /// lists of thousands of bots; none without a category that is known here.
    fn told(template: &str) -> Option<Self> {
        let field = |name: &str| {
            let value = |line: &str| line.strip_prefix(name)?.strip_prefix(':').map(unquoted);
            template.lines().find_map(value)
        };
        let name_of = |name: &str| field(name).map(serde_json::Value::String);
        let version = field("version").and_then(|version| version.parse().ok());
        Some(Self {
            version: version.unwrap_or(BotVersion::FIRST),
            category: serde_json::from_value(name_of("category")?).ok()?,
            tags: tags(template),
            icon: read(name_of("icon")),
            color: read(name_of("color")),
        })
    }
}

/// The sign or the colour of a name; the usual one for a name that is not known here.
fn read<T: Default + serde::de::DeserializeOwned>(name: Option<serde_json::Value>) -> T {
    name.and_then(|name| serde_json::from_value(name).ok()).unwrap_or_default()
}

/// The tags of a template: in brackets, or a line each.
fn tags(template: &str) -> Vec<String> {
    let mut lines = template.lines().skip_while(|line| !line.starts_with("tags:"));
    let first = lines.next().and_then(|line| line.strip_prefix("tags:")).unwrap_or_default();
    let inner = first.trim().strip_prefix('[').and_then(|list| list.strip_suffix(']'));
    let all: Vec<String> = match inner {
        Some(list) => list.split(',').map(unquoted).collect(),
        None => lines.map_while(|line| line.trim().strip_prefix("- ")).map(unquoted).collect(),
    };
    all.into_iter().filter(|tag| !tag.is_empty()).collect()
}

fn unquoted(text: &str) -> String {
    text.trim().trim_matches(['"', '\'']).to_owned()
}
