//! The card of a tool call that asks for consent.

use std::time::Duration;

use egui::{
    Align, CornerRadius, Frame, Id, Layout, Margin, RichText, ScrollArea, Stroke, TextEdit, Ui,
    vec2,
};
use serde_json::Value;

use super::Draw;
use crate::protocol::{RiskLevel, Timestamp};
use crate::state::{Approval, Consent, Outcome, ServerCommand, UiCommand};
use crate::ui::icon::Icon;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::{self, Button};

/// Arguments that are higher scroll.
const MAX_ARGS: f32 = 220.0;

/// What a card remembers: the arguments as they are being changed.
#[derive(Debug, Default)]
pub(super) struct ApprovalView {
    edited: Option<String>,
    focus: bool,
}

impl ApprovalView {
    /// Draws the card, or what became of it.
    pub(super) fn approval_ui(&mut self, ui: &mut Ui, approval: &Approval, draw: &mut Draw<'_>) {
        if !approval.is_open(draw.now) {
            self.edited = None;
            closed_ui(ui, approval);
            return;
        }
        let palette = Palette::of(ui);
        let frame = widgets::card_frame(ui).stroke(Stroke::new(1.0, palette.warn));
        frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing = vec2(8.0, 10.0);
            head_ui(ui, approval, draw.now);
            if !approval.reason.trim().is_empty() {
                let reason = RichText::new(approval.reason.trim()).color(palette.dim);
                ui.add(egui::Label::new(reason).wrap());
            }
            let problem = self.args_ui(ui, approval);
            self.buttons_ui(ui, approval, problem.as_deref(), draw);
        });
    }

    /// The arguments, or the field to change them; gives what is wrong with those that were typed.
    fn args_ui(&mut self, ui: &mut Ui, approval: &Approval) -> Option<String> {
        let palette = Palette::of(ui);
        let id = Id::unique(("approval_args", approval.run, &approval.id));
        let frame = Frame::new()
            .fill(palette.code)
            .stroke(Stroke::new(1.0, palette.line))
            .corner_radius(CornerRadius::same(theme::ROUNDING))
            .inner_margin(Margin::symmetric(12, 10));
        let edited = &mut self.edited;
        let focus = std::mem::take(&mut self.focus);
        frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            let area = ScrollArea::vertical().id_salt(id).max_height(MAX_ARGS);
            area.auto_shrink([false, true]).show(ui, |ui| match edited {
                Some(text) => {
                    let edit = TextEdit::multiline(text)
                        .id(id)
                        .frame(Frame::NONE)
                        .margin(Margin::ZERO)
                        .font(theme::mono())
                        .desired_width(f32::INFINITY)
                        .desired_rows(2);
                    let response = ui.add(edit);
                    ui.ctx().accesskit_node_builder(id, |node| node.set_label("Arguments"));
                    if focus {
                        response.request_focus();
                    }
                }
                None => {
                    let text = RichText::new(shown(&approval.args)).font(theme::mono());
                    ui.add(egui::Label::new(text.color(palette.text)).wrap());
                }
            });
        });
        let problem = edited.as_ref().and_then(|text| read(text).err());
        if let Some(problem) = &problem {
            let text = RichText::new(problem).font(theme::small()).color(palette.err);
            ui.add(egui::Label::new(text).wrap());
        }
        problem
    }

    fn buttons_ui(
        &mut self,
        ui: &mut Ui,
        approval: &Approval,
        problem: Option<&str>,
        draw: &mut Draw<'_>,
    ) {
        let linked = draw.state.is_linked();
        if !linked {
            let text = "The server is not reachable. It can be answered once the link is back";
            widgets::small_label(ui, text, Palette::of(ui).warn);
        }
        let mut said = None;
        let edits = if self.edited.is_some() { "Undo changes" } else { "Edit…" };
        let allow = [
            (Consent::Once, Button::new(Consent::Once.label()).primary()),
            (Consent::Chat, Button::new(Consent::Chat.label())),
        ];
        let deny = Button::new(Consent::Deny.label()).danger();
        let buttons = allow.map(|(_, button)| button).into_iter();
        let buttons = buttons.chain([Button::new(edits), deny]);
        let wanted: f32 = buttons.map(|button| button.wanted_width(ui) + 8.0).sum();
        // Between all of them, not behind the last.
        let left_over = (ui.available_width() - (wanted - 8.0)).floor();
        ui.horizontal_wrapped(|ui| {
            let allows = linked && problem.is_none();
            for (consent, button) in allow {
                let response = ui.add_enabled_ui(allows, |ui| button.ui(ui)).inner;
                if response.on_hover_text(about(consent, approval)).clicked() {
                    said = Some(consent);
                }
            }
            if widgets::button(ui, edits).clicked() {
                self.edited = match self.edited.take() {
                    Some(_) => None,
                    None => Some(pretty(&approval.args)),
                };
                self.focus = self.edited.is_some();
                ui.ctx().request_repaint();
            }
            if left_over > 0.0 {
                // At the other end: it is not hit by mistake.
                ui.add_space(left_over - 1.0);
            }
            let response = ui.add_enabled_ui(linked, |ui| deny.ui(ui)).inner;
            if response.on_hover_text(about(Consent::Deny, approval)).clicked() {
                said = Some(Consent::Deny);
            }
        });
        if let Some(consent) = said {
            let args = self.edited.as_ref().and_then(|text| read(text).ok());
            let call = Some(approval.id.clone());
            draw.out.push(UiCommand::Servers(ServerCommand::Answer { call, consent, args }));
        }
    }
}

