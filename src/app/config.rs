//! `config.toml`: read with line numbers, written without touching what others wrote.

mod merge;
mod read;
mod words;

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::Path;

use toml_edit::{Document, DocumentMut, Item};

use crate::agent::guide_config;
use crate::protocol::{Notice, NoticeCode, ProviderId, ServerId};
use crate::state::Settings;

/// What was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The settings; defaults where the file is missing or cannot be read.
    pub settings: Settings,
    /// What the user should know of the file.
    pub notices: Vec<Notice>,
    /// Providers that are in the file and cannot be read.
    pub left_out: Vec<LeftOut>,
}

/// A provider that is in the file and cannot be read.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftOut {
    /// Its id.
    pub id: ProviderId,
    /// What is wrong, with the line.
    pub detail: String,
}

/// `config.toml` could not be written. The file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Reading or writing failed.
    #[error("config.toml could not be written: {0}")]
    Io(#[from] std::io::Error),
    /// The file holds something that is not TOML; it is left untouched.
    #[error("config.toml is not valid, so it is left untouched: {0}")]
    Invalid(#[from] toml_edit::TomlError),
    /// Something stands where a table must be written; it is left untouched.
    #[error("{0} in config.toml is not what it must be, so the file is left untouched")]
    InTheWay(&'static str),
}

/// Reads the settings. Never fails: what cannot be read is named with its line.
pub fn load(path: &Path) -> Loaded {
    match fs::read_to_string(path) {
        Ok(text) => parse(&text),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Loaded { settings: Settings::default(), notices: Vec::new(), left_out: Vec::new() }
        }
        Err(error) => unreadable(format!("{}: {error}", path.display())),
    }
}

fn unreadable(detail: String) -> Loaded {
    let notice = Notice { code: NoticeCode::ConfigUnreadable, detail };
    Loaded { settings: Settings::default(), notices: vec![notice], left_out: Vec::new() }
}

fn parse(text: &str) -> Loaded {
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let line = error.span().map_or(1, |span| line_of(text, span.start));
            return unreadable(format!("line {line}: {}", error.message()));
        }
    };
    let reading = match read::read(document.as_table().clone()) {
        Ok(reading) => reading,
        Err(error) => {
            let line = error.span().map_or(1, |span| line_of(text, span.start));
            return unreadable(format!("line {line}: {}", error.message().trim()));
        }
    };
    let read::Reading { mut settings, root, taken, unknown } = reading;
    let root = Item::Table(root);
    let (mut notices, mut left_out) = (Vec::new(), Vec::new());
    for gone in taken {
        let detail = format!("line {}: {}", line_of(text, gone.at), gone.problem);
        if let Some(id) = gone.provider {
            left_out.push(LeftOut { id, detail: detail.clone() });
        }
        notices.push(Notice { code: NoticeCode::ConfigValue, detail });
    }
    notices.extend(unknown.iter().map(|key| unknown_key(text, &root, key)));
    notices.extend(drop_duplicates(&mut settings, text, &root));
    drop_duplicate_servers(&mut settings, &mut notices);
    Loaded { settings, notices, left_out }
}

fn unknown_key(text: &str, root: &Item, path: &str) -> Notice {
    let line = place_of(root, path).map(|at| line_of(text, at));
    // A provider's number says nothing; the line does.
    let named = path.split('.').filter(|part| part.parse::<usize>().is_err());
    let sentence = format!("{} is not a setting", named.collect::<Vec<_>>().join("."));
    let detail = match line {
        Some(line) => format!("line {line}: {sentence}"),
        None => sentence,
    };
    Notice { code: NoticeCode::ConfigUnknownKey, detail }
}

/// Keeps the first of providers with the same id, and none with the id of the built-in one.
fn drop_duplicates(settings: &mut Settings, text: &str, root: &Item) -> Vec<Notice> {
    let mut notices = Vec::new();
    let mut first: HashMap<ProviderId, usize> = HashMap::new();
    let mut place = 0;
    settings.providers.retain(|provider| {
        let line = |index: usize| {
            place_of(root, &format!("providers.{index}.id")).map_or(0, |at| line_of(text, at))
        };
        let (index, id) = (place, &provider.id);
        place += 1;
        let detail = if *id == guide_config().id {
            format!("line {}: {id} is the name of the built-in provider", line(index))
        } else if let Some(known) = first.get(id) {
            format!(
                "line {}: {id} is the name of the provider in line {}",
                line(index),
                line(*known)
            )
        } else {
            first.insert(id.clone(), index);
            return true;
        };
        notices.push(Notice { code: NoticeCode::ConfigDuplicateProvider, detail });
        false
    });
    notices
}

