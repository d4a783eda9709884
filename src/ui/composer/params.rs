//! The parameters of the message and of the chat, in a popup above their button.

mod fallback;
mod fields;
#[cfg(test)]
mod tests;

use egui::{Area, Context, Id, Order, Rect, Role, ScrollArea, Ui, vec2};

use self::fallback::FallbackView;
use self::fields::Texts;
use crate::protocol::{ChatId, Effort, Params, Takes};
use crate::state::{AppState, DraftCommand, Overlay, ParamsScope, UiCommand};
use crate::ui::picker;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::{self, Chosen};

const WIDTH: f32 = 440.0;
const MARGIN: f32 = 8.0;
const LABEL_GAP: f32 = 4.0;

/// The popup, as long as it is open.
#[derive(Debug, Default)]
pub(super) struct ParamsView {
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    chat: Option<ChatId>,
    scope: ParamsScope,
    texts: Texts,
    fallback: FallbackView,
    focused: bool,
    height: f32,
}

impl Open {
    fn new(state: &AppState, scope: ParamsScope) -> Self {
        Self {
            chat: state.open_chat(),
            scope,
            texts: Texts::of(own(state, scope)),
            fallback: FallbackView::default(),
            focused: false,
            height: 360.0,
        }
    }
}

/// What is set in a scope itself.
fn own(state: &AppState, scope: ParamsScope) -> &Params {
    match scope {
        ParamsScope::Message => &state.draft().params,
        ParamsScope::Chat => &state.chat_options().params,
    }
}

/// What a scope inherits where it sets nothing.
fn inherited(state: &AppState, scope: ParamsScope) -> Params {
    match scope {
        ParamsScope::Message => state.chat_params(),
        ParamsScope::Chat => state.settings.chat.params.clone(),
    }
}

/// What the fields are drawn from.
struct About<'a> {
    scope: ParamsScope,
    takes: Takes,
    own: &'a Params,
    inherited: Params,
    most: Option<u64>,
}

impl ParamsView {
    /// Draws the popup above its button, where the state says that it is open.
    pub(super) fn params_ui(
        &mut self,
        ctx: &Context,
        state: &AppState,
        anchor: Rect,
        out: &mut Vec<UiCommand>,
    ) {
        if state.overlay != Overlay::Params {
            self.open = None;
            return;
        }
        let open = self.open.take().filter(|open| open.chat == state.open_chat());
        let mut open = open.unwrap_or_else(|| Open::new(state, ParamsScope::default()));
        let screen = ctx.content_rect();
        let width = WIDTH.min(screen.width() - 2.0 * MARGIN);
        let most = (anchor.top() - screen.top() - 2.0 * MARGIN - 18.0).max(160.0);
        let most = most.min(screen.height() - 2.0 * MARGIN - 18.0);
        let height = open.height.min(most);
        let area = Area::new(Id::unique("params"))
            .order(Order::Foreground)
            .role(Role::Dialog)
            .accessible_name("Parameters")
            .fixed_pos(picker::above(screen, anchor, vec2(width, height + 18.0)))
            .show(ctx, |ui| {
                widgets::popup_frame(ui).show(ui, |ui| {
                    ui.set_width(width - 18.0);
                    let scroll =
                        ScrollArea::vertical().max_height(most).min_scrolled_height(height);
                    let drawn = scroll.show(ui, |ui| {
                        ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
                        open.contents_ui(ui, state, out);
                    });
                    let wanted = drawn.content_size.y.ceil();
                    if open.height != wanted {
                        // The place depends on the height, which is known now.
                        open.height = wanted;
                        ui.ctx().request_repaint();
                    }
                });
            });
        let on_button = ctx.pointer_interact_pos().is_some_and(|pos| anchor.contains(pos));
        if area.response.clicked_elsewhere() && !on_button {
            out.push(UiCommand::CloseOverlay);
        }
        self.open = Some(open);
    }
}

impl Open {
    fn contents_ui(&mut self, ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
        let (takes, most) = state.next_takes();
        self.scope_ui(ui, state, out);
        let own = own(state, self.scope);
        let about =
            About { scope: self.scope, takes, own, inherited: inherited(state, self.scope), most };
        let mut params = own.clone();
        takes_ui(ui, state, &about.takes);
        about.effort_ui(ui, &mut params);
        about.numbers_ui(ui, &mut self.texts, &mut params);
        about.texts_ui(ui, &mut self.texts, &mut params);
        if params != *own {
            let scope = self.scope;
            out.push(UiCommand::Draft(DraftCommand::SetParams { scope, params }));
        }
        if self.scope == ParamsScope::Chat {
            ui.add_space(4.0);
            self.fallback.fallback_ui(ui, state, out);
        }
    }

    /// Which messages it is about, and the way back to what is inherited.
    fn scope_ui(&mut self, ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
        let palette = Palette::of(ui);
        ui.horizontal(|ui| {
            ui.set_min_height(28.0);
            widgets::small_label(ui, "Parameters of", palette.dim);
            for (scope, name) in
                [(ParamsScope::Chat, "This chat"), (ParamsScope::Message, "Next message")]
            {
                let response = widgets::chip(ui, name, Chosen::from(self.scope == scope));
                if response.clicked() && self.scope != scope {
                    self.scope = scope;
                    self.texts = Texts::of(own(state, scope));
                }
                if !self.focused && self.scope == scope {
                    self.focused = true;
                    response.request_focus();
                }
            }
            let is_set = *own(state, self.scope) != Params::default();
            if is_set && widgets::link_button(ui, "Reset").clicked() {
                self.texts = Texts::default();
                let (scope, params) = (self.scope, Params::default());
                out.push(UiCommand::Draft(DraftCommand::SetParams { scope, params }));
            }
        });
    }
}

/// Says of a model that takes next to nothing that it does, so that missing fields do not look
/// like a fault.
fn takes_ui(ui: &mut Ui, state: &AppState, takes: &Takes) {
    let palette = Palette::of(ui);
    let all = takes.temperature && takes.top_p && takes.max_tokens && takes.stop && takes.system;
    let nothing = Takes {
        efforts: Vec::new(),
        temperature: false,
        top_p: false,
        max_tokens: false,
        stop: false,
        system: false,
    };
    let (model, _) = state.next_model();
    let name = state.model_name(&model);
    let compares = !state.compared().is_empty();
    let text = match (*takes == nothing, compares) {
        (true, false) => format!("{name} takes no parameters"),
        (true, true) => "None of these models takes parameters".to_owned(),
        (false, _) if all => return,
        (false, false) => format!("Only what {name} takes is shown"),
        (false, true) => "Only what any of these models takes is shown".to_owned(),
    };
    widgets::truncated_label(ui, &text, theme::small(), palette.dim);
}

/// What applies where nothing is set: `Default`, or what is inherited.
fn inherited_words(value: Option<String>, scope: ParamsScope) -> String {
    match (value, scope) {
        (None, _) => "Default".to_owned(),
        (Some(value), ParamsScope::Chat) => format!("{value}, from the settings"),
        (Some(value), ParamsScope::Message) => format!("{value}, from the chat"),
    }
}

fn label_ui(ui: &mut Ui, text: &str) {
    let palette = Palette::of(ui);
    ui.add_space(LABEL_GAP);
    widgets::small_label(ui, text, palette.dim);
}

fn effort_label(effort: Option<Effort>) -> String {
    effort.map_or_else(|| "Default".to_owned(), |effort| format!("Default ({})", effort.label()))
}
