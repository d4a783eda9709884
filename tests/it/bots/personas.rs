//! `personas.yaml`, edited while the app runs.

use super::*;

const TWO: &str = "\
- name: Ada
  instructions: Be brief.
- name: Bob
  instructions: Be kind.
  tools:
    - name: read_file
      reason: To look things up
";

fn instructions(library: &Library, id: &str) -> Option<String> {
    find(library, id).map(|entry| entry.bot.instructions.clone())
}

fn lines(library: &Library) -> Vec<String> {
    library.problems.iter().map(ToString::to_string).collect()
}

impl Desk {
    /// The first library that fits, and what was said of `personas.yaml` on the way or behind it.
    async fn library_where(&mut self, fits: impl Fn(&Library) -> bool) -> Arc<Library> {
        self.until(|event| match event {
            BackendEvent::Bots(library) if fits(&library) => Some(library),
            _ => None,
        })
        .await
    }

    async fn complaint(&mut self) -> String {
        self.until(|event| match event {
            BackendEvent::Notice(notice) if notice.code == NoticeCode::PersonasUnreadable => {
                Some(notice.detail)
            }
            _ => None,
        })
        .await
    }
}

#[tokio::test]
async fn bots_of_the_file_are_told_and_an_edit_is_seen() {
    let (folder, server) = (folder(), Server::start());
    let file = folder.path().join("personas.yaml");
    fs::write(&file, TWO).unwrap();
    let mut desk = Desk::open(folder.path(), &server);
    let library = desk.after(BackendCommand::LoadBots).await;
    let bob = find(&library, "bob").unwrap();
    assert_eq!((bob.origin, bob.saved), (BotOrigin::Personas, None));
    assert_eq!(bob.granted, ["read_file"], "who wrote the file confirmed it");
    let mark = BackendCommand::MarkBot { bot: "bob".into(), favourite: true };
    assert!(find(&*desk.after(mark).await, "bob").unwrap().favourite);

    fs::write(&file, TWO.replace("Be brief.", "Be long.")).unwrap();
    let edited =
        desk.library_where(|library| instructions(library, "ada").unwrap() == "Be long.").await;
    assert!(find(&edited, "bob").unwrap().favourite, "marks stay");
    assert_eq!(lines(&edited), Vec::<String>::new());

    fs::remove_file(&file).unwrap();
    let gone = desk.library_where(|library| find(library, "ada").is_none()).await;
    assert_eq!(find(&gone, "bob"), None);
    desk.close().await;

    let mut again = Desk::open(folder.path(), &server);
    let library = again.after(BackendCommand::LoadBots).await;
    assert_eq!(find(&library, "ada"), None, "and stays gone");
    again.close().await;
}

#[tokio::test]
async fn a_file_that_an_editor_puts_in_place_by_renaming_is_seen() {
    let (folder, server) = (folder(), Server::start());
    let file = folder.path().join("personas.yaml");
    let mut desk = Desk::open(folder.path(), &server);
    desk.after(BackendCommand::LoadBots).await;
    for text in ["Be brief.", "Be long."] {
        let beside = folder.path().join(".personas.yaml.swp");
        fs::write(&beside, TWO.replace("Be brief.", text)).unwrap();
        fs::rename(&beside, &file).unwrap();
        let fits = |library: &Library| instructions(library, "ada").as_deref() == Some(text);
        desk.library_where(fits).await;
    }
    desk.close().await;
}

#[tokio::test]
async fn a_broken_edit_names_its_place_and_leaves_what_was_good() {
    let (folder, server) = (folder(), Server::start());
    let file = folder.path().join("personas.yaml");
    fs::write(&file, TWO).unwrap();
    let mut desk = Desk::open(folder.path(), &server);
    desk.after(BackendCommand::LoadBots).await;

    // One entry is wrong, the other one new.
    let broken = TWO.replace("Be brief.", "Be long.").replace("Be kind.", "[kind]");
    fs::write(&file, &broken).unwrap();
    let library =
        desk.library_where(|library| instructions(library, "ada").unwrap() == "Be long.").await;
    assert_eq!(instructions(&library, "bob").unwrap(), "Be kind.");
    let named = "personas.yaml:4:17: [1].instructions: must be text";
    assert!(lines(&library)[0].starts_with(named), "{:?}", library.problems);
    assert!(desk.complaint().await.starts_with(named));

    // The whole is wrong.
    fs::write(&file, "- name: Ada\n  instructions: \"Be quiet.\n").unwrap();
    let library = desk.library_where(|library| !lines(library)[0].contains("must be")).await;
    assert_eq!(instructions(&library, "ada").unwrap(), "Be long.");
    assert_eq!(instructions(&library, "bob").unwrap(), "Be kind.");
    assert!(desk.complaint().await.contains("this is not YAML"));
    desk.close().await;

    // Also when the app starts with it.
    let mut again = Desk::open(folder.path(), &server);
    let library = again.after(BackendCommand::LoadBots).await;
    assert_eq!(instructions(&library, "ada").unwrap(), "Be long.");
    assert_eq!(instructions(&library, "bob").unwrap(), "Be kind.");
    assert!(again.complaint().await.contains("this is not YAML"));

    fs::write(&file, TWO).unwrap();
    let mended = again.library_where(|library| library.problems.is_empty()).await;
    assert_eq!(instructions(&mended, "ada").unwrap(), "Be brief.");
    again.close().await;
}

