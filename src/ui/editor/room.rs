//! Who takes part: a bot alone, or several in a room.

use egui::{Popup, PopupCloseBehavior, ScrollArea, Ui, vec2};

use super::model::ModelView;
use super::parts::{self as form_parts, Area, Asked, Form, Line};
use crate::protocol::{
    Bot, BotColor, BotIcon, BotId, BotParameters, Category, ModelPreference, Room, RoomMember,
    SpeakingOrder,
};
use crate::state::UiCommand;
use crate::ui::bot_tile::{BotTile, TileSize};
use crate::ui::icon::Icon;
use crate::ui::settings::parts::{self, Stepper};
use crate::ui::sidebar::menu::MenuItem;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::{self, Chosen};

/// So many take part at most.
const MOST_MEMBERS: usize = 8;

/// The order of the speakers, with what it means.
const ORDERS: [(SpeakingOrder, &str, &str); 4] = [
    (SpeakingOrder::InTurn, "In turn", "One after the other, as they stand below"),
    (
        SpeakingOrder::ByMention,
        "By mention",
        "Who is named with @ in what was said last; the first one where nobody is",
    ),
    (
        SpeakingOrder::Moderated,
        "Moderated",
        "The moderator first, and again after each answer; it names with @ who speaks next",
    ),
    (
        SpeakingOrder::Concluded,
        "All, then one concludes",
        "All answer without seeing one another, then one sums up",
    ),
];

/// What the section remembers.
#[derive(Debug, Default)]
pub(super) struct RoomView {
    /// The room that was switched off: switched on again it is as it was.
    put_away: Option<(Room, Category)>,
}

impl RoomView {
    pub(super) fn room_ui(
        &mut self,
        ui: &mut Ui,
        form: &Form<'_>,
        bot: &mut Bot,
        (models, out): (&mut ModelView, &mut Vec<UiCommand>),
    ) {
        let is_room = Chosen::from(bot.room.is_some());
        if parts::check_ui(ui, "A room: several bots talk in one chat", is_room) {
            self.switch(bot);
        }
        let Some(room) = &mut bot.room else { return };
        order_ui(ui, form, room);
        numbers_ui(ui, form, room);
        form.list_problem_ui(ui, "room.members");
        let count = room.members.len();
        let mut asked = None;
        for place in 0..count {
            let what = ui.push_id(place, |ui| {
                parts::card_ui(ui, |ui| member_ui(ui, (form, place), room, (models, out)))
            });
            if what.inner != Asked::Nothing {
                asked = Some((what.inner, place));
            }
        }
        if let Some((asked, place)) = asked {
            asked.apply(&mut room.members, place);
            leader_stays(room);
        }
        add_ui(ui, form, room);
    }

    fn switch(&mut self, bot: &mut Bot) {
        match bot.room.take() {
            Some(room) => {
                self.put_away = Some((room, bot.category));
                if bot.category == Category::Rooms {
                    bot.category = Category::Productivity;
                }
            }
            None => {
                let (room, _) = self.put_away.take().unwrap_or_else(|| (blank(), bot.category));
                bot.room = Some(room);
                bot.category = Category::Rooms;
            }
        }
    }
}

/// Two that say nothing yet.
fn blank() -> Room {
    let mut room = Room {
        order: SpeakingOrder::InTurn,
        leader: None,
        rounds: 1,
        most_answers: 12,
        members: Vec::new(),
    };
    for (name, color) in [("First", BotColor::Blue), ("Second", BotColor::Green)] {
        let id = free_id(&room, name);
        let member = member(id, name, String::new());
        room.members.push(RoomMember { color, ..member });
    }
    room
}

fn member(id: BotId, name: &str, instructions: String) -> RoomMember {
    RoomMember {
        id,
        name: name.to_owned(),
        icon: BotIcon::default(),
        color: BotColor::default(),
        instructions,
        model: ModelPreference::default(),
        parameters: BotParameters::default(),
    }
}

/// An id that no member has.
fn free_id(room: &Room, name: &str) -> BotId {
    let words = name.to_lowercase();
    let words: Vec<&str> = words
        .split(|char: char| !char.is_ascii_lowercase() && !char.is_ascii_digit())
        .filter(|word| !word.is_empty())
        .collect();
    let stem = if words.is_empty() { "member".to_owned() } else { words.join("-") };
    let taken = |id: &BotId| room.members.iter().any(|member| member.id == *id);
    let first = BotId(stem.clone());
    if !taken(&first) {
        return first;
    }
    let mut numbered = (2..=room.members.len() + 2).map(|number| BotId(format!("{stem}-{number}")));
    numbered.find(|id| !taken(id)).unwrap_or(first)
}

