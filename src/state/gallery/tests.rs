mod servers;

use std::sync::Arc;

use super::{Found, GalleryFilter, GallerySort};
use crate::protocol::*;
use crate::state::{AppState, BotCommand, HandleContext, Page, Settings, UiCommand, apply, handle};

const NOW: Timestamp = Timestamp(1_795_220_000_000);

fn bot(id: &str, name: &str) -> Bot {
    Bot::blank(id.into(), name)
}

fn entry(bot: Bot) -> BotEntry {
    BotEntry::new(bot, BotOrigin::BuiltIn)
}

fn state(entries: Vec<BotEntry>) -> AppState {
    let mut state = AppState::new(Settings::default(), &[], "/data".into());
    tell(&mut state, entries);
    state
}

fn tell(state: &mut AppState, entries: Vec<BotEntry>) {
    let bots = entries.into_iter().map(Arc::new).collect();
    let library = Library { bots, problems: Vec::new() };
    apply(state, BackendEvent::Bots(Arc::new(library)), NOW);
}

fn ask(state: &mut AppState, command: BotCommand) {
    handle(state, UiCommand::Bots(command), HandleContext { now: NOW, ids: IdSource });
}

fn search(state: &mut AppState, query: &str) -> Vec<String> {
    ask(state, BotCommand::Search(query.to_owned()));
    shown(state)
}

fn shown(state: &AppState) -> Vec<String> {
    let places = state.gallery.shown().iter();
    places.map(|place| state.bots.all()[*place].bot.id.to_string()).collect()
}

fn library() -> Vec<BotEntry> {
    let make = |id: &str, name: &str, category, tags: &[&str], description: &str, told: &str| {
        entry(Bot {
            category,
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            description: description.to_owned(),
            instructions: told.to_owned(),
            ..bot(id, name)
        })
    };
    vec![
        make("told", "Zebra", Category::Fun, &[], "Stripes", "You know Rust by heart."),
        make("described", "Yak", Category::Fun, &[], "Explains RUST and cargo", ""),
        make("tagged", "Xylo", Category::Coding, &["rust", "code review"], "", ""),
        make("inside", "Thrust meter", Category::Data, &[], "", ""),
        make("word", "The rust mentor", Category::Coding, &[], "", ""),
        make("begins", "Rust mentor", Category::Coding, &[], "", ""),
        make("umlaut", "Über-Übersetzer", Category::Writing, &["größe"], "Straße", "Ärger"),
    ]
}

#[test]
fn what_fits_best_comes_first() {
    let all = ["begins", "word", "inside", "tagged", "described", "told"];
    let table: &[(&str, &[&str])] = &[
        ("rust", &all),
        ("RuSt", &all),
        ("  rust  ", &all),
        ("rust mentor", &["begins", "word"]),
        ("mentor rust", &["begins", "word"]),
        ("rust cargo", &["described"]),
        ("rust stripes", &["told"]),
        ("code rev", &["tagged"]),
        // A category is found like a tag.
        ("writing", &["umlaut"]),
        ("ÜBER", &["umlaut"]),
        ("übersetzer", &["umlaut"]),
        ("Größe", &["umlaut"]),
        ("straße ärger", &["umlaut"]),
    ];
    for (query, expected) in table {
        let mut state = state(library());
        assert_eq!(search(&mut state, query), *expected, "{query:?}");
    }
}

#[test]
fn a_query_typed_letter_by_letter_finds_what_it_finds_at_once() {
    for query in ["rust mentor", "rust cargo", "übersetzer", "code rev", "x", "mentor rust zz"] {
        let mut typed = state(library());
        let mut so_far = String::new();
        for letter in query.chars() {
            so_far.push(letter);
            let mut afresh = state(library());
            assert_eq!(search(&mut typed, &so_far), search(&mut afresh, &so_far), "{so_far:?}");
        }
        while so_far.pop().is_some() {
            let mut afresh = state(library());
            assert_eq!(search(&mut typed, &so_far), search(&mut afresh, &so_far), "{so_far:?}");
        }
    }
}

#[test]
fn letters_set_in_front_of_a_word_are_searched_for_anew() {
    let mut state = state(library());
    assert_eq!(search(&mut state, "rust"), shown(&state));
    assert_eq!(search(&mut state, "thrust"), ["inside"]);
    assert_eq!(search(&mut state, "yak rust"), ["described"]);
}

#[test]
fn among_equals_favourites_come_first_then_those_used_lately_then_by_name() {
    let mut entries: Vec<BotEntry> =
        ["Delta", "Charlie", "Bravo", "alpha"].map(|name| entry(bot(name, name))).into();
    entries[0].favourite = true;
    entries[1].used = Some(Timestamp(1));
    entries[2].used = Some(Timestamp(2));
    let mut state = state(entries);
    assert_eq!(shown(&state), ["Delta", "Bravo", "Charlie", "alpha"]);
    for (sort, expected) in [
        (GallerySort::Name, ["alpha", "Bravo", "Charlie", "Delta"]),
        (GallerySort::Recent, ["Bravo", "Charlie", "alpha", "Delta"]),
        (GallerySort::Best, ["Delta", "Bravo", "Charlie", "alpha"]),
    ] {
        ask(&mut state, BotCommand::Sort(sort));
        assert_eq!(shown(&state), expected, "{sort:?}");
    }
}

