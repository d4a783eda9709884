//! The editor of bots: a form, what the model is told, and a chat to try it in.

mod about;
mod dialogs;
mod model;
pub(in crate::ui) mod parts;
mod preview;
mod room;
mod talk;
#[cfg(test)]
mod tests;
pub(in crate::ui) mod tools;

use egui::text::{CCursor, CCursorRange};
use egui::text_edit::TextEditState;
use egui::{
    Align, Context, Layout, Margin, Popup, Rect, RichText, ScrollArea, Ui, UiBuilder, vec2,
};

use self::about::AboutView;
pub(in crate::ui) use self::dialogs::EditorDialogs;
use self::model::{AnswersView, ModelView};
use self::parts::{Area, Form};
use self::preview::PreviewView;
use self::room::RoomView;
use self::talk::TalkView;
use super::bot_tile::{BotTile, TileSize};
use super::icon::Icon;
use super::settings::parts as shared;
use super::sidebar::menu::MenuItem;
use super::theme::{self, Palette};
use super::widgets::{self, Button, Chosen};
use super::{shell, sidebar};
use crate::protocol::{Bot, BotFormat, BotProblem};
use crate::state::{AppState, BotCommand, Editor, EditorCommand, FocusTarget, UiCommand};

/// From this width of the page on, form and test stand side by side.
const WIDE: f32 = 860.0;
const FORM_WIDTH: f32 = 680.0;
/// How much of the height beside the form shows what the model is told, until it is dragged.
const SPLIT: f32 = 0.44;
const LEAST_PREVIEW: f32 = 140.0;
/// Room for a few messages and the composer.
const LEAST_TEST: f32 = 260.0;

/// What the editor keeps for itself.
#[derive(Debug, Default)]
pub struct EditorView {
    /// The bot that the rest is about.
    key: u64,
    tab: Tab,
    /// Where the line beside the form was dragged to, as a share of the height.
    split: Option<f32>,
    /// The last request for the keyboard that was seen.
    focus_seen: u64,
    /// Whether the form is scrolled to its top.
    to_top: bool,
    about: AboutView,
    models: ModelView,
    answers: AnswersView,
    room: RoomView,
    talk: TalkView,
    preview: PreviewView,
}

/// What a narrow window shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Tab {
    #[default]
    Form,
    Preview,
    Test,
}

/// Draws the chat beside the form.
pub(in crate::ui) type ChatUi<'a> = &'a mut dyn FnMut(&mut Ui, &mut Vec<UiCommand>);

