use egui::{Event, Key, vec2};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};

use crate::protocol::*;
use crate::state::{AppState, Page, SettingsTab, UiCommand};
use crate::ui::samples::{self, Driven};
use crate::ui::settings::SettingsView;
use crate::ui::theme::{self, Mode};

type Settings = Harness<'static, Driven<SettingsView>>;

fn page(mut state: AppState, size: egui::Vec2) -> Settings {
    state.page = Page::Settings(SettingsTab::Usage);
    let mut harness =
        Harness::builder().with_size(size).with_context_setup(samples::install).build_ui_state(
            |ui, driven: &mut Driven<SettingsView>| {
                theme::apply(ui.ctx(), Mode::Dark, 100);
                let mut out = Vec::new();
                driven.view.settings_ui(ui, &driven.state, samples::NOW, &mut out);
                driven.take(out);
            },
            Driven::new(state),
        );
    harness.run();
    harness
}

fn sum(answers: u64, unpriced: u64, tokens: u64, cost: Option<f64>) -> UsageSum {
    let usage = Usage {
        prompt_tokens: Some(tokens),
        completion_tokens: Some(tokens / 10),
        cached_tokens: Some(tokens / 2),
        cache_write_tokens: None,
        cost_usd: cost,
    };
    UsageSum { answers, unpriced, usage }
}

fn chat_id(n: u128) -> ChatId {
    ChatId(uuid::Uuid::from_u128(n))
}

/// Three days, two models, and more chats than are shown at first.
fn used() -> AppState {
    let mut state = samples::configured();
    let sonnet = ModelId::new("openrouter", "anthropic/claude-sonnet-5.5");
    let local = ModelId::new("ollama", "qwen3:8b");
    let mut chats: Vec<_> = (0..12_u128)
        .map(|n| (Some(chat_id(n)), format!("Chat {n}"), sum(1, 0, 10, Some(0.5))))
        .collect();
    chats.push((None, "Chats that are gone".to_owned(), sum(1, 1, 10, None)));
    state.usage = Some(UsageReport {
        total: sum(14, 2, 1_240_000, Some(12.3)),
        days: vec![
            ("2026-11-19".to_owned(), sum(1, 0, 900, Some(0.0004))),
            ("2026-11-21".to_owned(), sum(13, 2, 1_239_100, Some(12.2996))),
        ],
        models: vec![(sonnet, sum(12, 0, 1_200_000, Some(12.3))), (local, sum(2, 2, 40_000, None))],
        chats,
    });
    state.settings.budget.day_usd = Some(5.0);
    state.spent = Spent { day_usd: 4.1, month_usd: 12.3, until: None };
    state
}

fn large() -> egui::Vec2 {
    vec2(1000.0, 1400.0)
}

/// The control of this name: labels may have the same one.
fn click(harness: &mut Settings, name: &str) {
    let is_control =
        |node: &egui_kittest::Node<'_>| node.accesskit_node().role() != egui::Role::Label;
    harness.query_all_by_label(name).find(is_control).unwrap().click();
    harness.run();
}

fn type_amount(harness: &mut Settings, field: &str, text: &str) {
    harness.get_by_label(field).focus();
    harness.run();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
    harness.run();
    harness.event(Event::Text(text.to_owned()));
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
}

#[test]
fn figures_read_as_people_write_them() {
    let harness = page(used(), large());
    for words in ["14", "1.2M", "124k", "$12.30"] {
        assert!(harness.query_all_by_label(words).next().is_some(), "{words}");
    }
    harness.get_by_label(
        "620k of the tokens in came from a cache. 2 answers have no price and are not part of the cost.",
    );
    harness.get_by_label("19 Nov: $0.0004, 1 answer, 900 tokens in, 90 tokens out");
    harness.get_by_label_contains("20 Nov: no price, 0 answers");
    harness.get_by_label("Claude Sonnet 5.5: $12.30, 12 answers, 1.2M tokens in, 120k tokens out");
    harness.get_by_label("qwen3:8b: no price, 2 answers, 40k tokens in, 4k tokens out");
    harness.get_by_label("$4.10 of $5.00 spent, 82 %");
}

#[test]
fn a_chat_is_opened_and_one_that_is_gone_is_not() {
    let mut harness = page(used(), large());
    assert!(harness.query_by_label_contains("Chat 9").is_none());
    click(&mut harness, "Show all 13");
    let gone = harness.get_by_label_contains("Chats that are gone");
    assert_eq!(gone.accesskit_node().role(), egui::Role::Label);
    harness.get_by_label_contains("Chat 9: ").click();
    harness.run();
    assert_eq!(harness.state().state.page, Page::Chat(chat_id(9)));
}

