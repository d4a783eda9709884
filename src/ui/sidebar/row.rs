//! A chat's row in the sidebar.

use egui::{
    Align2, Color32, CornerRadius, EventFilter, Id, Popup, Rect, Response, Role, Sense, Shape,
    Stroke, Ui, WidgetInfo, pos2, text::LayoutJob, vec2,
};

use super::menu::{self, Asked};
use crate::protocol::{ChatId, ChatSummary};
use crate::state::UiCommand;
use crate::ui::icon::Icon;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

/// A row, as it shall be drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    pub(super) chat: &'a ChatSummary,
    /// The name of the server that it lives on; this computer without.
    pub(super) server: Option<&'a str>,
    /// It is the chat on screen.
    pub(super) selected: bool,
    /// Where the mark of a running answer stands, in eighths of a turn.
    pub(super) running: Option<u8>,
}

/// What the row asks of the list.
#[derive(Debug)]
pub(super) struct RowOutput {
    pub(super) response: Response,
    pub(super) rename: bool,
}

/// The identity of a chat's row, whichever place it stands at.
pub(super) fn id_of(chat: ChatId) -> Id {
    Id::unique(("chat row", chat))
}

impl Row<'_> {
    pub(super) fn row_ui(self, ui: &mut Ui, rect: Rect, out: &mut Vec<UiCommand>) -> RowOutput {
        let palette = Palette::of(ui);
        let id = id_of(self.chat.id);
        let response = ui.interact(rect, id, Sense::click());
        self.describe(ui, &response);
        let more_id = id.with("more");
        let menu_id = more_id.with("menu");
        // The frame in which Tab leaves the row must still have the button that Tab goes to.
        let more_shown = response.contains_pointer()
            || ui.memory(|memory| {
                memory.has_focus(id) || memory.had_focus_last_frame(id) || memory.has_focus(more_id)
            })
            || Popup::is_id_open(ui.ctx(), menu_id);
        if self.selected || response.contains_pointer() {
            ui.painter().rect_filled(rect, CornerRadius::same(theme::ROUNDING), palette.hover);
        }
        let elided = self.paint(ui, rect, more_shown, palette);
        widgets::focus_ring(ui, &response, theme::ROUNDING);
        if response.has_focus() {
            let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
        }
        let mut asked = Asked::Nothing;
        let mut menu_ui = |ui: &mut Ui| {
            asked = menu::name_and_pin_ui(ui, self.chat, "F2", out);
            menu::delete_ui(ui, self.chat, "Del", out);
        };
        response.context_menu(&mut menu_ui);
        if more_shown {
            let more = more_ui(ui, rect, more_id, &self.chat.title);
            Popup::menu(&more).id(menu_id).show(&mut menu_ui);
        }
        if response.clicked() {
            out.push(UiCommand::OpenChat(self.chat.id));
        }
        let response = match (elided, self.server) {
            (true, Some(server)) => {
                response.on_hover_text(format!("{}\nOn {server}", self.chat.title))
            }
            (true, None) => response.on_hover_text(&self.chat.title),
            (false, Some(server)) => response.on_hover_text(format!("On {server}")),
            (false, None) => response,
        };
        RowOutput { response, rename: asked == Asked::Rename }
    }

    fn describe(self, ui: &Ui, response: &Response) {
        response.widget_info(|| {
            WidgetInfo::selected(Role::Button, ui.is_enabled(), self.selected, &self.chat.title)
        });
        let state = match (self.running, self.chat.unread) {
            (Some(_), _) => Some("an answer is on its way"),
            (None, true) => Some("unread"),
            (None, false) => None,
        };
        let server = self.server.map(|server| format!("on {server}"));
        let told: Vec<&str> = server.as_deref().into_iter().chain(state).collect();
        if !told.is_empty() {
            let told = told.join(", ");
            ui.ctx().accesskit_node_builder(response.id, |node| node.set_description(told));
        }
    }

    /// Dot, title and mark; true where the title did not fit.
    fn paint(self, ui: &Ui, rect: Rect, more_shown: bool, palette: &Palette) -> bool {
        let model = self.chat.last_model.as_ref().or(self.chat.model.as_ref());
        let color = model.map_or(palette.faint, |model| theme::model_color(palette, model));
        let y = rect.center().y;
        ui.painter().circle_filled(pos2(rect.left() + 12.0, y), 4.0, color);
        let marked = more_shown || self.running.is_some() || self.chat.unread;
        let mut right = if marked { rect.right() - 28.0 } else { rect.right() - 8.0 };
        if self.server.is_some() {
            let place = Rect::from_center_size(pos2(right - 6.0, y), vec2(16.0, 16.0));
            widgets::paint_icon(ui, Icon::Server, place, palette.faint);
            right -= 20.0;
        }
        let left = rect.left() + 24.0;
        let mut job =
            LayoutJob::simple_singleline(self.chat.title.clone(), theme::body(), palette.text);
        job.wrap = egui::text::TextWrapping::truncate_at_width((right - left).max(0.0));
        let galley = ui.painter().layout_job(job);
        let elided = galley.elided;
        let place = pos2(left, (y - galley.size().y / 2.0).floor());
        ui.painter().galley(place, galley, palette.text);
        if !more_shown {
            let center = pos2(rect.right() - 11.0, y);
            match (self.running, self.chat.unread) {
                (Some(phase), _) => paint_running(ui, center, phase, palette.accent),
                (None, true) => {
                    ui.painter().circle_filled(center, 3.0, palette.accent);
                }
                (None, false) => {}
            }
        }
        elided
    }
}

/// The button that opens a row's menu.
fn more_ui(ui: &Ui, row: Rect, id: Id, title: &str) -> Response {
    let palette = Palette::of(ui);
    let place = row.shrink2(vec2(3.0, 3.0));
    let rect = Align2::RIGHT_CENTER.align_size_within_rect(theme::ICON_BUTTON, place);
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| {
        WidgetInfo::labeled(Role::Button, ui.is_enabled(), format!("More about {title}"))
    });
    if response.hovered() {
        ui.painter().rect_filled(rect, CornerRadius::same(6), palette.line);
    }
    widgets::paint_icon(ui, Icon::Ellipsis, rect, palette.dim);
    widgets::focus_ring(ui, &response, 6);
    response
}

/// Three quarters of a ring; it turns by an eighth ten times a second.
fn paint_running(ui: &Ui, center: egui::Pos2, phase: u8, color: Color32) {
    use std::f32::consts::TAU;
    const POINTS: u8 = 13;
    let begin = f32::from(phase) / 8.0 * TAU;
    let points = (0..POINTS)
        .map(|point| begin + f32::from(point) / f32::from(POINTS - 1) * 0.75 * TAU)
        .map(|angle| center + 5.0 * egui::Vec2::angled(angle))
        .collect();
    ui.painter().add(Shape::line(points, Stroke::new(1.5, color)));
}
