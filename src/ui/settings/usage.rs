//! What was used and spent: the page of the settings.

mod amount;
mod chart;
mod rows;
#[cfg(test)]
mod tests;

use egui::{Align, Id, RichText, Ui, vec2};

use self::amount::{Amount, AmountUi};
use self::rows::Line;
use super::parts;
use crate::protocol::{Budget, UsageRange, UsageReport, UsageSum, dollars, tokens};
use crate::state::{AppState, FocusTarget, Period, UiCommand};
use crate::ui::theme::{self, Palette, model_color};
use crate::ui::widgets::{self, Chosen};

/// So many chats are shown before all are asked for.
const FEW_CHATS: usize = 8;
/// So many chats come from the store, the dearest.
const MOST_CHATS: usize = 100;

const RANGES: [(UsageRange, &str); 4] = [
    (UsageRange::Today, "Today"),
    (UsageRange::Week, "7 days"),
    (UsageRange::Month, "30 days"),
    (UsageRange::All, "All"),
];

/// What the page remembers.
#[derive(Debug, Default)]
pub(super) struct UsageView {
    day: Amount,
    month: Amount,
    shows_all_chats: bool,
    focus_seen: u64,
}

impl UsageView {
    pub(super) fn usage_ui(&mut self, ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
        self.take_focus(ui, state);
        parts::heading_ui(ui, "Usage");
        ui.horizontal_wrapped(|ui| {
            for (range, name) in RANGES {
                let chosen = Chosen::from(range == state.usage_range);
                if widgets::chip(ui, name, chosen).clicked() {
                    out.push(UiCommand::LoadUsage(range));
                }
            }
        });
        match &state.usage {
            Some(report) => {
                parts::card_ui(ui, |ui| totals_ui(ui, &report.total));
                parts::section_ui(ui, "Budget");
                parts::card_ui(ui, |ui| self.budget_ui(ui, state, out));
                self.report_ui(ui, state, report, out);
            }
            None => {
                parts::note_ui(ui, "Adding up…");
                parts::section_ui(ui, "Budget");
                parts::card_ui(ui, |ui| self.budget_ui(ui, state, out));
            }
        }
    }

    /// Takes the keyboard where the budget was asked for, and shows it: the top of the page.
    fn take_focus(&mut self, ui: &Ui, state: &AppState) {
        let (target, count) = state.focus;
        if count == self.focus_seen || ui.ctx().current_pass_index() > 0 {
            return;
        }
        self.focus_seen = count;
        if target == FocusTarget::Budget {
            ui.scroll_to_cursor(Some(Align::TOP));
            ui.memory_mut(|memory| memory.request_focus(day_id()));
        }
    }

