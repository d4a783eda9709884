use egui::{Event, Key, Modifiers, Role, vec2};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};

use super::{GalleryView, sample};
use crate::protocol::{Bot, BotEntry, BotOrigin, BotProblem, BotVersion, Category};
use crate::state::{AppState, GalleryFilter, Overlay, Page};
use crate::ui::samples::{self, Driven};
use crate::ui::theme::{self, Mode};

type Gallery = Harness<'static, Driven<GalleryView>>;

fn gallery_of(state: AppState, width: f32) -> Gallery {
    let mut harness = Harness::builder()
        .with_size(vec2(width, 752.0))
        .with_context_setup(samples::install)
        .build_ui_state(
            |ui, driven: &mut Driven<GalleryView>| {
                theme::apply(ui.ctx(), Mode::Dark, 100);
                ui.reset_style();
                let mut out = Vec::new();
                if driven.state.page == Page::Gallery {
                    driven.view.gallery_ui(ui, &driven.state, &mut out);
                }
                crate::ui::shortcuts::dispatch_escape(ui.ctx(), &mut out);
                if !out.is_empty() {
                    ui.ctx().request_repaint();
                }
                driven.take(out);
            },
            Driven::new(state),
        );
    harness.run();
    harness
}

fn gallery(state: AppState) -> Gallery {
    gallery_of(state, 1016.0)
}

/// 636 wide, as in a window of 900.
fn narrow(state: AppState) -> Gallery {
    gallery_of(state, 636.0)
}

fn type_text(harness: &mut Gallery, text: &str) {
    for letter in text.chars() {
        harness.event(Event::Text(letter.to_string()));
        harness.run();
    }
}

fn press(harness: &mut Gallery, keys: &[Key]) {
    for key in keys {
        harness.key_press(*key);
        harness.run();
    }
}

fn cards(harness: &Gallery) -> Vec<String> {
    let state = &harness.state().state;
    let entries = state.bots.all();
    let names = entries.iter().map(|entry| entry.bot.name.clone());
    names.filter(|name| is_card(harness, name)).collect()
}

fn is_card(harness: &Gallery, name: &str) -> bool {
    harness.query_all_by_label(name).any(|node| node.accesskit_node().role() == Role::Button)
}

fn card<'a>(harness: &'a Gallery, name: &'a str) -> egui_kittest::Node<'a> {
    let is_button = |node: &egui_kittest::Node<'_>| node.accesskit_node().role() == Role::Button;
    harness.query_all_by_label(name).find(is_button).unwrap()
}

fn selected(harness: &Gallery) -> String {
    let id = harness.state().state.gallery.selected.clone();
    id.map(|id| id.to_string()).unwrap_or_default()
}

fn click(harness: &mut Gallery, label: &str) {
    harness.get_by_label(label).click();
    harness.run();
}

#[test]
fn what_is_typed_filters_the_cards_at_once() {
    let mut harness = gallery(sample::state());
    assert_eq!(cards(&harness).len(), 10);
    type_text(&mut harness, "code");
    assert_eq!(harness.state().state.gallery.query, "code");
    assert_eq!(cards(&harness), ["Code Reviewer"]);
    harness.get_by_label("1 bot");
}

#[test]
fn escape_clears_the_search_and_then_leaves() {
    let mut harness = gallery(sample::state());
    type_text(&mut harness, "sql");
    press(&mut harness, &[Key::Escape]);
    assert_eq!(harness.state().state.gallery.query, "");
    assert_eq!(harness.state().state.page, Page::Gallery);
    type_text(&mut harness, "bug");
    assert_eq!(cards(&harness), ["Bug Hunter"]);
    press(&mut harness, &[Key::Escape, Key::Escape]);
    assert_eq!(harness.state().state.page, Page::Welcome);
}

