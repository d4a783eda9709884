//! The colours of both themes, after the tokens of the design.

mod tiles;

pub use tiles::TileColors;

use egui::{Color32, Ui};

use crate::protocol::{ModelId, ProviderId};

/// All colours of one theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// Ground of the window.
    pub bg: Color32,
    /// Sidebar and cards.
    pub panel: Color32,
    /// Buttons, fields, popups.
    pub raised: Color32,
    /// Under the pointer, and the chosen row.
    pub hover: Color32,
    /// Borders and rules.
    pub line: Color32,
    /// Text.
    pub text: Color32,
    /// Text of second rank.
    pub dim: Color32,
    /// Text of third rank.
    pub faint: Color32,
    /// The one colour that calls.
    pub accent: Color32,
    /// Ground of what is chosen.
    pub accent_soft: Color32,
    /// Text on the accent.
    pub on_accent: Color32,
    /// Success.
    pub ok: Color32,
    /// Attention.
    pub warn: Color32,
    /// The star of a favourite: a shape, for which less contrast is enough than for text.
    pub star: Color32,
    /// Failure.
    pub err: Color32,
    /// Bubble of the user.
    pub user: Color32,
    /// Ground of code.
    pub code: Color32,
    /// Ground of selected text.
    pub selection: Color32,
    /// Under popups.
    pub shadow: Color32,
    /// Keywords.
    pub syntax_keyword: Color32,
    /// Functions and types.
    pub syntax_function: Color32,
    /// Strings and other literals.
    pub syntax_string: Color32,
    /// Comments.
    pub syntax_comment: Color32,
}

#[expect(clippy::disallowed_methods, reason = "the one place where colours are made")]
const fn hex(rgb: u32) -> Color32 {
    Color32::from_rgb((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8)
}

/// Dots of providers and models.
const DOTS: [Color32; 4] = [hex(0xd98a5b), hex(0xe0b37a), hex(0x5bb98c), hex(0x8aa2d9)];

impl Palette {
    /// Light text on dark ground. `faint` is a shade lighter than its token, for contrast on
    /// `raised`.
    pub const DARK: Self = Self {
        bg: hex(0x131417),
        panel: hex(0x1a1b1f),
        raised: hex(0x222429),
        hover: hex(0x2a2c32),
        line: hex(0x2e3037),
        text: hex(0xe8e9ec),
        dim: hex(0x9a9ea8),
        faint: hex(0x888c96),
        accent: hex(0x7c8cff),
        accent_soft: hex(0x2a2e4d),
        on_accent: hex(0x0e1020),
        ok: hex(0x4fc38a),
        warn: hex(0xe5b454),
        star: hex(0xe5b454),
        err: hex(0xef6b6b),
        user: hex(0x272a38),
        code: hex(0x0f1013),
        selection: hex(0x3a4180),
        shadow: Color32::from_black_alpha(90),
        syntax_keyword: hex(0xc792ea),
        syntax_function: hex(0x82aaff),
        syntax_string: hex(0xa5d38a),
        syntax_comment: hex(0x888c96),
    };

    /// Dark text on light ground. `faint`, `ok` and `warn` are a shade darker than their tokens,
    /// for contrast on `panel` and `code`.
    pub const LIGHT: Self = Self {
        bg: hex(0xffffff),
        panel: hex(0xf6f6f8),
        raised: hex(0xffffff),
        hover: hex(0xececf0),
        line: hex(0xe1e2e7),
        text: hex(0x1d1f24),
        dim: hex(0x5b606b),
        faint: hex(0x696e79),
        accent: hex(0x4355e0),
        accent_soft: hex(0xe6e8fd),
        on_accent: hex(0xffffff),
        ok: hex(0x1a7d4d),
        warn: hex(0x8a600a),
        star: hex(0xb37d00),
        err: hex(0xc53a3a),
        user: hex(0xeceefb),
        code: hex(0xf4f4f7),
        selection: hex(0xc3caff),
        shadow: Color32::from_black_alpha(50),
        syntax_keyword: hex(0x8b36b8),
        syntax_function: hex(0x2a57c7),
        syntax_string: hex(0x3a7d22),
        syntax_comment: hex(0x696e79),
    };

    /// The colours in force.
    pub fn of(ui: &Ui) -> &'static Self {
        if ui.visuals().dark_mode { &Self::DARK } else { &Self::LIGHT }
    }
}

