//! Pictures: a card with the address first. A click loads and shows the picture.

use std::collections::HashMap;

use base64::Engine as _;
use egui::{Align, ColorImage, Context, Layout, TextureHandle, Ui, vec2};

use super::text::open;
use crate::state::{AppState, ImageState, UiCommand};
use crate::ui::icon::Icon;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

/// A picture that a message names.
#[derive(Clone, Copy, Debug)]
pub struct Image<'a> {
    /// Where it is.
    pub url: &'a str,
    /// What it shows.
    pub alt: &'a str,
}

/// Pictures that were decoded, or are being decoded.
pub struct Images {
    known: HashMap<u64, Known>,
    /// Longest side of a texture, in pixels: larger pictures are scaled down.
    most: u32,
}

impl Default for Images {
    fn default() -> Self {
        Self { known: HashMap::new(), most: MAX_SHOWN }
    }
}

impl std::fmt::Debug for Images {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Images").field("known", &self.known.len()).finish()
    }
}

/// A picture with when it was drawn last.
struct Known {
    picture: Picture,
    /// The frame in which it was drawn last.
    drawn: u64,
    /// Its address holds it, so that it can be let go and decoded again.
    in_address: bool,
}

enum Picture {
    Decoding(flume::Receiver<Option<ColorImage>>),
    Ready(TextureHandle),
    Loading,
    Broken(String),
}

/// Longest `data:` address that is decoded, in bytes.
const MAX_BYTES: usize = 20 * 1_024 * 1_024;
/// Longest side of a decoded picture, in pixels.
const MAX_SIDE: u32 = 8_192;
/// Longest side of a shown picture, in pixels: larger ones are scaled down.
const MAX_SHOWN: u32 = 1_600;
/// The same of a preview.
const MAX_PREVIEW: u32 = 640;
/// The same of a thumbnail.
const MAX_THUMBNAIL: u32 = 128;
/// So many pictures are kept, whether they are drawn or not.
const KEPT: usize = 16;
/// Beyond that, those go that were not drawn in so many frames.
const FORGOTTEN_AFTER: u64 = 120;

impl Images {
    /// Pictures that are only shown small.
    pub fn thumbnails() -> Self {
        Self { known: HashMap::new(), most: MAX_THUMBNAIL }
    }

    /// Forgets all pictures.
    pub fn clear(&mut self) {
        self.known.clear();
    }

