//! Streams that break and go on from a place.

use super::*;

/// A background answer with thinking, text in two messages, and a call.
fn long_answer() -> Vec<Value> {
    numbered(vec![
        created(),
        json!({"type": "response.queued", "response": {"id": "resp_1"}}),
        json!({"type": "response.in_progress", "response": {"id": "resp_1"}}),
        added("reasoning", "rs_1"),
        summary_block(),
        summary("let me "),
        summary("see"),
        json!({"type": "response.reasoning_summary_part.done"}),
        summary_block(),
        summary("so"),
        done(reasoning("rs_1")),
        added("message", "msg_1"),
        block(),
        delta("Grüße"),
        delta(", 🌍"),
        json!({"type": "response.content_part.done"}),
        done(json!({"type": "message", "id": "msg_1", "content": []})),
        added("message", "msg_2"),
        block(),
        delta("two"),
        done(json!({"type": "message", "id": "msg_2", "content": []})),
        added("reasoning", "rs_2"),
        done(reasoning("rs_2")),
        added("reasoning", "rs_3"),
        summary_block(),
        summary("more"),
        done(reasoning("rs_3")),
        added("function_call", "fc_1"),
        done(json!({"type": "function_call", "id": "fc_1", "call_id": "call_a", "name": "read",
                    "arguments": "{}", "status": "completed"})),
        completed(),
    ])
}

/// Applies chunks to an answer; gives the last place told.
fn apply(answer: &mut Message, chunks: &[Chunk]) -> Option<ResumePoint> {
    let mut place = None;
    for chunk in chunks {
        match chunk {
            Chunk::Event(event) => {
                answer.apply(event, Timestamp(1));
            }
            Chunk::Mark(point) => place = Some(point.clone()),
            Chunk::Finish(_) => {}
        }
    }
    place
}

#[test]
fn places_are_told_behind_what_was_handed_over() {
    let first = |count: usize| {
        let (got, error) = map(&mut fresh(Keeping::AtProvider), &long_answer()[..count]);
        assert_eq!(error, None);
        got
    };
    assert_eq!(first(3), [Chunk::Mark(place(0))]);
    let begun = Chunk::Mark(place(0));
    // Event 10 is held back: it comes again behind place 9.
    let thought = [begun.clone(), thinking("let me see\n\nso", 0), Chunk::Mark(place(9))];
    assert_eq!(first(11), thought);
    let mut plain = long_answer();
    plain[0]["response"]["background"] = false.into();
    let (got, _) = map(&mut fresh(Keeping::AtProvider), &plain);
    assert!(got.iter().all(|chunk| !matches!(chunk, Chunk::Mark(_))), "{got:?}");
}

#[derive(Clone, Copy)]
enum Server {
    GoesOn,
    BeginsAnew,
}

/// Cut after every event, and resumed from the place told last, an answer is whole and once. The
/// server sends what comes behind the place, or all from the start.
fn cut_everywhere(server: Server) {
    let events = long_answer();
    let mut whole = answer(Vec::new());
    apply(&mut whole, &map(&mut fresh(Keeping::AtProvider), &events).0);
    for first_cut in 1..events.len() {
        for second_cut in first_cut..events.len() {
            let mut pieced = answer(Vec::new());
            let (got, _) = map(&mut fresh(Keeping::AtProvider), &events[..first_cut]);
            let mut place = apply(&mut pieced, &got).unwrap();
            for cut in [second_cut, events.len()] {
                let after = place.0["after"].as_u64().unwrap();
                let start = match server {
                    Server::GoesOn => usize::try_from(after).unwrap() + 1,
                    Server::BeginsAnew => 0,
                };
                let rest = &events[start.min(cut)..cut];
                let (got, error) = map(&mut resumed(pieced.clone(), place.clone()), rest);
                assert_eq!(error, None);
                place = apply(&mut pieced, &got).unwrap_or(place);
            }
            assert_eq!(pieced, whole, "cut at {first_cut} and {second_cut}");
        }
    }
}

#[test]
fn an_answer_cut_anywhere_and_resumed_is_whole_and_once() {
    cut_everywhere(Server::GoesOn);
}

#[test]
fn a_server_that_begins_anew_changes_nothing() {
    cut_everywhere(Server::BeginsAnew);
}
