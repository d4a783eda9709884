//! The row below the text: attach, models, effort, compare, hint, send and stop.

use egui::{
    Align, CornerRadius, CursorIcon, Layout, Rect, Response, Role, Sense, Ui, UiBuilder,
    WidgetInfo, pos2, vec2,
};

use crate::protocol::{ModelId, Params, StopMode};
use crate::state::{AppState, DraftCommand, LiveRun, Missing, Overlay, PickerPurpose, UiCommand};
use crate::ui::icon::Icon;
use crate::ui::picker::compare_button_id;
use crate::ui::theme::{self, Palette, model_color};
use crate::ui::widgets::{self, Chip, Chosen};

const BUTTON: f32 = 32.0;
const GAP: f32 = 6.0;
/// Longer names are cut in the chip; the tooltip has them whole.
const NAME_CHARS: usize = 36;
/// The same in the chip of a model that is compared.
const SHORT_NAME_CHARS: usize = 22;

/// What the row is drawn from.
pub(super) struct ToolsRow<'a> {
    pub(super) state: &'a AppState,
    /// Nothing to send is there.
    pub(super) blank: bool,
    /// Why nothing can be sent.
    pub(super) block: Option<&'a str>,
}

/// What came of it.
pub(super) struct Asked {
    /// Where the model chip is.
    pub(super) chip: Rect,
    /// Where the button of the parameters is.
    pub(super) params: Rect,
    /// The send button was pressed.
    pub(super) send: bool,
}