/// Keeps the first of servers with the same id.
fn drop_duplicate_servers(settings: &mut Settings, notices: &mut Vec<Notice>) {
    let mut known: HashSet<ServerId> = HashSet::new();
    settings.servers.retain(|server| {
        let is_first = known.insert(server.id.clone());
        if !is_first {
            let detail = format!("{} is the id of two servers; the first one counts", server.id);
            notices.push(Notice { code: NoticeCode::ConfigValue, detail });
        }
        is_first
    });
}

/// Where a key written `table.0.key` stands in the text.
fn place_of(root: &Item, path: &str) -> Option<usize> {
    let mut item = root;
    let mut place = None;
    for segment in path.split('.') {
        if let Some(table) = item.as_table_like() {
            let (key, next) = table.get_key_value(segment)?;
            place = key.span().map(|span| span.start);
            item = next;
        } else {
            let index: usize = segment.parse().ok()?;
            if let Some(tables) = item.as_array_of_tables() {
                let table = tables.get(index)?;
                let rest = path.rsplit('.').next()?;
                return table.key(rest)?.span().map(|span| span.start);
            }
            return item.span().map(|span| span.start);
        }
    }
    place
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

/// Writes what changed between `before` and `after` into the file as it is now, so that comments
/// and what another process or a hand wrote meanwhile stay.
///
/// # Errors
///
/// When the file cannot be read, is not TOML, or cannot be written. It is then as it was.
pub fn save(path: &Path, before: &Settings, after: &Settings) -> Result<(), ConfigError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let lock = File::create(path.with_extension("toml.lock"))?;
    lock.lock()?;
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error.into()),
    };
    let mut document: DocumentMut = text.parse()?;
    if let Some(name) = merge::in_the_way(document.as_table(), before, after) {
        return Err(ConfigError::InTheWay(name));
    }
    merge::apply(document.as_table_mut(), before, after);
    let new = path.with_extension("toml.new");
    let mut file = File::create(&new)?;
    file.write_all(document.to_string().as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    Ok(())
}