#[test]
fn another_stretch_of_days_is_asked_for() {
    let mut harness = page(used(), large());
    click(&mut harness, "All");
    assert_eq!(harness.state().asked(), ["LoadUsage(All)"]);
    assert_eq!(harness.state().state.usage_range, UsageRange::All);
    harness.get_by_label("$4.10 of $5.00 spent, 82 %");
}

#[test]
fn a_budget_is_set_changed_and_taken_away() {
    let mut harness = page(used(), large());
    let (day, month) = ("Budget for each day, in dollars", "Budget for each month, in dollars");
    assert_eq!(harness.get_by_label(day).value().as_deref(), Some("5"));
    let budget = |harness: &Settings| harness.state().state.settings.budget;
    type_amount(&mut harness, month, "$50,50");
    assert_eq!(budget(&harness), Budget { day_usd: Some(5.0), month_usd: Some(50.5) });
    assert_eq!(harness.get_by_label(month).value().as_deref(), Some("50.50"));
    harness.get_by_label("$12.30 of $50.50 spent, 24 %");
    type_amount(&mut harness, day, "much");
    harness.get_by_label("Enter an amount such as 5 or 5.50, or nothing for no bound");
    assert_eq!(budget(&harness).day_usd, Some(5.0), "the old one counts on");
    assert_eq!(harness.get_by_label(day).value().as_deref(), Some("much"));
    harness.get_by_label(day).focus();
    harness.run();
    for _ in 0..4 {
        harness.key_press(Key::Backspace);
    }
    harness.run();
    assert!(harness.query_by_label_contains("Enter an amount").is_none());
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(budget(&harness), Budget { day_usd: None, month_usd: Some(50.5) });
    let sent = harness.state().sent.iter();
    assert_eq!(sent.filter(|command| matches!(command, UiCommand::SetBudget(_))).count(), 2);
}

#[test]
fn nothing_used_and_nothing_known_yet_are_said() {
    let harness = page(samples::configured(), large());
    harness.get_by_label("Adding up…");
    let mut state = samples::configured();
    state.usage = Some(UsageReport::default());
    let harness = page(state, large());
    harness.get_by_label("Nothing was used in this time");
    assert!(harness.query_by_label("By model").is_none());
}

#[test]
fn the_page_is_drawn_in_a_narrow_window() {
    let mut harness = page(used(), vec2(340.0, 2_400.0));
    harness.get_by_label("$4.10 of $5.00 spent, 82 %");
    let right = harness.get_by_label_contains("Claude Sonnet 5.5: ").rect().right();
    assert!(right <= 340.0, "{right}");
    click(&mut harness, "7 days");
    assert_eq!(harness.state().asked(), ["LoadUsage(Week)"]);
}

#[test]
fn the_budget_is_in_view_and_has_the_keyboard_where_it_is_asked_for() {
    let mut harness = page(used(), vec2(900.0, 420.0));
    let field = "Budget for each day, in dollars";
    harness.hover_at(egui::pos2(600.0, 300.0));
    let unit = egui::MouseWheelUnit::Point;
    let (delta, phase) = (vec2(0.0, -2_000.0), egui::TouchPhase::Move);
    let modifiers = egui::Modifiers::NONE;
    harness.event(Event::MouseWheel {
        unit,
        delta,
        phase,
        modifiers,
        source: egui::MouseWheelSource::Unknown,
    });
    harness.run_steps(30);
    assert!(harness.get_by_label(field).rect().bottom() < 0.0, "scrolled away");
    let state = &mut harness.state_mut().state;
    let context = crate::state::HandleContext { now: samples::NOW, ids: IdSource };
    crate::state::handle(state, UiCommand::ChangeBudget, context);
    harness.run();
    assert!(harness.get_by_label(field).is_focused());
    assert!(harness.get_by_label(field).rect().top() > 0.0);
    type_amount(&mut harness, field, "0.009");
    assert_eq!(harness.get_by_label(field).value().as_deref(), Some("0.009"));
}

#[test]
fn a_single_day_is_shown_as_a_day_too() {
    let mut state = used();
    state.usage.as_mut().unwrap().days.truncate(1);
    let harness = page(state, large());
    harness.get_by_label("19 Nov: $0.0004, 1 answer, 900 tokens in, 90 tokens out");
}