#[test]
fn by_category_they_stand_in_the_order_of_the_shelves() {
    let mut state = state(library());
    ask(&mut state, BotCommand::Sort(GallerySort::Category));
    assert_eq!(
        shown(&state),
        ["begins", "word", "tagged", "umlaut", "inside", "described", "told"]
    );
}

fn mixed() -> Vec<BotEntry> {
    let mut entries = library();
    entries[0].favourite = true;
    entries[1].used = Some(Timestamp(5));
    entries[2].used = Some(Timestamp(9));
    entries[3].origin = BotOrigin::Own;
    entries[4].origin = BotOrigin::Personas;
    entries[5].archived = true;
    entries[5].favourite = true;
    entries
}

#[test]
fn filters_show_what_they_say_and_counts_leave_the_archive_out() {
    let mut state = state(mixed());
    let table: &[(GalleryFilter, &[&str])] = &[
        (GalleryFilter::All, &["told", "tagged", "described", "word", "inside", "umlaut"]),
        (GalleryFilter::Favourites, &["told"]),
        (GalleryFilter::Recent, &["tagged", "described"]),
        (GalleryFilter::Own, &["word", "inside"]),
        (GalleryFilter::Archived, &["begins"]),
        (GalleryFilter::Category(Category::Coding), &["tagged", "word"]),
        (GalleryFilter::Category(Category::Health), &[]),
    ];
    for (filter, expected) in table {
        ask(&mut state, BotCommand::Show(*filter));
        assert_eq!(shown(&state), *expected, "{filter:?}");
        assert_eq!(state.gallery.counts().count(*filter), expected.len(), "{filter:?}");
    }
}

#[test]
fn shelves_are_the_full_ones_with_the_fullest_category_first() {
    let state = state(mixed());
    let shelves = |filter| -> Vec<String> {
        let shelves = state.gallery.counts().shelves(filter);
        shelves.iter().map(|it| format!("{} {}", it.filter.label(), it.count)).collect()
    };
    let full = [
        "All 6",
        "Favourites 1",
        "Recent 2",
        "Mine 2",
        "Coding 2",
        "Fun 2",
        "Writing 1",
        "Data 1",
        "Archived 1",
    ];
    assert_eq!(shelves(GalleryFilter::All), full);
    let health = shelves(GalleryFilter::Category(Category::Health));
    assert!(health.contains(&"Health 0".to_owned()), "{health:?}");
}

#[test]
fn a_search_selects_what_fits_best_and_a_shelf_leaves_the_selection_where_it_is_shown() {
    let mut state = state(library());
    let selected = |state: &AppState| state.gallery.selected.clone().map(|id| id.to_string());
    assert_eq!(selected(&state).as_deref(), Some("begins"));
    ask(&mut state, BotCommand::Select(Some("word".into())));
    search(&mut state, "rust");
    let first = state.gallery.shown()[0];
    assert_eq!(selected(&state), Some(state.bots.all()[first].bot.id.to_string()));
    ask(&mut state, BotCommand::Select(Some("word".into())));
    ask(&mut state, BotCommand::Sort(GallerySort::Name));
    assert_eq!(selected(&state).as_deref(), Some("word"));
    search(&mut state, "rust cargo");
    assert_eq!(selected(&state).as_deref(), Some("described"));
    ask(&mut state, BotCommand::Show(GalleryFilter::Category(Category::Writing)));
    assert_eq!(selected(&state), None);
    search(&mut state, "");
    assert_eq!(selected(&state).as_deref(), Some("umlaut"));
}

#[test]
fn hits_that_the_filter_hides_are_counted_and_no_others_suggested() {
    let mut state = state(mixed());
    ask(&mut state, BotCommand::Show(GalleryFilter::Category(Category::Writing)));
    assert!(search(&mut state, "rust").is_empty());
    // The archived one does not count.
    assert_eq!(state.gallery.elsewhere(), 5);
    assert_eq!(state.gallery.found(), Found::Fitting);
    ask(&mut state, BotCommand::Show(GalleryFilter::All));
    assert_eq!(state.gallery.elsewhere(), 0);
}

