//! What can be done with a chat: the menu of its row and of the header.

use egui::{
    CornerRadius, CursorIcon, Key, Modifiers, Rect, Response, Role, Sense, Ui, WidgetInfo,
    emath::GuiRounding as _, pos2, vec2,
};

use crate::protocol::ChatSummary;
use crate::state::UiCommand;
use crate::ui::icon::Icon;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

/// Room for the longest entry and its keys.
const WIDTH: f32 = 272.0;

/// An entry of a menu.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MenuItem<'a> {
    pub(crate) icon: Icon,
    pub(crate) text: &'a str,
    /// The keys that do the same.
    pub(crate) keys: &'a str,
    /// Takes something away.
    pub(crate) danger: bool,
    /// The menu stays open.
    stays: bool,
    /// What is said while the pointer rests on it.
    hint: &'static str,
}

impl<'a> MenuItem<'a> {
    pub(crate) fn new(icon: Icon, text: &'a str, keys: &'a str) -> Self {
        Self { icon, text, keys, danger: false, stays: false, hint: "" }
    }

    pub(crate) fn danger(mut self) -> Self {
        self.danger = true;
        self
    }

    /// Says something more while the pointer rests on it.
    pub(crate) fn hint(mut self, hint: &'static str) -> Self {
        self.hint = hint;
        self
    }

    /// It leads to another page of the menu, which stays open.
    pub(crate) fn stays(mut self) -> Self {
        self.stays = true;
        self
    }

    /// Draws it; true when it was chosen, which closes the menu.
    pub(crate) fn item_ui(self, ui: &mut Ui) -> bool {
        let palette = Palette::of(ui);
        let (rect, response) = ui.allocate_exact_size(vec2(WIDTH, 28.0), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::MenuItem, ui.is_enabled(), self.text));
        self.paint(ui, rect, &response, palette);
        let response = match self.hint {
            "" => response,
            hint => response.on_hover_text(hint),
        };
        let clicked = response.on_hover_cursor(CursorIcon::PointingHand).clicked();
        if clicked && !self.stays {
            ui.close();
        }
        clicked
    }

    fn paint(self, ui: &Ui, rect: Rect, response: &Response, palette: &Palette) {
        if response.hovered() || response.has_focus() {
            ui.painter().rect_filled(rect, CornerRadius::same(6), palette.hover);
        }
        let (color, icon_color) =
            if self.danger { (palette.err, palette.err) } else { (palette.text, palette.dim) };
        let icon = Rect::from_min_size(pos2(rect.left() + 8.0, rect.top() + 6.0), vec2(16.0, 16.0));
        widgets::paint_icon(ui, self.icon, icon, icon_color);
        let galley = ui.painter().layout_no_wrap(self.text.to_owned(), theme::body(), color);
        let y = (rect.center().y - galley.size().y / 2.0).floor();
        ui.painter().galley(pos2(rect.left() + 32.0, y), galley, color);
        let keys = ui.painter().layout_no_wrap(self.keys.to_owned(), theme::small(), palette.faint);
        let place = pos2(rect.right() - 8.0 - keys.size().x, rect.center().y - keys.size().y / 2.0);
        ui.painter().galley(place.round_ui(), keys, palette.faint);
        widgets::focus_ring(ui, response, 6);
    }
}

/// What the menu of a chat asks of the view around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Nothing.
    Nothing,
    /// To let the user change the title.
    Rename,
}

/// Rename and Pin, of every chat.
pub(crate) fn name_and_pin_ui(
    ui: &mut Ui,
    chat: &ChatSummary,
    keys: &str,
    out: &mut Vec<UiCommand>,
) -> Asked {
    ui.spacing_mut().item_spacing.y = 2.0;
    let is_remote = chat.server.is_some();
    let hint = |hint: &'static str| if is_remote { hint } else { "" };
    let rename = MenuItem::new(Icon::Pencil, "Rename", keys)
        .hint(hint("The name is changed on this computer only"));
    let asked = rename.item_ui(ui) || pressed(ui, keys, Key::F2);
    let (icon, text) = if chat.pinned { (Icon::PinOff, "Unpin") } else { (Icon::Pin, "Pin") };
    let pin = MenuItem::new(icon, text, "").hint(hint("Pins are kept on this computer only"));
    if pin.item_ui(ui) {
        out.push(UiCommand::PinChat { chat: chat.id, pinned: !chat.pinned });
    }
    if asked { Asked::Rename } else { Asked::Nothing }
}

/// Delete, of every chat.
pub(crate) fn delete_ui(ui: &mut Ui, chat: &ChatSummary, keys: &str, out: &mut Vec<UiCommand>) {
    let hint = match chat.server {
        Some(_) => "The chat goes from this computer and stays on its server",
        None => "",
    };
    if MenuItem::new(Icon::Trash2, "Delete", keys).danger().hint(hint).item_ui(ui)
        || pressed(ui, keys, Key::Delete)
    {
        out.push(UiCommand::DeleteChat(chat.id));
    }
}

/// Whether the key that the menu names was pressed while it is open, which closes it.
fn pressed(ui: &Ui, keys: &str, key: Key) -> bool {
    let pressed = !keys.is_empty()
        && !ui.is_sizing_pass()
        && ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    if pressed {
        ui.close();
    }
    pressed
}
