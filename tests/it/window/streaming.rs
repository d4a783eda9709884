//! While an answer is on its way.

use egui::{Key, vec2};

use super::half;
use crate::support::{Place, Script, Signal, Window, delta, finish, sse, sse_without_done};
use switchboard::protocol::AnswerStatus;

fn status(window: &Window) -> AnswerStatus {
    window.answer().answer.as_ref().unwrap().status
}

#[test]
fn escape_ends_an_answer_with_its_sentence() {
    let (place, go) = (Place::new(), Signal::new());
    let rest = [delta(" sentence. And"), delta(" another one."), finish("stop")];
    place.server.push(half("Half a", &go).bytes(sse(&rest)));
    let mut window = place.open();
    window.send("Hi");
    window.until_sees("Half a");
    assert!(window.has("Stop"));
    window.press(Key::Escape);
    window.until_sees("Stopping…");
    assert!(window.has("Stop now"));
    window.until("the engine's stop", |window| {
        let run = window.conversation().run.as_ref();
        run.is_some_and(|run| run.state == switchboard::protocol::AgentState::Stopping)
    });
    go.fire();
    window.until_answered();
    assert_eq!(window.answer_text(), "Half a sentence.");
    assert_eq!(status(&window), AnswerStatus::Stopped);
    assert!(window.sees("Stopped."));
}

#[test]
fn a_second_escape_stops_at_once_and_keeps_the_text() {
    let (place, go) = (Place::new(), Signal::new());
    place.server.push(half("Half a sen", &go).hang());
    let mut window = place.open();
    window.send("Hi");
    window.until_sees("Half a sen");
    window.press(Key::Escape);
    window.press(Key::Escape);
    window.until_answered();
    assert_eq!(window.answer_text(), "Half a sen");
    assert_eq!(status(&window), AnswerStatus::Stopped);
    place.server.push(Script::answer("tence."));
    window.click("Continue");
    window.until_sees("tence.");
}

#[test]
fn a_message_typed_meanwhile_waits_and_can_be_edited() {
    let (place, go) = (Place::new(), Signal::new());
    place.server.push(half("First", &go).bytes(sse(&[finish("stop")])));
    let mut window = place.open();
    window.send("one");
    window.until_sees("First");
    window.send("two");
    window.until_sees("Waiting");
    assert!(window.sees("two"));
    window.click("Edit waiting message");
    window.fill("Waiting message", "three");
    window.press(Key::Enter);
    window.until("the changed message", |window| window.conversation().queue[0].text == "three");
    go.fire();
    window.until_sees("alpha: three");
    window.until_answered();
    assert_eq!(place.server.posts().len(), 2);
    assert!(window.conversation().queue.is_empty());
}

#[test]
fn a_waiting_message_can_be_sent_now() {
    let place = Place::new();
    place.server.push(half("First", &Signal::new()).hang());
    let mut window = place.open();
    window.send("one");
    window.until_sees("First");
    window.send("two");
    window.click("Send now");
    window.until_sees("alpha: two");
    window.until_answered();
    assert!(window.sees("First"), "what had arrived is kept");
}

#[test]
fn a_waiting_message_can_be_taken_back() {
    let (place, go) = (Place::new(), Signal::new());
    place.server.push(half("First", &go).bytes(sse(&[finish("stop")])));
    let mut window = place.open();
    window.send("one");
    window.until_sees("First");
    window.send("two");
    window.click("Remove waiting message");
    go.fire();
    window.until_answered();
    window.until_gone("two");
    assert_eq!(place.server.posts().len(), 1);
}

#[test]
fn a_reader_who_scrolled_up_stays_and_finds_back() {
    let (place, go, end) = (Place::new(), Signal::new(), Signal::new());
    let lines: String = (0..80).map(|line| format!("line {line}\n\n")).collect();
    let more: String = (80..160).map(|line| format!("line {line}\n\n")).collect();
    let script = half(&lines, &go).bytes(sse_without_done(&[delta(&more)])).wait(&end);
    place.server.push(script.bytes(sse(&[finish("stop")])));
    let mut window = place.open();
    window.send("count");
    window.until_sees("line 79");
    assert!(!window.has("Jump to latest"));
    window.harness.hover_at(egui::pos2(760.0, 300.0));
    window.settle();
    wheel(&mut window, 3_000.0);
    window.until("the way back", |window| window.has("Jump to latest"));
    window.until_sees("line 10");
    let place_of_line = window.get("line 10").rect();
    go.fire();
    window.until("more text", |window| window.answer_text().contains("line 159"));
    assert_eq!(window.get("line 10").rect(), place_of_line, "the text must not move");
    assert!(!window.sees("line 159"));
    window.click("Jump to latest");
    window.until_sees("line 159");
    assert!(!window.has("Jump to latest"));
    end.fire();
    window.until_answered();
    assert!(window.sees("line 159"));
}

fn wheel(window: &mut Window, points: f32) {
    window.harness.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: vec2(0.0, points),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
        modifiers: egui::Modifiers::NONE,
    });
    window.settle();
}