#[test]
fn a_misspelt_search_shows_the_bots_that_are_near_to_it() {
    let mut entries = library();
    for (id, name, description) in [
        ("translator", "Translator", "Carries text between languages"),
        ("line-editor", "Line Editor", "Checks spelling and commas"),
        ("copy", "Copy Polisher", "Polishes adverts, not their spelling"),
    ] {
        entries.push(entry(Bot { description: description.to_owned(), ..bot(id, name) }));
    }
    let mut state = state(entries);
    let table: &[(&str, &[&str])] = &[
        ("transalte", &["translator"]),
        ("speling chek", &["line-editor"]),
        ("rsut mentor", &["begins", "word"]),
        ("code reveiw", &["tagged"]),
        ("übersezter", &["umlaut"]),
        ("thrsut", &["inside"]),
        ("rust nothing", &["begins", "word", "inside", "tagged", "described"]),
    ];
    for (query, expected) in table {
        assert_eq!(search(&mut state, query), *expected, "{query:?}");
        assert_eq!(state.gallery.found(), Found::Near, "{query:?}");
        let selected = state.gallery.selected.as_ref().map(BotId::as_str);
        assert!(selected.is_some_and(|id| expected.contains(&id)), "{query:?}: {selected:?}");
    }
    search(&mut state, "rust");
    assert_eq!(state.gallery.found(), Found::Fitting);
}

#[test]
fn where_nothing_is_near_what_most_people_need_is_shown() {
    let mut entries = library();
    entries.extend(["bug-hunter", "meeting-notes"].map(|id| entry(bot(id, id))));
    let mut state = state(entries);
    for query in ["qqqq", "q", "["] {
        let shown = search(&mut state, query);
        assert!(shown.starts_with(&["meeting-notes".into(), "bug-hunter".into()]), "{shown:?}");
        assert_eq!(state.gallery.found(), Found::Usual, "{query:?}");
    }
}

#[test]
fn a_few_that_most_people_need_lead_as_long_as_nothing_else_decides() {
    let ids = ["aardvark", "bug-hunter", "meeting-notes", "zebra", "code-reviewer"];
    let mut entries: Vec<BotEntry> = ids.map(|id| entry(bot(id, id))).into();
    let mut fresh = state(entries.clone());
    let led = ["meeting-notes", "code-reviewer", "bug-hunter", "aardvark", "zebra"];
    assert_eq!(shown(&fresh), led);
    ask(&mut fresh, BotCommand::Sort(GallerySort::Name));
    assert_eq!(shown(&fresh)[0], "aardvark");
    entries[3].used = Some(Timestamp(1));
    assert_eq!(shown(&state(entries))[0], "zebra");
}

#[test]
fn each_shelf_counts_what_fits_the_search() {
    let mut state = state(mixed());
    search(&mut state, "rust");
    let fitting = |state: &AppState, filter| state.gallery.fitting().count(filter);
    assert_eq!(fitting(&state, GalleryFilter::All), 5);
    assert_eq!(fitting(&state, GalleryFilter::Category(Category::Coding)), 2);
    assert_eq!(fitting(&state, GalleryFilter::Category(Category::Writing)), 0);
    assert_eq!(fitting(&state, GalleryFilter::Archived), 1);
    assert_eq!(state.gallery.counts().count(GalleryFilter::Category(Category::Writing)), 1);
    search(&mut state, "");
    assert_eq!(fitting(&state, GalleryFilter::Category(Category::Writing)), 1);
}

#[test]
fn a_star_that_is_set_moves_no_card_until_the_gallery_is_opened_again() {
    let mut state = state(library());
    ask(&mut state, BotCommand::OpenGallery);
    let before = shown(&state);
    let mut entries = library();
    entries[0].favourite = true;
    tell(&mut state, entries);
    assert_eq!(shown(&state), before);
    assert_eq!(state.gallery.counts().count(GalleryFilter::Favourites), 1);
    handle(&mut state, UiCommand::NewChat, HandleContext { now: NOW, ids: IdSource });
    ask(&mut state, BotCommand::OpenGallery);
    assert_eq!(shown(&state)[0], "told");
}

#[test]
fn opening_the_gallery_from_a_chat_begins_a_new_search_and_from_the_editor_goes_on() {
    let mut state = state(library());
    search(&mut state, "rust");
    state.page = Page::Editor;
    ask(&mut state, BotCommand::OpenGallery);
    assert_eq!(state.gallery.query, "rust");
    state.page = Page::Welcome;
    ask(&mut state, BotCommand::OpenGallery);
    assert_eq!(state.gallery.query, "");
    assert_eq!(shown(&state).len(), library().len());
}

#[test]
fn the_welcome_screen_offers_what_was_used_then_favourites_then_what_ships() {
    let make = |id: &str| entry(bot(id, id));
    let ids = ["a", "language-tutor", "b", "meeting-notes", "c", "rust-mentor", "d"];
    let picks = |state: &AppState| -> Vec<String> {
        state.gallery.picks().iter().map(ToString::to_string).collect()
    };
    let mut state = state(ids.map(make).into());
    assert_eq!(picks(&state), ["rust-mentor", "meeting-notes", "language-tutor"]);
    let mut entries: Vec<BotEntry> = ids.map(make).into();
    entries[2].favourite = true;
    entries[4].used = Some(Timestamp(1));
    entries[5].archived = true;
    tell(&mut state, entries);
    assert_eq!(picks(&state), ["c", "b", "meeting-notes"]);
    tell(&mut state, vec![make("a"), make("d")]);
    assert_eq!(picks(&state), ["a", "d"]);
}