    /// Draws the middle of a `data:` picture over the whole of a small rectangle.
    pub fn thumbnail_ui(&mut self, ui: &mut Ui, image: Image<'_>, size: egui::Vec2) {
        let palette = Palette::of(ui);
        let (rect, response) = ui.allocate_exact_size(size, egui::Sense::hover());
        let most = self.most;
        let Picture::Ready(texture) = self.picture(ui.ctx(), image.url, most) else {
            widgets::paint_icon(ui, Icon::Image, rect, palette.dim);
            return;
        };
        let name = format!("Thumbnail of {}", image.alt);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, name.clone()));
        let whole = texture.size_vec2();
        let scale = (size.x / whole.x).max(size.y / whole.y);
        let part = size / (whole * scale);
        let uv = egui::Rect::from_center_size(egui::pos2(0.5, 0.5), part);
        egui::Image::from_texture(egui::load::SizedTexture::new(texture.id(), size))
            .uv(uv)
            .corner_radius(4)
            .paint_at(ui, rect);
    }

    /// Draws a picture, or the card that stands for it. A click on the card sets `shown`.
    pub fn image_ui(
        &mut self,
        ui: &mut Ui,
        image: Image<'_>,
        shown: &mut bool,
        out: &mut Vec<UiCommand>,
    ) {
        if *shown {
            let most = self.most;
            match self.picture(ui.ctx(), image.url, most) {
                Picture::Ready(texture) => {
                    let size = texture.size_vec2() / ui.pixels_per_point();
                    let scale = (ui.available_width() / size.x).min(480.0 / size.y).min(1.0);
                    let sized = egui::load::SizedTexture::new(texture.id(), size * scale);
                    ui.add(egui::Image::from_texture(sized).alt_text(image.alt).corner_radius(8));
                    return;
                }
                Picture::Decoding(_) | Picture::Loading => {
                    card_ui(ui, image, "Loading…", false);
                }
                Picture::Broken(reason) => {
                    let reason = reason.clone();
                    let from_the_web = !image.url.starts_with("data:");
                    let label = if from_the_web { "Try again" } else { "It cannot be shown" };
                    if card_ui(ui, image, label, from_the_web) {
                        out.push(UiCommand::LoadImage(image.url.to_owned()));
                    }
                    let reason = format!("The picture could not be loaded: {reason}");
                    widgets::small_label(ui, &reason, Palette::of(ui).dim);
                }
            }
            return;
        }
        let data = image.url.starts_with("data:");
        let label = if data { "Show" } else { "Load picture" };
        if card_ui(ui, image, label, data || open(image.url).is_some()) {
            *shown = true;
            if !data {
                out.push(UiCommand::LoadImage(image.url.to_owned()));
            }
        }
    }

    /// Draws the whole of a `data:` picture, at most so large. It can be clicked.
    pub fn preview_ui(
        &mut self,
        ui: &mut Ui,
        image: Image<'_>,
        most: egui::Vec2,
    ) -> egui::Response {
        let palette = Palette::of(ui);
        let (texture, size) = match self.picture(ui.ctx(), image.url, MAX_PREVIEW) {
            Picture::Ready(texture) => {
                let whole = texture.size_vec2() / ui.pixels_per_point();
                let scale = (most.x / whole.x).min(most.y / whole.y).min(1.0);
                (Some(texture.id()), (whole * scale).max(egui::Vec2::splat(24.0)))
            }
            Picture::Decoding(_) | Picture::Loading | Picture::Broken(_) => {
                (None, most.min(vec2(120.0, 80.0)))
            }
        };
        let (rect, response) = ui.allocate_exact_size(size, egui::Sense::click());
        let alt = image.alt;
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, alt));
        match texture {
            Some(texture) => {
                egui::Image::from_texture(egui::load::SizedTexture::new(texture, size))
                    .corner_radius(8)
                    .paint_at(ui, rect)
            }
            None => {
                ui.painter().rect_filled(rect, 8, palette.panel);
                widgets::paint_icon(ui, Icon::Image, rect, palette.dim);
            }
        }
        response.on_hover_cursor(egui::CursorIcon::PointingHand)
    }

    /// Takes over what was loaded since the last frame.
    pub fn follow(&mut self, ctx: &Context, state: &AppState) {
        let most = self.most;
        for (url, loaded) in &state.images {
            let key = key_of(url, most);
            let known = self.known.get(&key).map(|known| &known.picture);
            let waits = matches!(known, Some(Picture::Loading) | None);
            let picture = match loaded {
                ImageState::Loading => Picture::Loading,
                ImageState::Failed(reason) => Picture::Broken(reason.clone()),
                ImageState::Loaded(bytes) if waits => {
                    let bytes = bytes.clone();
                    begin(ctx.clone(), move || decode(&bytes, most))
                }
                ImageState::Loaded(_) => continue,
            };
            let drawn = ctx.cumulative_frame_nr();
            self.known.insert(key, Known { picture, drawn, in_address: false });
        }
    }

    /// Lets pictures go that were not drawn lately and can be decoded again.
    fn forget_undrawn(&mut self, now: u64) {
        if self.known.len() >= KEPT {
            let lately = now.saturating_sub(FORGOTTEN_AFTER);
            self.known.retain(|_, known| !known.in_address || known.drawn >= lately);
        }
    }

    fn picture(&mut self, ctx: &Context, url: &str, most: u32) -> &Picture {
        let (key, now) = (key_of(url, most), ctx.cumulative_frame_nr());
        if !self.known.contains_key(&key) {
            self.forget_undrawn(now);
        }
        let in_address = url.starts_with("data:");
        let known = self.known.entry(key).or_insert_with(|| {
            let picture = match in_address {
                true if url.len() > MAX_BYTES => Picture::Broken("It is too large".to_owned()),
                true => {
                    let url = url.to_owned();
                    begin(ctx.clone(), move || decode_data(&url, most))
                }
                false => Picture::Loading,
            };
            Known { picture, drawn: now, in_address }
        });
        known.drawn = now;
        let picture = &mut known.picture;
        if let Picture::Decoding(result) = picture {
            match result.try_recv() {
                Ok(Some(image)) => {
                    let options = egui::TextureOptions::LINEAR;
                    *picture = Picture::Ready(ctx.load_texture("message picture", image, options));
                }
                Ok(None) | Err(flume::TryRecvError::Disconnected) => {
                    *picture = Picture::Broken("It is no picture of a known kind".to_owned());
                }
                Err(flume::TryRecvError::Empty) => {}
            }
        }
        picture
    }
}

/// A number for an address and a size. An attached picture is its own address and has megabytes, which are
/// not to be looked through in every frame: its length and samples of it tell it apart.
fn key_of(url: &str, most: u32) -> u64 {
    const WHOLE: usize = 4_096;
    const SAMPLES: usize = 32;
    const SAMPLE: usize = 64;
    let bytes = url.as_bytes();
    if bytes.len() <= WHOLE {
        return egui::Id::unique((bytes, most)).value();
    }
    let samples: Vec<&[u8]> = (0..SAMPLES)
        .filter_map(|sample| bytes.get(bytes.len() / SAMPLES * sample..)?.get(..SAMPLE))
        .collect();
    let end = bytes.len() - SAMPLE;
    egui::Id::unique((bytes.len(), samples, bytes.get(end..), most)).value()
}

