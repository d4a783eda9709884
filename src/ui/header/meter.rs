//! How full the model's context is, and what can be done about it.

use std::sync::Arc;

use egui::{
    Align, Align2, Color32, CornerRadius, CursorIcon, Galley, Layout, Mesh, Popup,
    PopupCloseBehavior, Rect, Response, RichText, Role, Sense, Shape, Stroke, StrokeKind, Ui,
    WidgetInfo, emath::GuiRounding as _, pos2, vec2,
};

use crate::protocol::{ContextUse, MessageId, ModelId, NEARLY_ALL};
use crate::state::{AppState, PickerPurpose, UiCommand};
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::{self, Button};

/// From here on it is time to make room.
const HIGH: u64 = (NEARLY_ALL * 100.0) as u64;
/// From here on the next message may not fit.
const FULL: u64 = 95;

const POPUP_WIDTH: f32 = 280.0;

/// What the newest answer that tells of it took, against what the next model has.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Meter {
    used: u64,
    limit: u64,
    estimated: bool,
    /// Who answers next; the limit is its own.
    model: ModelId,
    /// The newest answer.
    answer: MessageId,
}

impl Meter {
    /// The meter of the chat on screen; none where nothing is known of the use or of the limit.
    pub(super) fn of(state: &AppState) -> Option<Self> {
        let conversation = state.conversation()?;
        let told = |context: Option<ContextUse>, by: &ModelId| Some((context?, by.clone()));
        let mut answers = conversation.messages.iter().rev().filter_map(|m| m.answer.as_ref());
        let (context, by) = answers.find_map(|answer| told(answer.context, &answer.model))?;
        let (model, _) = state.next_model();
        let own = context.limit.filter(|_| by == model);
        let limit = state.model(&model).and_then(|model| model.context).or(own);
        let limit = limit.filter(|limit| *limit > 0)?;
        let answer = conversation.last_answer()?.id;
        Some(Self { used: context.used, limit, estimated: context.estimated, model, answer })
    }

    fn percent(&self) -> u64 {
        (self.used.saturating_mul(100).saturating_add(self.limit / 2)) / self.limit
    }

    #[expect(clippy::cast_precision_loss, reason = "a part of a circle, 12 pixels wide")]
    fn part(&self) -> f32 {
        (self.used as f32 / self.limit as f32).clamp(0.0, 1.0)
    }

    fn text(&self) -> String {
        let limit = short(self.limit);
        let about = if self.estimated { "≈ " } else { "" };
        match self.percent() {
            0 => format!("{about}< 1 % of {limit}"),
            percent => format!("{about}{percent} % of {limit}"),
        }
    }

    fn figures(&self) -> String {
        format!("{} of {} tokens", grouped(self.used), grouped(self.limit))
    }

    fn counted_by(&self) -> &'static str {
        if self.estimated {
            "Estimated here: the provider does not say"
        } else {
            "Counted by the provider, with the last answer"
        }
    }

    fn color(&self, palette: &Palette) -> Color32 {
        match self.percent() {
            0..HIGH => palette.dim,
            HIGH..FULL => palette.warn,
            FULL.. => palette.err,
        }
    }

    pub(super) fn galley(&self, ui: &Ui) -> Arc<Galley> {
        let color = self.color(Palette::of(ui));
        ui.painter().layout_no_wrap(self.text(), theme::small(), color)
    }

    /// Draws the chip with its right end at `right`, and what opens from it.
    pub(super) fn meter_ui(
        &self,
        row: &mut Ui,
        galley: Arc<Galley>,
        right: f32,
        state: &AppState,
        out: &mut Vec<UiCommand>,
    ) {
        let chip = self.chip_ui(row, galley, right);
        Popup::menu(&chip)
            .width(POPUP_WIDTH)
            .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
            .show(|ui| self.popup_ui(ui, state, out));
        if !Popup::is_id_open(row.ctx(), Popup::default_response_id(&chip)) {
            chip.on_hover_text(format!("{}\n{}", self.figures(), self.counted_by()));
        }
    }

    fn chip_ui(&self, row: &mut Ui, galley: Arc<Galley>, right: f32) -> Response {
        let palette = Palette::of(row);
        let color = self.color(palette);
        let size = vec2(chip_width(&galley), 24.0);
        let min = pos2(right - size.x, row.max_rect().center().y - 12.0).round_ui();
        let rect = Rect::from_min_size(min, size);
        let response = row.interact(rect, row.scope_id().with("context"), Sense::click());
        let name = format!("Context: {}", self.text());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        let painter = row.painter();
        let line = if self.percent() < HIGH { palette.line } else { color };
        let fill = if response.hovered() { palette.hover } else { palette.raised };
        let line = Stroke::new(1.0, line);
        painter.rect(rect, CornerRadius::same(12), fill, line, StrokeKind::Inside);
        let center = pos2(rect.left() + 17.0, rect.center().y);
        painter.circle_stroke(center, 5.0, Stroke::new(1.0, color));
        painter.add(wedge(center, 5.0, self.part(), color));
        let left = Align2::LEFT_CENTER.pos_in_rect(&rect) + vec2(29.0, -galley.size().y / 2.0);
        painter.galley(left.round_ui(), galley, color);
        widgets::focus_ring(row, &response, 12);
        response.on_hover_cursor(CursorIcon::PointingHand)
    }

    fn popup_ui(&self, ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
        egui::Frame::new().inner_margin(6).show(ui, |ui| {
            // Not the layout of menus, which spreads the words of a line over its width.
            let layout = Layout::top_down(Align::LEFT);
            ui.with_layout(layout, |ui| self.popup_contents_ui(ui, state, out));
        });
    }

    fn popup_contents_ui(&self, ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
        let palette = Palette::of(ui);
        ui.spacing_mut().item_spacing = vec2(8.0, 4.0);
        let title = RichText::new(self.figures()).font(theme::semibold(14.0));
        ui.add(egui::Label::new(title).selectable(false));
        let small = |ui: &mut Ui, text: &str| {
            let text = RichText::new(text).font(theme::small()).color(palette.dim);
            ui.add(egui::Label::new(text).wrap().selectable(false));
        };
        small(ui, &format!("That is what {} would read.", state.model_name(&self.model)));
        small(ui, self.counted_by());
        ui.add_space(6.0);
        let answer = self.answer;
        let width = ui.available_width();
        let button = |ui: &mut Ui, command: UiCommand, label: &str| {
            if Button::new(label).small().width(width).ui(ui).clicked() {
                ui.close();
                return Some(command);
            }
            None
        };
        out.extend(button(ui, UiCommand::MakeRoom { answer }, "Leave out the oldest"));
        let summary = UiCommand::Pick(PickerPurpose::Summary(answer));
        out.extend(button(ui, summary, "Summarise the start…"));
        small(ui, "Both make the last answer again.");
        ui.add_space(6.0);
        let other = UiCommand::Pick(PickerPurpose::Message);
        out.extend(button(ui, other, "Use a model with more room…"));
    }
}

