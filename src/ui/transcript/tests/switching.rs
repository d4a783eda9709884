//! Where the reader is after another version was chosen.

use super::*;

fn chained(first: u128, count: u128) -> Vec<Message> {
    let mut messages = many(first, count);
    for at in 1..messages.len() {
        messages[at].parent = Some(messages[at - 1].id);
    }
    messages
}

#[test]
fn another_version_stands_where_the_first_one_stood() {
    let mut messages = chained(2, 40);
    messages[20].siblings = Siblings { index: 0, count: 2 };
    let parent = messages[20].parent;
    let mut harness = open(conversation(messages));
    for _ in 0..40 {
        let seen = harness.query_by_label("Question 22").map(|node| node.rect().top());
        if seen.is_some_and(|top| top > 200.0) {
            break;
        }
        scroll(&mut harness, 150.0);
    }
    let before = harness.get_by_label("Question 22").rect().top();
    let command = click(&mut harness, "Next version");
    assert!(command[0].starts_with("SelectBranch"), "{command:?}");
    let conversation = &mut harness.state_mut().conversation;
    conversation.generation += 1;
    conversation.messages.truncate(20);
    let mut other = chained(902, 30);
    other[0].parent = parent;
    other[0].siblings = Siblings { index: 1, count: 2 };
    conversation.messages.extend(other);
    harness.run_steps(4);
    let after = harness.get_by_label("Question 902").rect().top();
    assert!((before - after).abs() < 1.5, "{before} {after}");
}

#[test]
fn the_arrows_stay_under_the_pointer_when_the_bubble_changes() {
    let mut short = user(1, "Short");
    short.siblings = Siblings { index: 0, count: 2 };
    let mut harness = open(conversation(vec![short, answer(2, vec![text("Answer")])]));
    let places = |harness: &Harness<'static, World>| {
        ["Previous version", "Next version"].map(|label| harness.get_by_label(label).rect())
    };
    let before = places(&harness);
    click(&mut harness, "Next version");
    let conversation = &mut harness.state_mut().conversation;
    conversation.generation += 1;
    let mut long = user(3, &"A much longer version of the same message. ".repeat(9));
    long.siblings = Siblings { index: 1, count: 2 };
    conversation.messages = vec![long, answer(4, vec![text("Answer")])].into();
    harness.run_steps(4);
    assert_eq!(places(&harness), before);
}
