//! What copying shows.

use super::*;

#[test]
fn what_was_copied_is_said_for_a_moment() {
    let mut harness = open(conversation(vec![answer(2, vec![text("a\n\n```rust\nb\n```")])]));
    for (button, done) in [("Copy code", "Code copied"), ("Copy answer", "Copied answer")] {
        let command = click(&mut harness, button);
        assert!(command[0].starts_with("CopyText"), "{command:?}");
        harness.get_by_label(done);
        assert!(harness.query_by_label(button).is_none());
        harness.run_steps(6);
        harness.get_by_label(button);
        assert!(harness.query_by_label(done).is_none());
    }
    harness.run();
    assert_eq!(harness.run(), 1, "and then it is quiet");
}