#[test]
fn arrows_walk_over_the_cards_and_enter_starts_a_chat() {
    let mut harness = gallery(sample::state());
    // Three in a row: Meeting, Code, SQL / Bug, Research, Language / API, Fact, Budget / Debate
    assert_eq!(selected(&harness), "meeting-notes");
    let steps: &[(&[Key], &str)] = &[
        (&[Key::ArrowDown], "meeting-notes"),
        (&[Key::ArrowDown], "bug-hunter"),
        (&[Key::ArrowRight], "research-assistant"),
        (&[Key::ArrowDown, Key::ArrowLeft], "api-designer"),
        (&[Key::End], "debate"),
        (&[Key::Home], "meeting-notes"),
        (&[Key::ArrowRight], "code-reviewer"),
        (&[Key::PageDown], "debate"),
        (&[Key::PageUp, Key::ArrowUp], "meeting-notes"),
    ];
    for (keys, expected) in steps {
        press(&mut harness, keys);
        assert_eq!(selected(&harness), *expected, "{keys:?}");
    }
    press(&mut harness, &[Key::ArrowDown, Key::ArrowDown, Key::Enter]);
    let state = &harness.state().state;
    let cast = state.cast().unwrap();
    assert_eq!(cast.bot.as_str(), "bug-hunter");
}

#[test]
fn letters_typed_on_a_card_go_to_the_search() {
    let mut harness = gallery(sample::state());
    press(&mut harness, &[Key::ArrowDown, Key::ArrowDown]);
    type_text(&mut harness, "fact");
    assert_eq!(harness.state().state.gallery.query, "fact");
    assert_eq!(selected(&harness), "fact-checker");
    press(&mut harness, &[Key::Enter]);
    assert_eq!(harness.state().state.cast().unwrap().bot.as_str(), "fact-checker");
}

#[test]
fn a_card_that_was_clicked_has_the_keyboard() {
    let mut harness = gallery(sample::state());
    type_text(&mut harness, "er");
    card(&harness, "Bug Hunter").click();
    harness.run();
    press(&mut harness, &[Key::ArrowRight]);
    assert_ne!(selected(&harness), "bug-hunter");
    press(&mut harness, &[Key::ArrowLeft]);
    assert_eq!(selected(&harness), "bug-hunter");
    type_text(&mut harness, " q");
    assert_eq!(harness.state().state.gallery.query, "er q");
}

#[test]
fn the_selected_card_is_scrolled_to() {
    let mut harness = gallery(many(500));
    press(&mut harness, &[Key::ArrowDown, Key::End]);
    assert!(is_card(&harness, "Bot 0499"), "{:?}", cards(&harness));
    press(&mut harness, &[Key::ArrowUp]);
    assert_eq!(selected(&harness), "bot-496");
    press(&mut harness, &[Key::Home]);
    assert!(is_card(&harness, "Bot 0000"));
}

fn many(count: usize) -> AppState {
    let mut state = samples::configured();
    let entry = |number| {
        let mut bot =
            Bot::blank(format!("bot-{number}").as_str().into(), format!("Bot {number:04}"));
        bot.category = Category::ALL[number % Category::ALL.len()];
        BotEntry::new(bot, BotOrigin::BuiltIn)
    };
    sample::tell(&mut state, (0..count).map(entry).collect(), Vec::new());
    state.page = Page::Gallery;
    state
}

#[test]
fn of_many_bots_only_those_in_sight_are_drawn() {
    let harness = gallery(many(5_000));
    let drawn = cards(&harness).len();
    assert!((9..=18).contains(&drawn), "{drawn} cards");
}

