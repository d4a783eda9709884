//! What goes with the message: chips above the text, and how files and pictures get there.

use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use egui::{
    Align, Align2, ColorImage, Context, CornerRadius, Event, Frame, Layout, Margin, Rect, Stroke,
    StrokeKind, Ui, vec2,
};
use image::codecs::jpeg::JpegEncoder;

use super::focus;
use crate::protocol::Part;
use crate::state::{AppState, DraftCommand, NotAttached, Overlay, ReadId, UiCommand};
use crate::ui::icon::Icon;
use crate::ui::markdown::{Image, Images};
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

/// The largest picture, in bytes: what all providers take.
const MOST_IMAGE: usize = 5 * 1_024 * 1_024;
const THUMBNAIL: f32 = 32.0;
const NAME_WIDTH: f32 = 180.0;

/// Thumbnails, and pasted pictures that are being encoded.
#[derive(Debug)]
pub(super) struct AttachmentsView {
    thumbnails: Images,
    pasted: Vec<(ReadId, flume::Receiver<Read>)>,
    count: u64,
}

impl Default for AttachmentsView {
    fn default() -> Self {
        Self { thumbnails: Images::thumbnails(), pasted: Vec::new(), count: 0 }
    }
}

/// A picture that was pasted.
type Read = Result<Part, NotAttached>;

impl AttachmentsView {
    /// Takes what was dropped or pasted since the last frame.
    pub(super) fn take(&mut self, ui: &Ui, state: &AppState, out: &mut Vec<UiCommand>) {
        if state.overlay != Overlay::Nothing {
            return;
        }
        let dropped = ui.input_mut(|input| std::mem::take(&mut input.raw.dropped_files));
        let paths: Vec<PathBuf> = dropped.iter().map(|file| file.path().to_owned()).collect();
        let chat = state.open_chat();
        if !paths.is_empty() {
            out.push(UiCommand::Draft(DraftCommand::AttachFiles { chat, paths }));
        }
        let ours = focus::is_here(ui.ctx()) || !ui.ctx().text_edit_focused();
        if let Some(picture) = ours.then(|| pasted_picture(ui)).flatten() {
            self.count += 1;
            let id = ReadId::Pasted(self.count);
            self.pasted.push((id, encode(ui.ctx().clone(), picture)));
            out.push(UiCommand::Draft(DraftCommand::ReadBegan { id, chat }));
        }
        self.pasted.retain(|(id, waiting)| {
            let read = match waiting.try_recv() {
                Ok(read) => read,
                Err(flume::TryRecvError::Empty) => return true,
                Err(flume::TryRecvError::Disconnected) => Err(NotAttached {
                    name: "Pasted picture".to_owned(),
                    reason: "The picture could not be encoded".to_owned(),
                }),
            };
            out.push(UiCommand::Draft(DraftCommand::Attach { id: *id, read: vec![read] }));
            false
        });
    }

    /// Draws the chips, where there are any.
    pub(super) fn chips_ui(&mut self, ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
        let parts = &state.draft().attachments;
        if parts.is_empty() {
            self.thumbnails.clear();
        }
        if parts.is_empty() && !state.is_reading() {
            return;
        }
        // All chips are of one height: aligned at the top, none is moved by the one before it.
        let layout = Layout::left_to_right(Align::Min).with_main_wrap(true);
        let size = vec2(ui.available_width(), 0.0);
        ui.allocate_ui_with_layout(size, layout, |ui| {
            ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
            for (place, part) in parts.iter().enumerate() {
                ui.push_id(place, |ui| {
                    if self.chip_ui(ui, part) {
                        out.push(UiCommand::Draft(DraftCommand::RemoveAttachment(place)));
                    }
                });
            }
            if state.is_reading() && reading_ui(ui, state.is_held()) {
                out.push(UiCommand::Draft(DraftCommand::StopReading));
            }
        });
        ui.add_space(8.0);
    }

