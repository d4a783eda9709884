//! The command palette: everything that can be done, found by typing.

mod entries;

use egui::{
    Align2, Context, CornerRadius, CursorIcon, EventFilter, Frame, Id, Key, Modal, Modifiers, Rect,
    RichText, Role, ScrollArea, Sense, TextEdit, TextFormat, Ui, UiBuilder, WidgetInfo, pos2,
    text::{LayoutJob, TextWrapping},
    vec2,
};

use self::entries::{Entries, Entry};
use super::icon::Icon;
use super::theme::{self, Palette};
use super::widgets;
use super::{shell, sidebar};
use crate::state::{AppState, Overlay, UiCommand};

const WIDTH: f32 = 560.0;
const TOP: f32 = 96.0;
const ROW: f32 = 32.0;

/// What the palette remembers while it is open.
#[derive(Debug, Default)]
pub struct PaletteView {
    query: String,
    /// The entry that Enter runs.
    selected: usize,
    entries: Entries,
    open: bool,
}

/// What came of a frame.
enum Outcome {
    Open,
    Run(Box<UiCommand>),
}

impl PaletteView {
    /// Draws it where it is open.
    pub fn palette_ui(&mut self, ctx: &Context, state: &AppState, out: &mut Vec<UiCommand>) {
        if state.overlay != Overlay::Palette {
            if self.open {
                *self = Self::default();
            }
            return;
        }
        if !self.open {
            self.open = true;
            self.entries.clear();
        }
        let width = WIDTH.min(ctx.content_rect().width() - 32.0);
        let top = TOP.min(ctx.content_rect().height() / 8.0);
        let id = Id::unique("command palette");
        let area = Modal::default_area(id)
            .anchor(Align2::CENTER_TOP, vec2(0.0, top))
            .accessible_name("Command palette")
            .default_width(width)
            .fade_in(false);
        let modal = shell::modal(ctx, area, 8);
        let response = modal.show(ctx, |ui| {
            ui.set_width(width - 18.0);
            self.contents_ui(ui, state)
        });
        let run = match response.inner {
            Outcome::Open => None,
            Outcome::Run(ref command) => Some(command.as_ref().clone()),
        };
        if run.is_some() || response.should_close() {
            out.push(UiCommand::CloseOverlay);
        }
        out.extend(run);
    }

    fn contents_ui(&mut self, ui: &mut Ui, state: &AppState) -> Outcome {
        let keys = Keys::take(ui);
        self.field_ui(ui);
        if self.entries.refresh(&self.query, state) {
            self.selected = 0;
        }
        let moved = self.go(&keys);
        if keys.enter
            && let Some(entry) = self.entries.get(self.selected)
        {
            return Outcome::Run(Box::new(entry.command.clone()));
        }
        let palette = Palette::of(ui);
        if self.entries.len() == 0 {
            ui.add_space(8.0);
            ui.horizontal(|ui| {
                ui.add_space(8.0);
                ui.label(RichText::new("Nothing fits").color(palette.faint));
            });
            return Outcome::Open;
        }
        self.list_ui(ui, moved)
    }

    fn field_ui(&mut self, ui: &mut Ui) {
        let palette = Palette::of(ui);
        let size = vec2(ui.available_width(), theme::CONTROL_HEIGHT);
        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
        sidebar::field_ground(ui, rect, palette);
        let icon = Align2::LEFT_CENTER.align_size_within_rect(vec2(16.0, 16.0), rect.shrink(11.0));
        widgets::paint_icon(ui, Icon::Search, icon, palette.text);
        let field = sidebar::field_place(ui, rect, 108.0);
        let mut child = ui.new_child(UiBuilder::new().max_rect(field));
        let filter =
            EventFilter { escape: true, horizontal_arrows: true, vertical_arrows: true, tab: true };
        let edit = TextEdit::singleline(&mut self.query)
            .frame(Frame::NONE)
            .hint_text(RichText::new("Type a command or a chat's title").color(palette.faint))
            .desired_width(f32::INFINITY)
            .event_filter(filter);
        let response = child.add(edit).accessible_name("Search commands and chats");
        // The rows are chosen from here, so the keyboard never leaves.
        if !response.has_focus() {
            response.request_focus();
        }
        let keys =
            Rect::from_min_max(pos2(rect.right() - 104.0, rect.top()), rect.max - vec2(8.0, 0.0));
        let layout = egui::Layout::right_to_left(egui::Align::Center);
        let mut child = ui.new_child(UiBuilder::new().max_rect(keys).layout(layout));
        widgets::kbd(&mut child, "Enter");
        widgets::kbd(&mut child, "↑↓");
    }