#[test]
fn the_details_tell_all_that_a_bot_is_told_and_may_do() {
    let mut harness = gallery(sample::state());
    card(&harness, "Code Reviewer").click();
    harness.run();
    for label in [
        "coding · v1.2 · built in",
        "diff, quality",
        "Model",
        "Claude Sonnet 5.5",
        "your default",
        "Parameters",
        "Temperature 0.2",
        "Tools it may use",
        "read_file",
        "low risk",
        "To read what stands around a change",
        "run_command",
        "high risk",
        "No tool runs in this version yet: the bot answers without them",
        "Try it",
        "Review this diff for data races",
        "Opens with",
        "Paste a diff, or name the files.",
        "Instructions",
        "By Switchboard · Licence: CC0-1.0",
        "Customise",
        "Start chat",
    ] {
        let found = harness.query_all_by_label(label).count();
        assert!(found > 0, "{label}");
    }
    assert!(harness.query_by_label_contains("You review code changes.").is_some());
    assert!(harness.query_by_label("not confirmed").is_none());
}

#[test]
fn tools_that_were_not_confirmed_are_said_to_be_so() {
    let mut state = sample::state();
    let mut entries = sample::library();
    entries[1].granted = vec!["read_file".to_owned()];
    entries[1].origin = BotOrigin::Own;
    sample::tell(&mut state, entries, Vec::new());
    let mut harness = gallery(state);
    card(&harness, "Code Reviewer").click();
    harness.run();
    assert_eq!(harness.query_all_by_label("not confirmed").count(), 1);
    harness.get_by_label("coding · v1.2 · yours");
}

#[test]
fn a_room_tells_who_takes_part_and_when_it_ends() {
    let mut harness = gallery(sample::state());
    card(&harness, "Debate").click();
    harness.run();
    for label in [
        "Who takes part",
        "Pro",
        "Contra",
        "sums up",
        "All answer twice without seeing one another’s answers of the round, then Judge sums up",
        "They stop before that, after 5 answers to each of your messages",
        "Instructions for all",
        "Instructions for Contra",
        "You are Contra of the debate.",
    ] {
        assert!(harness.query_all_by_label(label).count() > 0, "{label}");
    }
}

#[test]
fn a_starter_begins_the_chat_with_its_text_in_the_composer() {
    let mut harness = gallery(sample::state());
    card(&harness, "Code Reviewer").click();
    harness.run();
    click(&mut harness, "Which test is missing here?");
    let state = &harness.state().state;
    assert_eq!(state.cast().unwrap().bot.as_str(), "code-reviewer");
    assert_eq!(state.draft().text, "Which test is missing here?");
}

#[test]
fn a_starter_of_a_bot_that_asks_first_waits_for_the_answers() {
    let mut harness = gallery(sample::state());
    card(&harness, "Language Tutor").click();
    harness.run();
    harness.get_by_label("Spanish or French, at first “Spanish”");
    click(&mut harness, "Let us speak {{language}}");
    let driven = harness.state_mut();
    assert_eq!(driven.state.overlay, Overlay::StartBot("language-tutor".into()));
    let values = vec![("language".to_owned(), "French".to_owned())];
    let bot = "language-tutor".into();
    driven.take(vec![crate::state::UiCommand::Bots(crate::state::BotCommand::StartWith {
        bot,
        values,
    })]);
    assert_eq!(driven.state.draft().text, "Let us speak French");
}

#[test]
fn shelves_fold_filter_and_count() {
    let mut harness = gallery_of(many(130), 480.0);
    harness.get_by_label("All 130");
    assert!(harness.query_by_label("Rooms 10").is_none());
    click(&mut harness, "More categories");
    click(&mut harness, "Rooms 10");
    let shown = harness.state().state.gallery.shown().len();
    assert_eq!(shown, 10);
    click(&mut harness, "Fewer categories");
    // The one in force stays in sight.
    harness.get_by_label("Rooms 10");
}

#[test]
fn the_order_is_chosen_from_a_menu() {
    let mut harness = gallery(sample::state());
    click(&mut harness, "Order: Best first");
    click(&mut harness, "By category");
    assert_eq!(selected(&harness), "meeting-notes");
    let state = &harness.state().state;
    let first = state.gallery.shown()[0];
    assert_eq!(state.bots.all()[first].bot.name, "Meeting Notes");
    harness.get_by_label("Order: By category");
}