/// Reads the settings, for those who change them: an unreadable file is an error here.
pub(super) fn load_strictly(path: &Path) -> Result<Loaded, String> {
    let loaded = load(path);
    let unreadable =
        loaded.notices.iter().find(|notice| notice.code == NoticeCode::ConfigUnreadable);
    match unreadable {
        Some(notice) => Err(notice.detail.clone()),
        None => Ok(loaded),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    use crate::protocol::{
        Budget, Effort, Fallback, ModelEdit, ModelId, Params, ProviderConfig, ProviderKind,
        ProviderOptions, ServerConfig,
    };
    use crate::state::Theme;

    fn provider(id: &str) -> ProviderConfig {
        ProviderConfig::new(id, id.to_uppercase(), ProviderKind::Openai, "http://localhost:1/v1")
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_the_rest_counts() {
        let text = "# mine\n[appearance]\ntheme = \"dark\"\ntext_sise = 120\n\n[[providers]]\nid = \"a\"\nname = \"A\"\nkind = \"openai\"\nurl = \"http://x/v1\"\ncolour = 3\n";
        let loaded = parse(text);
        assert_eq!(loaded.settings.appearance.theme, Theme::Dark);
        assert_eq!(loaded.settings.providers.len(), 1);
        let details: Vec<_> = loaded.notices.iter().map(|notice| notice.detail.as_str()).collect();
        assert_eq!(
            details,
            [
                "line 4: appearance.text_sise is not a setting",
                "line 11: providers.colour is not a setting"
            ]
        );
    }

    #[test]
    fn of_two_providers_with_one_id_the_first_counts_and_both_lines_are_named() {
        let table = |id: &str, name: &str| {
            format!(
                "[[providers]]\nname = \"{name}\"\nid = \"{id}\"\nkind = \"openai\"\nurl = \"http://x/v1\"\n"
            )
        };
        let text = [("a", "One"), ("b", "Two"), ("a", "Three"), ("guide", "Four")]
            .map(|(id, name)| table(id, name))
            .concat();
        let loaded = parse(&text);
        let names: Vec<_> =
            loaded.settings.providers.iter().map(|known| known.name.as_str()).collect();
        assert_eq!(names, ["One", "Two"]);
        let notice = |detail: &str| Notice {
            code: NoticeCode::ConfigDuplicateProvider,
            detail: detail.to_owned(),
        };
        let expected = [
            notice("line 13: a is the name of the provider in line 3"),
            notice("line 18: guide is the name of the built-in provider"),
        ];
        assert_eq!(loaded.notices, expected);
    }

    #[test]
    fn a_wrong_value_is_named_with_its_line_and_the_rest_counts() {
        let loaded = parse("default_model = \"guide/guide\"\n[appearance]\ntheme = \"pink\"\n");
        assert_eq!(loaded.settings.default_model, Some(ModelId::new("guide", "guide")));
        assert_eq!(loaded.settings.appearance, Settings::default().appearance);
        assert_eq!(loaded.notices[0].code, NoticeCode::ConfigValue);
        assert_eq!(
            loaded.notices[0].detail,
            "line 3: appearance.theme must be system, dark or light"
        );
        let loaded = parse("a = \n");
        assert_eq!(loaded.notices[0].code, NoticeCode::ConfigUnreadable);
        assert!(loaded.notices[0].detail.starts_with("line 1: "), "{:?}", loaded.notices);
    }

    #[test]
    fn whatever_is_wrong_costs_only_itself() {
        let good =
            "[[providers]]\nid = \"a\"\nname = \"A\"\nkind = \"openai\"\nurl = \"http://x/v1\"\n";
        let table = [
            (
                "favourites = [\"a/b\", \"nonsense\"]",
                "line 1: an entry of favourites must be a model",
            ),
            ("favourites = 3", "line 1: favourites must be a list of models"),
            ("budget = 3", "line 1: budget must be a table"),
            ("[budget]\nday_usd = nan", "line 2: budget.day_usd must be an amount"),
            ("[budget]\nday_usd = -0.5", "line 2: budget.day_usd must be an amount"),
            ("[chat]\nmax_turns = -1", "line 2: chat.max_turns must be a whole number"),
            (
                "[chat.params]\ntemperature = 2.5",
                "line 2: chat.params.temperature must be a number from 0 to 2",
            ),
            (
                "[chat.params]\ntop_p = nan",
                "line 2: chat.params.top_p must be a number from 0 to 1",
            ),
            (
                "chat.params.stop = [\"a\", 1]",
                "line 1: an entry of chat.params.stop must be a text",
            ),
            ("[models.\"a/b\"]\nprice_in = -1.0", "line 2: models.a/b.price_in must be an amount"),
            (
                "[models.nonsense]\nalias = \"x\"",
                "line 1: [models.nonsense] must be named by a model",
            ),
            (
                "[[providers]]\nid = \"b\"\nkind = \"openai\"\nurl = \"http://x\"",
                "line 1: the provider b is left out: it has no name",
            ),
            ("[[providers]]\nname = 3", "line 2: a provider is left out: it has no id"),
        ];
        for (bad, expected) in table {
            let text = format!(
                "{bad}\n\n{good}[providers.options]\nconnect_timeout_s = \"x\"\nidle_timeout_s = 9\n"
            );
            let loaded = parse(&text);
            let details: Vec<_> =
                loaded.notices.iter().map(|notice| notice.detail.as_str()).collect();
            assert!(
                details.iter().any(|detail| detail.starts_with(expected)),
                "{bad}: {details:?}"
            );
            let option = "options.connect_timeout_s must be a whole number, 0 or more";
            assert!(details.iter().any(|detail| detail.ends_with(option)), "{bad}: {details:?}");
            assert_eq!(details.len(), 2, "{bad}: {details:?}");
            let ids: Vec<_> =
                loaded.settings.providers.iter().map(|known| known.id.as_str()).collect();
            assert_eq!(ids, ["a"], "{bad}");
            assert_eq!(loaded.settings.providers[0].options.idle_timeout_s, Some(9));
        }
    }

    #[test]
    fn saving_keeps_what_cannot_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let text = "favourites = [\"a/b\", \"nonsense\"]\n[budget]\nday_usd = \"five\"\n[chat.params]\neffort = \"extreme\"\n[models.nonsense]\nalias = \"x\"\n[[providers]]\nid = \"b\"\nkind = \"grpc\"\n";
        fs::write(&path, text).unwrap();
        let before = load(&path).settings;
        let mut after = before.clone();
        after.favourites.push(ModelId::new("c", "d"));
        after.budget.month_usd = Some(3.0);
        after.chat.params.top_p = Some(0.5);
        after.models.entry(ModelId::new("a", "b")).or_default().hidden = true;
        after.providers.push(provider("mine"));
        save(&path, &before, &after).unwrap();
        assert_eq!(load(&path).settings, after);
        let written = fs::read_to_string(&path).unwrap();
        for kept in ["\"nonsense\"", "\"five\"", "\"extreme\"", "[models.nonsense]", "\"grpc\""] {
            assert!(written.contains(kept), "{kept} in {written}");
        }
        fs::write(&path, "providers = [3]\nbudget = 5\n").unwrap();
        let error = save(&path, &before, &after).unwrap_err();
        assert!(matches!(error, ConfigError::InTheWay(_)), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "providers = [3]\nbudget = 5\n");
    }

    #[test]
    fn saving_keeps_comments_and_what_another_wrote_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let before = Settings::default();
        fs::write(&path, "# by hand\n[chat] # bounds\nmax_turns = 7 # few\n").unwrap();
        let mut after = before.clone();
        after.appearance.theme = Theme::Light;
        after.default_model = Some(ModelId::new("guide", "guide"));
        after.providers.push(provider("mine"));
        save(&path, &before, &after).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("# by hand") && text.contains("max_turns = 7 # few"), "{text}");
        let read = load(&path);
        assert_eq!(read.notices, []);
        assert_eq!(read.settings.chat.max_turns, 7);
        assert_eq!(read.settings.appearance.theme, Theme::Light);

        let mut other = read.settings.clone();
        other.providers.push(provider("theirs"));
        save(&path, &read.settings, &other).unwrap();
        let mut ours = after.clone();
        ours.providers.clear();
        save(&path, &after, &ours).unwrap();
        let ids: Vec<_> =
            load(&path).settings.providers.iter().map(|known| known.id.to_string()).collect();
        assert_eq!(ids, ["theirs"]);
    }

    #[test]
    fn what_is_saved_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let mut settings = Settings {
            default_model: Some(ModelId::new("mine", "a/b")),
            favourites: vec![ModelId::new("guide", "guide"), ModelId::new("mine", "c")],
            providers: vec![provider("mine"), provider("other")],
            ..Settings::default()
        };
        settings.appearance.text_size = 150;
        settings.appearance.sidebar = false;
        settings.chat.idle_timeout_s = 9;
        settings.chat.title_model = Some(ModelId::new("mine", "small"));
        settings.chat.params = Params {
            temperature: Some(0.7),
            top_p: Some(0.1),
            max_tokens: Some(9),
            effort: Some(Effort::High),
            stop: vec!["END".to_owned()],
            system: Some("be brief\n\"please\"".to_owned()),
        };
        settings.fallback =
            Fallback { models: vec![ModelId::new("mine", "c")], allow_dearer: true };
        settings.budget = Budget { day_usd: Some(1.5), month_usd: Some(20.0) };
        settings.models = BTreeMap::from([
            (
                ModelId::new("mine", "a/b:c.d"),
                ModelEdit {
                    alias: Some("A".to_owned()),
                    hidden: true,
                    context: Some(8_192),
                    price_in: Some(0.25),
                    price_out: Some(0.0),
                },
            ),
            (ModelId::new("mine", "c"), ModelEdit { hidden: true, ..ModelEdit::default() }),
        ]);
        settings.providers[1].kind = ProviderKind::Anthropic;
        settings.providers[1].options = ProviderOptions {
            headers: BTreeMap::from([("X-Team".to_owned(), "blue".to_owned())]),
            ca_file: Some("/etc/ca.pem".into()),
            connect_timeout_s: Some(5),
            idle_timeout_s: Some(300),
            api_version: Some("2023-06-01".to_owned()),
            background: true,
        };
        save(&path, &Settings::default(), &settings).unwrap();
        assert_eq!(load(&path), Loaded { settings, notices: Vec::new(), left_out: Vec::new() });
    }

    #[test]
    fn edits_of_models_and_options_change_alone_and_go_without_a_trace() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let text = "[models.\"mine/a\"] # slow\nalias = \"A\" # mine\n\n[[providers]]\nid = \"mine\"\nname = \"M\"\nkind = \"openai\"\nurl = \"http://x/v1\"\n[providers.options]\nidle_timeout_s = 9 # patience\n[providers.options.headers]\nX-Team = \"blue\" # ours\n";
        fs::write(&path, text).unwrap();
        let before = load(&path).settings;
        let mut after = before.clone();
        let (a, b) = (ModelId::new("mine", "a"), ModelId::new("mine", "b"));
        after.models.entry(a.clone()).or_default().price_in = Some(1.0);
        after.models.insert(b.clone(), ModelEdit { hidden: true, ..ModelEdit::default() });
        let options = &mut after.providers[0].options;
        options.ca_file = Some("/ca.pem".into());
        options.headers.insert("X-Other".to_owned(), "1".to_owned());
        after.chat.params.effort = Some(Effort::Low);
        after.budget.day_usd = Some(2.0);
        save(&path, &before, &after).unwrap();
        assert_eq!(
            load(&path),
            Loaded { settings: after.clone(), notices: Vec::new(), left_out: Vec::new() }
        );
        let written = fs::read_to_string(&path).unwrap();
        for kept in ["# slow", "alias = \"A\" # mine", "idle_timeout_s = 9 # patience", "# ours"] {
            assert!(written.contains(kept), "{kept} in {written}");
        }
        let mut undone = before.clone();
        undone.models.remove(&a);
        undone.providers[0].options = ProviderOptions::default();
        save(&path, &after, &undone).unwrap();
        let written = fs::read_to_string(&path).unwrap();
        assert_eq!(load(&path).settings, undone, "{written}");
        for gone in ["mine/a", "mine/b", "options", "effort", "day_usd"] {
            assert!(!written.contains(gone), "{gone} in {written}");
        }
    }

    #[test]
    fn a_file_that_is_not_toml_is_left_untouched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        fs::write(&path, "what = = this").unwrap();
        let mut after = Settings::default();
        after.chat.max_turns = 3;
        assert!(matches!(save(&path, &Settings::default(), &after), Err(ConfigError::Invalid(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "what = = this");
    }

    #[test]
    fn servers_are_saved_with_comments_kept_and_a_wrong_one_is_named_and_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let text = "[[servers]]\nid = \"home\" # upstairs\nname = \"Home\"\nurl = \"ws://127.0.0.1:1\"\ncolour = 3\n\n[[servers]]\nid = \"bad\"\nname = \"Bad\"\nurl = \"http//x\"\n\n[[servers]]\nid = \"old\"\nname = \"Old\"\nurl = \"ws://127.0.0.1:2\"\ndual = \"yes\"\nca_file = 3\n";
        fs::write(&path, text).unwrap();
        let loaded = load(&path);
        let ids: Vec<_> = loaded.settings.servers.iter().map(|known| known.id.as_str()).collect();
        assert_eq!(ids, ["home", "old"]);
        let details: Vec<_> = loaded.notices.iter().map(|notice| notice.detail.as_str()).collect();
        assert_eq!(
            details,
            [
                "line 16: dual must be true or false",
                "line 17: ca_file must be a text",
                "line 10: the server bad is left out: The address of a server begins with ws:// or wss://",
                "line 5: servers.colour is not a setting"
            ]
        );
        let before = loaded.settings;
        let mut after = before.clone();
        after.servers[0].url = "wss://home.example".to_owned();
        after.servers.remove(1);
        after.servers.push(ServerConfig {
            id: "new".into(),
            name: "New".to_owned(),
            url: "ws://[::1]:8840".to_owned(),
            token_query: true,
            dual: true,
            ca_file: Some("/etc/home.pem".into()),
        });
        save(&path, &before, &after).unwrap();
        assert_eq!(load(&path).settings, after);
        let written = fs::read_to_string(&path).unwrap();
        assert!(written.contains("# upstairs") && written.contains("id = \"bad\""), "{written}");
        assert!(!written.contains("id = \"old\""), "{written}");
    }
}
