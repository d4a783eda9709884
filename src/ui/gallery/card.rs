//! The card of a bot.

use egui::{
    CornerRadius, CursorIcon, EventFilter, Id, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2,
    text::{LayoutJob, TextWrapping},
    vec2,
};

use super::words;
use crate::protocol::{BotEntry, BotId};
use crate::ui::bot_tile::{BotTile, TileSize};
use crate::ui::icon::Icon;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

/// Height of a card.
pub(super) const HEIGHT: f32 = 136.0;
/// Between its edge and what stands in it, its line included.
const PAD: egui::Vec2 = vec2(13.0, 11.0);

/// A bot's card.
pub(super) struct Card<'a> {
    pub(super) entry: &'a BotEntry,
    /// The server that it lives on, and whether its category is known; this computer without.
    pub(super) server: Option<(&'a str, bool)>,
    pub(super) selected: bool,
}

/// What was done with a card.
pub(super) struct CardResponse {
    pub(super) card: Response,
    /// The star was clicked.
    pub(super) starred: bool,
}

/// The id of a bot's card, for the keyboard.
pub(super) fn card_id(bot: &BotId) -> Id {
    Id::unique(("bot_card", bot))
}

impl Card<'_> {
    /// Draws it. Of all cards Tab goes to the selected one only.
    pub(super) fn card_ui(&self, ui: &Ui, rect: Rect) -> CardResponse {
        let palette = Palette::of(ui);
        let id = card_id(&self.entry.bot.id);
        let has_focus = ui.memory(|memory| memory.has_focus(id));
        let sense = if self.selected || has_focus { Sense::click() } else { Sense::CLICK };
        let card = ui.interact(rect, id, sense).on_hover_cursor(CursorIcon::PointingHand);
        self.describe(ui, &card);
        let line = if self.selected { palette.accent } else { palette.line };
        let fill = if card.hovered() { palette.hover } else { palette.panel };
        let radius = CornerRadius::same(theme::CARD_ROUNDING);
        ui.painter().rect(rect, radius, fill, Stroke::new(1.0, line), StrokeKind::Inside);
        let star_shown = self.star_is_shown(ui, &card);
        self.paint(ui, rect, star_shown);
        if has_focus {
            let filter = EventFilter {
                vertical_arrows: true,
                horizontal_arrows: true,
                ..EventFilter::default()
            };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
        }
        widgets::focus_ring(ui, &card, theme::CARD_ROUNDING);
        let starred = star_shown && self.star_ui(ui, rect).clicked();
        CardResponse { card, starred }
    }

    fn describe(&self, ui: &Ui, card: &Response) {
        let bot = &self.entry.bot;
        card.widget_info(|| {
            WidgetInfo::selected(Role::Button, ui.is_enabled(), self.selected, &bot.name)
        });
        let about = format!("{}, {}", bot.description, self.foot());
        ui.ctx().accesskit_node_builder(card.id, |node| node.set_description(about));
    }

    /// Where it comes from.
    fn foot(&self) -> String {
        match self.server {
            Some((server, true)) => format!("{} · on {server}", words::foot(self.entry)),
            Some((server, false)) => format!("on {server}"),
            None => words::foot(self.entry),
        }
    }

    fn star_is_shown(&self, ui: &Ui, card: &Response) -> bool {
        if self.server.is_some() {
            // Favourites are this computer's bots.
            return false;
        }
        let star = self.star_id();
        self.entry.favourite
            || card.contains_pointer()
            // The frame in which Tab leaves the card must still have the star that it goes to.
            || ui.memory(|memory| {
                memory.has_focus(card.id)
                    || memory.had_focus_last_frame(card.id)
                    || memory.has_focus(star)
            })
    }

    fn paint(&self, ui: &Ui, rect: Rect, star_shown: bool) {
        let palette = Palette::of(ui);
        let bot = &self.entry.bot;
        let inner = rect.shrink2(PAD);
        let tile = Rect::from_min_size(inner.min, vec2(28.0, 28.0));
        BotTile::from(bot).paint(ui, tile, TileSize::Normal);
        let left = tile.right() + 10.0;
        let right = if star_shown { inner.right() - 24.0 } else { inner.right() };
        let name =
            LayoutJob::simple_singleline(bot.name.clone(), theme::semibold(14.0), palette.text);
        let name = wrapped(ui, name, right - left, 1);
        let y = (tile.center().y - name.size().y / 2.0).round();
        ui.painter().galley(pos2(left, y), name, palette.text);
        let mut text =
            LayoutJob::simple(bot.description.clone(), theme::body(), palette.dim, inner.width());
        for section in &mut text.sections {
            section.format.line_height = Some(20.0);
        }
        let text = wrapped(ui, text, inner.width(), 3);
        ui.painter().galley(pos2(inner.left(), tile.bottom() + 8.0), text, palette.dim);
        let foot = LayoutJob::simple_singleline(self.foot(), theme::small(), palette.faint);
        let foot = wrapped(ui, foot, inner.width(), 1);
        let y = (inner.bottom() - 8.0 - foot.size().y / 2.0).round();
        ui.painter().galley(pos2(inner.left(), y), foot, palette.faint);
    }

    fn star_id(&self) -> Id {
        card_id(&self.entry.bot.id).with("star")
    }

    fn star_ui(&self, ui: &Ui, rect: Rect) -> Response {
        let palette = Palette::of(ui);
        let favourite = self.entry.favourite;
        let center = pos2(rect.right() - PAD.x - 8.0, rect.top() + PAD.y + 14.0);
        let icon = Rect::from_center_size(center, vec2(16.0, 16.0));
        let id = self.star_id();
        let is_stop = self.selected || ui.memory(|memory| memory.has_focus(id));
        let sense = if is_stop { Sense::click() } else { Sense::CLICK };
        let star = ui.interact(icon.expand(5.0), id, sense);
        let name = format!("Favourite: {}", self.entry.bot.name);
        star.widget_info(|| WidgetInfo::selected(Role::Button, true, favourite, name.clone()));
        let (shape, color) = match (favourite, star.hovered()) {
            (true, _) => (Icon::StarFilled, palette.star),
            (false, true) => (Icon::Star, palette.text),
            (false, false) => (Icon::Star, palette.faint),
        };
        widgets::paint_icon(ui, shape, icon, color);
        widgets::focus_ring(ui, &star, 6);
        let tooltip = if favourite { "No longer a favourite" } else { "Make a favourite" };
        star.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(format!("{tooltip} (Ctrl D)"))
    }
}

/// Text that is cut with `…` after some rows.
fn wrapped(ui: &Ui, mut job: LayoutJob, width: f32, rows: usize) -> std::sync::Arc<egui::Galley> {
    job.wrap = TextWrapping {
        max_width: width.max(0.0),
        max_rows: rows,
        break_anywhere: rows == 1,
        ..TextWrapping::default()
    };
    ui.painter().layout_job(job)
}
