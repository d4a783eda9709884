use std::cell::Cell;

use egui::Key;
use egui_kittest::{Harness, kittest::Queryable as _};

use super::*;
use crate::ui::theme::Mode;

#[derive(Default)]
struct Window {
    failure: Option<PanelFailure>,
    out: Vec<UiCommand>,
    typed: String,
}

/// A window of two parts, the first of which panics half-way through as long as it shall.
fn window<'a>(broken: &'a Cell<bool>) -> Harness<'a, Window> {
    let draw = |ui: &mut Ui, window: &mut Window| {
        theme::apply(ui.ctx(), Mode::Dark, 100);
        let top = egui::Panel::top("top").exact_size(200.0);
        top.show(ui, |ui| {
            panel_ui(ui, "first", &mut window.failure, &mut window.out, |ui, out| {
                ui.label("Half of it");
                out.push(UiCommand::FocusComposer);
                ui.horizontal(|ui| {
                    ui.push_id("deep", |ui| {
                        ui.label("Within");
                        assert!(!broken.get(), "the {} is broken", "panel");
                    });
                });
                ui.label("All of it");
            });
        });
        ui.label("The rest");
        ui.add(egui::TextEdit::singleline(&mut window.typed).hint_text("Type here"));
    };
    Harness::builder()
        .with_context_setup(theme::install)
        .with_size(egui::vec2(500.0, 400.0))
        .build_ui_state(draw, Window::default())
}

#[test]
fn a_panel_that_panics_is_shown_as_failed_and_the_rest_lives_on() {
    let broken = Cell::new(true);
    let mut harness = window(&broken);
    harness.run();
    harness.get_by_label("This part of the window failed");
    harness.get_by_label("The rest");
    assert!(harness.query_by_label("Half of it").is_none());
    assert_eq!(harness.state().out.len(), 1, "it is not drawn again and again");

    harness.get_by_role(egui::accesskit::Role::TextInput).focus();
    harness.run();
    harness.event(egui::Event::Text("still here".to_owned()));
    harness.run();
    assert_eq!(harness.state().typed, "still here");

    harness.get_by_label("Retry").click();
    harness.run();
    harness.get_by_label("This part of the window failed");

    broken.set(false);
    harness.get_by_label("Retry").click();
    harness.run();
    harness.get_by_label("All of it");
    assert!(harness.query_by_label("Retry").is_none());
    assert!(harness.state().failure.is_none());
}

#[test]
fn details_say_what_happened_and_where() {
    let broken = Cell::new(true);
    let mut harness = window(&broken);
    harness.run();
    harness.get_by_label("Copy details").focus();
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    let details = match harness.state().out.last() {
        Some(UiCommand::CopyText(details)) => details.clone(),
        other => panic!("{other:?}"),
    };
    assert!(details.contains("the panel is broken"), "{details}");
    assert!(
        details.contains("boundary/tests.rs:") || details.contains("boundary\\tests.rs:"),
        "{details}"
    );
    assert!(details.contains(env!("CARGO_PKG_VERSION")), "{details}");
    assert!(details.contains("Part: first"), "{details}");
}

#[test]
fn a_panic_elsewhere_still_reaches_the_hook_before() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static SEEN_BEFORE: AtomicUsize = AtomicUsize::new(0);
    let name = std::thread::current().id();
    let previous = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() == name {
            SEEN_BEFORE.fetch_add(1, Ordering::Relaxed);
        } else {
            previous(info);
        }
    }));
    assert!(catch("quiet", || panic!("inside")).is_some());
    let inside = SEEN_BEFORE.load(Ordering::Relaxed);
    assert!(catch_unwind(|| panic!("outside")).is_err());
    // Another test of this process may have installed the boundary's hook below this one.
    assert_eq!(SEEN_BEFORE.load(Ordering::Relaxed), inside + 1);
}
