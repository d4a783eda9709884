//! Who takes part in a room, offered behind an `@`.

use egui::{
    Align, Align2, Area, Context, CornerRadius, CursorIcon, Id, Key, Layout, Modifiers, Order,
    Rect, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::mention::Mention;
use crate::protocol::CastMember;
use crate::state::AppState;
use crate::ui::bot_tile::{BotTile, TileSize};
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

const WIDTH: f32 = 280.0;
const ROW: f32 = 32.0;

/// Which member is chosen, by its place among those that fit.
#[derive(Debug, Default)]
pub(super) struct MembersView {
    chosen: usize,
    query: String,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Picked {
    Nothing,
    /// This name is to stand behind the `@`.
    Member(String),
    /// The `@` is meant as text.
    Dismissed,
}

/// The members whose name or id fits what stands behind an `@`.
pub(super) fn fitting<'a>(state: &'a AppState, mention: &Mention) -> Vec<&'a CastMember> {
    let Some(room) = state.cast().and_then(|cast| cast.room.as_ref()) else { return Vec::new() };
    let query = mention.query.to_lowercase();
    let fits = |member: &&CastMember| {
        let name = member.name.to_lowercase();
        let mut words = name.split_whitespace();
        member.id.as_str().starts_with(&query) || words.any(|word| word.starts_with(&query))
    };
    room.members.iter().filter(fits).collect()
}

impl MembersView {
    /// Takes the keys that are meant for the list, before the text sees them.
    pub(super) fn take_keys(
        &mut self,
        ctx: &Context,
        members: &[&CastMember],
        query: &str,
    ) -> Picked {
        if self.query != query {
            query.clone_into(&mut self.query);
            self.chosen = 0;
        }
        self.chosen = self.chosen.min(members.len().saturating_sub(1));
        let pressed = |key| ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        if pressed(Key::Escape) {
            return Picked::Dismissed;
        }
        if pressed(Key::ArrowDown) {
            self.chosen = (self.chosen + 1) % members.len().max(1);
        }
        if pressed(Key::ArrowUp) {
            self.chosen = self.chosen.checked_sub(1).unwrap_or(members.len().saturating_sub(1));
        }
        if pressed(Key::Enter) || pressed(Key::Tab) {
            return members
                .get(self.chosen)
                .map_or(Picked::Nothing, |member| Picked::Member(member.name.clone()));
        }
        Picked::Nothing
    }

    /// Draws the list above the box.
    pub(super) fn list_ui(&self, ctx: &Context, members: &[&CastMember], anchor: Rect) -> Picked {
        let mut picked = Picked::Nothing;
        Area::new(Id::unique("room_members"))
            .order(Order::Foreground)
            .role(Role::ListBox)
            .accessible_name("Who takes part")
            .pivot(Align2::LEFT_BOTTOM)
            .fixed_pos(pos2(anchor.left(), anchor.top() - 6.0))
            .show(ctx, |ui| {
                widgets::popup_frame(ui).show(ui, |ui| {
                    ui.set_width(WIDTH);
                    ui.spacing_mut().item_spacing = vec2(8.0, 2.0);
                    for (at, member) in members.iter().enumerate() {
                        if row_ui(ui, member, at == self.chosen) {
                            picked = Picked::Member(member.name.clone());
                        }
                    }
                    ui.add_space(4.0);
                    let color = Palette::of(ui).faint;
                    widgets::small_label(ui, "Or type the name of a model", color);
                });
            });
        picked
    }
}

fn row_ui(ui: &mut Ui, member: &CastMember, chosen: bool) -> bool {
    let palette = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(WIDTH, ROW), Sense::click());
    response.widget_info(|| {
        WidgetInfo::selected(Role::Button, true, chosen, format!("@{}", member.name))
    });
    if chosen || response.hovered() {
        let fill = if chosen { palette.accent_soft } else { palette.hover };
        ui.painter().rect_filled(rect, CornerRadius::same(theme::ROUNDING), fill);
    }
    let inner = rect.shrink2(vec2(8.0, 0.0));
    let layout = Layout::left_to_right(Align::Center);
    let mut row = ui.new_child(UiBuilder::new().max_rect(inner).layout(layout));
    BotTile::from(member).tile_ui(&mut row, TileSize::Small);
    widgets::inner_text(&mut row, &member.name, theme::body(), palette.text);
    response.on_hover_cursor(CursorIcon::PointingHand).clicked()
}