impl EditorView {
    /// Draws the form of the bot; `chat` draws the chat to try it in.
    pub fn editor_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        editor: &Editor,
        chat: ChatUi<'_>,
        out: &mut Vec<UiCommand>,
    ) {
        if self.key != editor.key {
            let (tab, split, focus_seen) = (self.tab, self.split, self.focus_seen);
            *self = Self { key: editor.key, tab, split, focus_seen, ..Self::default() };
        }
        let form = Form::new(state, editor);
        self.take_focus(ui, &form);
        let page = ui.available_rect_before_wrap();
        let narrow = page.width() < WIDE;
        let mut top = page.top();
        let line = egui::Stroke::new(1.0, Palette::of(ui).line);
        if narrow {
            let inner = UiBuilder::new().max_rect(page.shrink2(vec2(20.0, 0.0)));
            let bar = ui.scope_builder(inner, |ui| {
                ui.add_space(8.0);
                self.bar_ui(ui, &form, out);
            });
            top = bar.response.rect.bottom() + 8.0;
            ui.painter().hline(page.x_range(), top - 0.5, line);
        }
        let below = Rect::from_min_max(egui::pos2(page.left(), top), page.max);
        if narrow {
            let mut ui = ui.new_child(UiBuilder::new().max_rect(below));
            match self.tab {
                Tab::Form => self.form_ui(&mut ui, &form, out),
                Tab::Preview => self.preview_ui(&mut ui, &form, out),
                Tab::Test => test_ui(&mut ui, &form, chat, out),
            }
            return;
        }
        let middle = (below.left() + below.width() * 0.54).floor();
        ui.painter().vline(middle, below.y_range(), line);
        let left = below.with_max_x(middle);
        let right = below.with_min_x(middle + 1.0);
        self.form_ui(&mut ui.new_child(UiBuilder::new().max_rect(left)), &form, out);
        let mut side = ui.new_child(UiBuilder::new().max_rect(right));
        self.side_ui(&mut side, &form, chat, out);
    }

    /// Takes the keyboard where the state asks for it.
    fn take_focus(&mut self, ui: &Ui, form: &Form<'_>) {
        let (target, count) = form.state.focus;
        self.to_top = false;
        if count == self.focus_seen {
            return;
        }
        let id = match target {
            FocusTarget::Composer
            | FocusTarget::ChatSearch
            | FocusTarget::Settings
            | FocusTarget::Budget => return,
            FocusTarget::Form => form.last_field(ui),
            FocusTarget::FormTop | FocusTarget::FormProblem => form.id("name"),
        };
        if !ui.memory(|memory| memory.allows_interaction(ui.layer_id())) {
            // A dialog that closed keeps the keyboard from the rest for one more frame.
            ui.ctx().request_repaint();
            return;
        }
        self.focus_seen = count;
        if target == FocusTarget::FormProblem {
            self.tab = Tab::Form;
            form.seeks.set(true);
            return;
        }
        self.to_top = target == FocusTarget::FormTop;
        if self.to_top && form.editor.saved.is_none() && form.editor.base.is_none() {
            // What is typed takes the place of a name that says nothing.
            let mut all = TextEditState::default();
            let end = CCursor::new(form.editor.bot.name.chars().count());
            all.cursor.set_char_range(Some(CCursorRange::two(CCursor::default(), end)));
            all.store(ui.ctx(), id);
        }
        ui.memory_mut(|memory| memory.request_focus(id));
    }

    /// What the model is told above, the chat below; the line between them can be dragged.
    fn side_ui(
        &mut self,
        ui: &mut Ui,
        form: &Form<'_>,
        chat: ChatUi<'_>,
        out: &mut Vec<UiCommand>,
    ) {
        let space = ui.available_rect_before_wrap();
        let most = (space.height() - LEAST_TEST).max(LEAST_PREVIEW);
        let share = self.split.unwrap_or(SPLIT);
        let middle = space.top() + (space.height() * share).clamp(LEAST_PREVIEW, most).floor();
        let handle = Rect::from_x_y_ranges(space.x_range(), (middle - 3.0)..=(middle + 4.0));
        let above = space.with_max_y(middle).shrink2(vec2(16.0, 10.0));
        let mut preview = ui.new_child(UiBuilder::new().max_rect(above));
        preview.shrink_clip_rect(space.with_max_y(middle));
        self.preview.preview_ui(&mut preview, form, above.height(), out);
        let below = space.with_min_y(middle + 1.0);
        test_ui(&mut ui.new_child(UiBuilder::new().max_rect(below)), form, chat, out);
        let line = ui.interact(handle, form.id("split"), egui::Sense::DRAG);
        let line = line.on_hover_and_drag_cursor(egui::CursorIcon::ResizeVertical);
        if let Some(at) = line.interact_pointer_pos().filter(|_| line.dragged()) {
            self.split = Some(((at.y - space.top()) / space.height()).clamp(0.0, 1.0));
        }
        let palette = Palette::of(ui);
        let is_held = line.hovered() || line.dragged();
        let color = if is_held { palette.accent } else { palette.line };
        ui.painter().hline(space.x_range(), middle + 0.5, egui::Stroke::new(1.0, color));
    }

    fn preview_ui(&mut self, ui: &mut Ui, form: &Form<'_>, out: &mut Vec<UiCommand>) {
        egui::Frame::new().inner_margin(Margin::symmetric(20, 10)).show(ui, |ui| {
            ui.set_width(ui.available_width());
            let height = ui.available_height().max(160.0);
            self.preview.preview_ui(ui, form, height, out);
        });
    }

    /// What a narrow window shows, and what has no room in its header.
    fn bar_ui(&mut self, ui: &mut Ui, form: &Form<'_>, out: &mut Vec<UiCommand>) {
        ui.horizontal_wrapped(|ui| {
            ui.set_min_height(theme::CONTROL_HEIGHT);
            for (tab, label) in
                [(Tab::Form, "Form"), (Tab::Preview, "Preview"), (Tab::Test, "Test")]
            {
                if widgets::chip(ui, label, Chosen::from(self.tab == tab)).clicked() {
                    self.tab = tab;
                }
            }
            if !has_room_in_header(ui.ctx(), form.state) {
                buttons_ui(ui, form, out);
            }
        });
    }

    fn form_ui(&mut self, ui: &mut Ui, form: &Form<'_>, out: &mut Vec<UiCommand>) {
        let mut bot = form.editor.bot.clone();
        let mut area =
            ScrollArea::vertical().id_salt(("editor form", self.key)).auto_shrink([false, false]);
        if self.to_top {
            area = area.vertical_scroll_offset(0.0);
        }
        area.show(ui, |ui| {
            let space = ui.available_rect_before_wrap();
            let width = FORM_WIDTH.min(space.width() - 40.0).max(160.0).floor();
            let left = space.left() + 20.0;
            let min = egui::pos2(left, space.top() + 4.0);
            let rect = Rect::from_min_size(min, vec2(width, space.height()));
            ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
                ui.spacing_mut().item_spacing.y = 8.0;
                self.sections_ui(ui, form, &mut bot, out);
                ui.add_space(24.0);
            });
        });
        if bot != form.editor.bot {
            out.push(UiCommand::Editor(EditorCommand::Change(Box::new(bot))));
        }
    }

    fn sections_ui(
        &mut self,
        ui: &mut Ui,
        form: &Form<'_>,
        bot: &mut Bot,
        out: &mut Vec<UiCommand>,
    ) {
        base_ui(ui, form, out);
        for problem in form.problems.iter().filter(|problem| !stands_in_the_form(problem)) {
            shared::problem_ui(ui, &problem.to_string());
        }
        shared::section_ui(ui, "About");
        self.about.about_ui(ui, form, bot);
        shared::section_ui(ui, "Instructions");
        instructions_ui(ui, form, bot);
        shared::section_ui(ui, "Who takes part");
        self.room.room_ui(ui, form, bot, (&mut self.models, out));
        shared::section_ui(ui, "Model");
        self.models.model_ui(ui, (form, "model"), &mut bot.model, out);
        shared::section_ui(ui, "Answers");
        self.answers.answers_ui(ui, form, &mut bot.parameters);
        shared::section_ui(ui, "Tools");
        tools::tools_ui(ui, form, bot, out);
        shared::section_ui(ui, "Opens with");
        talk::seeds_ui(ui, form, bot);
        shared::section_ui(ui, "Starters");
        talk::starters_ui(ui, form, bot);
        shared::section_ui(ui, "Questions at start");
        self.talk.questions_ui(ui, form, bot, out);
    }
}