/// 1000000 and 1048576 are 1M; 131072 is 128k.
fn short(tokens: u64) -> String {
    let binary = tokens.is_multiple_of(1024) && !tokens.is_multiple_of(1000);
    let (kilo, mega) = if binary { (1024, 1024 * 1024) } else { (1000, 1_000_000) };
    match tokens {
        _ if tokens >= mega && tokens.is_multiple_of(mega) => format!("{}M", tokens / mega),
        _ if tokens >= mega => format!("{}.{}M", tokens / mega, tokens % mega * 10 / mega),
        _ if tokens >= kilo => format!("{}k", tokens / kilo),
        _ => tokens.to_string(),
    }
}

/// 1234567 as 1,234,567.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

pub(super) fn chip_width(galley: &Galley) -> f32 {
    (11.0 + 12.0 + 6.0 + galley.size().x + 11.0).ceil()
}

/// A part of a disc, clockwise from the top.
fn wedge(center: egui::Pos2, radius: f32, part: f32, color: Color32) -> Shape {
    use std::f32::consts::{FRAC_PI_2, TAU};
    const STEPS: u8 = 24;
    let mut mesh = Mesh::default();
    mesh.colored_vertex(center, color);
    for step in 0..=STEPS {
        let angle = f32::from(step) / f32::from(STEPS) * part * TAU - FRAC_PI_2;
        mesh.colored_vertex(center + radius * egui::Vec2::angled(angle), color);
        if step > 0 {
            mesh.add_triangle(0, u32::from(step), u32::from(step) + 1);
        }
    }
    Shape::mesh(mesh)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter(used: u64, limit: u64) -> Meter {
        let model = ModelId::new("x", "y");
        let answer = MessageId(uuid::Uuid::nil());
        Meter { used, limit, estimated: false, model, answer }
    }

    #[test]
    fn sizes_of_contexts_are_short() {
        let table = [
            (1_000_000, "1M"),
            (1_048_576, "1M"),
            (2_500_000, "2.5M"),
            (131_072, "128k"),
            (200_000, "200k"),
            (8_192, "8k"),
            (512, "512"),
        ];
        for (tokens, text) in table {
            assert_eq!(short(tokens), text);
        }
        assert_eq!(meter(1, 1_000_000).text(), "< 1 % of 1M");
        assert_eq!(meter(300, 200).text(), "150 % of 200");
        let estimated = Meter { estimated: true, ..meter(12, 100) };
        assert_eq!(estimated.text(), "≈ 12 % of 100");
        assert_eq!([7, 1_234, 123_456].map(grouped), ["7", "1,234", "123,456"]);
    }

    #[test]
    fn a_filling_context_calls() {
        let palette = &Palette::DARK;
        let table = [
            (79, palette.dim),
            (80, palette.warn),
            (94, palette.warn),
            (95, palette.err),
            (200, palette.err),
        ];
        for (used, color) in table {
            assert_eq!(meter(used, 100).color(palette), color, "{used}");
        }
    }
}