/// A colour that stays the same for a provider.
pub fn provider_color(palette: &Palette, provider: &ProviderId) -> Color32 {
    dot(palette, provider, [provider.as_str(), ""])
}

/// A colour that stays the same for a model.
pub fn model_color(palette: &Palette, model: &ModelId) -> Color32 {
    dot(palette, &model.provider, [model.provider.as_str(), model.model.as_str()])
}

fn dot(palette: &Palette, provider: &ProviderId, parts: [&str; 2]) -> Color32 {
    if provider.as_str() == "guide" {
        return palette.accent;
    }
    // FNV-1a: the standard hasher may change between releases, and colours with it.
    let hash = parts
        .iter()
        .flat_map(|part| part.bytes())
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let index = (hash ^ (hash >> 15)) as usize % DOTS.len();
    DOTS.get(index).copied().unwrap_or(palette.dim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::BotColor;

    fn luminance(color: Color32) -> f32 {
        let [r, g, b, _] = egui::Rgba::from(color).to_array();
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    fn contrast(a: Color32, b: Color32) -> f32 {
        let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
        if a > b { a / b } else { b / a }
    }

    #[test]
    fn text_meets_wcag_aa_on_every_ground_it_stands_on() {
        for p in [Palette::DARK, Palette::LIGHT] {
            let grounds = [p.bg, p.panel, p.raised, p.code];
            let texts = [p.text, p.dim, p.faint, p.accent, p.ok, p.warn, p.err];
            let syntax = [p.syntax_keyword, p.syntax_function, p.syntax_string, p.syntax_comment];
            let mut pairs: Vec<(Color32, Color32)> =
                grounds.iter().flat_map(|g| texts.map(|t| (t, *g))).collect();
            pairs.extend(syntax.map(|color| (color, p.code)));
            pairs.extend([(p.text, p.user), (p.text, p.hover), (p.dim, p.hover)]);
            pairs.extend([(p.text, p.accent_soft), (p.text, p.selection)]);
            pairs.push((p.on_accent, p.accent));
            for ground in [p.raised, p.hover, p.panel] {
                let ratio = contrast(p.star, ground);
                assert!(ratio >= 3.0, "the star on {ground:?}: {ratio}");
            }
            for (text, ground) in pairs {
                let ratio = contrast(text, ground);
                assert!(ratio >= 4.5, "{text:?} on {ground:?}: {ratio}");
            }
        }
    }

    #[test]
    fn tiles_of_bots_meet_wcag_aa_and_differ() {
        for p in [Palette::DARK, Palette::LIGHT] {
            let mut seen = Vec::new();
            for color in BotColor::ALL {
                let tile = p.tile(*color);
                for ground in [tile.ground, p.bg, p.panel, p.raised] {
                    let ratio = contrast(tile.ink, ground);
                    assert!(ratio >= 4.5, "{color:?} on {ground:?}: {ratio}");
                }
                assert!(!seen.contains(&tile), "{color:?}");
                seen.push(tile);
            }
        }
    }

    #[test]
    fn a_model_keeps_its_colour_and_guide_has_the_accent() {
        let palette = &Palette::DARK;
        let model = ModelId::new("openrouter", "x/y");
        assert_eq!(model_color(palette, &model), model_color(&Palette::LIGHT, &model));
        assert!(DOTS.contains(&model_color(palette, &model)));
        assert_eq!(model_color(palette, &ModelId::new("guide", "guide")), palette.accent);
        assert_eq!(provider_color(palette, &ProviderId::from("guide")), palette.accent);
    }
}
