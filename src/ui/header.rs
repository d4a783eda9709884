//! The line above the page: what it is, how full its context is, what can be done with it.

mod budget;

use egui::{
    Align2, Color32, CornerRadius, Key, Label, Layout, Mesh, Modifiers, Popup, Rect, RichText,
    Sense, Shape, Stroke, StrokeKind, Ui, UiBuilder, emath::GuiRounding as _, pos2, vec2,
};

use super::composer::focus;
use super::icon::Icon;
use super::sidebar::menu::{self, Asked, MenuItem};
use super::sidebar::rename::{Rename, Renamed};
use super::theme::{self, Palette};
use super::widgets;
use crate::protocol::ChatSummary;
use crate::state::{AppState, Overlay, Page, UiCommand};

/// Height of the header, its line included.
pub const HEIGHT: f32 = 48.0;
const PADDING: f32 = 20.0;
const GAP: f32 = 10.0;

/// Whether the sidebar stands beside the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sidebar {
    /// It does.
    Shown,
    /// It does not: a button shows it.
    Hidden,
}

/// What the header remembers.
#[derive(Debug, Default)]
pub struct HeaderView {
    renaming: Option<Rename>,
}

impl HeaderView {
    /// Draws it into the whole of `ui`, which is [`HEIGHT`] high.
    pub fn header_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        sidebar: Sidebar,
        out: &mut Vec<UiCommand>,
    ) {
        let palette = Palette::of(ui);
        let rect = ui.available_rect_before_wrap();
        let line = Stroke::new(1.0, palette.line);
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, line);
        let inner =
            Rect::from_min_max(rect.min + vec2(PADDING, 0.0), rect.max - vec2(PADDING, 1.0));
        let layout = Layout::left_to_right(egui::Align::Center);
        let mut row = ui.new_child(UiBuilder::new().max_rect(inner).layout(layout));
        row.spacing_mut().item_spacing.x = GAP;
        if sidebar == Sidebar::Hidden
            && widgets::icon_button(&mut row, Icon::PanelLeft, "Show the sidebar").clicked()
        {
            out.push(UiCommand::ToggleSidebar);
        }
        if state.unsaved && sidebar == Sidebar::Hidden {
            // The sidebar's status line says it otherwise.
            let warn = Palette::of(&row).warn;
            widgets::small_label(&mut row, "Not saved", warn);
        }
        match state.open_chat().and_then(|chat| state.summary(chat)) {
            Some(chat) => self.chat_ui(&mut row, state, chat, out),
            None => {
                self.renaming = None;
                title_ui(&mut row, title(state), inner.right());
            }
        }
        ui.advance_cursor_after_rect(rect);
    }

    fn chat_ui(
        &mut self,
        row: &mut Ui,
        state: &AppState,
        chat: &ChatSummary,
        out: &mut Vec<UiCommand>,
    ) {
        let fill = context_use(state);
        let right = row.max_rect().right() - theme::ICON_BUTTON.x;
        let chip = fill.map(|fill| (fill, chip_galley(row, fill)));
        let chip_width = chip.as_ref().map_or(0.0, |(_, galley)| chip_width(galley) + GAP);
        let mut right_of_title = right - GAP - chip_width;
        let taken = budget::chip_ui(row, state, right_of_title, out);
        if taken > 0.0 {
            right_of_title -= taken + GAP;
        }
        if self.renaming.as_ref().is_some_and(|rename| rename.chat != chat.id) {
            self.renaming = None;
        }
        if self.renaming.is_none() && asks_to_rename(row, state) {
            self.renaming = Some(Rename::new(chat.id, &chat.title));
        }
        match &mut self.renaming {
            Some(rename) => {
                let left = row.cursor().left() - 8.0;
                let width = (right_of_title - left).clamp(0.0, 360.0);
                let y = row.max_rect().center().y;
                let rect = Rect::from_min_size(pos2(left, y - 16.0), vec2(width, 32.0));
                let renamed = rename.rename_ui(row, rect, "header");
                self.renamed(&renamed, chat, out);
            }
            None => {
                if title_ui(row, &chat.title, right_of_title).double_clicked() {
                    self.renaming = Some(Rename::new(chat.id, &chat.title));
                }
            }
        }
        if let Some((fill, galley)) = chip {
            chip_ui(row, fill, galley, right - GAP);
        }
        self.menu_ui(row, state, chat, out);
    }

    fn renamed(&mut self, renamed: &Renamed, chat: &ChatSummary, out: &mut Vec<UiCommand>) {
        if *renamed == Renamed::Editing {
            return;
        }
        out.extend(renamed.command(chat));
        self.renaming = None;
        if !matches!(renamed, Renamed::Left(_)) {
            out.push(UiCommand::FocusComposer);
        }
    }

    fn menu_ui(
        &mut self,
        row: &mut Ui,
        state: &AppState,
        chat: &ChatSummary,
        out: &mut Vec<UiCommand>,
    ) {
        let place = Align2::RIGHT_CENTER.align_size_within_rect(theme::ICON_BUTTON, row.max_rect());
        let mut child = row.new_child(UiBuilder::new().max_rect(place));
        let more = widgets::icon_button(&mut child, Icon::Ellipsis, "More");
        Popup::menu(&more).show(|ui| {
            if menu::name_and_pin_ui(ui, chat, "F2", out) == Asked::Rename {
                self.renaming = Some(Rename::new(chat.id, &chat.title));
            }
            if state.conversation().is_some_and(|chat| chat.last_answer().is_some()) {
                for (icon, command) in [
                    (Icon::Copy, UiCommand::CopyLastAnswer),
                    (Icon::RotateCw, UiCommand::Regenerate { answer: None, model: None }),
                ] {
                    let keys = command.shortcut().map(|keys| keys.to_string()).unwrap_or_default();
                    if MenuItem::new(icon, command.label(), &keys).item_ui(ui) {
                        out.push(command);
                    }
                }
            }
            menu::delete_ui(ui, chat, "", out);
        });
    }
}

