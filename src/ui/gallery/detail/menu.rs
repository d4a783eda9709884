//! What else can be done with a bot.

use egui::{Popup, PopupCloseBehavior, Ui};

use super::DetailView;
use crate::protocol::{BotEntry, BotFormat, BotOrigin};
use crate::state::{AppState, BotCommand, UiCommand};
use crate::ui::icon::Icon;
use crate::ui::sidebar::menu::MenuItem;
use crate::ui::widgets;

impl DetailView {
    pub(super) fn menu_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        entry: &BotEntry,
        out: &mut Vec<UiCommand>,
    ) {
        let name = format!("More for {}", entry.bot.name);
        let button = widgets::icon_button(ui, Icon::Ellipsis, &name);
        if button.clicked() {
            self.exporting = false;
        }
        // Export has a second page, so a click does not close it; the entries do.
        Popup::menu(&button).close_behavior(PopupCloseBehavior::CloseOnClickOutside).show(|ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            if self.exporting {
                self.formats_ui(ui, entry, out);
            } else {
                self.entries_ui(ui, state, entry, out);
            }
        });
    }

    fn entries_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        entry: &BotEntry,
        out: &mut Vec<UiCommand>,
    ) {
        let bot = || entry.bot.id.clone();
        let mut item = |ui: &mut Ui, item: MenuItem<'_>, command: BotCommand| {
            if item.item_ui(ui) {
                out.push(UiCommand::Bots(command));
            }
        };
        let (icon, text) = if entry.favourite {
            (Icon::StarFilled, "No longer a favourite")
        } else {
            (Icon::Star, "Make a favourite")
        };
        item(ui, MenuItem::new(icon, text, ""), BotCommand::ToggleFavourite(bot()));
        item(ui, MenuItem::new(Icon::Copy, "Duplicate", ""), BotCommand::Duplicate(bot()));
        if state.bots.mine(&entry.bot.id).is_some() {
            let compare = BotCommand::CompareWithMine(bot());
            item(ui, MenuItem::new(Icon::Columns2, "Compare with mine", ""), compare);
        }
        let text = if entry.archived { "Take out of the archive" } else { "Archive" };
        // The archive takes the user's own bots only.
        if entry.origin == BotOrigin::Own {
            let archive = BotCommand::Archive { bot: bot(), archived: !entry.archived };
            item(ui, MenuItem::new(Icon::Archive, text, ""), archive);
        }
        if pages_ui(ui, Icon::Download, "Export…") {
            self.exporting = true;
        }
        match entry.origin {
            BotOrigin::Own => {
                let delete = MenuItem::new(Icon::Trash2, "Delete", "").danger();
                item(ui, delete, BotCommand::Delete(bot()));
            }
            BotOrigin::BuiltIn | BotOrigin::Personas => {}
        }
    }

    fn formats_ui(&mut self, ui: &mut Ui, entry: &BotEntry, out: &mut Vec<UiCommand>) {
        if pages_ui(ui, Icon::ArrowLeft, "Export as") {
            self.exporting = false;
        }
        for format in BotFormat::ALL {
            let icon = match format {
                BotFormat::Yaml | BotFormat::Openai => Icon::FileText,
                BotFormat::Block => Icon::Copy,
                BotFormat::CardV2 | BotFormat::CardV3 => Icon::User,
                BotFormat::CardPng => Icon::Image,
            };
            if MenuItem::new(icon, format.label(), "").item_ui(ui) {
                let bot = entry.bot.id.clone();
                out.push(UiCommand::Bots(BotCommand::Export { bot, format }));
                self.exporting = false;
            }
        }
    }
}

/// An entry that leads to another page of the menu and leaves it open.
fn pages_ui(ui: &mut Ui, icon: Icon, text: &str) -> bool {
    MenuItem::new(icon, text, "").stays().item_ui(ui)
}
