//! Who takes part in a room, and who says its opening messages.

use std::collections::HashSet;

use super::{
    Fault, LONGEST_NAME, MOST_STOPS, check_id, check_line, check_model, check_parameters, html,
    suggestion,
};
use crate::protocol::{Bot, Role, Room, SpeakingOrder};

const LEAST_MEMBERS: usize = 2;
const MOST_MEMBERS: usize = 8;
const MOST_ROUNDS: u32 = 10;
const MOST_ANSWERS: u32 = 50;

/// What is wrong with the room of a bot and with its opening messages.
pub(super) fn check(bot: &Bot, faults: &mut Vec<Fault>) {
    if let Some(room) = &bot.room {
        check_members(room, faults);
        check_leader(room, faults);
        check_counts(room, faults);
    }
    for (i, seed) in bot.seeds.iter().enumerate() {
        if seed.role == Role::System {
            let message =
                "is system; assistant and user are allowed, and instructions are for the rest";
            faults.push(Fault::of(format!("seeds[{i}].role"), message));
        }
        let Some(member) = &seed.member else { continue };
        let field = format!("seeds[{i}].member");
        match &bot.room {
            None => faults.push(Fault::of(field, "names a member, but this is no room")),
            Some(_) if seed.role == Role::User => {
                faults.push(Fault::of(field, "names a member, but the user says this"));
            }
            Some(room) if !room.members.iter().any(|other| other.id == *member) => {
                let suggestion = suggest(room, member.as_str());
                let message =
                    format!("{:?} is no member of the room; {suggestion}", member.as_str());
                faults.push(Fault::of(field, message));
            }
            Some(_) => {}
        }
    }
}

fn suggest(room: &Room, written: &str) -> String {
    suggestion(written, room.members.iter().map(|member| member.id.as_str()))
}

fn check_members(room: &Room, faults: &mut Vec<Fault>) {
    let count = room.members.len();
    if !(LEAST_MEMBERS..=MOST_MEMBERS).contains(&count) {
        let message = format!("holds {count}; {LEAST_MEMBERS} to {MOST_MEMBERS} are allowed");
        faults.push(Fault::of("room.members", message));
    }
    let (mut ids, mut names) = (HashSet::new(), HashSet::new());
    for (i, member) in room.members.iter().enumerate() {
        let at = |field: &str| format!("room.members[{i}].{field}");
        check_id(&at("id"), &member.id, faults);
        check_line(&at("name"), &member.name, LONGEST_NAME, faults);
        html::check_line(&at("name"), &member.name, faults);
        check_model(&at("model"), &member.model, faults);
        check_parameters(&at("parameters"), &member.parameters, faults);
        let stops = member.parameters.stop.len();
        if stops > MOST_STOPS {
            let message = format!("holds {stops} entries; {MOST_STOPS} are allowed");
            faults.push(Fault::of(at("parameters.stop"), message));
        }
        if member.instructions.trim().is_empty() {
            faults.push(Fault::of(at("instructions"), "is empty; say what the member is to do"));
        }
        if !ids.insert(member.id.as_str()) {
            let message = format!("{:?} is the id of another member", member.id.as_str());
            faults.push(Fault::of(at("id"), message));
        }
        if !names.insert(member.name.trim().to_lowercase()) {
            let message = format!("{:?} is the name of another member", member.name);
            faults.push(Fault::of(at("name"), message));
        }
    }
}

fn check_leader(room: &Room, faults: &mut Vec<Fault>) {
    let is_led = match room.order {
        SpeakingOrder::Moderated | SpeakingOrder::Concluded => true,
        SpeakingOrder::InTurn | SpeakingOrder::ByMention => false,
    };
    let message = match &room.leader {
        None if is_led => "is missing; with this order a member leads".to_owned(),
        Some(_) if !is_led => "is for the orders moderated and concluded".to_owned(),
        Some(leader) if !room.members.iter().any(|member| member.id == *leader) => {
            let suggestion = suggest(room, leader.as_str());
            format!("{:?} is no member of the room; {suggestion}", leader.as_str())
        }
        Some(_) | None => return,
    };
    faults.push(Fault::of("room.leader", message));
}

fn check_counts(room: &Room, faults: &mut Vec<Fault>) {
    let counts =
        [("rounds", room.rounds, MOST_ROUNDS), ("most_answers", room.most_answers, MOST_ANSWERS)];
    for (name, count, most) in counts {
        if !(1..=most).contains(&count) {
            let message = format!("is {count}; 1 to {most} are allowed");
            faults.push(Fault::of(format!("room.{name}"), message));
        }
    }
}