/// Shield, what it would do, how dangerous that is, and how long there is to answer.
fn head_ui(ui: &mut Ui, approval: &Approval, now: Timestamp) {
    let palette = Palette::of(ui);
    let left = approval.expires_at.ms_since(now);
    ui.ctx().request_repaint_after(Duration::from_millis((left.max(1) - 1) % 1_000 + 20));
    let text = format!("denied in {}", clock(left));
    let title = title(approval);
    let font = theme::semibold(14.0);
    let room = ui.available_width();
    let wide = |text: &str, font: egui::FontId| {
        ui.painter().layout_no_wrap(text.to_owned(), font, palette.text).size().x
    };
    let beside = wide(&text, theme::small()) + wide(&approval.tool, theme::small());
    // Icon, chip, and the room between all of them.
    let fits = wide(&title, font.clone()) + beside + 16.0 + 100.0 + 5.0 * 8.0 <= room;
    let title = RichText::new(title).font(font).color(palette.text);
    let layout = Layout::left_to_right(Align::Center);
    ui.allocate_ui_with_layout(vec2(room, 24.0), layout, |ui| {
        ui.set_min_height(24.0);
        widgets::icon(ui, Icon::Shield, palette.warn);
        if fits {
            ui.add(egui::Label::new(title.clone()));
        }
        risk_ui(ui, approval.risk);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            widgets::small_label(ui, &text, palette.dim);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                widgets::truncated_label(ui, &approval.tool, theme::small(), palette.faint);
            });
        });
    });
    if !fits {
        ui.add(egui::Label::new(title).wrap());
    }
}

fn risk_ui(ui: &mut Ui, risk: RiskLevel) {
    let palette = Palette::of(ui);
    let (text, color) = match risk {
        RiskLevel::Low => ("low risk", palette.dim),
        RiskLevel::Medium => ("medium risk", palette.warn),
        RiskLevel::High => ("high risk", palette.warn),
    };
    let galley = ui.painter().layout_no_wrap(text.to_owned(), theme::small(), color);
    let size = vec2((galley.size().x + 22.0).ceil(), 24.0);
    let (rect, response) = ui.allocate_exact_size(size, egui::Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, text));
    let line = Stroke::new(1.0, color);
    let painter = ui.painter();
    painter.rect_stroke(rect, CornerRadius::same(12), line, egui::StrokeKind::Inside);
    painter.galley((rect.center() - galley.size() / 2.0).round(), galley, color);
}

/// One line: what became of it.
fn closed_ui(ui: &mut Ui, approval: &Approval) {
    let palette = Palette::of(ui);
    let (icon, words) = match approval.outcome {
        Outcome::Answered(Consent::Once) => (Icon::Check, "Allowed once"),
        Outcome::Answered(Consent::Chat) => (Icon::Check, "Allowed in this chat"),
        Outcome::Answered(Consent::Deny) => (Icon::Ban, "Denied"),
        Outcome::Elsewhere { approved: true } => (Icon::Check, "Allowed elsewhere"),
        Outcome::Elsewhere { approved: false } => (Icon::Ban, "Denied elsewhere"),
        // The time is over, and the server has not yet said so.
        Outcome::Expired | Outcome::Open => (Icon::Clock, "Nobody answered in time: denied"),
        Outcome::Over => (Icon::Ban, "The answer ended before anybody allowed it"),
    };
    ui.horizontal_wrapped(|ui| {
        widgets::icon(ui, icon, palette.dim);
        let text = format!("{words} · {}", title(approval));
        let text = RichText::new(text).size(12.5).color(palette.dim);
        ui.add(egui::Label::new(text).wrap());
    });
}

fn title(approval: &Approval) -> String {
    match approval.action.trim() {
        "" => format!("Use {}?", approval.tool),
        action => action.to_owned(),
    }
}

fn about(consent: Consent, approval: &Approval) -> String {
    let command = ServerCommand::Answer { call: None, consent, args: None };
    let keys = command.shortcut().map(|keys| format!(" ({keys})")).unwrap_or_default();
    match consent {
        Consent::Once => format!("Only this call may run{keys}"),
        Consent::Chat => {
            format!("{} is not asked about again in this chat{keys}", approval.tool)
        }
        Consent::Deny => format!("It does not run, and the model is told so{keys}"),
    }
}

/// `4:52`.
fn clock(ms: u64) -> String {
    let seconds = ms.div_ceil(1_000);
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// A single text stands for itself, as a command does; all else is JSON.
fn shown(args: &Value) -> String {
    let fields = args.as_object().filter(|fields| fields.len() == 1);
    let only = fields.and_then(|fields| fields.values().next()).and_then(Value::as_str);
    only.map_or_else(|| pretty(args), str::to_owned)
}

fn pretty(args: &Value) -> String {
    serde_json::to_string_pretty(args).unwrap_or_default()
}

fn read(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("This is not JSON: {error}"))
}
