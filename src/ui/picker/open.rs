//! What the open picker holds, and what a choice in it does.

use super::MentionEnd;
use super::source::Pick;
use crate::protocol::ModelId;
use crate::state::{
    AppState, DraftCommand, ModelScope, Needs, PickerPurpose, ServerCommand, UiCommand,
};

#[derive(Debug)]
pub(super) struct Open {
    pub(super) purpose: PickerPurpose,
    /// Opened by `@`: the keyboard stays in the composer, which has the query.
    pub(super) by_mention: bool,
    pub(super) query: String,
    pub(super) selected: Option<Pick>,
    pub(super) scope: ModelScope,
    pub(super) focused: bool,
    /// The selected row was changed by a key and has to be in view.
    pub(super) reveal: bool,
    /// What is asked of a model, as of this frame.
    pub(super) needs: Needs,
    pub(super) compared: Vec<ModelId>,
    /// One more model was chosen than can answer side by side.
    pub(super) is_full: bool,
    /// It is for the chat to come.
    pub(super) is_new_chat: bool,
    /// It is for a chat on a server.
    pub(super) is_remote: bool,
}

impl Open {
    pub(super) fn new(state: &AppState, purpose: PickerPurpose, by_mention: bool) -> Self {
        let scope = match state.open_chat() {
            Some(_) => ModelScope::NextMessage,
            None => ModelScope::ThisChat,
        };
        Self {
            purpose,
            by_mention,
            query: String::new(),
            selected: None,
            scope,
            focused: false,
            reveal: true,
            needs: Needs::default(),
            compared: Vec::new(),
            is_full: false,
            is_new_chat: state.open_chat().is_none(),
            is_remote: state.open_chat().is_some() && state.server_id_here().is_some(),
        }
    }

    /// Takes over what the state says in this frame.
    pub(super) fn follow(&mut self, state: &AppState, mention: Option<&str>) {
        let conversation = state.conversation();
        self.needs = match self.purpose {
            PickerPurpose::Message | PickerPurpose::Compare => state.needs(),
            PickerPurpose::Answer(_) | PickerPurpose::MoreRoom(_) => {
                conversation.map(Needs::of_path).unwrap_or_default()
            }
            PickerPurpose::Summary(_) => Needs::default(),
        };
        self.compared.clear();
        if matches!(self.purpose, PickerPurpose::Message | PickerPurpose::Compare) {
            self.compared = state.compared();
        }
        if self.purpose == PickerPurpose::Compare {
            self.compared.insert(0, state.next_model().0);
        }
        self.is_full &= self.compared.len() >= AppState::MOST_COMPARED;
        if self.by_mention
            && let Some(mention) = mention
            && self.query != mention
        {
            mention.clone_into(&mut self.query);
            self.selected = None;
        }
    }

    /// Does with a model what the picker is open for.
    pub(super) fn choose(&mut self, pick: &Pick, out: &mut Vec<UiCommand>) -> Option<MentionEnd> {
        let model = pick.model.clone();
        if let (Some(server), true) = (&pick.server, self.is_new_chat) {
            let server = server.clone();
            out.push(UiCommand::Servers(ServerCommand::ChooseModel { server, model }));
            return self.by_mention.then_some(MentionEnd::Chosen);
        }
        if self.purpose == PickerPurpose::Compare {
            let has_room = self.compared.len() < AppState::MOST_COMPARED;
            self.is_full = !has_room && !self.compared.contains(&model);
            if self.is_full {
                return None;
            }
            out.push(UiCommand::Draft(DraftCommand::ToggleCompared(model)));
            // The next name can be typed at once.
            self.query.clear();
            return None;
        }
        out.push(UiCommand::ChooseModel { model, scope: self.scope });
        self.by_mention.then_some(MentionEnd::Chosen)
    }

    pub(super) fn asks_for_scope(&self) -> bool {
        self.purpose == PickerPurpose::Message
    }

    /// What a choice can apply to: the default is one of this computer's models.
    pub(super) fn scopes(&self) -> &'static [ModelScope] {
        match self.is_remote {
            true => &[ModelScope::NextMessage, ModelScope::ThisChat],
            false => &ModelScope::ALL,
        }
    }

    pub(super) fn step_scope(&mut self, step: usize) {
        let all = self.scopes();
        let here = all.iter().position(|scope| *scope == self.scope).unwrap_or(0);
        self.scope = all.get((here + step) % all.len()).copied().unwrap_or(self.scope);
    }
}