    /// True where it is to be removed.
    fn chip_ui(&mut self, ui: &mut Ui, part: &Part) -> bool {
        let palette = Palette::of(ui);
        let (name, size) = match part {
            Part::Image { url, alt } => (alt, decoded_len(url)),
            Part::File { name, text } => (name, text.len()),
            Part::Text { .. }
            | Part::Thinking { .. }
            | Part::ToolCall { .. }
            | Part::ToolResult { .. }
            | Part::Notice { .. } => return false,
        };
        let drawn = chip_frame(palette).show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.set_min_height(THUMBNAIL);
                ui.spacing_mut().item_spacing.x = 8.0;
                match part {
                    Part::Image { url, alt } => {
                        let image = Image { url, alt };
                        self.thumbnails.thumbnail_ui(ui, image, vec2(THUMBNAIL, THUMBNAIL));
                    }
                    Part::File { .. }
                    | Part::Text { .. }
                    | Part::Thinking { .. }
                    | Part::ToolCall { .. }
                    | Part::ToolResult { .. }
                    | Part::Notice { .. } => {
                        widgets::icon(ui, Icon::FileText, palette.dim);
                    }
                }
                ui.scope(|ui| {
                    ui.set_max_width(NAME_WIDTH);
                    widgets::truncated_label(ui, name, theme::small(), palette.text);
                });
                widgets::small_label(ui, &size_words(size), palette.faint);
                widgets::icon_button(ui, Icon::X, &format!("Remove {name}")).clicked()
            })
            .inner
        });
        drawn.inner
    }
}

fn chip_frame(palette: &Palette) -> Frame {
    Frame::new()
        .fill(palette.panel)
        .stroke(Stroke::new(1.0, palette.line))
        .corner_radius(CornerRadius::same(theme::ROUNDING))
        .inner_margin(Margin { left: 6, right: 2, top: 4, bottom: 4 })
}

/// Stands for what is still being read; true where the message shall not wait for it.
fn reading_ui(ui: &mut Ui, held: bool) -> bool {
    let palette = Palette::of(ui);
    let words = if held { "Reading… It is sent with the message" } else { "Reading…" };
    let drawn = chip_frame(palette).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.set_min_height(THUMBNAIL);
            ui.spacing_mut().item_spacing.x = 8.0;
            widgets::icon(ui, Icon::FileText, palette.dim);
            widgets::small_label(ui, words, palette.dim);
            widgets::icon_button(ui, Icon::X, "Stop reading").clicked()
        })
        .inner
    });
    drawn.inner
}

/// Says who will not see an attached picture, before it is sent.
pub(super) fn blind_ui(ui: &mut Ui, state: &AppState) {
    let models = state.blind_models();
    let [others @ .., last] = models.as_slice() else { return };
    let last = state.full_model_name(last);
    let text = if others.is_empty() {
        format!("{last} will not see the picture")
    } else {
        let names: Vec<_> = others.iter().map(|model| state.full_model_name(model)).collect();
        format!("{} and {last} will not see the picture", names.join(", "))
    };
    let palette = Palette::of(ui);
    ui.horizontal(|ui| {
        widgets::icon(ui, Icon::CircleAlert, palette.warn);
        widgets::truncated_label(ui, &text, theme::small(), palette.warn);
    });
    ui.add_space(8.0);
}

/// Says where files land, while some are held over the window.
pub(super) fn drop_hint_ui(ui: &Ui, rect: Rect) {
    if ui.input(|input| input.raw.hovered_files.is_empty()) {
        return;
    }
    let palette = Palette::of(ui);
    let painter = ui.painter();
    let line = Stroke::new(2.0, palette.accent);
    painter.rect(rect, CornerRadius::same(14), palette.accent_soft, line, StrokeKind::Inside);
    let text = "Drop to attach";
    painter.text(rect.center(), Align2::CENTER_CENTER, text, theme::body(), palette.text);
}

fn pasted_picture(ui: &Ui) -> Option<Arc<ColorImage>> {
    ui.input_mut(|input| {
        let at = input.events.iter().position(|event| matches!(event, Event::PasteImage(_)))?;
        let Event::PasteImage(picture) = input.events.remove(at) else { return None };
        Some(picture)
    })
}

