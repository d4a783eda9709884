use egui::{Event, vec2};
use egui_kittest::{Harness, kittest::Queryable as _};

use super::HelpView;
use crate::protocol::HelpPage;
use crate::state::{AppState, Page};
use crate::ui::samples::{self, Driven};
use crate::ui::theme::{self, Mode};

fn help(mut state: AppState) -> Harness<'static, Driven<HelpView>> {
    state.page = Page::Help("keys".to_owned());
    let mut harness = Harness::builder()
        .with_size(vec2(900.0, 1600.0))
        .with_context_setup(samples::install)
        .build_ui_state(
            |ui, driven: &mut Driven<HelpView>| {
                theme::apply(ui.ctx(), Mode::Dark, 100);
                let mut out = Vec::new();
                if let Page::Help(id) = driven.state.page.clone() {
                    let mut markdown = |ui: &mut egui::Ui, text: &str, _: &mut Vec<_>| {
                        ui.label(text.lines().next().unwrap_or_default());
                    };
                    driven.view.help_ui(ui, &driven.state, &id, &mut markdown, &mut out);
                }
                driven.take(out);
            },
            Driven::new(state),
        );
    harness.run();
    harness
}

#[test]
fn pages_are_filtered_and_opened() {
    let mut harness = help(samples::fresh());
    harness.get_by_label("# API keys");
    harness.get_by_label("Filter pages").focus();
    harness.run();
    harness.event(Event::Text("graceful".to_owned()));
    harness.run();
    assert!(harness.query_by_label("Keys").is_none());
    harness.get_by_label("Stopping an answer").click();
    harness.run();
    assert_eq!(harness.state().state.page, Page::Help("stopping".to_owned()));
}

#[test]
fn guide_is_asked_in_a_new_chat_and_no_draft_is_lost() {
    let mut harness = help(samples::configured());
    harness.get_by_label("Ask Guide about this").click();
    harness.run();
    let state = &harness.state().state;
    assert_eq!(state.page, Page::Welcome);
    assert_eq!(state.new_draft.text, "Keys: ");
    assert_eq!(state.next_model().0.to_string(), "guide/guide");

    let mut state = samples::configured();
    state.new_draft.text = "precious".to_owned();
    let mut harness = help(state);
    harness.get_by_label("Ask Guide about this").click();
    harness.run();
    assert_eq!(harness.state().state.new_draft.text, "precious");
}

#[test]
fn getting_started_is_first_and_the_others_follow_by_title() {
    const PAGES: [HelpPage; 3] = [
        HelpPage { id: "stop", title: "Stopping", text: "# Stopping" },
        HelpPage { id: "keys", title: "A very long title that has no room in the list", text: "" },
        HelpPage { id: "getting-started", title: "Getting started", text: "# Getting started" },
    ];
    let mut state = samples::fresh();
    state.help = &PAGES;
    let mut harness = help(state);
    let top = |title| harness.get_by_label(title).rect().top();
    let long = PAGES[1].title;
    assert!(top("Getting started") < top(long) && top(long) < top("Stopping"));
    harness.get_by_label(long).hover();
    harness.run();
    assert_eq!(harness.query_all_by_label(long).count(), 2, "the whole title on hover");
}