impl ToolsRow<'_> {
    /// Draws the row; what does not fit beside the buttons at the right goes into further rows.
    pub(super) fn tools_ui(&self, ui: &mut Ui, out: &mut Vec<UiCommand>) -> Asked {
        let room = ui.available_rect_before_wrap();
        let both = self.run().is_some() && !self.blank;
        let buttons = if both { 2.0 * BUTTON + GAP } else { BUTTON };
        let width = (room.width() - buttons - GAP).max(80.0);
        let left = Rect::from_min_size(room.min, vec2(width, BUTTON));
        let layout = Layout::left_to_right(Align::Center).with_main_wrap(true);
        let mut row = ui.new_child(UiBuilder::new().max_rect(left).layout(layout));
        row.spacing_mut().item_spacing = vec2(GAP, 0.0);
        row.set_row_height(BUTTON);
        let (chip, params) = self.choices_ui(&mut row, out);
        let used = row.min_rect();
        let height = used.height().max(BUTTON);
        let one_row = height < BUTTON + 4.0;
        let begin = if one_row { used.right() + GAP } else { room.right() - buttons };
        let right = Rect::from_min_max(
            pos2(begin, room.top() + height - BUTTON),
            pos2(room.right(), room.top() + height),
        );
        let layout = Layout::right_to_left(Align::Center);
        let mut end = ui.new_child(UiBuilder::new().max_rect(right).layout(layout));
        end.spacing_mut().item_spacing.x = GAP;
        let send = self.buttons_ui(&mut end, out);
        if one_row {
            self.hint_ui(&mut end);
        }
        ui.advance_cursor_after_rect(Rect::from_min_size(room.min, vec2(room.width(), height)));
        Asked { chip, params, send }
    }

    /// Everything that decides on how the message is answered; gives the places of the model chip
    /// and of the button of the parameters.
    fn choices_ui(&self, ui: &mut Ui, out: &mut Vec<UiCommand>) -> (Rect, Rect) {
        if widgets::icon_button(ui, Icon::Paperclip, "Attach files…").clicked() {
            out.push(UiCommand::Draft(DraftCommand::PickFiles));
        }
        let chip = self.model_ui(ui, out);
        if self.state.server_id_here().is_some() {
            // How it is answered is set on the server.
            return (chip, chip);
        }
        self.compared_ui(ui, out);
        let params = self.params_ui(ui, out);
        self.compare_ui(ui, out);
        self.system_ui(ui, out);
        (chip, params)
    }

    fn model_ui(&self, ui: &mut Ui, out: &mut Vec<UiCommand>) -> Rect {
        let palette = Palette::of(ui);
        let (model, one_off) = self.state.next_model();
        let name: &str = &self.state.full_model_name(&model);
        let missing = self.state.missing(&model);
        let text = match &missing {
            Some(_) => format!("{} (missing)", shortened(name, NAME_CHARS)),
            None => shortened(name, NAME_CHARS),
        };
        let dot = if missing.is_some() { palette.warn } else { model_color(palette, &model) };
        let response = widgets::chip_with(
            ui,
            Chip {
                text: &text,
                dot: Some(dot),
                icon: None,
                trailing: Some(Icon::ChevronDown),
                chosen: Chosen::Yes,
            },
        );
        if missing.is_some() {
            let rect = response.rect.shrink(0.5);
            let line = egui::Stroke::new(1.0, palette.warn);
            ui.painter().rect_stroke(rect, 12, line, egui::StrokeKind::Middle);
        }
        let label = match &missing {
            Some(_) => format!("Model: {name} (missing)"),
            None => format!("Model: {name}"),
        };
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, label.clone()));
        let rect = response.rect;
        let opens = response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(chip_tooltip(
            self.state,
            &model,
            one_off,
            missing.as_ref(),
        ));
        if opens.clicked() {
            let is_open = self.state.overlay == Overlay::Picker(PickerPurpose::Message);
            out.push(if is_open { UiCommand::CloseOverlay } else { UiCommand::OpenPicker });
        }
        if one_off && self.state.compared().is_empty() {
            widgets::small_label(ui, "next message", palette.dim);
        }
        rect
    }

    /// The models that answer side by side with the first: a click takes one out.
    fn compared_ui(&self, ui: &mut Ui, out: &mut Vec<UiCommand>) {
        let palette = Palette::of(ui);
        for model in self.state.compared() {
            let name: &str = &self.state.full_model_name(&model);
            let missing = self.state.missing(&model);
            let dot = if missing.is_some() { palette.warn } else { model_color(palette, &model) };
            let chip = Chip {
                text: &shortened(name, SHORT_NAME_CHARS),
                dot: Some(dot),
                icon: None,
                trailing: Some(Icon::X),
                chosen: Chosen::Yes,
            };
            let response = widgets::chip_with(ui, chip);
            let label = format!("Take {name} out of the comparison");
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, label.clone()));
            let mut about = format!("{model}\n{label}");
            if let Some(missing) = missing {
                about = format!("{about}\n{}", missing.sentence(&model));
            }
            let response = response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(about);
            if response.clicked() {
                out.push(UiCommand::Draft(DraftCommand::ToggleCompared(model.clone())));
            }
        }
    }

    /// The effort, where the model takes one, else sliders: both open the parameters.
    fn params_ui(&self, ui: &mut Ui, out: &mut Vec<UiCommand>) -> Rect {
        let params = self.state.next_params();
        let open = self.state.overlay == Overlay::Params;
        let response = if self.state.next_takes().0.efforts.is_empty() {
            let changed = params != Params { system: params.system.clone(), ..Params::default() };
            let name = if changed { "Parameters… (changed)" } else { "Parameters…" };
            widgets::icon_button(ui, Icon::SlidersHorizontal, name)
        } else {
            let effort = params.effort.map_or("Effort", |effort| effort.label());
            let chip = Chip {
                text: effort,
                dot: None,
                icon: Some(Icon::Brain),
                trailing: None,
                chosen: Chosen::from(open),
            };
            let response = widgets::chip_with(ui, chip);
            let label = match params.effort {
                Some(effort) => format!("Effort: {}", effort.label()),
                None => "Effort: Default".to_owned(),
            };
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, label.clone()));
            response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(about_params(&params))
        };
        if response.clicked() {
            out.push(UiCommand::Draft(DraftCommand::OpenParams));
        }
        response.rect
    }

    fn compare_ui(&self, ui: &mut Ui, out: &mut Vec<UiCommand>) {
        let compares = !self.state.compared().is_empty();
        let open = self.state.overlay == Overlay::Picker(PickerPurpose::Compare);
        let chip = Chip {
            text: "Compare",
            dot: None,
            icon: Some(Icon::Columns2),
            trailing: None,
            chosen: Chosen::from(compares || open),
        };
        let response = widgets::chip_with(ui, chip);
        let rect = response.rect;
        ui.ctx().data_mut(|data| data.insert_temp::<Rect>(compare_button_id(), rect));
        let about = if compares {
            "The next messages go to all of these models, until you end the comparison"
        } else {
            "Send the message to 2–4 models at once"
        };
        let keys = DraftCommand::OpenCompare.shortcut();
        let keys = keys.map(|keys| format!(" ({keys})")).unwrap_or_default();
        let response = response
            .on_hover_cursor(CursorIcon::PointingHand)
            .on_hover_text(format!("{about}{keys}"));
        if response.clicked() {
            out.push(UiCommand::Draft(DraftCommand::OpenCompare));
        }
    }

    /// Says that there is a system prompt: what the model is told is never hidden.
    fn system_ui(&self, ui: &mut Ui, out: &mut Vec<UiCommand>) {
        let Some(system) = self.state.next_params().system else { return };
        let chip = Chip {
            text: "System prompt",
            dot: None,
            icon: Some(Icon::FileText),
            trailing: None,
            chosen: Chosen::No,
        };
        let shown: String = system.chars().take(400).collect();
        let response = widgets::chip_with(ui, chip)
            .on_hover_cursor(CursorIcon::PointingHand)
            .on_hover_text(shown);
        if response.clicked() {
            out.push(UiCommand::Draft(DraftCommand::OpenParams));
        }
    }

    /// True where the message is to be sent.
    fn buttons_ui(&self, ui: &mut Ui, out: &mut Vec<UiCommand>) -> bool {
        let run = self.run();
        let mut send = false;
        if run.is_none() || !self.blank {
            let name = if run.is_some() { "Queue message" } else { "Send" };
            send = if let Some(why) = self.block {
                send_ui(ui, name, Sense::hover()).on_hover_text(why);
                false
            } else if self.blank {
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
            None if self.block.is_some() => self.block.unwrap_or_default(),
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

fn chip_tooltip(
    state: &AppState,
    model: &ModelId,
    one_off: bool,
    missing: Option<&Missing>,
) -> String {
    let mut text = format!("{model}\nChoose a model (Ctrl M, or @ in the text)");
    if cfg!(target_os = "macos") {
        text = text.replace("Ctrl", "⌘");
    }
    if one_off && state.compared().is_empty() {
        let chat = state.chat_model();
        let chat = state.full_model_name(&chat).into_owned();
        text.push_str(&format!("\nFor the next message only; after it {chat} answers again"));
    }
    if let Some(missing) = missing {
        text.push_str(&format!("\n{}. Sending is tried all the same.", missing.sentence(model)));
    }
    text
}

/// The parameters in force, one line each.
fn about_params(params: &Params) -> String {
    let mut lines = vec!["Parameters…".to_owned()];
    lines.extend(params.effort.map(|effort| format!("Effort: {}", effort.label())));
    lines.extend(params.temperature.map(|value| format!("Temperature: {value}")));
    lines.extend(params.top_p.map(|value| format!("Top-p: {value}")));
    lines.extend(params.max_tokens.map(|tokens| format!("Output cap: {tokens} tokens")));
    if !params.stop.is_empty() {
        lines.push(format!("Stop words: {}", params.stop.join(" · ")));
    }
    lines.join("\n")
}

fn shortened(name: &str, most: usize) -> String {
    if name.chars().count() <= most {
        return name.to_owned();
    }
    let kept: String = name.chars().take(most - 1).collect();
    format!("{}…", kept.trim_end())
}