/// F2, where no other text is being changed. A row of the sidebar has taken its own before.
fn asks_to_rename(ui: &Ui, state: &AppState) -> bool {
    let ctx = ui.ctx();
    state.overlay == Overlay::Nothing
        && matches!(state.page, Page::Chat(_))
        && ui.memory(|memory| memory.allows_interaction(ui.layer_id()))
        && !Popup::is_any_open(ctx)
        && (!ctx.text_edit_focused() || focus::is_here(ctx))
        && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::F2))
}

fn title(state: &AppState) -> &str {
    match &state.page {
        Page::Welcome | Page::Chat(_) => "New chat",
        Page::Settings(_) => "Settings",
        Page::Help(id) => {
            state.help.iter().find(|page| page.id == id).map_or("Help", |page| page.title)
        }
    }
}

fn title_ui(row: &mut Ui, text: &str, right: f32) -> egui::Response {
    let palette = Palette::of(row);
    let width = (right - row.cursor().left()).max(0.0);
    let text = RichText::new(text).font(theme::semibold(14.0)).color(palette.text);
    let label = Label::new(text).truncate().selectable(false).sense(Sense::CLICK);
    row.scope(|ui| {
        ui.set_max_width(width);
        ui.add(label)
    })
    .inner
}

/// How much of the model's context the newest answer took.
#[derive(Clone, Copy, Debug, PartialEq)]
struct ContextUse {
    used: u64,
    context: u64,
}

fn context_use(state: &AppState) -> Option<ContextUse> {
    let answer = state.conversation()?.last_answer()?.answer.as_ref()?;
    let used = answer.usage.total_tokens()?;
    let context = state.model(&answer.model)?.context.filter(|context| *context > 0)?;
    Some(ContextUse { used, context })
}

impl ContextUse {
    fn percent(self) -> u64 {
        (self.used.saturating_mul(100).saturating_add(self.context / 2)) / self.context
    }

    #[expect(clippy::cast_precision_loss, reason = "a part of a circle, 12 pixels wide")]
    fn part(self) -> f32 {
        (self.used as f32 / self.context as f32).clamp(0.0, 1.0)
    }

    fn text(self) -> String {
        let context = short(self.context);
        match self.percent() {
            0 => format!("< 1 % of {context}"),
            percent => format!("{percent} % of {context}"),
        }
    }

    fn tooltip(self) -> String {
        let (used, context) = (grouped(self.used), grouped(self.context));
        format!("The last answer and what came before it: {used} of {context} tokens")
    }
}

/// 1000000 and 1048576 are 1M; 131072 is 128k.
fn short(tokens: u64) -> String {
    let binary = tokens.is_multiple_of(1024) && !tokens.is_multiple_of(1000);
    let (kilo, mega) = if binary { (1024, 1024 * 1024) } else { (1000, 1_000_000) };
    match tokens {
        _ if tokens >= mega && tokens.is_multiple_of(mega) => format!("{}M", tokens / mega),
        _ if tokens >= mega => format!("{}.{}M", tokens / mega, tokens % mega * 10 / mega),
        _ if tokens >= kilo => format!("{}k", tokens / kilo),
        _ => tokens.to_string(),
    }
}

/// 1234567 as 1,234,567.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn chip_galley(ui: &Ui, fill: ContextUse) -> std::sync::Arc<egui::Galley> {
    ui.painter().layout_no_wrap(fill.text(), theme::small(), Palette::of(ui).dim)
}

fn chip_width(galley: &egui::Galley) -> f32 {
    (11.0 + 12.0 + 6.0 + galley.size().x + 11.0).ceil()
}

/// Shows, but is not a control: it takes no keyboard.
fn chip_ui(row: &mut Ui, fill: ContextUse, galley: std::sync::Arc<egui::Galley>, right: f32) {
    let palette = Palette::of(row);
    let size = vec2(chip_width(&galley), 24.0);
    let min = pos2(right - size.x, row.max_rect().center().y - 12.0).round_ui();
    let rect = Rect::from_min_size(min, size);
    let response = row.interact(rect, row.scope_id().with("context"), Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, fill.text()));
    let painter = row.painter();
    let line = Stroke::new(1.0, palette.line);
    painter.rect(rect, CornerRadius::same(12), palette.raised, line, StrokeKind::Inside);
    let center = pos2(rect.left() + 17.0, rect.center().y);
    painter.circle_stroke(center, 5.0, Stroke::new(1.0, palette.dim));
    painter.add(wedge(center, 5.0, fill.part(), palette.dim));
    let place = pos2(rect.left() + 29.0, rect.center().y - galley.size().y / 2.0).round_ui();
    painter.galley(place, galley, palette.dim);
    response.on_hover_text(fill.tooltip());
}

/// A part of a disc, clockwise from the top.
fn wedge(center: egui::Pos2, radius: f32, part: f32, color: Color32) -> Shape {
    use std::f32::consts::{FRAC_PI_2, TAU};
    const STEPS: u8 = 24;
    let mut mesh = Mesh::default();
    mesh.colored_vertex(center, color);
    for step in 0..=STEPS {
        let angle = f32::from(step) / f32::from(STEPS) * part * TAU - FRAC_PI_2;
        mesh.colored_vertex(center + radius * egui::Vec2::angled(angle), color);
        if step > 0 {
            mesh.add_triangle(0, u32::from(step), u32::from(step) + 1);
        }
    }
    Shape::mesh(mesh)
}

#[cfg(test)]
mod tests;
