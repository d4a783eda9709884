//! What waits until the answer ends, above the box.

use egui::{
    Align, EventFilter, Frame, Id, Key, KeyboardShortcut, Layout, Margin, Modifiers, ScrollArea,
    TextEdit, Ui,
};

use super::keys::take_enter;
use crate::protocol::{MessageId, QueuedMessage};
use crate::state::{AppState, Conversation, UiCommand};
use crate::ui::icon::Icon;
use crate::ui::theme::{self, Palette, model_color};
use crate::ui::widgets;

const ROW: f32 = 28.0;
/// More than about three rows scroll.
const MAX_HEIGHT: f32 = 168.0;

/// The queue, and the text of the message that is being edited.
#[derive(Debug, Default)]
pub(super) struct QueueView {
    editing: Option<Editing>,
}

#[derive(Debug)]
struct Editing {
    message: MessageId,
    text: String,
    focused: bool,
}

impl QueueView {
    pub(super) fn queue_ui(&mut self, ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
        let Some(conversation) = state.conversation() else { return };
        let gone =
            |editing: &Editing| conversation.queue.iter().all(|item| item.id != editing.message);
        if self.editing.as_ref().is_some_and(gone) {
            self.editing = None;
        }
        if conversation.queue.is_empty() {
            return;
        }
        let label = label(state, conversation.is_running());
        ScrollArea::vertical()
            .id_salt("queue_scroll")
            .max_height(MAX_HEIGHT)
            .auto_shrink([false, true])
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 6.0;
                for item in &conversation.queue {
                    ui.push_id(item.id, |ui| self.item_ui(ui, state, (item, &label), out));
                }
            });
        ui.add_space(8.0);
    }

    fn item_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        (item, label): (&QueuedMessage, &str),
        out: &mut Vec<UiCommand>,
    ) {
        let palette = Palette::of(ui);
        let frame = widgets::card_frame(ui).inner_margin(Margin::symmetric(12, 4));
        frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            let edited = self.editing.as_ref().is_some_and(|edit| edit.message == item.id);
            if edited {
                self.edit_ui(ui, out);
                return;
            }
            let size = egui::vec2(ui.available_width(), ROW);
            ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
                ui.set_min_height(ROW);
                widgets::icon(ui, Icon::Clock, palette.dim);
                widgets::small_label(ui, label, palette.dim);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    self.actions_ui(ui, state, item, out);
                    item_model_ui(ui, state, item);
                    if !item.attachments.is_empty() {
                        let count = item.attachments.len().to_string();
                        widgets::small_label(ui, &count, palette.dim);
                        widgets::icon(ui, Icon::Paperclip, palette.dim)
                            .on_hover_text("Attachments");
                    }
                    let line = item.text.lines().find(|line| !line.trim().is_empty());
                    let line: String = line.unwrap_or_default().chars().take(300).collect();
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        widgets::truncated_label(ui, &line, theme::body(), palette.text);
                    });
                });
            });
        });
    }

    fn actions_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        item: &QueuedMessage,
        out: &mut Vec<UiCommand>,
    ) {
        ui.spacing_mut().item_spacing.x = 4.0;
        if widgets::icon_button(ui, Icon::X, "Remove waiting message").clicked() {
            out.push(UiCommand::RemoveQueued(item.id));
        }
        if widgets::icon_button(ui, Icon::Pencil, "Edit waiting message").clicked() {
            self.editing =
                Some(Editing { message: item.id, text: item.text.clone(), focused: false });
        }
        // What waits for a server that is away goes out by itself when it is back.
        if state.server_id_here().is_none() || state.is_linked() {
            let is_running = state.conversation().is_some_and(Conversation::is_running);
            let what = match is_running {
                true => "Stops the running answer, keeps what arrived, and sends this",
                false => "Sends this, and the rest when it is answered",
            };
            if widgets::link_button(ui, "Send now").on_hover_text(what).clicked() {
                out.push(UiCommand::SendQueuedNow(item.id));
            }
        }
        ui.add_space(4.0);
    }

    fn edit_ui(&mut self, ui: &mut Ui, out: &mut Vec<UiCommand>) {
        let Some(editing) = &mut self.editing else { return };
        let id = Id::unique("queued_text");
        let has_focus = ui.memory(|memory| memory.has_focus(id));
        let escaped =
            has_focus && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
        let entered = has_focus && take_enter(ui);
        ui.add_space(4.0);
        let field = ScrollArea::vertical().max_height(120.0).auto_shrink([false, true]);
        field.show(ui, |ui| {
            let edit = TextEdit::multiline(&mut editing.text)
                .id(id)
                .frame(Frame::NONE)
                .margin(Margin::ZERO)
                .font(theme::body())
                .desired_width(f32::INFINITY)
                .desired_rows(1)
                .event_filter(EventFilter {
                    horizontal_arrows: true,
                    vertical_arrows: true,
                    escape: true,
                    tab: false,
                })
                .return_key(KeyboardShortcut::new(Modifiers::SHIFT, Key::Enter));
            ui.add(edit);
        });
        ui.ctx().accesskit_node_builder(id, |node| node.set_label("Waiting message"));
        if !editing.focused {
            editing.focused = true;
            ui.memory_mut(|memory| memory.request_focus(id));
        }
        let mut done = escaped;
        let row = egui::vec2(ui.available_width(), ROW);
        ui.allocate_ui_with_layout(row, Layout::right_to_left(Align::Center), |ui| {
            let blank = editing.text.trim().is_empty();
            let keep = ui.add_enabled_ui(!blank, |ui| widgets::link_button(ui, "Keep")).inner;
            let keep = keep.on_disabled_hover_text("An empty message cannot be sent").clicked();
            if (keep || entered) && !blank {
                let text = std::mem::take(&mut editing.text);
                out.push(UiCommand::EditQueued { message: editing.message, text });
                done = true;
            }
            done |= widgets::link_button(ui, "Cancel").clicked();
            let palette = Palette::of(ui);
            widgets::small_label(ui, "Enter to keep · Esc to cancel", palette.faint);
        });
        if done {
            self.editing = None;
            ui.memory_mut(|memory| memory.request_focus(super::text_id()));
        }
    }
}

/// What a message waits for.
fn label(state: &AppState, is_running: bool) -> String {
    match state.server_id_here() {
        Some(server) if !state.is_linked() => {
            format!("Waits for {}", state.server_name(server))
        }
        Some(_) | None if !is_running => "Not sent yet".to_owned(),
        Some(_) | None => "Waiting".to_owned(),
    }
}

fn item_model_ui(ui: &mut Ui, state: &AppState, item: &QueuedMessage) {
    if ui.available_width() < 240.0 {
        return;
    }
    let palette = Palette::of(ui);
    let name: &str = &state.full_model_name(&item.model);
    let name = match item.also.len() {
        0 => name.to_owned(),
        others => format!("{name} + {others}"),
    };
    widgets::small_label(ui, &name, palette.dim);
    widgets::dot(ui, model_color(palette, &item.model));
}
