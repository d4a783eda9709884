//! Which tools the bot asks for, and which of them the user lets it use.

use egui::Ui;

use super::parts::{Form, Line};
use crate::protocol::{Bot, KnownTool, RiskLevel, TOOLS, ToolNeed};
use crate::state::{EditorCommand, UiCommand};
use crate::ui::settings::parts;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::{self, Chosen};

/// Said wherever tools are shown.
pub(in crate::ui) const NONE_RUN_YET: &str =
    "No tools run yet in this version. What a bot asks for and what you allow is kept for then.";

pub(super) fn tools_ui(ui: &mut Ui, form: &Form<'_>, bot: &mut Bot, out: &mut Vec<UiCommand>) {
    parts::note_ui(ui, NONE_RUN_YET);
    let mut granted = form.editor.granted.clone();
    for tool in TOOLS {
        let place = bot.tools.iter().position(|need| need.name == tool.name);
        if check_tool_ui(ui, tool, Chosen::from(place.is_some())) {
            match place {
                Some(place) => {
                    bot.tools.remove(place);
                    granted.retain(|name| name != tool.name);
                }
                None => {
                    let need = ToolNeed { name: tool.name.to_owned(), reason: String::new() };
                    bot.tools.push(need);
                    // Who writes it into a bot of their own lets it.
                    granted.push(tool.name.to_owned());
                }
            }
            continue;
        }
        let Some(place) = place else { continue };
        if let Some(need) = bot.tools.get_mut(place) {
            need_ui(ui, (form, place), need, &mut granted);
        }
    }
    form.list_problem_ui(ui, "tools");
    if granted != form.editor.granted {
        out.push(UiCommand::Editor(EditorCommand::Grant(granted)));
    }
}

fn check_tool_ui(ui: &mut Ui, tool: &KnownTool, chosen: Chosen) -> bool {
    ui.horizontal(|ui| {
        let palette = Palette::of(ui);
        let (words, color) = risk(tool.risk, palette);
        let width = ui.available_width() - 96.0;
        let clicked = ui
            .scope(|ui| {
                ui.set_max_width(width.max(120.0));
                parts::check_ui(ui, tool.action, chosen)
            })
            .inner;
        widgets::small_label(ui, words, color);
        clicked
    })
    .inner
}

fn need_ui(
    ui: &mut Ui,
    (form, place): (&Form<'_>, usize),
    need: &mut ToolNeed,
    granted: &mut Vec<String>,
) {
    ui.indent(("tool", place), |ui| {
        let field = format!("tools[{place}].reason");
        let line = Line { field: &field, label: "Reason", hint: "What for, in a sentence" };
        form.line_ui(ui, line, &mut need.reason);
        form.problem_ui(ui, &format!("tools[{place}].name"));
        let may = granted.contains(&need.name);
        if !form.editor.saved_granted.contains(&need.name) || !may {
            let words = format!("Let it use {}", need.name);
            if parts::check_ui(ui, &words, Chosen::from(may)) {
                if may {
                    granted.retain(|name| *name != need.name);
                } else {
                    granted.push(need.name.clone());
                }
            }
        }
    });
}

/// How dangerous a tool is, in words.
pub(in crate::ui) fn risk(risk: RiskLevel, palette: &Palette) -> (&'static str, egui::Color32) {
    match risk {
        RiskLevel::Low => ("Low risk", palette.dim),
        RiskLevel::Medium => ("Some risk", palette.warn),
        RiskLevel::High => ("High risk", palette.err),
    }
}

/// A tool that is asked for, with its reason, for those who decide about it.
pub(in crate::ui) fn asked_ui(ui: &mut Ui, need: &ToolNeed) {
    let palette = Palette::of(ui);
    let known = crate::protocol::known_tool(&need.name);
    let action = known.map_or(need.name.as_str(), |tool| tool.action);
    ui.horizontal_wrapped(|ui| {
        ui.label(egui::RichText::new(action).color(palette.text));
        if let Some(tool) = known {
            let (words, color) = risk(tool.risk, palette);
            widgets::small_label(ui, words, color);
        }
    });
    let reason = egui::RichText::new(&need.reason).font(theme::small()).color(palette.dim);
    ui.label(reason);
}
