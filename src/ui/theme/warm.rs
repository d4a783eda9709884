//! Glyphs drawn ahead, so that a page full of new text opens in one short frame.

use egui::{Color32, Context, FontId};

use super::fonts;
use crate::ui::icon::Icon;

/// Text with the pairs that words have: a glyph is drawn once for each fraction of a pixel that it
/// stands at.
const SAMPLE: &str = "The quick brown fox jumps over the lazy dog; Sphinx of black quartz, judge my \
     vow. Pack my box with five dozen liquor jugs: how vexingly quick daft zebras jump! A wizard's \
     job is to vex chumps quickly in fog · 0123456789 – Boring Questions Review Writer Letter \
     Planner Notes Keeper Desk Helper, an answer that costs up to $10 per million tokens (…)";

/// Which font is next. One is warmed in each frame that is drawn anyway; none asks for a frame.
#[derive(Debug, Default)]
pub struct Warming {
    next: usize,
}

impl Warming {
    /// Draws the glyphs of one more font. Costs nothing once all have had their turn.
    pub fn step(&mut self, ctx: &Context) {
        let Some(font) = fonts_of_pages().into_iter().nth(self.next) else { return };
        self.next += 1;
        let text = if font.family == fonts::icons_family() { icons() } else { SAMPLE.to_owned() };
        ctx.fonts_mut(|fonts| fonts.layout_no_wrap(text, font, Color32::WHITE));
    }
}

/// What a page is mostly made of, the most used first.
fn fonts_of_pages() -> [FontId; 6] {
    [
        fonts::body(),
        fonts::small(),
        fonts::semibold(14.0),
        fonts::icons(16.0),
        fonts::medium(14.0),
        fonts::semibold(16.0),
    ]
}

fn icons() -> String {
    Icon::ALL.iter().map(|icon| icon.glyph()).collect()
}
