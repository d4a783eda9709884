//! The bundled fonts and their sizes. Scripts that none of them has come from the system.

use std::sync::Arc;

use egui::{Context, FontData, FontDefinitions, FontFamily, FontId};

const REGULAR: &str = "Inter Regular";
const MEDIUM: &str = "Inter Medium";
const SEMIBOLD: &str = "Inter SemiBold";
const ITALIC: &str = "Inter Italic";
const MONO: &str = "JetBrains Mono";
const MONO_BOLD: &str = "JetBrains Mono Bold";
const ICONS: &str = "Lucide";

const FILES: [(&str, &[u8]); 7] = [
    (REGULAR, include_bytes!("../../../assets/fonts/Inter-Regular.ttf")),
    (MEDIUM, include_bytes!("../../../assets/fonts/Inter-Medium.ttf")),
    (SEMIBOLD, include_bytes!("../../../assets/fonts/Inter-SemiBold.ttf")),
    (ITALIC, include_bytes!("../../../assets/fonts/Inter-Italic.ttf")),
    (MONO, include_bytes!("../../../assets/fonts/JetBrainsMono-Regular.ttf")),
    (MONO_BOLD, include_bytes!("../../../assets/fonts/JetBrainsMono-Bold.ttf")),
    (ICONS, include_bytes!("../../../assets/fonts/Lucide.ttf")),
];

/// Loads the bundled fonts. Once, before the first frame.
pub fn install(ctx: &Context) {
    ctx.set_fonts(definitions());
}

fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::empty();
    for (name, bytes) in FILES {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    let families = [
        (FontFamily::Proportional, [REGULAR, MONO, ICONS]),
        (FontFamily::Monospace, [MONO, REGULAR, ICONS]),
        (medium_family(), [MEDIUM, MONO, ICONS]),
        (semibold_family(), [SEMIBOLD, MONO_BOLD, ICONS]),
        (italic_family(), [ITALIC, MONO, ICONS]),
        (mono_bold_family(), [MONO_BOLD, SEMIBOLD, ICONS]),
        (icons_family(), [ICONS, REGULAR, MONO]),
    ];
    for (family, chain) in families {
        fonts.families.insert(family, chain.map(str::to_owned).to_vec());
    }
    fonts
}

fn named(name: &'static str) -> FontFamily {
    FontFamily::Name(name.into())
}

/// Inter Medium: buttons.
pub fn medium_family() -> FontFamily {
    named(MEDIUM)
}

/// Inter SemiBold: headings, names, strong text.
pub fn semibold_family() -> FontFamily {
    named(SEMIBOLD)
}

/// Inter Italic: emphasis.
pub fn italic_family() -> FontFamily {
    named(ITALIC)
}

/// JetBrains Mono Bold: strong code.
pub fn mono_bold_family() -> FontFamily {
    named(MONO_BOLD)
}

/// Lucide.
pub fn icons_family() -> FontFamily {
    named(ICONS)
}

/// Text, 14.
pub fn body() -> FontId {
    FontId::proportional(14.0)
}

/// Text of second rank, 12.
pub fn small() -> FontId {
    FontId::proportional(12.0)
}

/// Buttons and the like.
pub fn medium(size: f32) -> FontId {
    FontId::new(size, medium_family())
}

/// Headings and names.
pub fn semibold(size: f32) -> FontId {
    FontId::new(size, semibold_family())
}

/// Emphasis.
pub fn italic(size: f32) -> FontId {
    FontId::new(size, italic_family())
}

/// Icons; 16 fills a box of 16 × 16.
pub fn icons(size: f32) -> FontId {
    FontId::new(size, icons_family())
}

/// Code, 12.5.
pub fn mono() -> FontId {
    FontId::monospace(12.5)
}

/// Strong code.
pub fn mono_bold(size: f32) -> FontId {
    FontId::new(size, mono_bold_family())
}

/// A heading of Markdown, 1 to 6.
pub fn heading(level: u8) -> FontId {
    let size = match level {
        1 => 20.0,
        2 => 17.0,
        3 => 15.0,
        _ => 14.0,
    };
    semibold(size)
}
