//! The library of bots: a real engine, real files, a real watcher, a real database.

mod personas;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use switchboard::protocol::{
    BackendCommand, BackendEvent, Bot, BotEntry, BotFormat, BotId, BotOrigin, BotProblem, BotRead,
    BotSource, BotVersion, Cast, ChatBot, ChatOptions, Library, NoticeCode, QueryId, SaveBot,
    StartChat, ToolNeed,
};
use switchboard::store::bot_file;

use crate::support::{Desk, Server, now};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn bot(id: &str, instructions: &str) -> Bot {
    Bot {
        instructions: instructions.to_owned(),
        description: "Does this and that.".to_owned(),
        ..Bot::blank(id.into(), "Ada")
    }
}

fn save(bot: Bot) -> BackendCommand {
    BackendCommand::SaveBot(Box::new(SaveBot { bot, base: None, granted: Vec::new() }))
}

fn find<'a>(library: &'a Library, id: &str) -> Option<&'a BotEntry> {
    library.bots.iter().find(|entry| entry.bot.id.as_str() == id).map(Arc::as_ref)
}

impl Desk {
    /// The library as it is told next.
    async fn library(&mut self) -> Arc<Library> {
        self.until(|event| match event {
            BackendEvent::Bots(library) => Some(library),
            _ => None,
        })
        .await
    }

    async fn after(&mut self, command: BackendCommand) -> Arc<Library> {
        self.ask(command).await;
        self.library().await
    }

    async fn versions(&mut self, bot: &str) -> Vec<Bot> {
        let query = QueryId(7);
        self.ask(BackendCommand::LoadBotVersions { query, bot: bot.into() }).await;
        self.until(|event| match event {
            BackendEvent::BotVersions { query: QueryId(7), versions, .. } => {
                Some(versions.into_iter().map(|info| info.bot).collect())
            }
            _ => None,
        })
        .await
    }

    async fn read_bots(&mut self, source: BotSource) -> Vec<Result<BotRead, BotProblem>> {
        self.ask(BackendCommand::ReadBots { query: QueryId(9), source }).await;
        self.until(|event| match event {
            BackendEvent::BotsRead { query: QueryId(9), read } => Some(read),
            _ => None,
        })
        .await
    }
}

#[tokio::test]
async fn all_bots_are_told_when_they_are_asked_for_and_again_after_each_change() {
    let (folder, server) = (folder(), Server::start());
    let mut desk = Desk::open(folder.path(), &server);
    let library = desk.after(BackendCommand::LoadBots).await;
    assert!(library.bots.len() > 10, "templates ship with the app");
    assert!(library.bots.iter().all(|entry| entry.origin == BotOrigin::BuiltIn));
    assert_eq!(library.problems, vec![]);

    let template = library.bots[0].bot.id.clone();
    let mark = BackendCommand::MarkBot { bot: template.clone(), favourite: true };
    let marked = desk.after(mark).await;
    assert!(find(&marked, template.as_str()).unwrap().favourite);
    let rest = library.bots.iter().zip(&marked.bots).skip(1);
    assert!({ rest }.all(|(was, is)| Arc::ptr_eq(was, is)), "the others are the very same");
    let again = desk.after(BackendCommand::LoadBots).await;
    assert!(Arc::ptr_eq(&marked, &again), "without a change nothing is made anew");

    let saved = desk.after(save(bot("ada", "one"))).await;
    let mine = find(&saved, "ada").unwrap();
    assert_eq!((mine.origin, mine.archived), (BotOrigin::Own, false));
    let archive = BackendCommand::ArchiveBot { bot: "ada".into(), archived: true };
    assert!(find(&*desk.after(archive).await, "ada").unwrap().archived);
    let delete = BackendCommand::DeleteBot { bot: "ada".into() };
    assert_eq!(find(&*desk.after(delete).await, "ada"), None);
    desk.close().await;
}

#[tokio::test]
async fn a_saved_bot_gets_a_version_and_an_old_one_can_be_restored() {
    let (folder, server) = (folder(), Server::start());
    let mut desk = Desk::open(folder.path(), &server);
    desk.after(BackendCommand::LoadBots).await;
    let base: (BotId, BotVersion) = ("code-reviewer".into(), BotVersion::FIRST);
    let first = SaveBot { base: Some(base.clone()), ..save_of(bot("ada", "one")) };
    desk.after(BackendCommand::SaveBot(Box::new(first))).await;
    let library = desk.after(save(bot("ada", "two"))).await;
    let entry = find(&library, "ada").unwrap();
    assert_eq!((entry.bot.version.to_string(), &entry.base), ("1.1".to_owned(), &Some(base)));
    assert!(entry.saved.is_some());

    let versions = desk.versions("ada").await;
    let texts: Vec<&str> = versions.iter().map(|bot| bot.instructions.as_str()).collect();
    assert_eq!(texts, ["two", "one"]);
    let library = desk.after(save(versions[1].clone())).await;
    let entry = find(&library, "ada").unwrap();
    let expected = ("1.2".to_owned(), "one");
    assert_eq!((entry.bot.version.to_string(), entry.bot.instructions.as_str()), expected);
    assert_eq!(desk.versions("ada").await.len(), 3);
    desk.close().await;

    let mut again = Desk::open(folder.path(), &server);
    let after = again.after(BackendCommand::LoadBots).await;
    assert_eq!(find(&after, "ada"), Some(entry), "it is there after a restart");
    again.close().await;
}

