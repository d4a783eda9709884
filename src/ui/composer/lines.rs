//! Lines above the box in chats with bots: a newer version, who speaks next, what to begin with.

use egui::{Frame, Margin, RichText, Ui, vec2};

use crate::protocol::{AnswerStatus, ChatId, MessageId, NextSpeaker, Role, Round, SpeakingOrder};
use crate::state::{
    AppState, BotCommand, Conversation, Overlay, PickerPurpose, SettingsTab, UiCommand,
};
use crate::ui::icon::Icon;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::{self, Chip, Chosen};

/// The lines, and who speaks next: found out once for each answer.
#[derive(Debug, Default)]
pub(super) struct LinesView {
    next: Option<(ChatId, MessageId, Option<String>)>,
    over: Option<((ChatId, MessageId, AnswerStatus), Option<String>)>,
}

impl LinesView {
    /// Draws what there is to say of the chat's bot. `blank` says that nothing is typed yet.
    pub(super) fn lines_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        blank: bool,
        out: &mut Vec<UiCommand>,
    ) {
        let Some(conversation) = state.conversation() else { return };
        if conversation.cast.is_none() {
            return;
        }
        newer_ui(ui, state, out);
        guide_ui(ui, state, out);
        self.next_ui(ui, conversation);
        self.over_ui(ui, conversation, out);
        if blank && state.overlay == Overlay::Nothing {
            starters_ui(ui, conversation, out);
        }
    }

    fn next_ui(&mut self, ui: &mut Ui, conversation: &Conversation) {
        let Some(run) = &conversation.run else { return };
        let key = (conversation.chat, run.answer);
        if self.next.as_ref().is_none_or(|(chat, answer, _)| (*chat, *answer) != key) {
            let next = next_speaker(conversation, run.answer);
            self.next = Some((key.0, key.1, next));
        }
        if let Some((_, _, Some(name))) = &self.next {
            let color = Palette::of(ui).dim;
            ui.horizontal(|ui| {
                widgets::icon(ui, Icon::ArrowRight, color);
                widgets::small_label(ui, &format!("{name} speaks next"), color);
            });
            ui.add_space(6.0);
        }
    }
}

impl LinesView {
    /// Where a round ended because an answer named nobody: says so, and offers who can be named.
    fn over_ui(&mut self, ui: &mut Ui, conversation: &Conversation, out: &mut Vec<UiCommand>) {
        let last = conversation.messages.back();
        let answer = last.and_then(|last| Some((last.id, last.answer.as_ref()?.status)));
        let (Some((id, status)), false) = (answer, conversation.is_running()) else { return };
        let key = (conversation.chat, id, status);
        if self.over.as_ref().is_none_or(|(known, _)| *known != key) {
            self.over = Some((key, named_nobody(conversation)));
        }
        let Some((_, Some(name))) = &self.over else { return };
        let members = conversation.cast.iter().filter_map(|cast| cast.room.as_ref());
        let palette = Palette::of(ui);
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing = vec2(6.0, 4.0);
            ui.horizontal_wrapped(|ui| {
                ui.set_row_height(24.0);
                let words =
                    format!("{name} named nobody, so the round is over. Address somebody with @");
                let text = RichText::new(words).font(theme::small()).color(palette.dim);
                ui.add(egui::Label::new(text).selectable(false));
                for member in members.flat_map(|room| &room.members) {
                    let call = format!("@{}", member.name);
                    if widgets::chip(ui, &call, Chosen::No).clicked() {
                        out.push(UiCommand::DraftChanged(addressed(
                            &conversation.draft.text,
                            &call,
                        )));
                        out.push(UiCommand::FocusComposer);
                    }
                }
            });
        });
        ui.add_space(6.0);
    }
}

/// What is typed, with a name behind it.
fn addressed(typed: &str, call: &str) -> String {
    match typed.trim_end() {
        "" => format!("{call} "),
        typed => format!("{typed} {call} "),
    }
}

/// Whose answer ended the round by naming nobody, where a name would have gone on with it.
fn named_nobody(conversation: &Conversation) -> Option<String> {
    let cast = conversation.cast.as_ref()?;
    let room = cast.room.as_ref()?;
    match room.order {
        SpeakingOrder::InTurn | SpeakingOrder::Concluded => return None,
        SpeakingOrder::ByMention | SpeakingOrder::Moderated => {}
    }
    let last = conversation.messages.back().filter(|last| Round::is_whole(last))?;
    let round = Round::of(conversation.messages.iter())?;
    // Whom the user addressed answers alone: that round ends as it should.
    let is_called = !room.named_in(&round.question).is_empty();
    let is_over = !is_called && room.next_speaker(&round) == NextSpeaker::Over;
    let name = cast.name_of(last.bot.as_ref()?);
    is_over.then(|| name.to_owned())
}

