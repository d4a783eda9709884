//! One client over two sockets.

use serde_json::{Value, json};
use switchboard::net::gateway::host::HostInput;

use super::gate::{Client, Gate, OWNER, Seen, ack, event, run, welcome};

const COMMANDS: &str = "/ws/backend-api";
const EVENTS: &str = "/ws/frontend-api";

async fn half(gate: &Gate, path: &str, resume: Value) -> Client {
    let mut client = Client::join(gate.address, path, OWNER).await;
    let payload = json!({ "protocol": 1, "client": "test", "clientId": "pair", "resume": resume });
    client.say(&json!({ "type": "hello", "payload": payload })).await;
    client
}

async fn both(gate: &mut Gate) -> (Client, Client, Seen) {
    let commands = half(gate, COMMANDS, json!([])).await;
    let mut events = half(gate, EVENTS, json!([])).await;
    let seen = gate.opened().await;
    seen.outbox.push(welcome()).unwrap();
    assert_eq!(events.frame().await["type"], "welcome");
    (commands, events, seen)
}

#[tokio::test]
async fn a_pair_is_one_client_and_begins_when_both_are_there() {
    let mut gate = Gate::open().await;
    let mut events = half(&gate, EVENTS, json!([])).await;
    assert!(gate.inputs.try_recv().is_err());
    let mut commands = half(&gate, COMMANDS, json!([])).await;
    let seen = gate.opened().await;
    assert_eq!(seen.hello.client_id, "pair");
    commands.is_served(&mut gate, seen.session).await;
    for frame in [welcome(), ack("1"), event(run(1), 1)] {
        seen.outbox.push(frame).unwrap();
    }
    let error = json!({ "type": "error", "v": 1, "payload":
        { "id": "2", "message": "no", "code": "busy", "kind": "overloaded" } });
    seen.outbox.push(error.to_string().into()).unwrap();
    let list = json!({ "type": "bots", "v": 1, "payload": { "id": "3", "bots": [] } });
    seen.outbox.push(list.to_string().into()).unwrap();
    assert_eq!(commands.frame().await["type"], "ack");
    assert_eq!(commands.frame().await["type"], "error");
    for kind in ["welcome", "message", "bots"] {
        assert_eq!(events.frame().await["type"], kind);
    }
    drop((commands, events));
    assert_eq!(gate.closed().await, seen.session);
}

#[tokio::test]
async fn a_long_frame_between_others_reaches_a_pair_also_after_a_return() {
    let mut gate = Gate::open().await;
    let (mut commands, mut events, seen) = both(&mut gate).await;
    let long: std::sync::Arc<str> =
        json!({ "type": "run_started", "payload": "x".repeat(7 << 20), "v": 1 }).to_string().into();
    for frame in [ack("1"), long.clone(), event(run(1), 1), event(run(1), 2)] {
        seen.outbox.push(frame).unwrap();
    }
    assert_eq!(commands.frame().await["type"], "ack");
    for kind in ["run_started", "message", "message"] {
        assert_eq!(events.frame().await["type"], kind);
    }
    drop(events);
    for frame in [long, event(run(1), 3)] {
        seen.outbox.push(frame).unwrap();
    }
    let resume = json!([{ "runId": run(1), "afterSeq": 2 }]);
    let mut events = half(&gate, EVENTS, resume).await;
    assert_eq!(events.frame().await["type"], "welcome");
    // What was read without its ping being answered comes again.
    let mut longest = 0;
    loop {
        let frame = events.frame().await;
        longest = longest.max(frame["payload"].as_str().map_or(0, str::len));
        if frame["seq"] == 3 {
            break;
        }
    }
    assert_eq!(longest, 7 << 20);
    commands.is_served(&mut gate, seen.session).await;
}

#[tokio::test]
async fn a_command_that_comes_before_the_other_socket_is_kept_for_it() {
    let mut gate = Gate::open().await;
    let mut commands = half(&gate, COMMANDS, json!([])).await;
    commands.say(&json!({ "type": "list_bots", "id": "early" })).await;
    let mut events = half(&gate, EVENTS, json!([])).await;
    let seen = gate.opened().await;
    let (session, frame) = gate.command().await;
    assert_eq!((session, frame.id.as_deref()), (seen.session, Some("early")));
    events.say(&json!({ "type": "list_bots", "id": "x" })).await;
    let said = events.frame().await;
    assert_eq!(
        (&said["payload"]["code"], &said["payload"]["id"]),
        (&json!("bad_frame"), &json!("x"))
    );
}