#[tokio::test]
async fn an_id_that_another_bot_has_is_refused_with_its_line() {
    let (folder, server) = (folder(), Server::start());
    let text = format!("{TWO}- id: brainstorm-partner\n  name: Cy\n  instructions: Hm.\n");
    fs::write(folder.path().join("personas.yaml"), text).unwrap();
    let mut desk = Desk::open(folder.path(), &server);
    let library = desk.after(BackendCommand::LoadBots).await;
    assert_eq!(find(&library, "brainstorm-partner").unwrap().origin, BotOrigin::BuiltIn);
    assert!(find(&library, "ada").is_some());
    let expected = "personas.yaml:8: id: \"brainstorm-partner\" is the id of a bot that ships with \
                    Switchboard; choose another one";
    assert_eq!(lines(&library), [expected]);
    assert_eq!(desk.complaint().await, expected);
    desk.close().await;
}

#[tokio::test]
async fn a_file_that_cannot_be_one_is_named() {
    let (folder, server) = (folder(), Server::start());
    fs::create_dir(folder.path().join("personas.yaml")).unwrap();
    let mut desk = Desk::open(folder.path(), &server);
    let library = desk.after(BackendCommand::LoadBots).await;
    assert_eq!(lines(&library), ["personas.yaml: it is no file"]);
    assert!(library.bots.len() > 10, "the rest of the gallery works");
    desk.close().await;
}

#[tokio::test]
async fn an_entry_whose_id_becomes_a_mistake_stays_what_it_was() {
    let (folder, server) = (folder(), Server::start());
    let file = folder.path().join("personas.yaml");
    fs::write(&file, TWO).unwrap();
    let mut desk = Desk::open(folder.path(), &server);
    desk.after(BackendCommand::LoadBots).await;
    for (name, line) in [("Brainstorm partner", 3), ("\"?\"", 3), ("Ada", 3)] {
        fs::write(&file, TWO.replace("name: Bob", &format!("name: {name}"))).unwrap();
        let wrong = format!("personas.yaml:{line}:");
        let library = desk
            .library_where(|library| lines(library).iter().any(|told| told.starts_with(&wrong)))
            .await;
        assert_eq!(lines(&library).len(), 1, "{name}: {:?}", library.problems);
        assert_eq!(instructions(&library, "bob").as_deref(), Some("Be kind."), "{name}");
        assert_eq!(instructions(&library, "ada").as_deref(), Some("Be brief."), "{name}");
        fs::write(&file, TWO).unwrap();
        desk.library_where(|library| library.problems.is_empty()).await;
    }
    desk.close().await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_kept_elsewhere_is_read_again_when_the_window_is_looked_at() {
    let (folder, elsewhere, server) = (folder(), folder(), Server::start());
    let kept = elsewhere.path().join("dotfiles.yaml");
    fs::write(&kept, TWO).unwrap();
    std::os::unix::fs::symlink(&kept, folder.path().join("personas.yaml")).unwrap();
    let mut desk = Desk::open(folder.path(), &server);
    let library = desk.after(BackendCommand::LoadBots).await;
    assert!(find(&library, "bob").is_some());
    fs::write(&kept, "- name: Ada\n  instructions: Be long.\n").unwrap();
    let library = desk.after(BackendCommand::LoadBots).await;
    assert_eq!(find(&library, "bob"), None);
    assert_eq!(instructions(&library, "ada").unwrap(), "Be long.");
    desk.close().await;
}
