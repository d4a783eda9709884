use egui::{Event, Key, accesskit::Role as AccessRole};
use egui_kittest::{
    Harness, Node,
    kittest::{NodeT as _, Queryable as _},
};

use super::*;
use crate::state::{Page, SettingsTab};
use crate::ui::shell::sample::{self, Stage, chat_id, stage};

fn palette<'a>() -> Harness<'a, Stage<PaletteView>> {
    let mut state = sample::state();
    state.overlay = Overlay::Palette;
    let mut harness =
        stage(vec2(900.0, 700.0), state, PaletteView::default(), |view, ui, state, out| {
            ui.label("The page");
            view.palette_ui(ui.ctx(), state, out);
        });
    harness.run();
    harness
}

fn type_text(harness: &mut Harness<'_, Stage<PaletteView>>, text: &str) {
    harness.event(Event::Text(text.to_owned()));
    harness.run();
}

fn press(harness: &mut Harness<'_, Stage<PaletteView>>, key: Key) {
    harness.key_press(key);
    harness.run();
}

fn option<'a>(harness: &'a Harness<'_, Stage<PaletteView>>, text: &'a str) -> Node<'a> {
    harness.get_by_role_and_label(AccessRole::ListBoxOption, text)
}

#[test]
fn typing_and_enter_runs_the_best_hit() {
    let mut harness = palette();
    type_text(&mut harness, "weekly");
    press(&mut harness, Key::Enter);
    let stage = harness.state();
    assert_eq!(stage.state.page, Page::Chat(chat_id(3)));
    assert_eq!(stage.state.overlay, Overlay::Nothing);
    assert_eq!(stage.asked(), ["CloseOverlay".to_owned(), format!("OpenChat({:?})", chat_id(3))]);
}

#[test]
fn arrows_choose_and_wrap_around() {
    let mut harness = palette();
    type_text(&mut harness, "settings");
    let chosen = |harness: &Harness<'_, Stage<PaletteView>>, text: &str| {
        option(harness, text).accesskit_node().toggled() == Some(egui::accesskit::Toggled::True)
    };
    assert!(chosen(&harness, "Settings"));
    press(&mut harness, Key::ArrowDown);
    assert!(!chosen(&harness, "Settings"));
    press(&mut harness, Key::ArrowUp);
    press(&mut harness, Key::ArrowUp);
    assert!(!chosen(&harness, "Settings"));
    press(&mut harness, Key::ArrowDown);
    press(&mut harness, Key::Enter);
    assert_eq!(harness.state().state.page, Page::Settings(SettingsTab::Providers));
}

#[test]
fn a_click_runs_and_a_click_outside_closes() {
    let mut harness = palette();
    option(&harness, "Search chats").click();
    harness.run();
    assert_eq!(harness.state().asked(), ["CloseOverlay", "SearchChats"]);

    let mut harness = palette();
    harness.get_by_label("The page").click();
    harness.run();
    assert_eq!(harness.state().asked(), ["CloseOverlay"]);
}

#[test]
fn escape_closes_and_nothing_is_left_of_what_was_typed() {
    let mut harness = palette();
    type_text(&mut harness, "nothing like this");
    harness.get_by_label("Nothing fits");
    press(&mut harness, Key::Enter);
    press(&mut harness, Key::Escape);
    assert_eq!(harness.state().asked(), ["CloseOverlay"]);
    harness.state_mut().state.overlay = Overlay::Palette;
    harness.run();
    assert!(harness.query_by_label("Nothing fits").is_none());
}

#[test]
fn the_choice_stays_in_view_and_the_field_keeps_the_keyboard() {
    let mut harness = palette();
    for _ in 0..20 {
        press(&mut harness, Key::ArrowDown);
    }
    press(&mut harness, Key::Tab);
    let field = harness.get_by_label("Search commands and chats");
    assert!(field.is_focused());
    let chosen = harness.get_by(|node| {
        node.role() == AccessRole::ListBoxOption
            && node.toggled() == Some(egui::accesskit::Toggled::True)
    });
    assert!(chosen.rect().bottom() <= 700.0 && chosen.rect().top() >= field.rect().bottom());
}

#[test]
fn the_pointer_moves_the_one_selection_only_when_it_moves() {
    let mut harness = palette();
    let chosen = |harness: &Harness<'_, Stage<PaletteView>>| {
        harness
            .query_all_by(|node| node.toggled() == Some(egui::accesskit::Toggled::True))
            .filter_map(|node| node.accesskit_node().label())
            .collect::<Vec<_>>()
    };
    let first = chosen(&harness);
    let place = option(&harness, "Search chats").rect().center();
    harness.hover_at(place);
    harness.run();
    harness.hover_at(place + vec2(3.0, 0.0));
    harness.run();
    assert_eq!(chosen(&harness), ["Search chats"]);
    press(&mut harness, Key::PageUp);
    assert_eq!(chosen(&harness), first, "the pointer rests");
}

#[test]
fn a_list_that_grows_again_takes_the_room_that_it_needs() {
    let mut harness = palette();
    type_text(&mut harness, "weekly plan");
    assert_eq!(harness.get_all_by_role(AccessRole::ListBoxOption).count(), 1);
    for _ in 0.."weekly plan".len() {
        press(&mut harness, Key::Backspace);
    }
    harness.run();
    let shown = harness
        .get_all_by_role(AccessRole::ListBoxOption)
        .filter(|row| row.rect().top() > 0.0 && row.rect().bottom() < 700.0);
    assert!(shown.count() > 8);
    let sixth = harness.get_all_by_role(AccessRole::ListBoxOption).nth(6).unwrap();
    sixth.click();
    harness.run();
    assert_eq!(harness.state().state.overlay, Overlay::Nothing, "it is not cut off");
}