    fn report_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        report: &UsageReport,
        out: &mut Vec<UiCommand>,
    ) {
        if report.days.is_empty() {
            return;
        }
        parts::section_ui(ui, "By day");
        parts::card_ui(ui, |ui| chart::chart_ui(ui, &report.days));
        parts::section_ui(ui, "By model");
        parts::card_ui(ui, |ui| models_ui(ui, state, report));
        parts::section_ui(ui, "By chat");
        parts::card_ui(ui, |ui| self.chats_ui(ui, report, out));
    }

    fn budget_ui(&mut self, ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
        let budget = state.settings.budget;
        let day = AmountUi {
            id: day_id(),
            label: "Each day",
            name: "Budget for each day, in dollars",
            share: state.budget_share(Period::Day),
        };
        if let Some(day_usd) = day.amount_ui(ui, &mut self.day, budget.day_usd) {
            out.push(UiCommand::SetBudget(Budget { day_usd, ..budget }));
        }
        let month = AmountUi {
            id: Id::unique("budget_month"),
            label: "Each month",
            name: "Budget for each month, in dollars",
            share: state.budget_share(Period::Month),
        };
        if let Some(month_usd) = month.amount_ui(ui, &mut self.month, budget.month_usd) {
            out.push(UiCommand::SetBudget(Budget { month_usd, ..budget }));
        }
        let note = "In US dollars; empty for no bound. You are told at 80\u{a0}%. At 100\u{a0}% nothing more \
                    is sent to models that cost something, or may, unless you say so for one \
                    answer. Free and local models go on.";
        parts::note_ui(ui, note);
    }

    fn chats_ui(&mut self, ui: &mut Ui, report: &UsageReport, out: &mut Vec<UiCommand>) {
        ui.spacing_mut().item_spacing.y = 0.0;
        let shown = if self.shows_all_chats { MOST_CHATS } else { FEW_CHATS };
        for (chat, title, sum) in report.chats.iter().take(shown) {
            let line = Line { dot: None, name: title, hint: "", sum, opens: chat.is_some() };
            if let Some(chat) = chat
                && line.line_ui(ui).clicked()
            {
                out.push(UiCommand::OpenChat(*chat));
            } else if chat.is_none() {
                line.line_ui(ui);
            }
        }
        let count = report.chats.len();
        if count > shown {
            ui.add_space(8.0);
            let text = format!("Show all {count}");
            if widgets::small_button(ui, &text).clicked() {
                self.shows_all_chats = true;
            }
        } else if count >= MOST_CHATS {
            ui.add_space(8.0);
            parts::note_ui(ui, "The 100 chats that cost most. The sums above count all.");
        }
    }
}

/// Answers, tokens and cost in large type, and in words what the sum leaves out.
fn day_id() -> Id {
    Id::unique("budget_day")
}

fn totals_ui(ui: &mut Ui, total: &UsageSum) {
    if total.answers == 0 && total.usage.total_tokens().is_none() {
        parts::note_ui(ui, "Nothing was used in this time");
        return;
    }
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
    let figures = [
        ("Answers", total.answers.to_string()),
        ("Tokens in", or_dash(total.usage.prompt_tokens.map(tokens))),
        ("Tokens out", or_dash(total.usage.completion_tokens.map(tokens))),
        ("Cost", or_dash(total.usage.cost_usd.map(dollars))),
    ];
    let width = ((ui.available_width() - 24.0) / 4.0).floor();
    let wide = width >= 104.0;
    let width = if wide { width } else { ((ui.available_width() - 8.0) / 2.0).floor() };
    let per_row = if wide { 4 } else { 2 };
    for row in figures.chunks(per_row) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            for (name, figure) in row {
                ui.allocate_ui(vec2(width, 44.0), |ui| {
                    ui.set_width(width);
                    figure_ui(ui, name, figure);
                });
            }
        });
    }
    let words = remarks(total);
    if !words.is_empty() {
        parts::note_ui(ui, &words);
    }
}

fn figure_ui(ui: &mut Ui, name: &str, figure: &str) {
    let palette = Palette::of(ui);
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        widgets::small_label(ui, name, palette.dim);
        ui.label(RichText::new(figure).font(theme::semibold(20.0)).color(palette.text));
    });
}

/// What came from a cache, and what has no price.
fn remarks(total: &UsageSum) -> String {
    let mut words = Vec::new();
    if let Some(cached) = total.usage.cached_tokens {
        words.push(format!("{} of the tokens in came from a cache.", tokens(cached)));
    }
    match total.unpriced {
        0 => {}
        1 => words.push("1 answer has no price and is not part of the cost.".to_owned()),
        many => words.push(format!("{many} answers have no price and are not part of the cost.")),
    }
    words.join(" ")
}

fn models_ui(ui: &mut Ui, state: &AppState, report: &UsageReport) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let palette = Palette::of(ui);
    for (model, sum) in &report.models {
        let line = Line {
            dot: Some(model_color(palette, model)),
            name: &state.full_model_name(model),
            hint: &model.to_string(),
            sum,
            opens: false,
        };
        line.line_ui(ui);
    }
}