    /// Moves the choice; true where it moved.
    fn go(&mut self, keys: &Keys) -> bool {
        let last = self.entries.len().saturating_sub(1);
        let before = self.selected;
        let step = |at: usize, by: isize| at.saturating_add_signed(by).min(last);
        self.selected = match keys.step {
            Some(Step::By(1)) if before == last => 0,
            Some(Step::By(-1)) if before == 0 => last,
            Some(Step::By(by)) => step(before, by),
            None => before.min(last),
        };
        self.selected != before
    }

    fn list_ui(&mut self, ui: &mut Ui, moved: bool) -> Outcome {
        let mut outcome = Outcome::Open;
        ui.spacing_mut().item_spacing.y = 0.0;
        let height = (ui.ctx().content_rect().height() - 200.0).clamp(120.0, 420.0);
        // It takes what it needs, however little the list before it left of the window's height.
        let scroll = ScrollArea::vertical()
            .max_height(height)
            .min_scrolled_height(height)
            .auto_shrink([false, true]);
        scroll.show(ui, |ui| {
            let mut at = 0;
            for group in self.entries.groups() {
                ui.add_space(10.0);
                ui.horizontal(|ui| {
                    ui.add_space(8.0);
                    widgets::group_label(ui, group.heading);
                });
                ui.add_space(4.0);
                for entry in &group.entries {
                    let response = entry_ui(ui, entry, at == self.selected);
                    if at == self.selected && moved {
                        response.scroll_to_me(None);
                    }
                    if at != self.selected
                        && response.contains_pointer()
                        && widgets::pointer_moved(ui)
                    {
                        self.selected = at;
                        ui.ctx().request_repaint();
                    }
                    if response.clicked() {
                        outcome = Outcome::Run(Box::new(entry.command.clone()));
                    }
                    at += 1;
                }
            }
        });
        outcome
    }
}

enum Step {
    By(isize),
}

/// The keys that the palette takes from its field.
struct Keys {
    step: Option<Step>,
    enter: bool,
}

impl Keys {
    fn take(ui: &Ui) -> Self {
        if ui.is_sizing_pass() {
            return Self { step: None, enter: false };
        }
        let take = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let steps =
            [(Key::ArrowDown, 1), (Key::ArrowUp, -1), (Key::PageDown, 8), (Key::PageUp, -8)];
        let step = steps.into_iter().find(|(key, _)| take(*key)).map(|(_, by)| Step::By(by));
        Self { step, enter: take(Key::Enter) }
    }
}

fn entry_ui(ui: &mut Ui, entry: &Entry, selected: bool) -> egui::Response {
    let palette = Palette::of(ui);
    let size = vec2(ui.available_width(), ROW);
    // Not a stop for Tab: the arrow keys choose.
    let (rect, response) = ui.allocate_exact_size(size, Sense::CLICK);
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, selected, &entry.text));
    if !ui.is_rect_visible(rect) {
        return response;
    }
    // The pointer moves the selection: a fill of its own would make two rows look selected.
    if selected {
        ui.painter().rect_filled(rect, CornerRadius::same(theme::ROUNDING), palette.hover);
    }
    let mut right = rect.right() - 8.0;
    if let Some(keys) = &entry.keys {
        let place =
            Rect::from_min_max(pos2(rect.center().x, rect.top()), pos2(right, rect.bottom()));
        let layout = egui::Layout::right_to_left(egui::Align::Center);
        let mut child = ui.new_child(UiBuilder::new().max_rect(place).layout(layout));
        right = widgets::kbd(&mut child, keys).rect.left() - 8.0;
    }
    let left = rect.left() + 8.0;
    let galley = ui.painter().layout_job(entry_job(entry, right - left, palette));
    let place = pos2(left, (rect.center().y - galley.size().y / 2.0).floor());
    ui.painter().galley(place, galley, palette.text);
    response.on_hover_cursor(CursorIcon::PointingHand)
}

/// The text with what was typed in bold.
fn entry_job(entry: &Entry, width: f32, palette: &Palette) -> LayoutJob {
    let plain = TextFormat::simple(theme::body(), palette.text);
    let bold = TextFormat::simple(theme::semibold(14.0), palette.text);
    let mut job =
        LayoutJob { wrap: TextWrapping::truncate_at_width(width.max(0.0)), ..LayoutJob::default() };
    let mut run = (String::new(), false);
    for (place, char) in (0_u32..).zip(entry.text.chars()) {
        let hit = entry.hits.binary_search(&place).is_ok();
        if hit != run.1 {
            job.append(&run.0, 0.0, if run.1 { bold.clone() } else { plain.clone() });
            run = (String::new(), hit);
        }
        run.0.push(char);
    }
    job.append(&run.0, 0.0, if run.1 { bold } else { plain });
    job
}

#[cfg(test)]
mod tests;