/// Leads back to what was changed and is not saved, from the gallery.
pub(in crate::ui) fn unsaved_ui(ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
    let Some(editor) = state.editor.as_ref().filter(|editor| editor.has_edits()) else { return };
    let palette = Palette::of(ui);
    let frame = egui::Frame::new().fill(palette.panel).inner_margin(Margin::symmetric(20, 4));
    let panel = egui::Panel::top("unsaved bot").resizable(false).show_separator_line(false);
    panel.frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.set_min_height(theme::CONTROL_HEIGHT);
            ui.scope(|ui| {
                ui.set_max_width((ui.available_width() - 120.0).max(80.0));
                let words = format!("{} has changes that are not saved", editor.bot.name);
                widgets::truncated_label(ui, &words, theme::small(), palette.warn);
            });
            if widgets::small_button(ui, "Keep editing").clicked() {
                out.push(UiCommand::Editor(EditorCommand::Show));
            }
        });
    });
}

/// The fields that the form shows problems under.
const FIELDS: [&str; 17] = [
    "name",
    "description",
    "category",
    "tags",
    "icon",
    "id",
    "author",
    "license",
    "instructions",
    "room",
    "model",
    "parameters",
    "tools",
    "seeds",
    "starters",
    "variables",
    "color",
];

fn stands_in_the_form(problem: &BotProblem) -> bool {
    let field = problem.field.as_deref().unwrap_or_default();
    let head = field.split(['.', '[']).next().unwrap_or_default();
    FIELDS.contains(&head)
}

