//! The tile of a bot: a letter or a sign in its colour on a soft ground.

use egui::{Align2, CornerRadius, Rect, Response, Sense, Ui, emath::GuiRounding as _, vec2};

use super::icon::Icon;
use super::theme::{self, Palette};
use crate::protocol::{Bot, BotColor, BotIcon, Cast, CastMember, ChatBot, RoomMember};

/// How large a tile is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TileSize {
    /// 20, beside a line of text.
    Small,
    /// 28, on cards.
    Normal,
    /// 40, beside a heading.
    Large,
}

impl TileSize {
    /// Width and height.
    pub fn points(self) -> f32 {
        match self {
            Self::Small => 20.0,
            Self::Normal => 28.0,
            Self::Large => 40.0,
        }
    }

    fn rounding(self) -> u8 {
        match self {
            Self::Small => 6,
            Self::Normal => theme::ROUNDING,
            Self::Large => theme::CARD_ROUNDING,
        }
    }

    fn letter(self) -> f32 {
        match self {
            Self::Small => 11.0,
            Self::Normal => 14.0,
            Self::Large => 18.0,
        }
    }

    fn sign(self) -> f32 {
        match self {
            Self::Small => 12.0,
            Self::Normal => 16.0,
            Self::Large => 20.0,
        }
    }
}

/// What stands in a tile. It has no name of its own: it belongs to the name beside it.
#[derive(Clone, Copy, Debug)]
pub struct BotTile<'a> {
    /// Whose tile it is; its first letter stands there where no sign does.
    pub name: &'a str,
    /// The sign.
    pub icon: BotIcon,
    /// The colour.
    pub color: BotColor,
}

impl BotTile<'_> {
    /// Draws it where the next widget stands.
    pub fn tile_ui(self, ui: &mut Ui, size: TileSize) -> Response {
        let side = size.points();
        let (rect, response) = ui.allocate_exact_size(vec2(side, side), Sense::hover());
        self.paint(ui, rect, size);
        response
    }

    /// Draws it in the middle of a rectangle.
    pub fn paint(self, ui: &Ui, rect: Rect, size: TileSize) {
        let colors = Palette::of(ui).tile(self.color);
        let side = vec2(size.points(), size.points());
        let rect = Align2::CENTER_CENTER.align_size_within_rect(side, rect).round_ui();
        ui.painter().rect_filled(rect, CornerRadius::same(size.rounding()), colors.ground);
        let (text, font) = match sign(self.icon) {
            Some(icon) => (icon.to_string(), theme::icons(size.sign())),
            None => (first_letter(self.name), theme::semibold(size.letter())),
        };
        let galley = ui.painter().layout_no_wrap(text, font, colors.ink);
        // Sideways by what is painted: side bearings differ from letter to letter.
        let x = rect.center().x - galley.mesh_bounds.center().x;
        let pos = egui::pos2(x, rect.center().y - galley.size().y / 2.0).round_ui();
        ui.painter().galley(pos, galley, colors.ink);
    }
}

impl<'a> From<&'a Bot> for BotTile<'a> {
    fn from(bot: &'a Bot) -> Self {
        Self { name: &bot.name, icon: bot.icon, color: bot.color }
    }
}

impl<'a> From<&'a RoomMember> for BotTile<'a> {
    fn from(member: &'a RoomMember) -> Self {
        Self { name: &member.name, icon: member.icon, color: member.color }
    }
}

impl<'a> From<&'a Cast> for BotTile<'a> {
    fn from(cast: &'a Cast) -> Self {
        Self { name: &cast.name, icon: cast.icon, color: cast.color }
    }
}

impl<'a> From<&'a CastMember> for BotTile<'a> {
    fn from(member: &'a CastMember) -> Self {
        Self { name: &member.name, icon: member.icon, color: member.color }
    }
}

impl<'a> From<&'a ChatBot> for BotTile<'a> {
    fn from(bot: &'a ChatBot) -> Self {
        Self { name: &bot.name, icon: bot.icon, color: bot.color }
    }
}

/// The first letter or digit in upper case, or the first sign where it has none.
fn first_letter(name: &str) -> String {
    let letter = name.chars().find(|char| char.is_alphanumeric());
    let first = letter.or_else(|| name.trim().chars().next()).unwrap_or('?');
    let upper: String = first.to_uppercase().collect();
    // ß and some ligatures become two letters.
    if upper.chars().count() == 1 { upper } else { first.to_string() }
}

/// The sign of a tile in the icon font; none for the first letter.
pub fn sign(icon: BotIcon) -> Option<Icon> {
    Some(match icon {
        BotIcon::Letter => return None,
        BotIcon::Bot => Icon::Bot,
        BotIcon::Book => Icon::BookOpen,
        BotIcon::Brain => Icon::Brain,
        BotIcon::Chat => Icon::MessageSquare,
        BotIcon::Check => Icon::Check,
        BotIcon::Clock => Icon::Clock,
        BotIcon::Code => Icon::Code,
        BotIcon::Database => Icon::Database,
        BotIcon::File => Icon::FileText,
        BotIcon::Folder => Icon::Folder,
        BotIcon::Globe => Icon::Globe,
        BotIcon::Hash => Icon::Hash,
        BotIcon::Image => Icon::Image,
        BotIcon::Key => Icon::KeyRound,
        BotIcon::List => Icon::List,
        BotIcon::Palette => Icon::Palette,
        BotIcon::Pencil => Icon::Pencil,
        BotIcon::Play => Icon::Play,
        BotIcon::Quote => Icon::Quote,
        BotIcon::Search => Icon::Search,
        BotIcon::Shield => Icon::Shield,
        BotIcon::Star => Icon::Star,
        BotIcon::Terminal => Icon::Terminal,
        BotIcon::Type => Icon::Type,
        BotIcon::User => Icon::User,
        BotIcon::Wrench => Icon::Wrench,
        BotIcon::Zap => Icon::Zap,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_shows_the_first_letter_of_the_name_in_upper_case() {
        let table = [
            ("Code Reviewer", "C"),
            ("  äther", "Ä"),
            ("„Zitate“", "Z"),
            ("7 habits", "7"),
            ("ßtreet", "ß"),
            ("東京", "東"),
            ("***", "*"),
            ("", "?"),
        ];
        for (name, letter) in table {
            assert_eq!(first_letter(name), letter, "{name:?}");
        }
    }
}