/// Who leads has to take part.
fn leader_stays(room: &mut Room) {
    let members = &room.members;
    room.leader = room.leader.take().filter(|id| members.iter().any(|member| member.id == *id));
}

fn order_ui(ui: &mut Ui, form: &Form<'_>, room: &mut Room) {
    parts::labelled_ui(ui, "They speak", |ui| {
        form_parts::chips_ui(ui, |ui| {
            for (order, label, what) in ORDERS {
                let chosen = Chosen::from(room.order == order);
                if widgets::chip(ui, label, chosen).on_hover_text(what).clicked() {
                    room.order = order;
                }
            }
        });
        if let Some((_, _, what)) = ORDERS.iter().find(|(order, _, _)| *order == room.order) {
            parts::note_ui(ui, what);
        }
        form.problem_ui(ui, "room.order");
    });
    let label = match room.order {
        SpeakingOrder::InTurn | SpeakingOrder::ByMention => return,
        SpeakingOrder::Moderated => "Moderator",
        SpeakingOrder::Concluded => "Who concludes",
    };
    parts::labelled_ui(ui, label, |ui| {
        form_parts::chips_ui(ui, |ui| {
            for member in &room.members {
                let is_leader = room.leader.as_ref() == Some(&member.id);
                if widgets::chip(ui, &member.name, Chosen::from(is_leader)).clicked() {
                    room.leader = Some(member.id.clone());
                }
            }
        });
        form.problem_ui(ui, "room.leader");
    });
}

fn numbers_ui(ui: &mut Ui, form: &Form<'_>, room: &mut Room) {
    if matches!(room.order, SpeakingOrder::InTurn | SpeakingOrder::Concluded) {
        parts::labelled_ui(ui, "Rounds", |ui| {
            let stepper = Stepper {
                name: "Rounds",
                less: "Fewer rounds",
                more: "More rounds",
                value: room.rounds,
                bounds: (1, 10),
                step: 1,
                suffix: "",
            };
            if let Some(rounds) = parts::stepper_ui(ui, &stepper) {
                room.rounds = rounds;
            }
            form.problem_ui(ui, "room.rounds");
        });
    }
    parts::labelled_ui(ui, "Most answers", |ui| {
        let stepper = Stepper {
            name: "Most answers to a message",
            less: "Fewer answers",
            more: "More answers",
            value: room.most_answers,
            bounds: (1, 50),
            step: 1,
            suffix: "",
        };
        if let Some(most) = parts::stepper_ui(ui, &stepper) {
            room.most_answers = most;
        }
        form.problem_ui(ui, "room.most_answers");
    });
}

