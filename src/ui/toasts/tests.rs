use egui::{Key, accesskit};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};

use super::*;
use crate::ui::shell::sample::{self, Stage, stage, toast};

fn window<'a>(toasts: Vec<Toast>) -> Harness<'a, Stage<ToastsView>> {
    let mut state = sample::state();
    state.toasts = toasts;
    let mut harness =
        stage(vec2(900.0, 700.0), state, ToastsView::default(), |view, ui, state, out| {
            if ui.button("Below").clicked() {
                out.push(UiCommand::NewChat);
            }
            view.toasts_ui(ui.ctx(), state, out);
        });
    harness.run();
    harness
}

#[test]
fn a_toast_offers_its_actions_and_a_failure_stays_until_it_is_dismissed() {
    let mut harness = window(vec![toast(1, ToastLevel::Error, "It failed")]);
    harness.get_by_role_and_label(accesskit::Role::Alert, "It failed");
    harness.get_by_label("Retry now").click();
    harness.run();
    assert_eq!(harness.state().asked(), ["RetryNow"]);
    harness.get_by_label("Dismiss: It failed").click();
    harness.run();
    assert!(harness.state().state.toasts.is_empty());
    assert!(harness.query_by_label("It failed").is_none());
}

#[test]
fn what_is_only_good_to_know_goes_with_its_action() {
    let mut harness = window(vec![toast(1, ToastLevel::Info, "Told")]);
    harness.get_by_role_and_label(accesskit::Role::Status, "Told");
    harness.get_by_label("Retry now").click();
    harness.run();
    assert_eq!(harness.state().asked(), ["RetryNow", "DismissToast(1)"]);
}

#[test]
fn details_unfold_and_fold() {
    let mut harness = window(vec![toast(1, ToastLevel::Error, "It failed")]);
    let detail = "HTTP 429: {\"error\":\"slow down\"}";
    assert!(harness.query_by_label(detail).is_none());
    harness.get_by_label("Details").click();
    harness.run();
    harness.get_by_label(detail);
    assert_eq!(harness.get_by_label("Details").accesskit_node().data().is_expanded(), Some(true));
    harness.get_by_label("Details").click();
    harness.run();
    assert!(harness.query_by_label(detail).is_none());
}

#[test]
fn the_newest_four_are_shown_and_the_rest_is_counted() {
    let toasts = (1..=6).map(|id| toast(id, ToastLevel::Error, &format!("Toast {id}"))).collect();
    let harness = window(toasts);
    let top = |id: u64| {
        harness.get_by_role_and_label(accesskit::Role::Label, &format!("Toast {id}")).rect().top()
    };
    assert!(top(6) < top(5) && top(5) < top(4) && top(4) < top(3));
    assert!(harness.query_by_label("Toast 2").is_none());
    harness.get_by_label("2 more");
}

#[test]
fn toasts_are_reached_by_tab_and_block_nothing() {
    let mut harness = window(vec![toast(1, ToastLevel::Error, "It failed")]);
    harness.get_by_label("Below").focus();
    harness.run();
    harness.key_press(Key::Tab);
    harness.run();
    assert!(harness.get_by_label("Dismiss: It failed").is_focused());
    harness.get_by_label("Below").click();
    harness.run();
    assert_eq!(harness.state().asked(), ["NewChat"]);
}

#[test]
fn toasts_stand_at_the_lower_right_of_the_page_and_leave_dialogs_their_buttons() {
    let place = egui::Rect::from_min_max(egui::pos2(264.0, 48.0), egui::pos2(556.0, 580.0));
    let mut state = sample::state();
    state.toasts = vec![toast(1, ToastLevel::Error, "It failed")];
    let mut harness =
        stage(vec2(900.0, 700.0), state, ToastsView::default(), move |view, ui, state, out| {
            stand_in(ui.ctx(), place);
            view.toasts_ui(ui.ctx(), state, out);
        });
    harness.run();
    let toast = harness.get_by_role_and_label(accesskit::Role::Label, "It failed").rect();
    assert!((440.0..=580.0).contains(&toast.bottom()), "{toast:?}");
    assert!(toast.right() <= place.right(), "{toast:?}");
    harness.state_mut().state.overlay = Overlay::Import;
    harness.run();
    let toast = harness.get_by_role_and_label(accesskit::Role::Label, "It failed").rect();
    assert!(toast.top() < 48.0, "{toast:?}");
}
