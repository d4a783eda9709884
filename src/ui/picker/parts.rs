//! What surrounds the models: headings, what is said of an empty list, the footer.

use egui::{
    Align, Color32, Layout, Rect, RichText, Sense, Stroke, StrokeKind, Ui, UiBuilder, vec2,
};

use super::Open;
use crate::state::{
    AppState, DraftCommand, ModelScope, PickerPurpose, ProviderForm, SettingsTab, UiCommand,
};
use crate::ui::icon::Icon;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::{self, Chosen};

pub(super) fn group_ui(ui: &mut Ui, rect: Rect, title: &str, note: Option<(&str, Color32)>) {
    let inner = Rect::from_min_max(rect.min + vec2(8.0, 14.0), rect.max - vec2(8.0, 4.0));
    let layout = Layout::left_to_right(Align::Center);
    // A child, not a scope: the list places its rows itself.
    let ui = &mut ui.new_child(UiBuilder::new().max_rect(inner).layout(layout));
    ui.spacing_mut().item_spacing.x = 4.0;
    widgets::group_label(ui, title);
    if let Some((note, color)) = note {
        widgets::small_label(ui, note, color);
    }
}

pub(super) fn empty_ui(ui: &mut Ui, rect: Rect, state: &AppState, out: &mut Vec<UiCommand>) {
    let palette = Palette::of(ui);
    let ui = &mut ui.new_child(UiBuilder::new().max_rect(rect.shrink2(vec2(8.0, 16.0))));
    ui.spacing_mut().item_spacing.y = 8.0;
    ui.label(RichText::new("No model fits").color(palette.dim));
    ui.horizontal_wrapped(|ui| {
        let refresh = widgets::small_button(ui, "Refresh model lists");
        if refresh.clicked() && !state.providers.is_empty() {
            out.push(UiCommand::RefreshModels(None));
        }
        if widgets::small_button(ui, "Providers…").clicked() {
            out.push(UiCommand::OpenSettings(SettingsTab::Providers));
        }
    });
}

pub(super) fn more_ui(ui: &mut Ui, rect: Rect, out: &mut Vec<UiCommand>) {
    let ui = &mut ui.new_child(UiBuilder::new().max_rect(rect));
    let more = widgets::Button::new("Add a provider to get more models")
        .ghost()
        .icon(Icon::Plus)
        .width(rect.width())
        .ui(ui);
    if more.clicked() {
        out.push(UiCommand::EditProvider(ProviderForm::Choose));
    }
}

/// What comes of a choice, where nothing has to be asked about it.
fn purpose_text(purpose: PickerPurpose) -> Option<&'static str> {
    match purpose {
        PickerPurpose::Message | PickerPurpose::Compare => None,
        PickerPurpose::Answer(_) => Some("Regenerates the answer with the chosen model"),
        PickerPurpose::MoreRoom(_) => Some("Answers with the chosen model and the whole chat"),
        PickerPurpose::Summary(_) => Some("The chosen model summarises the start of the chat"),
    }
}

/// In place of the search field: what is typed in the composer.
pub(super) fn mention_ui(ui: &mut Ui, query: &str) {
    let palette = Palette::of(ui);
    let size = vec2(ui.available_width(), theme::CONTROL_HEIGHT);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let line = Stroke::new(1.0, palette.line);
    ui.painter().rect(rect, theme::ROUNDING, palette.raised, line, StrokeKind::Inside);
    let layout = Layout::left_to_right(Align::Center);
    let inner = UiBuilder::new().max_rect(rect.shrink2(vec2(10.0, 1.0))).layout(layout);
    let ui = &mut ui.new_child(inner);
    widgets::icon(ui, Icon::Search, palette.faint);
    let typed = RichText::new(format!("@{query}")).font(theme::body()).color(palette.text);
    ui.add(egui::Label::new(typed).selectable(false));
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        for key in ["Enter", "↑↓"] {
            widgets::kbd(ui, key);
        }
    });
}

pub(super) fn footer_ui(ui: &mut Ui, open: &mut Open, out: &mut Vec<UiCommand>) {
    let palette = Palette::of(ui);
    ui.add_space(6.0);
    let (rule, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), Sense::hover());
    ui.painter().rect_filled(rule, 0.0, palette.line);
    ui.add_space(8.0);
    let size = vec2(ui.available_width(), 24.0);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_height(24.0);
        ui.add_space(8.0);
        ui.spacing_mut().item_spacing.x = 8.0;
        if open.purpose == PickerPurpose::Compare {
            compare_ui(ui, open, out);
        } else if let Some(text) = purpose_text(open.purpose) {
            widgets::truncated_label(ui, text, theme::small(), palette.dim);
        } else {
            scopes_ui(ui, open);
        }
    });
    ui.add_space(2.0);
}

/// What the choice applies to.
fn scopes_ui(ui: &mut Ui, open: &mut Open) {
    let palette = Palette::of(ui);
    widgets::small_label(ui, "Applies to", palette.dim);
    for scope in open.scopes().iter().copied() {
        let chosen = Chosen::from(open.scope == scope);
        let about = match scope {
            ModelScope::NextMessage => "After it, this chat's own model answers again",
            ModelScope::ThisChat => "From now on, in this chat",
            ModelScope::Default => "In chats for which no other model was chosen",
        };
        let about = format!("{about}. Switch with Tab.");
        if widgets::chip(ui, scope.label(), chosen).on_hover_text(about).clicked() {
            open.scope = scope;
        }
    }
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.add_space(8.0);
        if let Some(shortcut) = UiCommand::OpenPicker.shortcut() {
            widgets::kbd(ui, &shortcut.to_string());
        }
    });
}

/// How many models are chosen to answer side by side.
fn compare_ui(ui: &mut Ui, open: &Open, out: &mut Vec<UiCommand>) {
    let palette = Palette::of(ui);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.add_space(8.0);
        if widgets::link_button(ui, "Done").clicked() {
            out.push(UiCommand::CloseOverlay);
        }
        let compares = open.compared.len() > 1;
        if compares && widgets::link_button(ui, "End the comparison").clicked() {
            out.push(UiCommand::Draft(DraftCommand::EndComparison));
            out.push(UiCommand::CloseOverlay);
        }
        let most = AppState::MOST_COMPARED;
        let text = if open.is_full {
            format!("At most {most} models: take one out first")
        } else if compares {
            let chosen = open.compared.len();
            format!("{chosen} of at most {most} models answer side by side")
        } else {
            "Choose who answers side by side with it".to_owned()
        };
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let color = if open.is_full { palette.warn } else { palette.dim };
            widgets::truncated_label(ui, &text, theme::small(), color);
        });
    });
}