/// The template that this one is made of has changed.
fn base_ui(ui: &mut Ui, form: &Form<'_>, out: &mut Vec<UiCommand>) {
    let Some(base) = form.state.newer_base() else { return };
    ui.horizontal_wrapped(|ui| {
        let words = format!("{} is now in version {}", base.bot.name, base.bot.version);
        widgets::small_label(ui, &words, Palette::of(ui).dim);
        if widgets::link_button(ui, "Compare with mine").clicked() {
            let id = form.editor.bot.id.clone();
            out.push(UiCommand::Bots(BotCommand::CompareWithMine(id)));
        }
    });
}

fn instructions_ui(ui: &mut Ui, form: &Form<'_>, bot: &mut Bot) {
    let (name, hint) = match bot.room {
        None => ("Instructions", "What the model is told: a role, how it works, what it refuses"),
        Some(_) => ("Instructions for all", "What all who take part are told"),
    };
    let area = Area { field: "instructions", name, hint, rows: 8 };
    form.area_ui(ui, &area, &mut bot.instructions);
    shared::note_ui(ui, "{{name}} stands for the answer to a question at start");
    talk::unknown_ui(ui, bot);
}

/// From this width of the page on, what can be done with the bot stands in the header.
const ROOMY: f32 = 720.0;

fn has_room_in_header(ctx: &Context, state: &AppState) -> bool {
    let width = ctx.content_rect().width();
    let beside = width >= shell::NARROW && state.settings.appearance.sidebar;
    width - if beside { sidebar::WIDTH } else { 0.0 } >= ROOMY
}

/// Draws whose bot it is, and where there is room what can be done with it, into the row of the
/// header.
pub(in crate::ui) fn head_ui(row: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
    let Some(editor) = &state.editor else { return };
    let title = if editor.saved.is_some() { "Edit bot" } else { "New bot" };
    let palette = Palette::of(row);
    let text = RichText::new(title).font(theme::semibold(14.0)).color(palette.text);
    row.add(egui::Label::new(text).selectable(false));
    if !has_room_in_header(row.ctx(), state) {
        named_ui(row, editor);
        return;
    }
    let form = Form::new(state, editor);
    let size = vec2(buttons_width(row, &form), theme::CONTROL_HEIGHT);
    let room = row.available_width() - size.x - 12.0;
    let name = vec2(room.max(0.0), theme::CONTROL_HEIGHT);
    row.allocate_ui_with_layout(name, Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_size(name);
        named_ui(ui, editor);
    });
    row.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        buttons_ui(ui, &form, out);
    });
}

/// Name, version, and whether something is not saved.
fn named_ui(ui: &mut Ui, editor: &Editor) {
    let palette = Palette::of(ui);
    let mut words = match &editor.saved {
        Some(saved) => format!("Version {}", saved.version),
        None => "Not saved yet".to_owned(),
    };
    if editor.is_saving() && editor.is_unsaved() {
        words.push_str(" · saving…");
    } else if editor.saved.is_some() && editor.is_unsaved() {
        words.push_str(" · unsaved changes");
    }
    let color = if editor.is_unsaved() { palette.warn } else { palette.dim };
    BotTile::from(&editor.bot).tile_ui(ui, TileSize::Small);
    ui.scope(|ui| {
        ui.set_max_width((ui.available_width() - 170.0).max(60.0));
        widgets::truncated_label(ui, &editor.bot.name, theme::medium(14.0), palette.text);
    });
    widgets::truncated_label(ui, &words, theme::small(), color);
}

