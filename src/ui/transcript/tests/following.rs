//! Following an answer that grows.

use super::*;

#[test]
fn a_fast_stream_is_laid_out_once_a_frame() {
    let piece = "A paragraph of the answer that takes more than one line. ".repeat(5);
    let body = format!("{piece}\n\n## Head\n\n```rust\nlet x = 1;\nlet y = 2;\n```\n\n- {piece}\n");
    let body = body.repeat(12);
    let mut messages = many(2, 10);
    messages.push(streaming(1));
    let mut live = conversation(messages);
    live.run = Some(run(500, AgentState::Streaming));
    let mut harness = open(live);
    let mut end = 0;
    while end < body.len() {
        end = (end + 400).min(body.len());
        let message = harness.state_mut().conversation.messages.back_mut().unwrap();
        message.parts = vec![text(&format!("{}|", body.get(..end).unwrap()))];
        harness.step();
        let output = &harness.output().platform_output;
        assert_eq!(output.num_completed_passes, 1, "at {end}");
        let last = harness.query_all_by_label_contains("|").last().unwrap().rect();
        assert!(last.bottom() < 590.0, "the end is in sight at {end}: {last:?}");
    }
}