fn member_ui(
    ui: &mut Ui,
    (form, place): (&Form<'_>, usize),
    room: &mut Room,
    (models, out): (&mut ModelView, &mut Vec<UiCommand>),
) -> Asked {
    let count = room.members.len();
    let others: Vec<BotId> = room.members.iter().map(|member| member.id.clone()).collect();
    let Some(member) = room.members.get_mut(place) else { return Asked::Nothing };
    let palette = Palette::of(ui);
    let asked = parts::row_ui(
        ui,
        theme::CONTROL_HEIGHT,
        |ui| {
            let tile = BotTile { name: &member.name, icon: member.icon, color: member.color };
            if tile_button(ui, tile, &member.name) {
                member.color = next_color(member.color);
            }
            widgets::truncated_label(ui, &member.name, theme::medium(14.0), palette.text);
            let at = format!("@{}", member.id);
            widgets::truncated_label(ui, &at, theme::small(), palette.faint);
        },
        |ui| form_parts::item_buttons_ui(ui, &member.name, (place, count)),
    );
    let path = |field: &str| format!("room.members[{place}].{field}");
    let before = member.name.clone();
    let name = path("name");
    form.line_ui(ui, Line { field: &name, label: "Name", hint: "" }, &mut member.name);
    if before != member.name {
        follow_name(member, &others, &before, &mut room.leader);
    }
    let instructions = path("instructions");
    let area = Area {
        field: &instructions,
        name: &format!("What {} is told", member.name),
        hint: "What this one is told besides what all are told",
        rows: 3,
    };
    form.area_ui(ui, &area, &mut member.instructions);
    models.model_ui(ui, (form, &path("model")), &mut member.model, out);
    for field in ["id", "parameters", "icon", "color"] {
        form.problem_ui(ui, &path(field));
    }
    asked
}

/// A member's id is made of its name as long as nothing else was chosen.
fn follow_name(
    member: &mut RoomMember,
    others: &[BotId],
    before: &str,
    leader: &mut Option<BotId>,
) {
    let nobody = Room {
        order: SpeakingOrder::InTurn,
        leader: None,
        rounds: 1,
        most_answers: 1,
        members: Vec::new(),
    };
    let made_of_name = member.id.as_str().starts_with(free_id(&nobody, before).as_str());
    let id = free_id(&nobody, &member.name);
    if made_of_name && !others.contains(&id) {
        if leader.as_ref() == Some(&member.id) {
            *leader = Some(id.clone());
        }
        member.id = id;
    }
}

/// A tile that can be clicked for another colour.
fn tile_button(ui: &mut Ui, tile: BotTile<'_>, name: &str) -> bool {
    let size = vec2(TileSize::Normal.points(), TileSize::Normal.points());
    let (rect, response) = ui.allocate_exact_size(size, egui::Sense::click());
    let words = format!("Another colour for {name}");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, ui.is_enabled(), &words));
    tile.paint(ui, rect, TileSize::Normal);
    widgets::focus_ring(ui, &response, theme::ROUNDING);
    response.on_hover_cursor(egui::CursorIcon::PointingHand).on_hover_text(&words).clicked()
}

fn next_color(color: BotColor) -> BotColor {
    let at = BotColor::ALL.iter().position(|known| *known == color).map_or(0, |at| at + 1);
    BotColor::ALL.get(at).or(BotColor::ALL.first()).copied().unwrap_or(color)
}

/// Another member: a blank one, or one of the bots.
fn add_ui(ui: &mut Ui, form: &Form<'_>, room: &mut Room) {
    let room_left = room.members.len() < MOST_MEMBERS;
    ui.add_enabled_ui(room_left, |ui| {
        ui.horizontal_wrapped(|ui| {
            if widgets::small_button(ui, "Add a member").clicked() {
                let name = format!("Member {}", room.members.len() + 1);
                let mut new = member(free_id(room, &name), &name, String::new());
                new.color = next_color(room.members.last().map_or(new.color, |last| last.color));
                room.members.push(new);
            }
            let button = widgets::small_button(ui, "Add one of your bots…");
            Popup::menu(&button)
                .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
                .show(|ui| bots_ui(ui, form, room));
        });
    });
    if !room_left {
        parts::note_ui(ui, &format!("At most {MOST_MEMBERS} take part"));
    }
}

/// The bots whose name and instructions can be taken over: those of the user first.
fn bots_ui(ui: &mut Ui, form: &Form<'_>, room: &mut Room) {
    let mut bots: Vec<&Bot> = Vec::new();
    for own in [true, false] {
        let entries = form.state.bots.all().iter().filter(|entry| {
            let is_own = entry.origin != crate::protocol::BotOrigin::BuiltIn;
            let is_here = form.state.bots.home(&entry.bot.id).is_none();
            is_own == own && is_here && !entry.archived && entry.bot.room.is_none()
        });
        let start = bots.len();
        bots.extend(entries.map(|entry| &entry.bot));
        if let Some(part) = bots.get_mut(start..) {
            part.sort_by(|one, other| one.name.cmp(&other.name));
        }
    }
    if bots.is_empty() {
        parts::note_ui(ui, "There are no bots yet");
    }
    ui.spacing_mut().item_spacing.y = 2.0;
    ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
        for bot in bots {
            if MenuItem::new(Icon::Bot, &bot.name, "").item_ui(ui) {
                let id = free_id(room, &bot.name);
                let added = member(id, &bot.name, bot.instructions.clone());
                room.members.push(RoomMember {
                    icon: bot.icon,
                    color: bot.color,
                    model: bot.model.clone(),
                    parameters: bot.parameters.clone(),
                    ..added
                });
            }
        }
    });
}