fn names(form: &Form<'_>) -> Vec<Button<'static>> {
    let mut names = Vec::new();
    if form.editor.saved.is_some() {
        names.push(Button::new("Versions").ghost());
    }
    names.push(Button::new("Export…").ghost());
    names.push(Button::new(leave_words(form)));
    names.push(Button::new("Save").primary());
    names
}

fn leave_words(form: &Form<'_>) -> &'static str {
    if form.editor.has_edits() { "Discard" } else { "Close" }
}

fn buttons_width(ui: &Ui, form: &Form<'_>) -> f32 {
    let widths = names(form).into_iter().map(|button| button.wanted_width(ui) + 8.0);
    widths.sum::<f32>() - 8.0
}

fn buttons_ui(ui: &mut Ui, form: &Form<'_>, out: &mut Vec<UiCommand>) {
    let editor = form.editor;
    if editor.saved.is_some() && widgets::ghost_button(ui, "Versions").clicked() {
        out.push(UiCommand::Editor(EditorCommand::LoadVersions));
    }
    let export = widgets::ghost_button(ui, "Export…");
    Popup::menu(&export).show(|ui| export_menu_ui(ui, &editor.bot, out));
    let leave = leave_words(form);
    if widgets::button(ui, leave).clicked() {
        out.push(UiCommand::Editor(EditorCommand::Discard));
    }
    ui.add_enabled_ui(editor.is_unsaved(), |ui| {
        let save = widgets::primary_button(ui, "Save");
        let save = match form.problems.len() {
            0 => save,
            1 => save.on_hover_text("One thing is wrong"),
            count => save.on_hover_text(format!("{count} things are wrong")),
        };
        let keys = egui::KeyboardShortcut::new(egui::Modifiers::COMMAND, egui::Key::S);
        let is_free = ui.memory(|memory| memory.allows_interaction(ui.layer_id()));
        let by_key = is_free && ui.input_mut(|input| input.consume_shortcut(&keys));
        if save.clicked() || by_key && editor.is_unsaved() {
            out.push(UiCommand::Editor(EditorCommand::Save));
        }
    });
}

/// As what a bot can be exported.
pub(in crate::ui) fn export_menu_ui(ui: &mut Ui, bot: &Bot, out: &mut Vec<UiCommand>) {
    ui.spacing_mut().item_spacing.y = 2.0;
    for format in BotFormat::ALL {
        let icon = if format == BotFormat::Block { Icon::Copy } else { Icon::Download };
        if MenuItem::new(icon, format.label(), "").item_ui(ui) {
            let bot = bot.id.clone();
            out.push(UiCommand::Bots(BotCommand::Export { bot, format }));
        }
    }
}

/// The chat beside the form, with the way to begin it anew.
fn test_ui(ui: &mut Ui, form: &Form<'_>, chat: ChatUi<'_>, out: &mut Vec<UiCommand>) {
    let palette = Palette::of(ui);
    egui::Frame::new().inner_margin(Margin::symmetric(16, 6)).show(ui, |ui| {
        let has_test = form.editor.test.is_some();
        shared::row_ui(
            ui,
            theme::CONTROL_HEIGHT,
            |ui| {
                let title = RichText::new("Test").font(theme::semibold(14.0)).color(palette.text);
                ui.label(title);
                let words = if form.editor.test_is_older() {
                    "The bot has changed since it began"
                } else {
                    "It stands in no list and is not kept"
                };
                widgets::truncated_label(ui, words, theme::small(), palette.dim);
            },
            |ui| {
                let words = if has_test { "Restart" } else { "Start" };
                if widgets::small_button(ui, words).clicked() {
                    out.push(UiCommand::Editor(EditorCommand::RestartTest));
                }
            },
        );
    });
    if form.editor.test.is_some() {
        chat(ui, out);
    }
}