/// Decodes on a thread of its own: a picture of some megapixels takes longer than a frame.
fn begin(ctx: Context, decode: impl FnOnce() -> Option<ColorImage> + Send + 'static) -> Picture {
    let (sender, result) = flume::bounded(1);
    let work = move || {
        if sender.send(decode()).is_ok() {
            ctx.request_repaint();
        }
    };
    match std::thread::Builder::new().name("picture".to_owned()).spawn(work) {
        Ok(_) => Picture::Decoding(result),
        Err(error) => Picture::Broken(error.to_string()),
    }
}

fn decode_data(url: &str, most: u32) -> Option<ColorImage> {
    let (head, data) = url.strip_prefix("data:")?.split_once(',')?;
    if !head.ends_with(";base64") {
        return None;
    }
    let bytes = base64::engine::general_purpose::STANDARD.decode(data.trim()).ok()?;
    decode(&bytes, most)
}

fn decode(bytes: &[u8], most: u32) -> Option<ColorImage> {
    let cursor = std::io::Cursor::new(bytes);
    let mut reader = image::ImageReader::new(cursor).with_guessed_format().ok()?;
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    reader.limits(limits);
    let mut picture = reader.decode().ok()?;
    if picture.width().max(picture.height()) > most {
        picture = picture.thumbnail(most, most);
    }
    let rgba = picture.to_rgba8();
    let size = [rgba.width() as usize, rgba.height() as usize];
    Some(ColorImage::from_rgba_unmultiplied(size, rgba.as_raw()))
}

fn card_ui(ui: &mut Ui, image: Image<'_>, label: &str, button: bool) -> bool {
    let palette = Palette::of(ui);
    let mut clicked = false;
    widgets::card_frame(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal(|ui| {
            ui.set_min_height(theme::SMALL_CONTROL_HEIGHT);
            widgets::icon(ui, Icon::Image, palette.dim);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if button {
                    clicked = widgets::small_button(ui, label).clicked();
                } else {
                    widgets::small_label(ui, label, palette.dim);
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let alt = if image.alt.is_empty() { "Picture" } else { image.alt };
                    let address: String = match image.url.split_once(";base64,") {
                        // What follows are the bytes: nothing to be read.
                        Some((kind, _)) if kind.starts_with("data:") => String::new(),
                        Some(_) | None => image.url.chars().take(120).collect(),
                    };
                    ui.spacing_mut().item_spacing = vec2(8.0, 0.0);
                    let width = ui.available_width();
                    ui.scope(|ui| {
                        ui.set_max_width(width * 0.5);
                        widgets::truncated_label(ui, alt, theme::body(), palette.text);
                    });
                    widgets::truncated_label(ui, &address, theme::small(), palette.faint);
                });
            });
        });
    });
    clicked
}

#[cfg(test)]
mod tests {
    use egui_kittest::Harness;

    use super::*;

    #[test]
    fn data_pictures_are_decoded_and_anything_else_is_refused() {
        let mut png = std::io::Cursor::new(Vec::new());
        image::RgbaImage::new(3, 2).write_to(&mut png, image::ImageFormat::Png).unwrap();
        let data = base64::engine::general_purpose::STANDARD.encode(png.into_inner());
        let picture = decode_data(&format!("data:image/png;base64,{data}"), 8);
        assert_eq!(picture.map(|picture| picture.size), Some([3, 2]));
        for url in ["data:image/png;base64,AAAA", "data:text/plain,x", "http://x/y.png", "data:"] {
            assert!(decode_data(url, 8).is_none(), "{url}");
        }
    }

    #[test]
    fn pictures_that_went_out_of_sight_are_let_go() {
        let state = (Images::default(), None);
        let mut harness = Harness::new_ui_state(
            |ui, (images, number): &mut (Images, Option<usize>)| {
                // The fonts come after the first frame.
                if let Some(number) = number {
                    let url = format!("data:image/png;base64,{number}");
                    images.preview_ui(ui, Image { url: &url, alt: "a" }, vec2(100.0, 100.0));
                }
            },
            state,
        );
        theme::install(&harness.ctx);
        harness.step();
        for number in 0..100 {
            harness.state_mut().1 = Some(number);
            for _ in 0..10 {
                harness.step();
            }
        }
        let kept = harness.state().0.known.len();
        assert!(kept <= KEPT + 13, "{kept} of 100 are kept");
    }
}
