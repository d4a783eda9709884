//! What a message asks of a model.

use super::*;

fn picture() -> Part {
    Part::Image { url: "data:image/png;base64,AAAA".to_owned(), alt: "a.png".to_owned() }
}

fn message(number: u128, role: Role, parts: Vec<Part>) -> Message {
    Message::new(
        MessageId(uuid::Uuid::from_u128(number)),
        ChatId(uuid::Uuid::from_u128(1)),
        role,
        NOW,
        parts,
    )
}

fn conversation(messages: Vec<Message>) -> Conversation {
    let mut conversation = Conversation::new(ChatId(uuid::Uuid::from_u128(1)));
    conversation.messages.extend(messages);
    conversation
}

/// A message whose answer took so many tokens of the context.
fn answered(number: u128, used: u64) -> Message {
    let mut message = message(number, Role::Assistant, Vec::new());
    message.answer = Some(Answer {
        status: AnswerStatus::Complete,
        context: Some(ContextUse { used, limit: None, estimated: false }),
        ..Answer::open(model("a"), RunId(uuid::Uuid::from_u128(9)))
    });
    message
}

fn covers(through: u128, undone: bool) -> Part {
    Part::Notice {
        level: NotificationLevel::Info,
        code: "left_out".to_owned(),
        message: "Left out".to_owned(),
        covers: Some(Covers {
            through: MessageId(uuid::Uuid::from_u128(through)),
            summary: None,
            undone,
        }),
    }
}

#[test]
fn a_model_lacks_only_what_is_known_to_be_missing() {
    let vision = |vision| Abilities { vision, ..Abilities::default() };
    let tools = |tools| Abilities { tools, ..Abilities::default() };
    let images = Needs { images: true, ..Needs::default() };
    let calls = Needs { tools: true, ..Needs::default() };
    let long = Needs { tokens: 12_345, ..Needs::default() };
    let table = [
        (images, vision(Some(false)), None, Some("takes no images")),
        (images, vision(Some(true)), None, None),
        (images, vision(None), None, None),
        (calls, tools(Some(false)), None, Some("calls no tools")),
        (calls, tools(None), None, None),
        (long, Abilities::default(), Some(8_000), Some("too small: 12k of 8k")),
        (long, Abilities::default(), Some(12_345), None),
        (long, Abilities::default(), Some(0), None),
        (long, Abilities::default(), None, None),
        (Needs::default(), vision(Some(false)), Some(1), None),
    ];
    for (needs, abilities, context, expected) in table {
        let info = ModelInfo { abilities, context, ..ModelInfo::unknown(model("a")) };
        assert_eq!(needs.lacking(&info).as_deref(), expected, "{needs:?} {abilities:?}");
    }
}

#[test]
fn the_length_is_what_the_last_answer_took_and_what_is_typed_since() {
    let chat = conversation(vec![answered(1, 90), answered(2, 1_000)]);
    let draft = Draft {
        text: "x".repeat(400),
        attachments: vec![Part::File { name: "a".to_owned(), text: "y".repeat(4_000) }],
        ..Draft::default()
    };
    assert_eq!(Needs::of(&draft, Some(&chat)).tokens, 1_000 + 100 + 1_000);
    assert_eq!(Needs::of(&Draft::default(), None), Needs::default());
}

#[test]
fn pictures_are_needed_where_they_would_be_sent() {
    let question = |number| message(number, Role::User, vec![picture()]);
    let notice = |undone| message(3, Role::Assistant, vec![covers(1, undone)]);
    let later = message(2, Role::User, Vec::new());
    let linked = Part::Image { url: "https://example.com/a.png".to_owned(), alt: String::new() };
    let table = [
        ("none", vec![later.clone()], false),
        ("in the path", vec![question(1), later.clone()], true),
        ("kept from the model", vec![question(1), later.clone(), notice(false)], false),
        ("seen again", vec![question(1), later.clone(), notice(true)], true),
        ("behind what is kept", vec![later, question(4), notice(false)], true),
        ("by address", vec![message(1, Role::Assistant, vec![linked])], false),
    ];
    for (what, messages, expected) in table {
        assert_eq!(Needs::of_path(&conversation(messages)).images, expected, "{what}");
    }
    let draft = Draft { attachments: vec![picture()], ..Draft::default() };
    assert!(Needs::of(&draft, None).images);
}
