//! A budget: the field for its amount, and how far it is spent.

use egui::{Align, CornerRadius, Id, Layout, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::parts;
use crate::protocol::dollars;
use crate::state::BudgetShare;
use crate::ui::settings::field::Field;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

const LABEL: f32 = 96.0;
const FIELD: f32 = 110.0;
/// Less room than this beside the field, and the bar goes below it.
const BAR: f32 = 160.0;
/// Room for the words behind the bar, so that the bars of several budgets end alike.
const WORDS: f32 = 132.0;
const MOST: f64 = 1_000_000.0;

/// An amount as it is typed.
#[derive(Debug, Default)]
pub(super) struct Amount {
    text: String,
    /// It was changed and is not set yet; then the text is the user's.
    is_typed: bool,
    wrong: Option<&'static str>,
}

/// The field and the bar of one budget.
pub(super) struct AmountUi<'a> {
    pub(super) id: Id,
    pub(super) label: &'a str,
    pub(super) name: &'a str,
    pub(super) share: Option<BudgetShare>,
}

impl AmountUi<'_> {
    /// Gives the new amount, where one was set; inside, none is for no bound.
    pub(super) fn amount_ui(
        &self,
        ui: &mut Ui,
        amount: &mut Amount,
        current: Option<f64>,
    ) -> Option<Option<f64>> {
        if !amount.is_typed {
            amount.text = current.map(shown).unwrap_or_default();
        }
        let is_wide = ui.available_width() >= LABEL + FIELD + BAR + 16.0;
        let set = ui
            .horizontal(|ui| {
                ui.set_min_height(theme::CONTROL_HEIGHT);
                let size = vec2(LABEL, theme::CONTROL_HEIGHT);
                ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
                    ui.set_min_width(LABEL);
                    parts::text_ui(ui, self.label);
                });
                let size = vec2(FIELD, theme::CONTROL_HEIGHT);
                let set = ui.allocate_ui(size, |ui| self.field_ui(ui, amount, current)).inner;
                if is_wide {
                    self.bar_ui(ui);
                }
                set
            })
            .inner;
        if !is_wide {
            self.bar_ui(ui);
        }
        if let Some(wrong) = amount.wrong {
            let palette = Palette::of(ui);
            ui.label(egui::RichText::new(wrong).color(palette.err));
        }
        set
    }

    fn field_ui(
        &self,
        ui: &mut Ui,
        amount: &mut Amount,
        current: Option<f64>,
    ) -> Option<Option<f64>> {
        ui.set_width(FIELD);
        let field = Field { hint: "No bound", ..Field::new(self.id, self.name) };
        let response = field.field_ui(ui, &mut amount.text);
        if response.changed() {
            amount.is_typed = true;
            amount.wrong = None;
        }
        if !response.lost_focus() || !amount.is_typed {
            return None;
        }
        match parse(&amount.text) {
            Ok(parsed) => {
                amount.is_typed = false;
                (parsed != current).then_some(parsed)
            }
            Err(wrong) => {
                amount.wrong = Some(wrong);
                None
            }
        }
    }

    /// How far it is spent, with the words beside the bar.
    fn bar_ui(&self, ui: &mut Ui) {
        let Some(share) = &self.share else { return };
        let palette = Palette::of(ui);
        let words = format!("{} of {} spent", dollars(share.spent), dollars(share.budget));
        let galley = ui.painter().layout_no_wrap(words.clone(), theme::small(), palette.dim);
        let size = vec2(ui.available_width(), 24.0);
        let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
        let percent = share.percent();
        response.widget_info(|| {
            WidgetInfo::labeled(Role::Label, true, format!("{words}, {percent} %"))
        });
        let text_left = rect.right() - galley.size().x;
        let place = pos2(text_left, (rect.center().y - galley.size().y / 2.0).round());
        ui.painter().galley(place, galley, palette.dim);
        let bar = Rect::from_min_max(
            pos2(rect.left(), rect.center().y - 3.0),
            pos2(text_left.min(rect.right() - WORDS) - 12.0, rect.center().y + 3.0),
        );
        if bar.width() < 24.0 {
            return;
        }
        let color = match percent {
            100.. => palette.err,
            _ if share.is_near() => palette.warn,
            _ => palette.accent,
        };
        let round = CornerRadius::same(3);
        ui.painter().rect_filled(bar, round, palette.line);
        let part = share.share().clamp(0.0, 1.0) as f32;
        let spent = Rect::from_min_size(bar.min, vec2(bar.width() * part, bar.height()));
        ui.painter().rect_filled(spent, round, color);
        widgets::focus_ring(ui, &response, 3);
    }
}

/// An amount as it stands in its field.
fn shown(amount: f64) -> String {
    let cents = amount * 100.0;
    if amount.fract() == 0.0 {
        format!("{amount:.0}")
    } else if (cents - cents.round()).abs() < 1e-6 {
        format!("{amount:.2}")
    } else {
        amount.to_string()
    }
}

/// What was typed, in dollars: `5`, `5.50`, `$5`, `5,50`; none where nothing was.
fn parse(text: &str) -> Result<Option<f64>, &'static str> {
    let text = text.trim();
    let text = text.strip_prefix('$').or_else(|| text.strip_suffix('$')).unwrap_or(text).trim();
    if text.is_empty() {
        return Ok(None);
    }
    if text.starts_with(['-', '−']) {
        return Err("A budget cannot be less than nothing");
    }
    let (whole, part) = text.split_once(['.', ',']).unwrap_or((text, ""));
    if text.contains(',') && part.len() == 3 || part.contains(['.', ',']) {
        return Err("Write large amounts without separators, for example 1000");
    }
    let is_digits = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    let amount = format!("{whole}.{part}0").parse::<f64>();
    match amount {
        Ok(amount) if is_digits(whole) && is_digits(part) && whole.len() + part.len() > 0 => {
            if amount <= MOST {
                Ok(Some(amount))
            } else {
                Err("A budget is at most $1000000")
            }
        }
        Ok(_) | Err(_) => Err("Enter an amount such as 5 or 5.50, or nothing for no bound"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for (text, amount) in [
            ("", None),
            ("  ", None),
            ("$", None),
            ("5", Some(5.0)),
            (" 5.50 ", Some(5.5)),
            ("$5", Some(5.0)),
            ("$ 5", Some(5.0)),
            ("5 $", Some(5.0)),
            ("5,50", Some(5.5)),
            ("5.", Some(5.0)),
            (".5", Some(0.5)),
            ("0", Some(0.0)),
            ("1000000", Some(1e6)),
        ] {
            assert_eq!(parse(text), Ok(amount), "{text:?}");
        }
    }

    #[test]
    fn nonsense_gets_a_sentence() {
        for (text, start) in [
            ("five", "Enter an amount"),
            ("1e3", "Enter an amount"),
            ("inf", "Enter an amount"),
            ("5 5", "Enter an amount"),
            ("٥", "Enter an amount"),
            (".", "Enter an amount"),
            ("$$5", "Enter an amount"),
            ("-5", "A budget cannot"),
            ("1,000", "Write large amounts"),
            ("1,000.50", "Write large amounts"),
            ("1.000.000", "Write large amounts"),
            ("99999999999", "A budget is at most"),
        ] {
            assert!(parse(text).unwrap_err().starts_with(start), "{text:?}: {:?}", parse(text));
        }
    }

    #[test]
    fn an_amount_stands_in_its_field_as_it_was_typed() {
        assert_eq!([5.0, 5.5, 12.34, 0.0, 0.009].map(shown), ["5", "5.50", "12.34", "0", "0.009"]);
    }
}