fn save_of(bot: Bot) -> SaveBot {
    SaveBot { bot, base: None, granted: Vec::new() }
}

#[tokio::test]
async fn a_bot_of_an_id_that_ships_with_the_app_becomes_another_one_made_of_it() {
    let (folder, server) = (folder(), Server::start());
    let mut desk = Desk::open(folder.path(), &server);
    // The library was not asked for yet: the ids that are taken are known all the same.
    let library = desk.after(save(bot("brainstorm-partner", "mine"))).await;
    let template = find(&library, "brainstorm-partner").unwrap();
    assert_eq!(template.origin, BotOrigin::BuiltIn);
    let mine = find(&library, "brainstorm-partner-2").unwrap();
    assert_eq!(mine.base, Some((template.bot.id.clone(), template.bot.version)));
    assert_eq!(library.problems, vec![]);
    desk.close().await;
}

#[tokio::test]
async fn only_confirmed_tools_of_a_bot_are_granted() {
    let (folder, server) = (folder(), Server::start());
    let mut desk = Desk::open(folder.path(), &server);
    let need = |name: &str| ToolNeed { name: name.to_owned(), reason: "To look".to_owned() };
    let asking = Bot { tools: vec![need("read_file"), need("shell")], ..bot("ada", "one") };
    let save = SaveBot { granted: vec!["read_file".to_owned()], ..save_of(asking) };
    desk.after(BackendCommand::SaveBot(Box::new(save))).await;
    desk.close().await;
    let mut again = Desk::open(folder.path(), &server);
    let library = again.after(BackendCommand::LoadBots).await;
    assert_eq!(find(&library, "ada").unwrap().granted, ["read_file"]);
    again.close().await;
}

#[tokio::test]
async fn a_bot_that_a_chat_began_with_is_told_as_used() {
    let (folder, server) = (folder(), Server::start());
    let mut desk = Desk::open(folder.path(), &server);
    let library = desk.after(BackendCommand::LoadBots).await;
    let template = &library.bots[0].bot;
    let begin = |test| {
        let start = StartChat {
            chat: Desk::new_chat(),
            bot: ChatBot {
                id: template.id.clone(),
                version: template.version,
                name: template.name.clone(),
                icon: template.icon,
                color: template.color,
                model: None,
                room: false,
            },
            cast: Cast {
                bot: template.id.clone(),
                version: template.version,
                name: template.name.clone(),
                icon: template.icon,
                color: template.color,
                instructions: template.instructions.clone(),
                values: std::collections::BTreeMap::new(),
                starters: Vec::new(),
                tools: Vec::new(),
                room: None,
            },
            options: ChatOptions::default(),
            seeds: Vec::new(),
            test,
            created: now(),
        };
        BackendCommand::StartChat(Box::new(start))
    };
    desk.ask(begin(true)).await;
    let tried = desk.after(BackendCommand::LoadBots).await;
    assert_eq!(tried.bots[0].used, None, "a try in the editor is no use");
    let used = desk.after(begin(false)).await;
    assert!(used.bots[0].used.is_some());
    desk.close().await;
}

#[tokio::test]
async fn files_are_read_for_an_import_and_nothing_of_them_is_kept() {
    let (folder, server) = (folder(), Server::start());
    let mut desk = Desk::open(folder.path(), &server);
    let path = |name: &str| folder.path().join(name);
    let ada = bot("ada", "one");
    fs::write(path("ada.yaml"), bot_file::write(&ada, BotFormat::Yaml).unwrap()).unwrap();
    fs::write(path("broken.yaml"), "id: ada\nname: [\n").unwrap();
    let large = fs::File::create(path("large.png")).unwrap();
    large.set_len(64 * 1_024 * 1_024).unwrap();
    let files = ["ada.yaml", "broken.yaml", "large.png", "gone.yaml"];
    let mut paths: Vec<_> = files.iter().map(|name| path(name)).collect();
    paths.push(folder.path().to_owned());
    let read = desk.read_bots(BotSource::Files(paths)).await;
    let first = read[0].as_ref().unwrap();
    assert_eq!((first.source.as_str(), &first.bot), ("ada.yaml", &ada));
    let problems: Vec<&BotProblem> =
        read.iter().skip(1).map(|read| read.as_ref().unwrap_err()).collect();
    assert_eq!((problems[0].source.as_str(), problems[0].line), ("broken.yaml", Some(2)));
    assert_eq!(problems[1].to_string(), "large.png: it is larger than 32 MB");
    assert!(problems[2].to_string().starts_with("gone.yaml: it could not be read"));
    assert!(problems[3].message.contains("it is a folder"), "{}", problems[3]);
    assert_eq!(problems.len(), 4);

    let block = bot_file::write(&ada, BotFormat::Block).unwrap();
    let text = String::from_utf8(block).unwrap();
    let read = desk.read_bots(BotSource::Text(text)).await;
    assert_eq!(read[0].as_ref().unwrap().bot, ada);
    let library = desk.after(BackendCommand::LoadBots).await;
    assert_eq!(find(&library, "ada"), None);
    desk.close().await;
}