#[test]
fn the_star_makes_a_favourite() {
    let mut harness = gallery(sample::state());
    card(&harness, "SQL Expert").click();
    harness.run();
    click(&mut harness, "Favourite: SQL Expert");
    press(&mut harness, &[Key::ArrowDown]);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::D);
    harness.run();
    let asked = harness.state().asked();
    let stars: Vec<&String> = asked.iter().filter(|it| it.contains("ToggleFavourite")).collect();
    assert_eq!(stars.len(), 2, "{asked:?}");
    assert!(stars.iter().all(|star| star.contains("sql-expert")), "{stars:?}");
}

#[test]
fn the_menu_offers_what_can_be_done_with_a_bot() {
    let mut state = sample::state();
    let mut entries = sample::library();
    let mut mine = BotEntry::new(Bot::blank("my-reviewer".into(), "My Reviewer"), BotOrigin::Own);
    mine.base = Some(("code-reviewer".into(), BotVersion { major: 1, minor: 1 }));
    entries.push(mine);
    sample::tell(&mut state, entries, Vec::new());
    let mut harness = gallery(state);
    card(&harness, "Code Reviewer").click();
    harness.run();
    click(&mut harness, "More for Code Reviewer");
    for label in ["Make a favourite", "Duplicate", "Compare with mine"] {
        harness.get_by_label(label);
    }
    assert!(harness.query_by_label("Delete").is_none());
    assert!(harness.query_by_label("Archive").is_none());
    click(&mut harness, "Export…");
    click(&mut harness, "Character card V3");
    let asked = harness.state().asked();
    assert!(asked.last().unwrap().contains("CardV3"), "{asked:?}");
    assert!(harness.query_by_label("Duplicate").is_none(), "the menu is closed");
    card(&harness, "My Reviewer").click();
    harness.run();
    harness.get_by_label("Made of Code Reviewer v1.1");
    click(&mut harness, "More for My Reviewer");
    harness.get_by_label("Delete");
    harness.get_by_label("Archive");
    assert!(harness.query_by_label("Compare with mine").is_none());
}

#[test]
fn in_a_narrow_page_the_details_lie_over_the_cards() {
    let mut harness = narrow(sample::state());
    assert!(harness.query_by_label("Start chat").is_none());
    card(&harness, "Bug Hunter").click();
    harness.run();
    harness.get_by_label("Start chat");
    assert!(cards(&harness).is_empty());
    press(&mut harness, &[Key::Escape]);
    assert_eq!(harness.state().state.page, Page::Gallery);
    assert_eq!(cards(&harness).len(), 10);
    // By keyboard: the first Enter shows the details, the second starts the chat.
    press(&mut harness, &[Key::Enter]);
    click(&mut harness, "Back");
    assert_eq!(cards(&harness).len(), 10);
    press(&mut harness, &[Key::Enter, Key::Enter]);
    assert_eq!(harness.state().state.cast().unwrap().bot.as_str(), "bug-hunter");
}

#[test]
fn an_empty_result_leads_on() {
    let mut state = sample::state();
    state.gallery.filter = GalleryFilter::Category(Category::Finance);
    let mut harness = gallery(state);
    type_text(&mut harness, "review");
    harness.get_by_label("No bot fits “review”");
    click(&mut harness, "Search all categories");
    assert_eq!(cards(&harness), ["Code Reviewer"]);
    press(&mut harness, &[Key::Escape]);
    type_text(&mut harness, "budgte");
    harness.get_by_label("No bot fits “budgte”");
    harness.get_by_label("no bot");
    assert_eq!(cards(&harness), ["Budget Planner"]);
    press(&mut harness, &[Key::Enter]);
    assert_eq!(harness.state().state.cast().unwrap().bot.as_str(), "budget-planner");
}