/// Who speaks after a running answer, where its text does not decide that.
fn next_speaker(conversation: &Conversation, answer: MessageId) -> Option<String> {
    let cast = conversation.cast.as_ref()?;
    let room = cast.room.as_ref()?;
    let speaker = conversation.message(answer)?.bot.clone()?;
    let said = conversation.messages.iter().filter(|message| message.id != answer);
    let mut round = Round::of(said)?;
    round.answers.push((speaker, String::new()));
    match room.next_speaker(&round) {
        NextSpeaker::Speaks(next) => Some(cast.name_of(&next).to_owned()),
        NextSpeaker::Over | NextSpeaker::TooMany => None,
    }
}

/// `Version 1.3 of Code Reviewer is there`
fn newer_ui(ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
    let Some(newer) = state.newer_bot() else { return };
    let kept = state.open_chat().and_then(|chat| state.summary(chat)?.bot.as_ref());
    let kept = kept.map(|kept| kept.version.to_string()).unwrap_or_default();
    let words = format!("Version {} of {} is there", newer.bot.version, newer.bot.name);
    line_ui(ui, Icon::RotateCw, &words, |ui| {
        if widgets::small_button(ui, "Use it").clicked() {
            out.push(UiCommand::Bots(BotCommand::TakeNewer));
        }
        if widgets::small_button(ui, &format!("Keep {kept}")).clicked() {
            out.push(UiCommand::Bots(BotCommand::KeepOlder));
        }
    });
}

/// Where Guide would answer for a bot.
fn guide_ui(ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
    if state.next_model().0.provider.as_str() != "guide" || state.server_id_here().is_some() {
        return;
    }
    let words = "Guide is no language model: it does not follow a bot's instructions";
    line_ui(ui, Icon::CircleAlert, words, |ui| {
        if widgets::small_button(ui, "Add a provider…").clicked() {
            out.push(UiCommand::OpenSettings(SettingsTab::Providers));
        }
        if widgets::small_button(ui, "Choose a model…").clicked() {
            out.push(UiCommand::Pick(PickerPurpose::Message));
        }
    });
}

pub(super) fn line_ui(ui: &mut Ui, icon: Icon, words: &str, buttons: impl FnOnce(&mut Ui)) {
    let palette = Palette::of(ui);
    let frame: Frame = widgets::card_frame(ui).inner_margin(Margin::symmetric(12, 5));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing = vec2(8.0, 4.0);
        ui.horizontal_wrapped(|ui| {
            ui.set_row_height(theme::SMALL_CONTROL_HEIGHT);
            widgets::icon(ui, icon, palette.dim);
            let text = RichText::new(words).font(theme::small()).color(palette.text);
            ui.add(egui::Label::new(text).selectable(false));
            buttons(ui);
        });
    });
    ui.add_space(8.0);
}

/// Messages to begin with, while the user has said nothing.
fn starters_ui(ui: &mut Ui, conversation: &Conversation, out: &mut Vec<UiCommand>) {
    let Some(cast) = &conversation.cast else { return };
    let is_new = !conversation.has_older
        && !conversation.is_running()
        && conversation.queue.is_empty()
        && conversation.messages.back().is_none_or(|last| last.role != Role::User)
        && conversation.messages.iter().rev().all(|message| message.answer.is_none());
    if !is_new || cast.starters.is_empty() {
        return;
    }
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing = vec2(8.0, 8.0);
        ui.horizontal_wrapped(|ui| {
            let most = ui.available_width();
            for starter in &cast.starters {
                let text = fitted(ui, starter, most - 24.0);
                let chip =
                    Chip { text: &text, dot: None, icon: None, trailing: None, chosen: Chosen::No };
                let chip = widgets::chip_with(ui, chip);
                let chip = if text == *starter { chip } else { chip.on_hover_text(starter) };
                if chip.clicked() {
                    // Many want to be completed first: what shall be reviewed, which text.
                    out.push(UiCommand::DraftChanged(starter.clone()));
                    out.push(UiCommand::FocusComposer);
                }
            }
        });
    });
    ui.add_space(8.0);
}

/// A line that fits, with `…` where it is cut.
fn fitted(ui: &Ui, text: &str, width: f32) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let wide = |line: &str| {
        let color = Palette::of(ui).dim;
        ui.painter().layout_no_wrap(line.to_owned(), theme::small(), color).size().x > width
    };
    if !wide(&line) {
        return if line == text { text.to_owned() } else { line };
    }
    let mut letters: Vec<char> = line.chars().collect();
    loop {
        let keep = letters.len() * 9 / 10;
        letters.truncate(keep);
        let cut = format!("{}…", letters.iter().collect::<String>().trim_end());
        if keep == 0 || !wide(&cut) {
            return cut;
        }
    }
}
