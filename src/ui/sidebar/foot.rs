//! What stands below the chats: the way to the pages, and how this computer and servers stand.

use egui::{
    Align2, CornerRadius, CursorIcon, FontId, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2,
    vec2,
};

use super::groups::{self, HEADING};
use super::status::Servers;
use super::{WIDTH_OF_ROWS, status};
use crate::protocol::Timestamp;
use crate::state::{AppState, BotCommand, Page, SettingsTab, UiCommand};
use crate::ui::icon::Icon;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

/// The line above, the room around the status of this computer, and that status.
const AROUND: f32 = 49.0;
/// The list of chats has so many rows under a heading before the foot has all of its own.
const ROWS: f32 = 5.0;

/// What of it there is room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Foot {
    nav: Nav,
    servers: Servers,
    lines: usize,
}

/// How the way to the pages is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nav {
    /// A row for each.
    Rows,
    /// An icon for each, in one row.
    Icons,
}

impl Foot {
    /// The most that leaves the chats their rows, or half of the room where that is less.
    pub(super) fn fitting(state: &AppState, room: f32) -> Self {
        let list = (HEADING + ROWS * groups::ROW).min(room / 2.0);
        let rows = Servers::ALL.map(|servers| (Nav::Rows, servers));
        let icons = (Nav::Icons, Servers::Together);
        let shapes = rows.into_iter().chain([icons]).map(|(nav, servers)| {
            let lines = status::lines(state, servers);
            Self { nav, servers, lines }
        });
        let mut last = Self { nav: Nav::Icons, servers: Servers::Together, lines: 0 };
        for shape in shapes {
            last = shape;
            if shape.height() + list <= room {
                break;
            }
        }
        last
    }

    /// Its height.
    pub(super) fn height(self) -> f32 {
        let nav = match self.nav {
            Nav::Rows => 3.0 * groups::ROW,
            Nav::Icons => groups::ROW,
        };
        AROUND + nav + self.lines as f32 * status::LINE
    }

    /// Draws it.
    pub(super) fn foot_ui(
        self,
        ui: &mut Ui,
        (state, now): (&AppState, Timestamp),
        out: &mut Vec<UiCommand>,
    ) {
        let palette = Palette::of(ui);
        ui.spacing_mut().item_spacing.y = 0.0;
        let (line, _) = ui.allocate_exact_size(vec2(WIDTH_OF_ROWS, 1.0), Sense::hover());
        ui.painter().rect_filled(line, CornerRadius::ZERO, palette.line);
        ui.add_space(8.0);
        match self.nav {
            Nav::Rows => self.pages_ui(ui, state, out),
            Nav::Icons => {
                ui.horizontal(|ui| {
                    ui.spacing_mut().item_spacing.x = 8.0;
                    self.pages_ui(ui, state, out);
                });
            }
        }
        ui.add_space(6.0);
        ui.horizontal(|ui| {
            ui.add_space(8.0);
            let (color, text) = if state.unsaved {
                (palette.warn, "Not saved: see the notice".to_owned())
            } else {
                status::here(state, palette)
            };
            widgets::dot(ui, color);
            widgets::truncated_label(ui, &text, theme::small(), palette.dim);
        });
        status::servers_ui(ui, (state, now), self.servers, out);
    }

    fn pages_ui(self, ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
        let pages = [
            (
                Icon::LayoutGrid,
                UiCommand::Bots(BotCommand::OpenGallery),
                matches!(state.page, Page::Gallery | Page::Editor),
            ),
            (
                Icon::Settings,
                UiCommand::OpenSettings(SettingsTab::Providers),
                matches!(state.page, Page::Settings(_)),
            ),
            (Icon::CircleHelp, UiCommand::OpenHelp(None), matches!(state.page, Page::Help(_))),
        ];
        for (icon, command, is_here) in pages {
            if self.page_ui(ui, icon, &command, is_here).clicked() {
                out.push(command);
            }
        }
    }

    /// A row, or a button, that leads to a page.
    fn page_ui(self, ui: &mut Ui, icon: Icon, command: &UiCommand, selected: bool) -> Response {
        let palette = Palette::of(ui);
        let width = match self.nav {
            Nav::Rows => WIDTH_OF_ROWS,
            Nav::Icons => groups::ROW,
        };
        let (rect, response) = ui.allocate_exact_size(vec2(width, groups::ROW), Sense::click());
        let label = command.label();
        response
            .widget_info(|| WidgetInfo::selected(Role::Button, ui.is_enabled(), selected, label));
        if selected || response.hovered() {
            ui.painter().rect_filled(rect, CornerRadius::same(theme::ROUNDING), palette.hover);
        }
        let place = pos2(rect.left() + 16.0, rect.center().y);
        let place = Rect::from_center_size(place, vec2(16.0, 16.0));
        let keys = command.shortcut().map(|keys| keys.to_string());
        let about = match (self.nav, &keys) {
            (Nav::Rows, _) => {
                words(ui, rect, (label, keys.as_deref()));
                None
            }
            (Nav::Icons, Some(keys)) => Some(format!("{label} ({keys})")),
            (Nav::Icons, None) => Some(label.to_owned()),
        };
        widgets::paint_icon(ui, icon, place, palette.dim);
        widgets::focus_ring(ui, &response, theme::ROUNDING);
        let response = response.on_hover_cursor(CursorIcon::PointingHand);
        match about {
            Some(about) => response.on_hover_text(about),
            None => response,
        }
    }
}

/// A row's name, and the keys that do the same.
fn words(ui: &Ui, rect: Rect, (label, keys): (&str, Option<&str>)) {
    let palette = Palette::of(ui);
    let painter = ui.painter();
    let y = rect.center().y;
    let galley = painter.layout_no_wrap(label.to_owned(), theme::body(), palette.text);
    let top = (y - galley.size().y / 2.0).floor();
    painter.galley(pos2(rect.left() + 32.0, top), galley, palette.text);
    let Some(keys) = keys else { return };
    let right = pos2(rect.right() - 13.0, y);
    let font = FontId::monospace(11.0);
    let text = painter.text(right, Align2::RIGHT_CENTER, keys, font, palette.faint);
    let frame =
        Rect::from_min_max(pos2(text.left() - 5.0, y - 9.0), pos2(rect.right() - 8.0, y + 9.0));
    let line = egui::Stroke::new(1.0, palette.line);
    painter.rect_stroke(frame, CornerRadius::same(4), line, egui::StrokeKind::Inside);
}
