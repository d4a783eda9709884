//! The colours of bots' tiles: those of the design for dots, and more of their kind. What stands
//! on a tile is a shade lighter or darker than its ground was made of, for contrast.

use egui::Color32;

use super::{Palette, hex};
use crate::protocol::BotColor;

/// The colours of a bot's tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TileColors {
    /// The letter or the sign. Also for a dot or a name on the grounds of the window.
    pub ink: Color32,
    /// What it stands on.
    pub ground: Color32,
}

const fn tile(ink: u32, ground: u32) -> TileColors {
    TileColors { ink: hex(ink), ground: hex(ground) }
}

impl Palette {
    /// The colours of a bot's tile.
    pub fn tile(&self, color: BotColor) -> TileColors {
        let is_dark = self.bg == Self::DARK.bg;
        if is_dark { dark(color) } else { light(color) }
    }
}

const fn dark(color: BotColor) -> TileColors {
    match color {
        BotColor::Indigo => tile(0x8a99ff, 0x2e324c),
        BotColor::Blue => tile(0x6da7f0, 0x2a3749),
        BotColor::Teal => tile(0x4fb8b3, 0x253a3d),
        BotColor::Green => tile(0x5bb98c, 0x273b35),
        BotColor::Amber => tile(0xe0b37a, 0x423931),
        BotColor::Orange => tile(0xdb9063, 0x40312b),
        BotColor::Red => tile(0xf17d7d, 0x452b2e),
        BotColor::Pink => tile(0xe283b5, 0x422e3c),
        BotColor::Purple => tile(0xb990e7, 0x393147),
        BotColor::Gray => tile(0x9fa3ac, 0x34353a),
    }
}

const fn light(color: BotColor) -> TileColors {
    match color {
        BotColor::Indigo => tile(0x4f5aa3, 0xdee1f9),
        BotColor::Blue => tile(0x406390, 0xdae6f6),
        BotColor::Teal => tile(0x2e6b68, 0xd5eaea),
        BotColor::Green => tile(0x366d53, 0xd7eae2),
        BotColor::Amber => tile(0x796142, 0xf2e9df),
        BotColor::Orange => tile(0x845438, 0xf0e0d9),
        BotColor::Red => tile(0x994444, 0xf5dadc),
        BotColor::Pink => tile(0x8b4c6d, 0xf2ddea),
        BotColor::Purple => tile(0x70568f, 0xe9e0f4),
        BotColor::Gray => tile(0x5f6268, 0xe4e4e8),
    }
}
