//! Who takes part in a room.

use egui::Ui;

use super::super::words;
use super::parts::{heading_ui, note_ui};
use crate::protocol::{Room, RoomMember, SpeakingOrder};
use crate::ui::bot_tile::{BotTile, TileSize};
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

/// Draws the members, in which order they speak, and when that ends.
pub(super) fn room_ui(ui: &mut Ui, room: &Room) {
    heading_ui(ui, "Who takes part");
    for member in &room.members {
        member_ui(ui, room, member);
        ui.add_space(6.0);
    }
    for line in words::order(room) {
        note_ui(ui, &line);
        ui.add_space(4.0);
    }
}

fn member_ui(ui: &mut Ui, room: &Room, member: &RoomMember) {
    let palette = Palette::of(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        BotTile::from(member).tile_ui(ui, TileSize::Small);
        ui.add(egui::Label::new(
            egui::RichText::new(&member.name).font(theme::semibold(14.0)).color(palette.text),
        ));
        let role = role(room, member);
        if !role.is_empty() {
            widgets::truncated_label(ui, role, theme::small(), palette.faint);
        }
    });
    let wants = words::wants(&member.model).into_iter();
    let facts: Vec<String> = wants.chain(words::parameters(&member.parameters)).collect();
    if !facts.is_empty() {
        ui.add_space(2.0);
        note_ui(ui, &facts.join(" · "));
    }
}

fn role(room: &Room, member: &RoomMember) -> &'static str {
    if room.leader.as_ref() != Some(&member.id) {
        return "";
    }
    match room.order {
        SpeakingOrder::Moderated => "moderates",
        SpeakingOrder::Concluded => "sums up",
        SpeakingOrder::InTurn | SpeakingOrder::ByMention => "",
    }
}