#[tokio::test]
async fn an_exported_bot_is_what_its_file_is_byte_for_byte() {
    let (folder, server) = (folder(), Server::start());
    let mut desk = Desk::open(folder.path(), &server);
    let ada = bot("ada", "one");
    let export = |format, to: Option<&Path>| BackendCommand::ExportBot {
        bot: Box::new(ada.clone()),
        format,
        to: to.map(Path::to_owned),
    };
    let file = folder.path().join("ada.yaml");
    fs::write(&file, "something older").unwrap();
    desk.ask(export(BotFormat::Yaml, Some(&file))).await;
    let told = desk
        .until(|event| match event {
            BackendEvent::BotExported { name, to, losses } => {
                assert_eq!(losses, Vec::<String>::new(), "YAML holds all of it");
                Some((name, to))
            }
            _ => None,
        })
        .await;
    assert_eq!(told, ("Ada".to_owned(), file.clone()));
    assert_eq!(fs::read(&file).unwrap(), bot_file::write(&ada, BotFormat::Yaml).unwrap());

    desk.ask(export(BotFormat::Block, None)).await;
    let text = desk
        .until(|event| match event {
            BackendEvent::BotText { text, .. } => Some(text),
            _ => None,
        })
        .await;
    assert_eq!(text.into_bytes(), bot_file::write(&ada, BotFormat::Block).unwrap());

    let nowhere = folder.path().join("no/folder/ada.yaml");
    desk.ask(export(BotFormat::Yaml, Some(&nowhere))).await;
    let detail = desk
        .until(|event| match event {
            BackendEvent::Notice(notice) if notice.code == NoticeCode::BotNotExported => {
                Some(notice.detail)
            }
            _ => None,
        })
        .await;
    assert!(detail.starts_with(&nowhere.display().to_string()), "{detail}");
    let names = fs::read_dir(folder.path()).unwrap();
    let left = names.filter(|entry| {
        entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(".switchboard-")
    });
    assert_eq!(left.count(), 0, "no half file is left");
    desk.close().await;
}

#[tokio::test]
async fn two_processes_on_one_folder_see_each_others_bots() {
    let (folder, server) = (folder(), Server::start());
    let (mut one, mut two) =
        (Desk::open(folder.path(), &server), Desk::open(folder.path(), &server));
    one.after(BackendCommand::LoadBots).await;
    two.after(BackendCommand::LoadBots).await;
    one.after(save(bot("ada", "one"))).await;
    let seen = two.after(BackendCommand::LoadBots).await;
    assert_eq!(find(&seen, "ada").unwrap().bot.instructions, "one");
    two.after(save(bot("ada", "two"))).await;
    let delete = BackendCommand::MarkBot { bot: "ada".into(), favourite: true };
    let seen = one.after(delete).await;
    let entry = find(&seen, "ada").unwrap();
    assert_eq!((entry.bot.instructions.as_str(), entry.favourite), ("two", true));
    assert_eq!(one.versions("ada").await.len(), 2);
    two.after(BackendCommand::DeleteBot { bot: "ada".into() }).await;
    assert_eq!(find(&*one.after(BackendCommand::LoadBots).await, "ada"), None);
    one.close().await;
    two.close().await;
}

#[tokio::test]
async fn bots_work_where_nothing_can_be_saved() {
    let (folder, server) = (folder(), Server::start());
    fs::write(folder.path().join("switchboard.db"), "no database at all").unwrap();
    let mut desk = Desk::open(folder.path(), &server);
    assert_eq!(desk.notices.len(), 1);
    let library = desk.after(BackendCommand::LoadBots).await;
    assert!(library.bots.len() > 10);
    desk.after(save(bot("ada", "one"))).await;
    let library = desk.after(save(bot("ada", "two"))).await;
    assert_eq!(find(&library, "ada").unwrap().bot.version.to_string(), "1.1");
    desk.close().await;
}
