use egui::{Key, Rect, Shape, vec2};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};
use jiff::tz::TimeZone;

use super::*;
use crate::state::{ProviderForm, SettingsTab};
use crate::ui::samples::{self, Driven, NOW};

type Window = Harness<'static, Driven<Root>>;

fn window(state: AppState) -> Window {
    let driven = Driven { state, view: Root::new(|| NOW, &TimeZone::UTC), sent: Vec::new() };
    let mut harness = Harness::builder()
        .with_size(vec2(1100.0, 800.0))
        .with_context_setup(samples::install)
        .build_ui_state(
            |ui, driven: &mut Driven<Root>| {
                let mut out = Vec::new();
                driven.view.root_ui(ui, &driven.state, NOW, &mut out);
                driven.take(out);
            },
            driven,
        );
    harness.run();
    harness
}

fn form() -> AppState {
    let mut state = samples::fresh();
    state.page = Page::Settings(SettingsTab::Providers);
    state.provider_form = ProviderForm::OtherServer;
    state
}

/// Whether the window shows where the keyboard is.
fn ring_is_drawn(harness: &Window, around: Rect) -> bool {
    harness.output().shapes.iter().any(|shape| {
        let Shape::Rect(rect) = &shape.shape else { return false };
        let around_it = rect.rect.expand(1.0).contains_rect(around);
        around_it && rect.stroke.width == 2.0 && shape.clip_rect.contains_rect(around)
    })
}

#[test]
fn tab_stops_only_where_it_is_seen_and_comes_around() {
    for (name, state) in
        [("welcome", samples::fresh()), ("form", form()), ("chat", samples::chat())]
    {
        let mut harness = window(state);
        let mut stops = Vec::new();
        for press in 0..50 {
            harness.key_press(Key::Tab);
            harness.run();
            let node = harness.get_by(|node| node.is_focused());
            let label = node.accesskit_node().label().unwrap_or_default();
            assert!(!label.is_empty(), "{name}: stop {press} has no name: {node:?}");
            // The cursor is what is seen in the composer.
            let seen = label == "Message" || ring_is_drawn(&harness, node.rect());
            assert!(seen, "{name}: stop {press}, {label}, has no ring");
            stops.push(label);
        }
        let first = stops.first();
        assert!(stops.iter().skip(1).any(|stop| Some(stop) == first), "{name}: {stops:?}");
    }
}

#[test]
fn one_tab_leads_from_field_to_field_of_the_provider_form() {
    let mut harness = window(form());
    for label in ["Address", "API key", "Save & test"] {
        harness.key_press(Key::Tab);
        harness.run();
        let node = harness.get_by(|node| node.is_focused());
        assert_eq!(node.accesskit_node().label().as_deref(), Some(label));
    }
}