#[tokio::test]
async fn the_socket_for_events_returns_by_itself_and_nothing_is_lost_or_twice() {
    let mut gate = Gate::open().await;
    let (mut commands, mut events, seen) = both(&mut gate).await;
    let mut have = 0;
    let mut pushed = 0;
    for round in 0..20 {
        for _ in 0..10 {
            pushed += 1;
            seen.outbox.push(event(run(1), pushed)).unwrap();
        }
        for _ in 0..round % 7 {
            have += 1;
            assert_eq!(events.frame().await["seq"], have);
        }
        drop(events);
        pushed += 1;
        seen.outbox.push(event(run(1), pushed)).unwrap();
        commands.is_served(&mut gate, seen.session).await;
        let resume = match have {
            0 => json!([]),
            _ => json!([{ "runId": run(1), "afterSeq": have }]),
        };
        events = half(&gate, EVENTS, resume).await;
        let welcome = events.frame().await;
        assert_eq!(welcome["type"], "welcome");
        if have > 0 {
            assert_eq!(welcome["payload"]["resumed"][0]["fromSeq"], have + 1);
        }
        // What was read without its ping being answered comes again, and is known by its number.
        while have < pushed {
            let seq = events.frame().await["seq"].as_u64().unwrap();
            assert!(seq <= have + 1, "{seq} after {have}");
            have = have.max(seq);
        }
    }
    assert!(gate.inputs.try_recv().is_err(), "it is the same session all the time");
}

#[tokio::test]
async fn the_socket_for_commands_returns_by_itself_and_gets_what_was_answered() {
    let mut gate = Gate::open().await;
    let (commands, mut events, seen) = both(&mut gate).await;
    drop(commands);
    seen.outbox.push(event(run(1), 1)).unwrap();
    assert_eq!(events.frame().await["seq"], 1, "events go on");
    seen.outbox.push(ack("meanwhile")).unwrap();
    let mut commands = half(&gate, COMMANDS, json!([])).await;
    assert_eq!(commands.frame().await["payload"]["id"], "meanwhile");
    commands.is_served(&mut gate, seen.session).await;
}

#[tokio::test]
async fn a_client_that_forgot_what_it_was_told_is_told_by_the_host() {
    let mut gate = Gate::open().await;
    let (mut commands, mut events, seen) = both(&mut gate).await;
    for seq in 1..=10 {
        seen.outbox.push(event(run(1), seq)).unwrap();
        assert_eq!(events.frame().await["seq"], seq);
    }
    // All of it is confirmed once a later ping was answered.
    events.say(&json!({ "type": "x" })).await;
    commands.is_served(&mut gate, seen.session).await;
    drop(events);
    let unknown = json!([{ "runId": run(7), "afterSeq": 3 }]);
    let mut events = half(&gate, EVENTS, unknown).await;
    assert_eq!(gate.closed().await, seen.session);
    let again = gate.opened().await;
    assert_eq!(again.hello.resume[0].run_id, run(7));
    again.outbox.push(welcome()).unwrap();
    assert_eq!(events.frame().await["type"], "welcome");
    commands.is_served(&mut gate, again.session).await;
}

#[tokio::test]
async fn a_pair_that_reads_too_slowly_is_closed_as_one() {
    let mut gate = Gate::open().await;
    let (mut commands, mut events, seen) = both(&mut gate).await;
    let frame: std::sync::Arc<str> =
        json!({ "type": "notice", "payload": "x".repeat(64 * 1024), "v": 1 }).to_string().into();
    let mut pushed = 0;
    while seen.outbox.push(frame.clone()).is_ok() {
        pushed += 1;
        assert!(pushed < 10_000, "it never overflows");
        tokio::task::yield_now().await;
    }
    assert_eq!(commands.close_code().await, 4009);
    assert_eq!(events.close_code().await, 4009);
    gate.until_closed(seen.session).await;
    let (_commands, _events, _seen) = both(&mut gate).await;
}

#[tokio::test]
async fn sockets_of_two_tokens_are_no_pair() {
    let mut gate = Gate::open().await;
    let _events = half(&gate, EVENTS, json!([])).await;
    let mut foreign = Client::join(gate.address, COMMANDS, super::gate::GUEST).await;
    foreign.hello("pair").await;
    let _commands = half(&gate, COMMANDS, json!([])).await;
    let input = gate.input().await;
    let HostInput::Opened { visitor, .. } = input else { panic!("{input:?}") };
    assert_eq!(visitor.token, "1");
}
