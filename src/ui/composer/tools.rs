//! The row below the text: model chip, hint, send and stop.

use egui::{
    Align, CornerRadius, CursorIcon, Layout, Rect, Response, Role, Sense, Ui, WidgetInfo, vec2,
};

use crate::protocol::{ModelId, ProviderStatus, StopMode};
use crate::state::{AppState, LiveRun, Overlay, UiCommand};
use crate::ui::icon::Icon;
use crate::ui::theme::{self, Palette, model_color};
use crate::ui::widgets::{self, Chip, Chosen};

const BUTTON: f32 = 32.0;
/// Longer names are cut in the chip; the tooltip has them whole.
const NAME_CHARS: usize = 36;

/// What the row is drawn from.
pub(super) struct ToolsRow<'a> {
    pub(super) state: &'a AppState,
    /// Nothing to send is typed.
    pub(super) blank: bool,
}

/// What came of it.
pub(super) struct Asked {
    /// Where the model chip is.
    pub(super) chip: Rect,
    /// The send button was pressed.
    pub(super) send: bool,
}

impl ToolsRow<'_> {
    pub(super) fn tools_ui(&self, ui: &mut Ui, out: &mut Vec<UiCommand>) -> Asked {
        let size = vec2(ui.available_width(), BUTTON);
        ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            ui.set_min_height(BUTTON);
            let chip = self.model_ui(ui, out);
            let buttons = Layout::right_to_left(Align::Center);
            let send = ui.with_layout(buttons, |ui| {
                let send = self.buttons_ui(ui, out);
                self.hint_ui(ui);
                send
            });
            Asked { chip, send: send.inner }
        })
        .inner
    }

    fn model_ui(&self, ui: &mut Ui, out: &mut Vec<UiCommand>) -> Rect {
        let palette = Palette::of(ui);
        let (model, one_off) = self.state.next_model();
        let name = self.state.model_name(&model);
        let response = widgets::chip_with(
            ui,
            Chip {
                text: &shortened(name),
                dot: Some(model_color(palette, &model)),
                icon: None,
                trailing: Some(Icon::ChevronDown),
                chosen: Chosen::Yes,
            },
        );
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Model: {name}")));
        let missing = is_missing(self.state, &model);
        let rect = response.rect;
        let opens = response
            .on_hover_cursor(CursorIcon::PointingHand)
            .on_hover_text(chip_tooltip(self.state, &model, one_off, missing));
        if opens.clicked() {
            out.push(match self.state.overlay {
                Overlay::Picker(_) => UiCommand::CloseOverlay,
                Overlay::Nothing | Overlay::Palette | Overlay::Link(_) => UiCommand::OpenPicker,
            });
        }
        if missing {
            widgets::small_label(ui, "missing", palette.warn);
        }
        if one_off {
            widgets::small_label(ui, "next message", palette.dim);
        }
        rect
    }

    /// True where the message is to be sent.
    fn buttons_ui(&self, ui: &mut Ui, out: &mut Vec<UiCommand>) -> bool {
        let run = self.run();
        let mut send = false;
        if run.is_none() || !self.blank {
            let name = if run.is_some() { "Queue message" } else { "Send" };
            send = if self.blank {
                send_ui(ui, name, Sense::hover())
                    .on_hover_text("Nothing to send: type a message first");
                false
            } else {
                let press = send_ui(ui, name, Sense::click());
                press.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(name).clicked()
            };
        }
        if let Some(run) = run {
            let (name, mode) = match run.stop {
                None => ("Stop", StopMode::Graceful),
                Some(_) => ("Stop now", StopMode::Now),
            };
            if stop_ui(ui, name).on_hover_text(name).clicked() {
                out.push(UiCommand::Stop(mode));
            }
        }
        send
    }

    fn hint_ui(&self, ui: &mut Ui) {
        let palette = Palette::of(ui);
        let text = match self.run() {
            None => "Enter to send · Shift+Enter for a new line",
            Some(LiveRun { stop: None, .. }) => "Esc to stop · type to queue the next message",
            Some(LiveRun { stop: Some(_), .. }) => "Stopping… Esc again to stop now",
        };
        let galley = ui.painter().layout_no_wrap(text.to_owned(), theme::small(), palette.faint);
        if galley.size().x + 8.0 < ui.available_width() {
            widgets::small_label(ui, text, palette.faint);
        }
    }

    fn run(&self) -> Option<&LiveRun> {
        self.state.conversation()?.runs().next()
    }
}

/// The send button; disabled where it does not sense clicks. egui's own way to disable would
/// fade it until it cannot be seen.
fn send_ui(ui: &mut Ui, name: &str, sense: Sense) -> Response {
    let palette = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(BUTTON, BUTTON), sense);
    let enabled = sense.senses_click();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, name));
    let (fill, color) = match (enabled, response.hovered()) {
        (false, _) => (palette.accent_soft, palette.dim),
        (true, true) => (palette.accent.lerp_to_gamma(palette.text, 0.12), palette.on_accent),
        (true, false) => (palette.accent, palette.on_accent),
    };
    round_button(ui, rect, (fill, color), Icon::ArrowUp, &response);
    response
}

fn stop_ui(ui: &mut Ui, name: &str) -> Response {
    let palette = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(BUTTON, BUTTON), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), name));
    let fill = if response.hovered() { palette.line } else { palette.hover };
    round_button(ui, rect, (fill, palette.text), Icon::SquareFilled, &response);
    response.on_hover_cursor(CursorIcon::PointingHand)
}

fn round_button(
    ui: &Ui,
    rect: Rect,
    (fill, color): (egui::Color32, egui::Color32),
    icon: Icon,
    response: &Response,
) {
    ui.painter().rect_filled(rect, CornerRadius::same(10), fill);
    widgets::paint_icon(ui, icon, rect, color);
    widgets::focus_ring(ui, response, 10);
}

/// Whether a model no longer exists, as far as can be known: lists that are still being asked for,
/// or could not be had, say nothing.
fn is_missing(state: &AppState, model: &ModelId) -> bool {
    match state.provider(&model.provider) {
        None => !state.providers.is_empty(),
        Some(provider) => {
            provider.status == ProviderStatus::Ready
                && !provider.models.is_empty()
                && state.model(model).is_none()
        }
    }
}

fn chip_tooltip(state: &AppState, model: &ModelId, one_off: bool, missing: bool) -> String {
    let mut text = format!("{model}\nChoose a model (Ctrl M)");
    if cfg!(target_os = "macos") {
        text = text.replace("Ctrl", "⌘");
    }
    if one_off {
        let chat = state.chat_model();
        let chat = state.model_name(&chat).to_owned();
        text.push_str(&format!("\nFor the next message only; after it {chat} answers again"));
    }
    if missing {
        text.push_str("\nIts provider no longer lists it. Sending is tried all the same.");
    }
    text
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= NAME_CHARS {
        return name.to_owned();
    }
    let kept: String = name.chars().take(NAME_CHARS - 1).collect();
    format!("{}…", kept.trim_end())
}
