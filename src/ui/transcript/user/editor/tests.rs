use egui::{Event, Key, Modifiers};
use egui_kittest::{Harness, kittest::Queryable as _};
use jiff::tz::TimeZone;

use crate::state::{AppState, Conversation, UiCommand};
use crate::ui::theme::{self, Mode};
use crate::ui::transcript::TranscriptView;
use crate::ui::transcript::fixture::{MORNING, answer, conversation, state, text, user};

struct World {
    view: TranscriptView,
    state: AppState,
    conversation: Conversation,
    out: Vec<UiCommand>,
}

fn editing() -> Harness<'static, World> {
    let world = World {
        view: TranscriptView::new(|| MORNING, TimeZone::UTC),
        state: state(),
        conversation: conversation(vec![user(1, "Old"), answer(2, vec![text("Yes")])]),
        out: Vec::new(),
    };
    let mut harness = Harness::builder()
        .with_size(egui::vec2(1_000.0, 600.0))
        .with_context_setup(theme::install)
        .build_ui_state(
            |ui, world: &mut World| {
                theme::apply(ui.ctx(), Mode::Dark, 100);
                let World { view, state, conversation, out } = world;
                view.transcript_ui(ui, state, conversation, out);
            },
            world,
        );
    harness.run_steps(4);
    open(&mut harness);
    harness
}

fn open(harness: &mut Harness<'_, World>) {
    harness.get_by_label("Edit message").click();
    harness.run_steps(4);
    assert!(harness.get_by_label("Edited message").is_focused());
}

fn type_text(harness: &mut Harness<'_, World>, text: &str) {
    harness.event(Event::Text(text.to_owned()));
    harness.run_steps(2);
}

fn press(harness: &mut Harness<'_, World>, modifiers: Modifiers, key: Key) {
    harness.key_press_modifiers(modifiers, key);
    harness.run_steps(3);
}

fn edited(harness: &Harness<'_, World>) -> Vec<String> {
    let edit = |command: &UiCommand| {
        let UiCommand::EditMessage { text, .. } = command else { return None };
        Some(text.clone())
    };
    harness.state().out.iter().filter_map(edit).collect()
}

#[test]
fn enter_saves_and_sends_and_shift_enter_makes_a_line() {
    let mut harness = editing();
    press(&mut harness, Modifiers::SHIFT, Key::Enter);
    type_text(&mut harness, "new");
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert_eq!(edited(&harness), ["Old\nnew"]);
    assert!(harness.query_by_label("Edited message").is_none());
}

#[test]
fn escape_forgets_the_change_and_stops_nothing() {
    let mut harness = editing();
    type_text(&mut harness, " and wrong");
    harness.key_press(Key::Escape);
    harness.step();
    assert!(!harness.ctx.input(|input| input.key_pressed(Key::Escape)), "no one else sees it");
    harness.run_steps(3);
    assert!(harness.query_by_label("Edited message").is_none());
    open(&mut harness);
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert_eq!(edited(&harness), ["Old"]);
}

#[test]
fn it_says_who_will_answer() {
    let harness = editing();
    harness.get_by_label_contains("Claude Haiku 5.5 will answer");
}
