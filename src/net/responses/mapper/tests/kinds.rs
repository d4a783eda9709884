//! Every kind of event that the API's reference knows, at least once.

use super::*;

/// All that the reference names, and two that it does not.
fn kinds() -> Vec<String> {
    serde_json::from_str(include_str!("kinds.json")).unwrap()
}

/// Kinds that say something themselves, or end the answer.
const SPOKEN: [&str; 9] = [
    "error",
    "response.completed",
    "response.failed",
    "response.incomplete",
    "response.output_text.delta",
    "response.reasoning_summary_text.delta",
    "response.reasoning_text.delta",
    "response.refusal.delta",
    "response.output_item.done",
];

/// What an event of tools, pictures, sound and the like may carry.
fn fields(kind: &str) -> Value {
    json!({"type": kind, "sequence_number": 4, "item_id": "item_1", "output_index": 1,
           "content_index": 0, "summary_index": 0, "annotation_index": 0, "delta": "{\"q\":",
           "code": "print(1)", "arguments": "{}", "input": "x", "partial_image_b64": "aGk=",
           "partial_image_index": 0, "annotation": {"type": "url_citation", "url": "https://a"},
           "text": "said before", "refusal": "said before", "command": {"exec": ["ls"]},
           "output": [{"type": "stdout", "text": "x"}],
           "part": {"type": "output_text", "text": "said before"},
           "item": {"type": "custom_tool_call", "id": "ct_1", "input": "x", "name": "n"},
           "response": {"id": "resp_1", "status": "in_progress", "output": []}})
}

#[test]
fn events_that_say_nothing_new_change_nothing_wherever_they_come() {
    for kind in kinds().iter().filter(|kind| !SPOKEN.contains(&kind.as_str())) {
        let begins_a_block = kind.ends_with("_part.added") || kind.ends_with("item.added");
        let gap = if begins_a_block { "\n\n" } else { "" };
        let begin = [added("message", "msg_1"), block(), delta("a")];
        let end = [delta("b"), completed()];
        let events: Vec<Value> = begin.into_iter().chain([fields(kind)]).chain(end).collect();
        assert_eq!(chunks(&events), [text(&format!("a{gap}b"), 0), STOP], "{kind}");
    }
}

#[test]
fn items_of_tools_change_nothing() {
    let kinds = [
        "file_search_call",
        "web_search_call",
        "computer_call",
        "image_generation_call",
        "code_interpreter_call",
        "local_shell_call",
        "shell_call",
        "apply_patch_call",
        "mcp_call",
        "mcp_list_tools",
        "mcp_approval_request",
        "custom_tool_call",
        "compaction",
        "program",
        "tool_search_call",
        "newer_than_this",
    ];
    for kind in kinds {
        let item = json!({"type": kind, "id": "x_1", "status": "completed", "result": "aGk=",
                          "content": [{"type": "output_text", "text": "not an answer"}]});
        let events = [added(kind, "x_1"), done(item), delta("a"), completed()];
        assert_eq!(chunks(&events), [text("a", 0), STOP], "{kind}");
    }
}

#[test]
fn odd_fields_cost_nothing_but_themselves() {
    for kind in kinds().iter().filter(|kind| !kind.contains("error")) {
        for odd in [json!(null), json!(7), json!({"a": 1}), json!(["x"]), json!(true)] {
            let event = json!({"type": kind, "sequence_number": odd, "delta": odd, "text": odd,
                               "item": odd, "part": odd, "response": {"id": odd, "output": odd},
                               "refusal": odd});
            let (got, error) = map(&mut fresh(Keeping::AtProvider), &[delta("a"), event]);
            assert_eq!(got[0], text("a", 0), "{kind} {odd}");
            let ends = kind == "response.failed";
            assert_eq!(error.is_some(), ends, "{kind} {odd}: {error:?}");
        }
    }
}
