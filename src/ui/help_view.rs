//! The bundled help: pages at the left, one of them at the right.

#[cfg(test)]
mod tests;

use egui::{Frame, Id, Key, Margin, Rect, ScrollArea, Ui, UiBuilder, pos2, vec2};

use super::settings::field::Field;
use super::settings::tab_ui;
use super::theme::{self, Palette};
use super::widgets::{self, Chosen};
use crate::protocol::{HelpPage, ModelId};
use crate::state::{AppState, ModelScope, UiCommand};

const LIST: f32 = 220.0;
const COLUMN: f32 = 720.0;
/// Below this width the list stands above the page.
const NARROW: f32 = 560.0;
/// Its height there.
const SHORT_LIST: f32 = 132.0;

/// The page that comes first; the others follow by title.
const FIRST: &str = "getting-started";

/// Draws Markdown; passed in, so that this view needs to know nothing of it.
pub type DrawMarkdown<'a> = &'a mut dyn FnMut(&mut Ui, &str, &mut Vec<UiCommand>);

/// What the help remembers.
#[derive(Debug, Default)]
pub struct HelpView {
    filter: String,
    /// The page shown last: another one begins at its top.
    shown: String,
}

impl HelpView {
    /// Draws the list of pages and the page with this id, else the first one.
    pub fn help_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        page_id: &str,
        draw_markdown: DrawMarkdown<'_>,
        out: &mut Vec<UiCommand>,
    ) {
        let find = |id: &str| state.help.iter().find(|page| page.id == id);
        let page = find(page_id).or_else(|| find(FIRST)).or(state.help.first());
        let space = ui.available_rect_before_wrap();
        let (list, text) = if space.width() < NARROW {
            let height = (SHORT_LIST + 52.0).min(space.height() / 2.0);
            space.split_top_bottom_at_y(space.top() + height)
        } else {
            space.split_left_right_at_x(space.left() + LIST)
        };
        let palette = Palette::of(ui);
        let line = (1.0, palette.line);
        if space.width() < NARROW {
            ui.painter().hline(list.x_range(), list.bottom() - 0.5, line);
        } else {
            ui.painter().vline(list.right() - 0.5, list.y_range(), line);
        }
        let inner = Rect::from_min_max(list.min + vec2(12.0, 12.0), list.max - vec2(13.0, 8.0));
        ui.scope_builder(UiBuilder::new().max_rect(inner), |ui| {
            self.list_ui(ui, state, page.map_or("", |page| page.id), out);
        });
        ui.scope_builder(UiBuilder::new().max_rect(text), |ui| {
            self.page_ui(ui, (state, page), draw_markdown, out);
        });
    }

    fn list_ui(&mut self, ui: &mut Ui, state: &AppState, open: &str, out: &mut Vec<UiCommand>) {
        ui.spacing_mut().item_spacing.y = 0.0;
        let field = Field::search(Id::unique("help_filter"), "Filter pages");
        let response = field.field_ui(ui, &mut self.filter);
        ui.add_space(8.0);
        let words = self.filter.trim().to_lowercase();
        let mut pages: Vec<&HelpPage> =
            state.help.iter().filter(|page| fits(page, &words)).collect();
        pages.sort_by_cached_key(|page| (page.id != FIRST, page.title.to_lowercase()));
        let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if let Some(first) = pages.first().filter(|_| entered) {
            out.push(UiCommand::OpenHelp(Some(first.id.to_owned())));
        }
        ScrollArea::vertical().id_salt("help_pages").auto_shrink([false, false]).show(ui, |ui| {
            for page in &pages {
                if tab_ui(ui, page.title, Chosen::from(page.id == open)).clicked() {
                    out.push(UiCommand::OpenHelp(Some(page.id.to_owned())));
                }
            }
            if pages.is_empty() {
                widgets::small_label(ui, "No page fits", Palette::of(ui).dim);
            }
        });
    }

    fn page_ui(
        &mut self,
        ui: &mut Ui,
        (state, page): (&AppState, Option<&HelpPage>),
        draw_markdown: DrawMarkdown<'_>,
        out: &mut Vec<UiCommand>,
    ) {
        let Some(page) = page else {
            ui.centered_and_justified(|ui| ui.label("The help is not there"));
            return;
        };
        let mut area = ScrollArea::vertical().id_salt("help_page").auto_shrink([false, false]);
        if self.shown != page.id {
            page.id.clone_into(&mut self.shown);
            area = area.vertical_scroll_offset(0.0);
        }
        area.show(ui, |ui| {
            let space = ui.available_rect_before_wrap();
            let width = COLUMN.min(space.width() - 48.0).max(120.0);
            let left = (space.center().x - width / 2.0).max(space.left() + 16.0).floor();
            let rect = Rect::from_min_size(pos2(left, space.top()), vec2(width, space.height()));
            ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
                ui.add_space(20.0);
                draw_markdown(ui, page.text, out);
                ui.add_space(16.0);
                ask_ui(ui, state, page, out);
                ui.add_space(24.0);
            });
        });
    }
}

fn ask_ui(ui: &mut Ui, state: &AppState, page: &HelpPage, out: &mut Vec<UiCommand>) {
    let palette = Palette::of(ui);
    widgets::card_frame(ui).inner_margin(Margin::symmetric(12, 10)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        Frame::NONE.show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                ui.set_min_height(theme::SMALL_CONTROL_HEIGHT);
                widgets::small_label(ui, "Something is missing here", palette.dim);
                if widgets::small_button(ui, "Ask Guide about this").clicked() {
                    ask(state, page, out);
                }
            });
        });
    });
}

/// Begins a chat with Guide about a page. What waits there unsent is not overwritten.
fn ask(state: &AppState, page: &HelpPage, out: &mut Vec<UiCommand>) {
    out.push(UiCommand::NewChat);
    let model = ModelId::new("guide", "guide");
    out.push(UiCommand::ChooseModel { model, scope: ModelScope::NextMessage });
    if state.new_draft.text.trim().is_empty() {
        out.push(UiCommand::DraftChanged(format!("{}: ", page.title)));
    }
}

/// Whether a page has all the words, in its title or in its text.
fn fits(page: &HelpPage, words: &str) -> bool {
    if words.is_empty() {
        return true;
    }
    let title = page.title.to_lowercase();
    let text = page.text.to_lowercase();
    words.split_whitespace().all(|word| title.contains(word) || text.contains(word))
}