#[test]
fn a_search_without_a_result_moves_neither_its_field_nor_the_details() {
    let mut harness = gallery(sample::state());
    let places = |harness: &Gallery| {
        let order = harness.get_by_label("Order: Best first").rect();
        (order, harness.get_by_label("Start chat").rect())
    };
    let before = places(&harness);
    type_text(&mut harness, "qqqq");
    harness.get_by_label("No bot fits “qqqq”");
    harness.get_by_label("Coding 0");
    assert_eq!(places(&harness), before);
    click(&mut harness, "Finance");
    assert_eq!(cards(&harness), ["Budget Planner"]);
    assert_eq!(harness.state().state.gallery.query, "");
    type_text(&mut harness, "review");
    harness.get_by_label("No bot fits “review”");
    assert_eq!(harness.get_by_label("Order: Best first").rect(), before.0);
}

#[test]
fn asking_for_the_gallery_again_leads_back_to_its_search() {
    for mut harness in [gallery(sample::state()), narrow(sample::state())] {
        card(&harness, "Bug Hunter").click();
        harness.run();
        let again = crate::state::UiCommand::Bots(crate::state::BotCommand::OpenGallery);
        harness.state_mut().take(vec![again]);
        harness.run();
        type_text(&mut harness, "sql");
        assert_eq!(harness.state().state.gallery.query, "sql");
        assert_eq!(cards(&harness), ["SQL Expert"]);
    }
}

#[test]
fn bots_that_could_not_be_read_are_told_and_can_be_copied() {
    let problem = |line, message: &str| BotProblem {
        source: "personas.yaml".to_owned(),
        line: Some(line),
        column: None,
        field: Some("version".to_owned()),
        message: message.to_owned(),
    };
    let mut state = sample::state();
    let problems = vec![problem(3, "It is missing"), problem(9, "It is no version")];
    sample::tell(&mut state, sample::library(), problems);
    let mut harness = gallery(state);
    harness.get_by_label("2 bots could not be read. The others work.");
    click(&mut harness, "Details of what could not be read");
    click(&mut harness, "Copy");
    let asked = harness.state().asked();
    let lines =
        "personas.yaml:3: version: It is missing\\npersonas.yaml:9: version: It is no version";
    assert_eq!(asked, [format!("CopyText(\"{lines}\")")]);
}

#[test]
fn before_the_library_is_read_nothing_is_said_to_be_missing() {
    let mut state = samples::configured();
    state.page = Page::Gallery;
    let harness = gallery(state);
    harness.get_by_label("Reading the bots…");
}

#[test]
fn the_line_above_has_its_buttons_at_the_right() {
    let mut harness = Harness::builder()
        .with_size(vec2(976.0, 47.0))
        .with_context_setup(samples::install)
        .build_ui_state(
            |ui, driven: &mut Driven<()>| {
                theme::apply(ui.ctx(), Mode::Dark, 100);
                let mut out = Vec::new();
                let layout = egui::Layout::left_to_right(egui::Align::Center);
                ui.with_layout(layout, |row| super::head_ui(row, &samples::fresh(), &mut out));
                driven.take(out);
            },
            Driven::new(sample::state()),
        );
    harness.run();
    let (import, blank) = (harness.get_by_label("Import…"), harness.get_by_label("Blank bot"));
    assert!(import.rect().right() < blank.rect().left());
    let right = blank.rect().right();
    assert!((960.0..=976.0).contains(&right), "{right}");
    harness.get_by_label("Import…").click();
    harness.run();
    assert_eq!(harness.state().asked(), ["Bots(PickImport)"]);
}

#[test]
fn sideways_keys_belong_to_what_is_typed() {
    let mut harness = gallery(sample::state());
    type_text(&mut harness, "ct");
    press(&mut harness, &[Key::ArrowLeft]);
    type_text(&mut harness, "a");
    press(&mut harness, &[Key::Home]);
    type_text(&mut harness, "f");
    assert_eq!(harness.state().state.gallery.query, "fcat");
}
