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

/// What is to be seen at the end of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// Nothing.
    Nothing,
    /// An answer is on its way. Where the mark of it stands, in eighths of a turn.
    Running(u8),
    /// An answer is on its way at a server that is not linked.
    Awaited,
    /// So many messages wait for the server.
    Waits(usize),
    /// An answer was not looked at.
    Unread,
}

impl Mark {
    fn words(self) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Running(_) => Some("an answer is on its way".to_owned()),
            Self::Awaited => Some("an answer waits for the server".to_owned()),
            Self::Waits(1) => Some("1 message waits".to_owned()),
            Self::Waits(count) => Some(format!("{count} messages wait")),
            Self::Unread => Some("unread".to_owned()),
        }
    }
}

/// A row, as it shall be drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    pub(super) chat: &'a ChatSummary,
    /// The name of the server that it lives on; this computer without.
    pub(super) server: Option<&'a str>,
    /// It is the chat on screen.
    pub(super) selected: bool,
    pub(super) mark: Mark,
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
        let about = self.about(elided);
        let response = if about.is_empty() { response } else { response.on_hover_text(about) };
        RowOutput { response, rename: asked == Asked::Rename }
    }

    /// What is not to be seen, or to be seen as a mark only.
    fn about(self, elided: bool) -> String {
        let title = elided.then(|| self.chat.title.clone());
        let server = self.server.map(|server| format!("On {server}"));
        let waits = match self.mark {
            Mark::Waits(1) => Some("1 message waits".to_owned()),
            Mark::Waits(count) => Some(format!("{count} messages wait")),
            Mark::Awaited => Some("An answer waits for the server".to_owned()),
            Mark::Nothing | Mark::Running(_) | Mark::Unread => None,
        };
        let lines: Vec<String> = title.into_iter().chain(server).chain(waits).collect();
        lines.join("\n")
    }

    fn describe(self, ui: &Ui, response: &Response) {
        response.widget_info(|| {
            WidgetInfo::selected(Role::Button, ui.is_enabled(), self.selected, &self.chat.title)
        });
        let server = self.server.map(|server| format!("on {server}"));
        let told: Vec<String> = server.into_iter().chain(self.mark.words()).collect();
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
        let mut right = match (more_shown, self.mark) {
            // Left of the button.
            (true, _) => rect.right() - 3.0 - theme::ICON_BUTTON.x - 4.0,
            (false, Mark::Nothing) => rect.right() - 8.0,
            (false, _) => rect.right() - 28.0,
        };
        if self.server.is_some() {
            let place = Rect::from_center_size(pos2(right - 8.0, y), vec2(16.0, 16.0));
            widgets::paint_icon(ui, Icon::Server, place, palette.faint);
            right -= 22.0;
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
            match self.mark {
                Mark::Running(phase) => paint_running(ui, center, phase, palette.accent),
                Mark::Awaited | Mark::Waits(_) => {
                    let place = Rect::from_center_size(center, vec2(16.0, 16.0));
                    widgets::paint_icon(ui, Icon::Clock, place, palette.warn);
                }
                Mark::Unread => {
                    ui.painter().circle_filled(center, 3.0, palette.accent);
                }
                Mark::Nothing => {}
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