/// Encodes on a thread of its own: a screenshot takes longer than a frame. Without a thread there
/// is nobody to send.
fn encode(ctx: Context, picture: Arc<ColorImage>) -> flume::Receiver<Read> {
    let (sender, result) = flume::bounded(1);
    let work = move || {
        if sender.send(part_of(&picture)).is_ok() {
            ctx.request_repaint();
        }
    };
    if let Err(error) = std::thread::Builder::new().name("pasted picture".to_owned()).spawn(work) {
        tracing::warn!(%error, "a pasted picture could not be encoded");
    }
    result
}

/// As PNG, which keeps every pixel; as JPEG where that would be too large.
fn part_of(picture: &ColorImage) -> Result<Part, NotAttached> {
    let name = "Pasted picture".to_owned();
    let not =
        |reason: &str| NotAttached { name: "Pasted picture".to_owned(), reason: reason.to_owned() };
    let [width, height] = picture.size;
    let (Ok(width), Ok(height)) = (u32::try_from(width), u32::try_from(height)) else {
        return Err(not("The picture is too large"));
    };
    let bytes: Vec<u8> =
        picture.pixels.iter().flat_map(|pixel| pixel.to_srgba_unmultiplied()).collect();
    let Some(pixels) = image::RgbaImage::from_raw(width, height, bytes) else {
        return Err(not("The picture is damaged"));
    };
    let mut encoded = std::io::Cursor::new(Vec::new());
    let mut kind = "png";
    let mut done = pixels.write_to(&mut encoded, image::ImageFormat::Png);
    if done.is_ok() && encoded.get_ref().len() > MOST_IMAGE {
        kind = "jpeg";
        encoded = std::io::Cursor::new(Vec::new());
        let encoder = JpegEncoder::new_with_quality(&mut encoded, 85);
        done = image::DynamicImage::ImageRgba8(pixels).to_rgb8().write_with_encoder(encoder);
    }
    if let Err(error) = done {
        return Err(not(&format!("The picture could not be encoded: {error}")));
    }
    let bytes = encoded.into_inner();
    if bytes.len() > MOST_IMAGE {
        return Err(not("The picture is larger than 5 MB"));
    }
    let data = base64::engine::general_purpose::STANDARD.encode(bytes);
    Ok(Part::Image { url: format!("data:image/{kind};base64,{data}"), alt: name })
}

/// Bytes behind a `data:` address.
fn decoded_len(url: &str) -> usize {
    url.split_once(',').map_or(url.len(), |(_, data)| data.len() / 4 * 3)
}

/// `12 KB`.
fn size_words(bytes: usize) -> String {
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{} KB", bytes.div_ceil(1_024)),
        _ => format!("{}.{} MB", bytes / 1_048_576, bytes % 1_048_576 * 10 / 1_048_576),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_picture_becomes_one_that_can_be_read_again() {
        let mut picture = ColorImage::filled([3, 2], egui::Color32::WHITE);
        picture.pixels[0] = egui::Color32::TRANSPARENT;
        let Ok(Part::Image { url, alt }) = part_of(&picture) else { panic!("no picture") };
        assert_eq!(alt, "Pasted picture");
        let data = url.strip_prefix("data:image/png;base64,").unwrap();
        let bytes = base64::engine::general_purpose::STANDARD.decode(data).unwrap();
        let read = image::load_from_memory(&bytes).unwrap().to_rgba8();
        assert_eq!(read.dimensions(), (3, 2));
        assert_eq!((read.get_pixel(0, 0).0[3], read.get_pixel(1, 0).0), (0, [255; 4]));
    }

    #[test]
    fn sizes_are_short() {
        let table = [(5, "5 B"), (1_025, "2 KB"), (1_572_864, "1.5 MB")];
        for (bytes, words) in table {
            assert_eq!(size_words(bytes), words);
        }
        assert_eq!(decoded_len("data:image/png;base64,AAAAAAAA"), 6);
    }
}
