use super::*;
use crate::protocol::Bot;

fn bot(id: &str) -> Bot {
    Bot::blank(id.into(), id)
}

fn entry(id: &str, origin: BotOrigin) -> Arc<BotEntry> {
    Arc::new(BotEntry::new(bot(id), origin))
}

fn shelf(templates: &[&str]) -> Shelf {
    let templates = templates.iter().map(|id| entry(id, BotOrigin::BuiltIn));
    Shelf::new(templates.collect(), Vec::new())
}

fn persona(id: &str, line: u32) -> Persona {
    Persona { entry: entry(id, BotOrigin::Personas), at: 0, line: Some(line) }
}

fn own(id: &str, content: OwnContent) -> OwnBot {
    OwnBot {
        id: id.into(),
        content,
        base: None,
        granted: Vec::new(),
        archived: false,
        saved: Timestamp(7),
    }
}

fn rows(own: Vec<OwnBot>) -> KeptBots {
    KeptBots { own, marks: HashMap::new() }
}

fn read(id: &str) -> OwnBot {
    own(id, OwnContent::Read(Box::new(bot(id))))
}

fn told(shelf: &mut Shelf) -> Vec<(String, BotOrigin)> {
    let library = shelf.library();
    library.bots.iter().map(|entry| (entry.bot.id.to_string(), entry.origin)).collect()
}

fn lines(problems: &[BotProblem]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn a_mark_changes_one_entry_and_no_other() {
    let mut shelf = shelf(&["a", "b"]);
    shelf.put_personas(&[persona("p", 1)], &[]);
    shelf.put_rows(rows(vec![read("mine")]));
    let before = shelf.library();
    assert!(Arc::ptr_eq(&before, &shelf.library()), "nothing changed");

    let favourite = BotMark { favourite: true, used: Some(Timestamp(9)) };
    let known = own("mine", OwnContent::Known);
    let marks: HashMap<BotId, BotMark> = [("b".into(), favourite)].into();
    shelf.put_rows(KeptBots { own: vec![known.clone()], marks: marks.clone() });
    let after = shelf.library();
    let same: Vec<bool> =
        before.bots.iter().zip(&after.bots).map(|(was, is)| Arc::ptr_eq(was, is)).collect();
    assert_eq!(same, [true, false, true, true]);
    assert_eq!((after.bots[1].favourite, after.bots[1].used), (true, Some(Timestamp(9))));

    shelf.put_rows(KeptBots { own: vec![known], marks });
    assert!(Arc::ptr_eq(&after, &shelf.library()), "the same marks again change nothing");
}

#[test]
fn what_is_told_of_an_own_bot_follows_its_row() {
    let mut shelf = shelf(&[]);
    shelf.put_rows(rows(vec![read("mine")]));
    assert_eq!(shelf.known(), [("mine".into(), Timestamp(7))].into());
    let base = Some(("a".into(), BotVersion::FIRST));
    let granted = vec!["shell".to_owned()];
    let row = OwnBot { base, granted, archived: true, ..own("mine", OwnContent::Known) };
    shelf.put_rows(rows(vec![row.clone()]));
    let library = shelf.library();
    let entry = &library.bots[0];
    assert_eq!((&entry.base, &entry.granted, entry.archived), (&row.base, &row.granted, true));
    shelf.put_rows(rows(Vec::new()));
    assert!(shelf.library().bots.is_empty(), "another process deleted it");
}

#[test]
fn tools_of_an_own_bot_are_those_that_were_confirmed_and_no_more() {
    let mut asking = bot("mine");
    asking.tools =
        vec![crate::protocol::ToolNeed { name: "shell".to_owned(), reason: "to build".to_owned() }];
    let mut shelf = shelf(&[]);
    shelf.put_rows(rows(vec![own("mine", OwnContent::Read(Box::new(asking)))]));
    assert_eq!(shelf.library().bots[0].granted, Vec::<String>::new());
}

#[test]
fn an_id_stands_once_and_what_lost_is_named() {
    let mut shelf = shelf(&["a", "b", "a"]);
    shelf.put_rows(rows(vec![read("b"), read("c")]));
    let personas = [persona("a", 1), persona("c", 5), persona("d", 9), persona("b", 17)];
    shelf.put_personas(&personas, &[]);
    let expected = [
        ("a", BotOrigin::BuiltIn),
        ("d", BotOrigin::Personas),
        ("b", BotOrigin::Own),
        ("c", BotOrigin::Own),
    ];
    assert_eq!(told(&mut shelf), expected.map(|(id, origin)| (id.to_owned(), origin)));
    let of_personas = [
        "personas.yaml:1: id: \"a\" is the id of a bot that ships with Switchboard; choose another one",
        "personas.yaml:5: id: \"c\" is the id of a bot of your own; choose another one",
        "personas.yaml:17: id: \"b\" is the id of a bot that ships with Switchboard; choose another one",
    ];
    assert_eq!(lines(shelf.persona_problems()), of_personas);
    let mut all = vec![
        "a: id: another template has the same id",
        "your bot b: id: a bot of the same id, b, ships with Switchboard now; yours is shown in \
         its place",
    ];
    all.extend(of_personas);
    assert_eq!(lines(&shelf.library().problems), all);
}

#[test]
fn a_bot_that_cannot_be_read_is_named_and_hides_no_other() {
    let mut shelf = shelf(&["a"]);
    let broken = own("broken", OwnContent::Unreadable("it ends too early".to_owned()));
    shelf.put_rows(rows(vec![broken, read("fine")]));
    assert_eq!(told(&mut shelf).len(), 2);
    let expected = ["your bot broken: it cannot be read: it ends too early"];
    assert_eq!(lines(&shelf.library().problems), expected);
    assert_eq!(shelf.known().len(), 1, "and is tried again");
}

#[test]
fn a_new_bot_gets_an_id_that_is_free() {
    let mut shelf = shelf(&["a", "a-2"]);
    shelf.put_rows(rows(vec![read("a-3"), read("mine")]));
    shelf.put_personas(&[persona("p", 1)], &[]);
    let taken = |id: &str| shelf.version_of_another_origin(&id.into()).is_some();
    assert_eq!(["a", "p", "mine", "new"].map(taken), [true, true, false, false]);
    assert_eq!(shelf.free_id(&"a".into()).as_str(), "a-4");
    assert_eq!(shelf.free_id(&"p".into()).as_str(), "p-2");
}
